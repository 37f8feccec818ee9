"""How an app nobody has a recipe for is probably used, guessed from what it says of itself."""

from __future__ import annotations

import re
from typing import Any

from .gradio_app import App, Function, Parameter
from .gradio_recipe import Call, Recipe, Way
from .sides import SUBJECTS

PICTURES = ("image", "imageeditor")
NUMBERS = ("slider", "number")
GIVES_MESH = ("model3d", "litmodel3d")
GIVES_FILE = ("file", "downloadbutton", "files")
PROMISING = re.compile(r"3d|mesh|shape|glb|generat|reconstruct|run|predict|infer")
# Pictures that are not of the subject.
BESIDE = re.compile(r"mask|style|texture|reference|depth|normal|background_im|hdr|env")
# What apps call sides is the subject's own left and right; ours are the viewer's.
SIDES = {
    re.compile(r"back|rear"): "back",
    re.compile(r"left"): SUBJECTS["left"],
    re.compile(r"right"): SUBJECTS["right"],
    re.compile(r"\btop\b|_top|top_"): "top",
}


def guess(app: App, wanted: str = "") -> Recipe | None:
    """How an app is probably used.

    Args:
        app: which.
        wanted: the function to call; empty: the one that most likely makes a mesh.

    Returns:
        One way with one call; None: there is no such function that takes a picture.
    """
    function = app.functions.get("/" + wanted.strip("/ ")) if wanted else _likeliest(app)
    if function is None:
        return None
    fill: dict[str, Any] = {}
    able: dict[str, Any] = {"seed": False, "geometry_only": False, "formats": ["glb"]}
    roles: list[str] = []
    number = 0
    for parameter in function.parameters:
        if parameter.hidden:
            continue
        spec = _spec(parameter, roles, able)
        if spec is not None:
            fill[parameter.name or str(number)] = spec[0]
        number += 1
    if not roles:
        return None
    many = "all" in roles
    able["views_min"] = 1
    able["views_max"] = 6 if many else len(roles)
    able["roles"] = [] if many or len(roles) == 1 else roles
    call = Call(function.name, fill=fill)
    return Recipe(able, (Way((1, 6), (call,)),))


def _likeliest(app: App) -> Function | None:
    rated = [
        (_rating(function), -number, function)
        for number, function in enumerate(app.functions.values())
        if _takes_picture(function) and _gives_mesh(function)
    ]
    return max(rated, key=lambda each: each[:2])[2] if rated else None


def _takes_picture(function: Function) -> bool:
    return any(
        each.component in (*PICTURES, "gallery") and not BESIDE.search(_name(each))
        for each in function.parameters
    )


def _gives_mesh(function: Function) -> bool:
    return any(each in (*GIVES_MESH, *GIVES_FILE) for each in function.gives)


def _rating(function: Function) -> int:
    sure = any(each in GIVES_MESH for each in function.gives)
    return 4 * sure + 2 * bool(PROMISING.search(function.name.lower()))


def _name(parameter: Parameter) -> str:
    return (parameter.name or parameter.label).lower()


def _spec(
    parameter: Parameter, roles: list[str], able: dict[str, Any]
) -> tuple[Any] | None:
    """What a parameter gets; None: its default. Notes what the app is able to do."""
    name, kind = _name(parameter), parameter.component
    if kind in PICTURES and not BESIDE.search(name):
        role = next(
            (side for words, side in SIDES.items() if words.search(name)), "front"
        )
        if role in roles:
            return None
        roles.append(role)
        return ({"view": role},)
    if kind == "gallery" and not roles:
        roles.append("all")
        return ({"views": "gallery"},)
    if "seed" in name and kind in NUMBERS:
        able["seed"] = True
        return ({"seed": True},)
    if kind in NUMBERS and re.search(r"face|polygon|triangle|decimat", name):
        if (parameter.high or 0) >= 1000:  # else it is a share
            low = max(1, int(parameter.low or 1))
            able["faces"] = [low, max(low, int(parameter.high or low))]
            return ({"faces": 1},)
    if kind == "checkbox":
        if "random" in name:
            return (False,)
        if re.search(r"rembg|background|remove_?bg", name):
            able["removes_background"] = True
            return ({"uncut": True},)
        if re.search(r"texture|pbr|paint|colou?r", name):
            able["geometry_only"] = True
            return (False,)
    return None
