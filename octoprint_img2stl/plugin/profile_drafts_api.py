"""The HTTP side of profiles to be: a printer's maker is asked, a file is brought, or what
is chosen is kept.

Nothing is read in this process; see `jobs.profile_work`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import flask
from flask_login import current_user

from octoprint.plugin import BlueprintPlugin
from octoprint.server.util.flask import no_firstrun_access

from ..problems import N_, Refusal
from ..slicing.profile_of import profile_of
from ..slicing.saved import SavedProfile
from ..slicing.settings import SliceSettings
from . import uploads
from .answers import CREATE, VIEW, Routes, body, refusing
from .profile_answers import (
    ProfilesRefused,
    answer_profile,
    may_gcode,
    profile_views,
    text,
    writing,
)
from .profile_uploads import Waiting

# The largest text of a bundle is 8 MB; of a G-code the end is enough, which our own page
# sends alone.
FILE_BYTES = 32 * 2**20
PICKS = ("vendor", "model", "printer", "print", "filament")


class ProfileDraftsApi(Routes):
    """Blueprint routes under `/plugin/img2stl/profiles`."""

    # -- from the printer's maker ---------------------------------------------------------------

    @BlueprintPlugin.route("/profiles/models", methods=["GET"])
    @no_firstrun_access
    @VIEW
    @refusing
    def search_models(self) -> flask.Response:
        found = self.house.ask_profiles("models", q=text(flask.request.args.get("q")))
        return flask.jsonify(models=found["models"], total=found["total"])

    @BlueprintPlugin.route("/profiles/options", methods=["GET"])
    @no_firstrun_access
    @VIEW
    @refusing
    def get_profile_options(self) -> flask.Response:
        picks = {name: text(flask.request.args.get(name)) for name in PICKS}
        return flask.jsonify(**self.house.ask_profiles("options", **picks))

    @BlueprintPlugin.route("/profiles/vendor", methods=["POST"])
    @no_firstrun_access
    @CREATE
    @refusing
    def take_vendor(self) -> flask.Response:
        given = body()
        picks = {name: text(given.get(name)) for name in PICKS}
        found = self.house.ask_profiles("draft_vendor", **picks, own_gcode=may_gcode())
        return self._drafted(found)

    # -- from what is chosen ----------------------------------------------------------------------

    @BlueprintPlugin.route("/profiles/plain", methods=["POST"])
    @no_firstrun_access
    @CREATE
    @refusing
    def keep_choices(self) -> flask.Response:
        """Saves the choices of a slice, and the profile that they are laid over."""
        given = body().get("slicing")
        settings = SliceSettings.from_json(given if isinstance(given, dict) else {})
        saved = None
        if settings.profile:
            saved = self.house.profiles.get(settings.profile)
        engine = saved.engine if saved else self.house.engine_for(settings.slicer)
        profile = profile_of(settings, self.house.machine(), engine, saved)
        name = text(body().get("name")).strip() or (saved.name if saved else "")
        with writing():
            made = self.house.add_profile(profile, name, current_user.get_id())
        return answer_profile(self.house, made, 201)

    # -- brought ----------------------------------------------------------------------------------

    @BlueprintPlugin.route("/profiles/uploads", methods=["POST"])
    @no_firstrun_access
    @CREATE
    @refusing
    def upload_profile(self) -> flask.Response:
        suffixes = uploads.suffixes(self._settings)
        file, name = uploads.fresh(flask.request.values, *suffixes)
        size = file.stat().st_size
        if size > FILE_BYTES:
            raise ProfilesRefused(
                "profiles.file_too_big",
                N_(
                    "The file has %(size)s MB, more than the %(limit)s MB allowed for a "
                    "profile; export the profile alone from your slicer."
                ),
                size=-(-size // 2**20),
                limit=FILE_BYTES // 2**20,
            )
        with writing():
            waiting = self.house.profile_uploads.take(file, name, current_user.get_id())
        try:
            found = self._read(waiting, {})
        except Refusal:  # what is no profile nobody can save
            self.house.profile_uploads.done(waiting)
            raise
        return self._drafted(found, waiting)

    @BlueprintPlugin.route("/profiles/uploads/<token>", methods=["POST"])
    @no_firstrun_access
    @CREATE
    @refusing
    def take_upload(self, token: str) -> flask.Response:
        waiting = self.house.profile_uploads.get(token, current_user.get_id())
        choose = body().get("choose")
        choose = choose if isinstance(choose, dict) else {}
        found = self._read(waiting, {kind: text(name) for kind, name in choose.items()})
        return self._drafted(found, waiting)

    @BlueprintPlugin.route("/profiles/uploads/<token>", methods=["DELETE"])
    @no_firstrun_access
    @CREATE
    @refusing
    def drop_upload(self, token: str) -> flask.Response:
        self.house.profile_uploads.drop(token, current_user.get_id())
        return flask.jsonify(deleted=True)

    def _read(self, waiting: Waiting, choose: Mapping[str, str]) -> dict[str, Any]:
        return self.house.ask_profiles(
            "draft_file",
            path=str(waiting.path),
            name=waiting.name,
            choose=choose,
            own_gcode=may_gcode(),
        )

    def _drafted(
        self, found: Mapping[str, Any], waiting: Waiting | None = None
    ) -> flask.Response:
        """What the worker read: shown, or saved where that is asked for."""
        profile = SavedProfile.from_json(found["profile"])
        if body().get("save") is not True:
            draft = profile_views(self.house).draft(profile, found)
            if waiting is None:
                return flask.jsonify(draft=draft)
            return flask.jsonify(token=waiting.token, draft=draft)
        if found["undecided"]:
            raise ProfilesRefused(
                "profiles.undecided",
                N_("This file holds several profiles; choose the ones you want."),
                field="profile.choose",
            )
        name = text(body().get("name")).strip() or profile.name
        with writing():
            saved = self.house.add_profile(profile, name, current_user.get_id())
        if waiting is not None:
            self.house.profile_uploads.done(waiting)
        return answer_profile(self.house, saved, 201)
