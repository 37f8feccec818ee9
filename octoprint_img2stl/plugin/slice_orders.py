"""Orders to slice that OctoPrint would carry out otherwise than they were meant."""

from __future__ import annotations

from typing import Any

import flask

from octoprint.access.permissions import Permissions

from ..problems import N_, Refusal
from ..slicing.refused import clean_text
from .views import problem_view

FILES = "/api/files/"


class OrderRefused(Refusal):
    """The order cannot be carried out."""


def require_known_profile(slicer: str, manager: Any) -> None:
    """Before each request of OctoPrint's API: 404 for a slicing profile that is not there.

    OctoPrint would take its default one instead, and slice with that without a word.

    Args:
        slicer: ours; orders for others are let through.
        manager: OctoPrint's slicing manager.
    """
    if flask.request.method != "POST" or not flask.request.path.startswith(FILES):
        return
    order = flask.request.get_json(silent=True) if flask.request.is_json else None
    if not isinstance(order, dict) or order.get("command") != "slice":
        return
    name = order.get("profile")
    if order.get("slicer") != slicer or not name or not Permissions.SLICE.can():
        return
    if not isinstance(name, str) or name not in manager.all_profiles(slicer):
        refusal = OrderRefused(
            "slicer.unknown_profile",
            N_("There is no slicing profile %(name)s; reload the list of profiles."),
            name=clean_text(str(name), 40),
        )
        flask.abort(404, description=problem_view(refusal.problem)["message"])
