"""The HTTP side of the slicer profiles: chosen, brought, changed, deleted, made the default."""

from __future__ import annotations

import io
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import flask
from flask_login import current_user

from octoprint.access.permissions import Permissions
from octoprint.plugin import BlueprintPlugin
from octoprint.server.util.flask import no_firstrun_access

from ..problems import N_, Refusal
from ..slicing.cura.keys import MACHINE
from ..slicing.imports.export import CURAPROFILE, INI, export_curaprofile, export_ini
from ..slicing.imports.imported import PRUSA
from ..slicing.refused import clean_text
from ..slicing.registry import SLICERS
from ..slicing.saved import SavedProfile
from . import uploads
from .answers import CREATE, SETTINGS, VIEW, body, refusing
from .house import House
from .profile_uploads import Waiting
from .profile_views import ProfileViews, machine_view

# The largest text of a bundle is 8 MB; of a G-code the end is enough, which our own page
# sends alone.
FILE_BYTES = 32 * 2**20
# Of a change: all values with their G-code, as JSON.
CHANGE_BYTES = 2**20
PICKS = ("vendor", "model", "printer", "print", "filament")
PICK_LENGTH = 200  # characters of the name of a preset
ANY_MACHINE = "fdmprinter"  # Cura's definition from which all others inherit
_CURA_WORD = re.compile(r"[A-Za-z0-9_.-]{1,80}")


class ProfilesRefused(Refusal):
    """What was asked about profiles cannot be done."""


class ProfilesApi(BlueprintPlugin):
    """Blueprint routes under `/plugin/img2stl/profiles`."""

    house: House

    def is_blueprint_csrf_protected(self) -> bool:
        return True

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

    @BlueprintPlugin.route("/profiles/models", methods=["GET"])
    @no_firstrun_access
    @VIEW
    @refusing
    def search_models(self) -> flask.Response:
        found = self.house.ask_profiles("models", q=_argument("q"))
        return flask.jsonify(models=found["models"], total=found["total"])

    @BlueprintPlugin.route("/profiles/options", methods=["GET"])
    @no_firstrun_access
    @VIEW
    @refusing
    def get_profile_options(self) -> flask.Response:
        picks = {name: _argument(name) for name in PICKS}
        return flask.jsonify(**self.house.ask_profiles("options", **picks))

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
        return flask.jsonify(keys=self.house.ask_profiles("keys", engine=engine))

    # -- from the printer's maker ---------------------------------------------------------------

    @BlueprintPlugin.route("/profiles/vendor", methods=["POST"])
    @no_firstrun_access
    @CREATE
    @refusing
    def take_vendor(self) -> flask.Response:
        given = body()
        picks = {name: _text(given.get(name)) for name in PICKS}
        found = self.house.ask_profiles("draft_vendor", **picks, own_gcode=_may_gcode())
        return self._drafted(found)

    # -- brought ----------------------------------------------------------------------------------

    @BlueprintPlugin.route("/profiles/uploads", methods=["POST"])
    @no_firstrun_access
    @CREATE
    @refusing
    def upload_profile(self) -> flask.Response:
        suffixes = [
            self._settings.global_get(["server", "uploads", f"{kind}Suffix"])
            for kind in ("path", "name")
        ]
        file, name = uploads.fresh(flask.request.values, *suffixes)
        size = file.stat().st_size
        if size > FILE_BYTES:
            raise ProfilesRefused(
                "profiles.file_too_big",
                N_(
                    "The file has %(size)s MB, more than the %(limit)s MB of a profile; "
                    "export the profile alone from your slicer."
                ),
                size=-(-size // 2**20),
                limit=FILE_BYTES // 2**20,
            )
        self.house.store.require_room(size)
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
        found = self._read(waiting, {kind: _text(name) for kind, name in choose.items()})
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
            own_gcode=_may_gcode(),
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
                N_("This file holds several presets; choose which of them you want."),
                field="profile.choose",
            )
        name = _text(body().get("name")).strip() or profile.name
        saved = self.house.add_profile(profile, name, current_user.get_id())
        if waiting is not None:
            self.house.profile_uploads.done(waiting)
        return self._answer_profile(saved, 201)

    # -- one of them ------------------------------------------------------------------------------

    @BlueprintPlugin.route("/profiles/<profile_id>", methods=["GET"])
    @no_firstrun_access
    @VIEW
    @refusing
    def get_profile(self, profile_id: str) -> flask.Response:
        return self._answer_profile(self._profile(profile_id))

    @BlueprintPlugin.route("/profiles/<profile_id>", methods=["PUT"])
    @no_firstrun_access
    @CREATE
    @refusing
    def change_profile(self, profile_id: str) -> flask.Response:
        self._own_profile(profile_id)
        given = body()
        name, material = given.get("name"), given.get("material")
        changed = self.house.profiles.change(
            profile_id,
            name=None if name is None else _text(name),
            material=None if material is None else str(material),
            values=given.get("values"),
            own_gcode=_may_gcode(),
        )
        self.house.profiles_changed()
        return self._answer_profile(changed)

    @BlueprintPlugin.route("/profiles/<profile_id>", methods=["DELETE"])
    @no_firstrun_access
    @CREATE
    @refusing
    def remove_profile(self, profile_id: str) -> flask.Response:
        self._own_profile(profile_id)
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
        if not profile_views(self.house).one(profile)["may_change"]:
            raise ProfilesRefused(
                "profiles.not_yours",
                N_("This profile belongs to somebody else; only they may change it."),
            )
        return profile

    def _answer_profile(self, profile: SavedProfile, status: int = 200) -> flask.Response:
        answer = flask.jsonify(profile=profile_views(self.house).full(profile))
        return flask.make_response(answer, status)

    # -- what is taken by itself, and OctoPrint's printer -----------------------------------

    @BlueprintPlugin.route("/profiles/defaults", methods=["PUT"])
    @no_firstrun_access
    @SETTINGS
    @refusing
    def set_default_profile(self) -> flask.Response:
        given = body()
        material, wanted = _text(given.get("material")), _text(given.get("profile"))
        printer = self.house.printer_profile()["id"]
        self.house.profiles.set_default(printer, material, wanted)
        self.house.profiles_changed()
        return flask.jsonify(defaults=self.house.default_profiles())

    @BlueprintPlugin.route("/profiles/printer", methods=["POST"])
    @no_firstrun_access
    @SETTINGS
    @refusing
    def set_printer_profile(self) -> flask.Response:
        profile = self._profile(_text(body().get("profile")))
        self.house.set_printer(profile)
        views = profile_views(self.house)
        return flask.jsonify(
            machine=machine_view(self.house.machine()),
            contradictions=views.contradictions(profile),
        )


