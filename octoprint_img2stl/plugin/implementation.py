"""The plugin as OctoPrint sees it: mixins that delegate to the house."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import flask

import octoprint.plugin
from octoprint.access.permissions import Permissions
from octoprint.events import Events

from ..problems import Refusal
from ..solid3d.endpoint import MOST_OPTION_BYTES
from . import settings
from .answers import own_job
from .api import Api
from .endpoints import PRIVATE_FOLDER
from .hidden_profiles import HiddenProfiles
from .house import House
from .house_profiles import INCOMING
from .printer import key
from .profile_drafts_api import FILE_BYTES
from .profiles_api import CHANGE_BYTES
from .slice_orders import require_known_profile
from .slicer_adapter import SLICER, SlicerAdapter
from .slices import FOLDER as SLICING_FOLDER
from .slices import Slices
from .views import CANDIDATE_PICTURE, DOWNLOADS

# in this order: each file adds to the names of those before it
JAVASCRIPT = (
    "img2stl_util",
    "img2stl_words",
    "img2stl_phone",
    "img2stl_pointer",
    "img2stl_icons",
    "img2stl_bed",
    "img2stl_mesh",
    "img2stl_overlay",
    "img2stl_orbit",
    "img2stl_pose",
    "img2stl_flat",
    "img2stl_scene",
    "img2stl_viewer",
    "img2stl_paint",
    "img2stl_meshview",
    "img2stl_findings",
    "img2stl_field",
    "img2stl_option",
    "img2stl_dialog",
    "img2stl_profiledraft",
    "img2stl_profilelist",
    "img2stl_profilevendor",
    "img2stl_profilefile",
    "img2stl_profiles",
    "img2stl_profilekey",
    "img2stl_profilekeys",
    "img2stl_profileedit",
    "img2stl_levels",
    "img2stl_tone",
    "img2stl_sizes",
    "img2stl_curve",
    "img2stl_relief",
    "img2stl_extras",
    "img2stl_presets",
    "img2stl_fineness",
    "img2stl_sliceprofile",
    "img2stl_plainchoice",
    "img2stl_advice",
    "img2stl_testprint",
    "img2stl_slicing",
    "img2stl_crop",
    "img2stl_photos",
    "img2stl_preview",
    "img2stl_photo",
    "img2stl_solidoptions",
    "img2stl_generators",
    "img2stl_cutouts",
    "img2stl_roledrag",
    "img2stl_solidviews",
    "img2stl_candidates",
    "img2stl_generating",
    "img2stl_generate",
    "img2stl_solid",
    "img2stl_shape",
    "img2stl_meshturn",
    "img2stl_meshoptions",
    "img2stl_meshpreview",
    "img2stl_meshshape",
    "img2stl_files",
    "img2stl_progress",
    "img2stl_layers",
    "img2stl_hands",
    "img2stl_layerdecode",
    "img2stl_layerstore",
    "img2stl_layerpaint",
    "img2stl_layerlegend",
    "img2stl_layerview",
    "img2stl_layerpicture",
    "img2stl_result",
    "img2stl_queue",
    "img2stl_jobs",
    "img2stl_stepper",
    "img2stl_settings",
    "img2stl_octoslice",
    "img2stl_abilities",
    "img2stl_address",
    "img2stl_endpointfields",
    "img2stl_endpointform",
    "img2stl_endpoints",
    "img2stl",
)
# of an endpoint with a workflow in it, in JSON within JSON
ENDPOINT_BYTES = 4 * MOST_OPTION_BYTES
FILE_ROUTE = re.compile(
    r"([0-9a-f]{16})/(" + "|".join([*map(re.escape, DOWNLOADS), CANDIDATE_PICTURE]) + ")"
)


class Img2StlPlugin(
    octoprint.plugin.StartupPlugin,
    octoprint.plugin.ShutdownPlugin,
    octoprint.plugin.SettingsPlugin,
    octoprint.plugin.TemplatePlugin,
    octoprint.plugin.AssetPlugin,
    octoprint.plugin.EventHandlerPlugin,
    SlicerAdapter,
    Api,
):
    """See the mixins' documentation in `octoprint.plugin`."""

    house: House

    def initialize(self) -> None:
        folder = Path(self.get_plugin_data_folder())
        self.house = House(
            self._settings,
            self._printer_profile_manager,
            self._printer,
            self._file_manager,
            folder,
            pushed=self._push,
            happened=self._fire,
            plugin_manager=self._plugin_manager,
        )
        self.house.on_profiles_changed = self.match_saved_profiles
        self.hidden = HiddenProfiles(folder)
        self.slices = Slices(folder, self.house.options, self.house.hold)

    def _push(self, message: dict[str, Any]) -> None:
        self._plugin_manager.send_plugin_message(
            self._identifier, message, permissions=[Permissions.PLUGIN_IMG2STL_VIEW]
        )

    def _fire(self, name: str, payload: dict[str, Any]) -> None:
        self._event_bus.fire(f"plugin_{self._identifier}_{name}", payload)

    ##~~ StartupPlugin, ShutdownPlugin

    def on_after_startup(self) -> None:
        self.house.start()
        self.house.soon(self.make_profiles_ready)

    def on_shutdown(self) -> None:
        self.slices.stop()
        self.house.stop()

    ##~~ SettingsPlugin

    def get_settings_defaults(self) -> dict[str, Any]:
        return dict(settings.DEFAULTS)

    def get_settings_version(self) -> int:
        return settings.VERSION

    def get_settings_restricted_paths(self) -> dict[str, Any]:
        return {"admin": [[name] for name in settings.SENSITIVE]}

    def get_settings_reauth_requirements(self) -> dict[str, Any]:
        """Asked by OctoPrint 2.0; for 1.11 `on_settings_save` does the same by hand."""
        return {name: True for name in settings.SENSITIVE}

    def on_settings_save(self, data: dict[str, Any]) -> Any:
        allowed = settings.cleaned(data, may_change_sensitive=_may_change_sensitive())
        saved = octoprint.plugin.SettingsPlugin.on_settings_save(self, allowed)
        self.house.settings_changed()
        self.house.soon(self.make_profiles_ready)
        return saved

    ##~~ TemplatePlugin

    def get_template_configs(self) -> list[dict[str, Any]]:
        return [
            {"type": "tab", "name": self._tab_name(), "custom_bindings": True},
            {"type": "settings", "name": self._tab_name(), "custom_bindings": False},
        ]

    def _tab_name(self) -> str:
        from flask_babel import gettext

        return gettext("Photo to print")

    def is_template_autoescaped(self) -> bool:
        return True

    ##~~ AssetPlugin

    def get_assets(self) -> dict[str, list[str]]:
        return {
            "js": [f"js/{name}.js" for name in JAVASCRIPT],
            "clientjs": ["clientjs/img2stl.js"],
            "css": [
                "css/img2stl.css",
                "css/img2stl_endpoints.css",
                "css/img2stl_testprint.css",
                "css/img2stl_layerview.css",
                "css/img2stl_profiles.css",
                "css/img2stl_profileedit.css",
            ],
        }

    ##~~ EventHandlerPlugin

    def on_event(self, event: str, payload: dict[str, Any] | None) -> None:
        payload = payload or {}
        queue = self.house.queue
        path = key(payload.get("origin"), payload.get("path"))
        if event == Events.PRINT_STARTED:
            self.house.soon(lambda: queue.print_started(path))
        elif event == Events.PRINT_DONE:
            self.house.soon(lambda: queue.print_done(path))
        elif event == Events.PRINT_FAILED:
            reason = str(payload.get("reason") or "error")
            self.house.soon(lambda: queue.print_failed(path, reason))
        elif event == Events.PRINT_CANCELLED:
            self.house.soon(lambda: queue.print_cancelled(path))
        elif event == Events.DISCONNECTED:
            self.house.soon(queue.disconnected)
        elif event == Events.PRINTER_STATE_CHANGED:
            self.house.soon(queue.tick)
        elif event == Events.SLICING_PROFILE_DELETED:
            slicer, name = payload.get("slicer"), payload.get("profile")
            self.house.soon(lambda: self.slicing_profile_deleted(slicer, name))

    ##~~ SlicerPlugin: see slicer_adapter.py

    ##~~ hooks, see hooks.py

    def body_sizes(self, current: list, *args: Any, **kwargs: Any) -> list[tuple]:
        """A file and the few bytes of the form around it."""
        photo = self.house.upload_bytes() + settings.MB
        either = max(self.house.upload_bytes(), self.house.mesh_bytes()) + settings.MB
        return [
            ("POST", r"/uploads", either),
            ("POST", r"/endpoints$", ENDPOINT_BYTES),
            ("PUT", r"/endpoints/[a-z0-9-]{1,40}$", ENDPOINT_BYTES),
            ("POST", r"/jobs/[0-9a-f]{16}/photos", photo),
            ("POST", r"/profiles/uploads$", FILE_BYTES + settings.MB),
            ("PUT", r"/profiles/[0-9a-f]{12}$", CHANGE_BYTES),
        ]

    def download_routes(self, *args: Any, **kwargs: Any) -> list[tuple]:
        """Files of jobs, streamed by Tornado because Flask's answers are held in memory."""
        from octoprint.server import app
        from octoprint.server.util.tornado import (
            LargeResponseHandler,
            access_validation_factory,
            path_validation_factory,
        )

        return [
            (
                r"/files/(.*)",
                LargeResponseHandler,
                {
                    "path": str(self.house.store.folder),
                    "as_attachment": True,
                    "name_generator": self._download_name,
                    "access_validation": access_validation_factory(
                        app, self._may_download
                    ),
                    "path_validation": path_validation_factory(
                        lambda path: FILE_ROUTE.fullmatch(path) is not None,
                        status_code=404,
                    ),
                },
            )
        ]

    def _may_download(self, request: flask.Request) -> None:
        """The permission to see, and that the job is one's own; raises what Tornado answers."""
        from octoprint.server.util.flask import (
            get_flask_user_from_request,
            permission_validator,
        )

        permission_validator(request, Permissions.PLUGIN_IMG2STL_VIEW)
        found = FILE_ROUTE.search(request.path)
        if found is None:
            flask.abort(404)
        try:
            own_job(self.house.store, found[1], get_flask_user_from_request(request))
        except Refusal:
            flask.abort(404)

    def _download_name(self, path: str) -> str:
        found = FILE_ROUTE.fullmatch(path)
        job = self.house.store.get(found[1])
        stem, _, ending = found[2].partition(".")
        plain = re.sub(r"[^A-Za-z0-9_-]+", "_", job.name).strip("_") or "photo"
        return f"{plain}.{ending}" if stem == "model" else f"{plain}_{stem}.{ending}"

    def before_api_requests(self, *args: Any, **kwargs: Any) -> list:
        return [lambda: require_known_profile(SLICER, self._slicing_manager)]

    def backup_excludes(
        self, excludes: list[str], *args: Any, **kwargs: Any
    ) -> list[str]:
        """Keys stay here. Who leaves the uploads out of a backup does not want our photos and
        meshes either."""
        excluded = [PRIVATE_FOLDER, SLICING_FOLDER, INCOMING]
        return [*excluded, *(["jobs"] if "uploads" in excludes else [])]


def _may_change_sensitive() -> bool:
    if not flask.has_request_context():
        return True  # OctoPrint itself, not a user
    from octoprint.server.util.flask import credentials_checked_recently

    return Permissions.ADMIN.can() and credentials_checked_recently()
