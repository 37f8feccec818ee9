"""What the browser needs to know to offer a mesh: defaults, limits, choices."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext

from ..jobs.params import MESH_ROUTE, Params
from ..mesh.settings import LIMITS
from ..mesh.words import CHOICES
from .views import bounds_view, choices_view


def route() -> dict[str, Any]:
    """The route of a mesh, as `relief_views.state` has those of a photo."""
    data = Params.defaults(MESH_ROUTE).to_json()
    return {
        "label": gettext("3D model"),
        "description": gettext("A 3D model made elsewhere, repaired and made ready."),
        "params": data["mesh"],
        "slicing": data["slicing"],
    }


def limits() -> dict[str, list[float]]:
    """Smallest and largest value of each number."""
    return bounds_view(LIMITS)


def choices() -> dict[str, list[dict[str, str]]]:
    """The words that settings of a mesh can be, translated."""
    return choices_view(CHOICES)
