"""The HTTP side of the saved slicer profiles: listed, changed, deleted, made the default."""

from __future__ import annotations

import io
import re

import flask
from flask_babel import gettext

from octoprint.access.permissions import Permissions
from octoprint.plugin import BlueprintPlugin
from octoprint.server.util.flask import no_firstrun_access

from ..problems import N_, Refusal
from ..slicing.key_words_groups import GROUPS
from ..slicing.refused import clean_text
from ..slicing.registry import SLICERS
from ..slicing.saved import SavedProfile
from .answers import CREATE, SETTINGS, VIEW, Routes, body, refusing
from .profile_answers import (
    ProfilesRefused,
    answer_profile,
    may_gcode,
    profile_views,
    text,
    writing,
)
from .profile_export import exported
from .profile_views import machine_view

# Of a change: all values with their G-code, as JSON.
CHANGE_BYTES = 2**20


class ProfilesApi(Routes):
    """Blueprint routes under `/plugin/img2stl/profiles`."""

    # -- what there is ------------------------------------------------------------------------

    @BlueprintPlugin.route("/profiles", methods=["GET"])
    @no_firstrun_access
    @VIEW
    @refusing
    def get_profiles(self) -> flask.Response:
        printer = self.house.printer_profile()
        return flask.jsonify(
            profiles=profile_views(self.house).all(self.house.profiles.all()),
            defaults=self.house.default_profiles(),
            printer={"id": printer["id"], "name": printer["name"]},
            vendors=self.house.has_vendors(),
            may={
                "add": Permissions.PLUGIN_IMG2STL_CREATE.can(),
                "gcode": Permissions.SETTINGS.can(),
                "defaults": Permissions.SETTINGS.can(),
            },
        )

    @BlueprintPlugin.route("/profiles/keys/<engine>", methods=["GET"])
    @no_firstrun_access
    @VIEW
    @refusing
    def get_profile_keys(self, engine: str) -> flask.Response:
        if engine not in SLICERS:
            raise ProfilesRefused(
                "profiles.no_such_engine",
                N_("There is no slicer called %(name)s; reload the page."),
                name=clean_text(engine, 40),
            )
        keys = self.house.ask_profiles("keys", engine=engine)
        for key in keys:
            heading = key["category"]
            if heading in GROUPS:  # ours; others are the slicer's own words
                key["category"] = gettext(heading)
        return flask.jsonify(keys=keys)

    # -- one of them ------------------------------------------------------------------------------

    @BlueprintPlugin.route("/profiles/<profile_id>", methods=["GET"])
    @no_firstrun_access
    @VIEW
    @refusing
    def get_profile(self, profile_id: str) -> flask.Response:
        return answer_profile(self.house, self._profile(profile_id))

    @BlueprintPlugin.route("/profiles/<profile_id>", methods=["PUT"])
    @no_firstrun_access
    @CREATE
    @refusing
    def change_profile(self, profile_id: str) -> flask.Response:
        self._own_profile(profile_id)
        given = body()
        name, material = given.get("name"), given.get("material")
        with writing():
            changed = self.house.profiles.change(
                profile_id,
                name=None if name is None else text(name),
                material=None if material is None else str(material),
                values=given.get("values"),
                own_gcode=may_gcode(),
            )
        self.house.profiles_changed()
        return answer_profile(self.house, changed)

    @BlueprintPlugin.route("/profiles/<profile_id>", methods=["DELETE"])
    @no_firstrun_access
    @CREATE
    @refusing
    def remove_profile(self, profile_id: str) -> flask.Response:
        self._own_profile(profile_id)
        with writing():
            self.house.profiles.remove(profile_id)
        self.house.profiles_changed()
        return flask.jsonify(deleted=True)

    @BlueprintPlugin.route("/profiles/<profile_id>/export", methods=["GET"])
    @no_firstrun_access
    @VIEW
    @refusing
    def export_profile(self, profile_id: str) -> flask.Response:
        profile = self._profile(profile_id)
        data, ending = exported(profile)
        plain = re.sub(r"[^A-Za-z0-9._-]+", "_", profile.name).strip("._-") or "profile"
        return flask.send_file(
            io.BytesIO(data),
            mimetype="application/octet-stream",
            as_attachment=True,
            download_name=plain + ending,
        )

    def _profile(self, profile_id: str) -> SavedProfile:
        try:
            return self.house.profiles.get(profile_id)
        except Refusal:
            raise ProfilesRefused(
                "profiles.not_found",
                N_("This profile does not exist any more; reload the list."),
            ) from None

    def _own_profile(self, profile_id: str) -> SavedProfile:
        """One that the user may change."""
        profile = self._profile(profile_id)
        if not profile_views(self.house).may_change(profile):
            raise ProfilesRefused(
                "profiles.not_yours",
                N_("This profile belongs to somebody else; only they may change it."),
            )
        return profile

    # -- what is taken by itself, and OctoPrint's printer -----------------------------------

    @BlueprintPlugin.route("/profiles/defaults", methods=["PUT"])
    @no_firstrun_access
    @SETTINGS
    @refusing
    def set_default_profile(self) -> flask.Response:
        given = body()
        material, wanted = text(given.get("material")), text(given.get("profile"))
        printer = self.house.printer_profile()["id"]
        with writing():
            self.house.profiles.set_default(printer, material, wanted)
        self.house.profiles_changed()
        return flask.jsonify(defaults=self.house.default_profiles())

    @BlueprintPlugin.route("/profiles/printer", methods=["POST"])
    @no_firstrun_access
    @SETTINGS
    @refusing
    def set_printer_profile(self) -> flask.Response:
        profile = self._profile(text(body().get("profile")))
        self.house.set_printer(profile)
        views = profile_views(self.house)
        return flask.jsonify(
            machine=machine_view(self.house.machine()),
            contradictions=views.contradictions(profile),
        )