def profile_views(house: House) -> ProfileViews:
    """Renders profiles for the user of this request."""
    try:
        machine = house.machine()
    except Refusal:
        machine = None
    return ProfileViews(
        user=current_user.get_id(),
        manages=Permissions.PLUGIN_IMG2STL_MANAGE.can(),
        creates=Permissions.PLUGIN_IMG2STL_CREATE.can(),
        defaults=house.default_profiles(),
        usable=house.usable_slicers,
        machine=machine,
    )


def exported(profile: SavedProfile) -> tuple[bytes, str]:
    """A profile as a file for its slicer, and the ending of its name."""
    ending = INI if profile.engine == PRUSA else CURAPROFILE
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"profile{ending}")
        if ending == INI:
            export_ini(path, profile.values)
        else:
            export_curaprofile(
                path, profile.values, name=profile.name, **_as_in_cura(profile)
            )
        return path.read_bytes(), ending


def _as_in_cura(profile: SavedProfile) -> dict[str, Any]:
    """What Cura wants to know of a profile beside its values, as far as it can be that."""
    about = profile.about
    definition = profile.values.get(MACHINE) or about.get("definition", "")
    found: dict[str, Any] = {
        "definition": definition if _CURA_WORD.fullmatch(definition) else ANY_MACHINE
    }
    if _CURA_WORD.fullmatch(about.get("quality_type", "")):
        found["quality_type"] = about["quality_type"]
    if re.fullmatch("[0-9]{1,4}", about.get("setting_version", "")):
        found["setting_version"] = int(about["setting_version"])
    return found


def _may_gcode() -> bool:
    """Custom G-code reaches the printer as it is: only from those who may set it up."""
    return Permissions.SETTINGS.can()


def _argument(name: str) -> str:
    return _text(flask.request.args.get(name))


def _text(given: Any) -> str:
    return given[:PICK_LENGTH] if isinstance(given, str) else ""
