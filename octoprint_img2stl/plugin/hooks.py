"""The hook table: which of OctoPrint's hooks lead where."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .implementation import Img2StlPlugin


def table(plugin: Img2StlPlugin) -> dict[str, Any]:
    from .permissions import permissions

    return {
        "octoprint.access.permissions": lambda *args, **kwargs: permissions(),
        "octoprint.cli.commands": _commands,
        "octoprint.events.register_custom_events": lambda *args, **kwargs: [
            "job_done",
            "job_failed",
        ],
        "octoprint.filemanager.extension_tree": _extension_tree,
        "octoprint.plugin.backup.additional_excludes": plugin.backup_excludes,
        "octoprint.server.api.before_request": plugin.before_api_requests,
        "octoprint.server.http.bodysize": plugin.body_sizes,
        "octoprint.server.http.routes": plugin.download_routes,
    }


def _commands(cli_group: Any, pass_octoprint_ctx: Any, *args: Any, **kwargs: Any) -> list:
    from ..cli import commands

    return commands()


def _extension_tree(*args: Any, **kwargs: Any) -> dict[str, Any]:
    """Lets OctoPrint's own file list hold meshes, to be picked from there."""
    from octoprint.filemanager import ContentTypeMapping

    from ..jobs.kinds import MESH_SUFFIXES

    endings = [suffix[1:] for suffix in MESH_SUFFIXES]
    return {
        "model": {
            ending: ContentTypeMapping(
                [ending], "text/plain" if ending == "scad" else f"model/{ending}"
            )
            for ending in endings
        }
    }
