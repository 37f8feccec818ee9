"""What the browser needs to know to offer a relief: routes, presets, shapes, choices, fonts."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext

from ..jobs.params import Params
from ..machine import Machine
from ..relief import OPTIONS, PRESETS, ROUTES, SHAPES
from ..relief.fonts import fonts
from ..relief.options import Choice
from ..slicing.needs import NEEDS


def state(machine: Machine | None) -> dict[str, Any]:
    """The relief's part of the plugin's state, translated.

    Args:
        machine: sizes are made to fit it; None where there is none to be used.
    """
    return {
        "routes": {
            name: {
                **_words(route),
                **_params(Params.defaults(name), machine),
                "needs": dict(NEEDS.get(name, {})),
            }
            for name, route in ROUTES.items()
        },
        "presets": [
            {
                "name": name,
                "route": preset.route,
                **_words(preset),
                **_params(Params.preset(name), machine),
            }
            for name, preset in PRESETS.items()
        ],
        "shapes": [
            {
                "name": name,
                **_words(shape),
                "options": list(shape.options),
                "photos": list(shape.photos),
                "curved": shape.bend is not None,
            }
            for name, shape in SHAPES.items()
        ],
        "fonts": list(fonts()),
    }


def choices() -> dict[str, list[dict[str, str]]]:
    """The words that settings can be, with their names for people, translated."""
    return {
        name: [
            {"value": value, "label": gettext(label)}
            for value, label in option.choices.items()
        ]
        for name, option in OPTIONS.items()
        if isinstance(option, Choice)
    }


def _words(what: Any) -> dict[str, str]:
    return {"label": gettext(what.label), "description": gettext(what.description)}


def _params(params: Params, machine: Machine | None) -> dict[str, Any]:
    data = params.fitted(machine).to_json()
    return {"params": data["relief"], "slicing": data["slicing"]}
