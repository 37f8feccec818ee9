"""How an app is used: which of its functions are called, and with what.

A recipe is data, so that an app nobody has thought of can be used as well. As JSON::

    {"able": {"views_max": 4, "roles": ["front", "back"], "seed": true},
     "ways": [
       {"views": [1, 1],
        "calls": [
          {"call": "/preprocess", "as": "cut", "fill": {"input_image": {"view": "front"}}},
          {"call": "/generate", "weight": 5,
           "fill": {"image": {"from": "cut"}, "resolution": {"detail": [128, 256, 320]}}}]}]}

``able`` are those of our `Capabilities` that no app tells. Of the ``ways`` the first one is
gone that fits the number of photos and whose functions the app has. In a call:

    call      name of the function in the API, or a list: ``[label of a field, event]``,
              for a function without a name that the browser starts so.
    as        name of what it gives, for later calls.
    fill      parameter (by its name, its label, or its number from 0) -> what it gets. The
              others get their defaults.
    hidden    what is written on a button, or its label -> what it is to be.
    only      ``faces``: when a number of faces was asked for; ``cut``, ``uncut``: when the
              photos come cut out, or whole.
    weight    how long it takes beside the others, 1 unless it is said.
    spare     true: without it the result is only not as good, so its failure is no failure.

What a parameter gets is one of:

    {"view": "front"}     the photo of that role (our roles; ``front``: or whatever stands for
                          it), null where there is none
    {"views": "gallery"}  all photos, as a gallery has them; ``"files"``: as a file field
    {"seed": true}        the seed, within the field's bounds
    {"faces": 1}          the faces asked for, times that number, within the field's bounds;
                          ``{"faces": 0.5, "else": -1}`` says what it is when none were asked
    {"detail": [a, b, c]} one of them: draft, normal, fine
    {"uncut": true}       whether the photos come whole, as a field "remove background" asks
    {"from": "cut"}       the first file that a call gave; ``"take": "mesh"`` the first mesh,
                          ``"gallery"`` the first gallery
    anything else         itself
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from importlib import resources
from typing import Any

from ...problems import N_
from ..driver import FORMATS, ROLES, Capabilities
from ..refused import SolidRefused

FOLDER = "data/solid3d/gradio"
SPECS = ("view", "views", "seed", "faces", "detail", "uncut", "from")
CONDITIONS = ("faces", "cut", "uncut")
TAKES = ("file", "mesh", "gallery")
WHOLE = ("gallery", "files")
ABLE = (
    "views_min", "views_max", "roles", "needs_alpha", "removes_background",
    "geometry_only", "seed", "faces", "formats", "up_axis", "model",
)  # fmt: skip
MOST_CALLS = 12
MOST_MAPPING = 100_000


@dataclass(frozen=True)
class Call:
    """One call of a function; see the module."""

    function: str | tuple[str, str]
    name: str = ""
    fill: Mapping[str, Any] = field(default_factory=dict)
    hidden: Mapping[str, Any] = field(default_factory=dict)
    only: str = ""
    weight: float = 1.0
    spare: bool = False


@dataclass(frozen=True)
class Way:
    """Calls, one after the other, for a number of photos."""

    views: tuple[int, int]
    calls: tuple[Call, ...]


@dataclass(frozen=True)
class Recipe:
    """How an app is used; see the module."""

    able: Mapping[str, Any]
    ways: tuple[Way, ...]


def shipped(name: str) -> Recipe:
    """The recipe that comes with this plugin under that name."""
    place = resources.files("octoprint_img2stl") / FOLDER / f"{name}.json"
    return parse(place.read_text(encoding="utf-8"))


def parse(text: str) -> Recipe:
    """A recipe of JSON.

    Raises:
        SolidRefused: `solid.bad_mapping`, which names the wrong place.
    """
    if not isinstance(text, str) or len(text) > MOST_MAPPING:
        raise wrong("", "shorter text")
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        raise wrong("", "JSON") from None
    data = _object(data, "")
    if "call" in data:  # the short form: one call, whatever the photos
        data = {"ways": [{"calls": [data]}]}
    _known(data, "", ("able", "ways"))
    ways = _list(data.get("ways"), "ways", MOST_CALLS)
    if not ways:
        raise wrong("ways", "at least one way")
    return Recipe(
        able=_able(_object(data.get("able", {}), "able")),
        ways=tuple(_way(each, f"ways.{number}") for number, each in enumerate(ways)),
    )


def capabilities(recipe: Recipe, **said: Any) -> Capabilities:
    """What an endpoint with this recipe can do.

    Args:
        said: what else is known.
    """
    able = dict(recipe.able)
    for name in ("roles", "formats", "faces"):
        if isinstance(able.get(name), list):
            able[name] = tuple(able[name])
    if "views_max" not in able:
        able["views_min"] = min(way.views[0] for way in recipe.ways)
        able["views_max"] = max(way.views[1] for way in recipe.ways)
    return Capabilities(
        **{
            "progress": "percent",
            "cancel": "queued",
            "survives_disconnect": False,
            "result_ttl_s": 600.0,
            "formats": ("glb",),
            **able,
            **said,
        }
    )


def _way(data: Any, where: str) -> Way:
    data = _object(data, where)
    _known(data, where, ("views", "calls"))
    views = data.get("views", [1, len(ROLES)])
    if not (
        isinstance(views, list)
        and len(views) == 2
        and all(isinstance(each, int) for each in views)
        and 1 <= views[0] <= views[1]
    ):
        raise wrong(f"{where}.views", "two numbers of photos")
    calls = _list(data.get("calls"), f"{where}.calls", MOST_CALLS)
    if not calls:
        raise wrong(f"{where}.calls", "at least one call")
    read = []
    for number, each in enumerate(calls):
        names = {call.name for call in read}
        read.append(_call(each, f"{where}.calls.{number}", names))
    return Way((views[0], views[1]), tuple(read))


def _call(data: Any, where: str, names: set[str]) -> Call:
    data = _object(data, where)
    _known(data, where, ("call", "as", "fill", "hidden", "only", "weight", "spare"))
    fill = _object(data.get("fill", {}), f"{where}.fill")
    for parameter, spec in fill.items():
        _check_spec(spec, f"{where}.fill.{parameter}", names)
    only, weight = data.get("only", ""), data.get("weight", 1.0)
    if only not in ("", *CONDITIONS):
        raise wrong(f"{where}.only", ", ".join(CONDITIONS))
    if not isinstance(weight, (int, float)) or not 0 < weight <= 1000:
        raise wrong(f"{where}.weight", "a number")
    return Call(
        function=_function(data.get("call"), f"{where}.call"),
        name=str(data.get("as", "")),
        fill=fill,
        hidden=_object(data.get("hidden", {}), f"{where}.hidden"),
        only=only,
        weight=float(weight),
        spare=data.get("spare") is True,
    )


def _function(value: Any, where: str) -> str | tuple[str, str]:
    if isinstance(value, list) and len(value) == 2:
        return (str(value[0]), str(value[1]))
    if not isinstance(value, str) or not value.strip("/ "):
        raise wrong(where, "the name of a function of the app")
    return "/" + value.strip("/ ")


def _check_spec(spec: Any, where: str, names: set[str]) -> None:
    if not isinstance(spec, dict):
        return
    kind = next((each for each in SPECS if each in spec), None)
    if kind is None:
        return  # an object is itself
    value = spec[kind]
    good = {
        "view": value in ROLES,
        "views": value in WHOLE,
        "seed": value is True,
        "uncut": value is True,
        "faces": isinstance(value, (int, float)) and not isinstance(value, bool),
        "detail": isinstance(value, list) and len(value) == 3,
        "from": isinstance(value, str)
        and value in names
        and spec.get("take", "file") in TAKES,
    }[kind]
    if not good:
        meant = {
            "view": ", ".join(ROLES),
            "views": ", ".join(WHOLE),
            "detail": "three values",
            "from": "the name of an earlier call",
            "faces": "a number",
        }
        raise wrong(f"{where}.{kind}", meant.get(kind, "true"))


def _able(data: Mapping[str, Any]) -> dict[str, Any]:
    _known(data, "able", ABLE)
    kinds = {each.name: each for each in fields(Capabilities)}
    for name, value in data.items():
        default = kinds[name].default
        if isinstance(default, bool) and not isinstance(value, bool):
            raise wrong(f"able.{name}", "true, false")
        if name in ("views_min", "views_max") and value not in range(1, 7):
            raise wrong(f"able.{name}", "1 … 6")
        if name == "roles" and not _among(value, ROLES):
            raise wrong("able.roles", ", ".join(ROLES))
        if name == "formats" and not (value and _among(value, FORMATS)):
            raise wrong("able.formats", ", ".join(FORMATS))
        if name == "up_axis" and value not in ("y", "z"):
            raise wrong("able.up_axis", "y, z")
        if name == "model" and not isinstance(value, str):
            raise wrong("able.model", "text")
        if name == "faces" and not _is_range(value):
            raise wrong("able.faces", "two numbers")
    return dict(data)


def _among(value: Any, known: tuple[str, ...]) -> bool:
    return isinstance(value, list) and all(each in known for each in value)


def _is_range(value: Any) -> bool:
    return (
        isinstance(value, list)
        and len(value) == 2
        and all(isinstance(each, int) for each in value)
        and 0 < value[0] <= value[1]
    )


def _object(value: Any, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise wrong(where, "an object in curly brackets")
    return value


def _list(value: Any, where: str, most: int) -> list[Any]:
    if not isinstance(value, list) or len(value) > most:
        raise wrong(where, "a list in square brackets")
    return value


def _known(data: Mapping[str, Any], where: str, known: tuple[str, ...]) -> None:
    for name in data:
        if name not in known:
            raise wrong(f"{where}.{name}".strip("."), ", ".join(known))


def wrong(where: str, meant: str) -> SolidRefused:
    if not where:
        return SolidRefused(
            "solid.bad_mapping",
            N_("The mapping cannot be read; it has to be %(meant)s."),
            field="endpoint.mapping",
            meant=meant,
        )
    return SolidRefused(
        "solid.bad_mapping_place",
        N_("In the mapping %(place)s is wrong; there can be: %(meant)s."),
        field="endpoint.mapping",
        place=where[:200],
        meant=meant,
    )
