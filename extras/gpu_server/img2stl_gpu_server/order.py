"""What a client asks for, taken from JSON of any shape.

The fields are those of Tencent's api_server 2.0 (Hunyuan3D-2, api_server.py) and ours: see
README.md. Numbers of Tencent's that are out of range are refused as its 2.1 does, not clipped.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from .refused import INPUT, Refused

ROLES = ("front", "back", "left", "right", "top", "other")
DETAILS = ("draft", "normal", "fine")
TYPES = ("glb", "obj", "ply", "stl", "3mf")
MOST_KEY = 128

# field -> (least, most, whole, default); None: as the back end likes.
NUMBERS: dict[str, tuple[float, float, bool, float | None]] = {
    "seed": (0, 2**32 - 1, True, 1234),  # the default of Tencent's server
    "max_faces": (100, 1_000_000, True, 0),
    "num_inference_steps": (1, 200, True, None),
    "octree_resolution": (16, 1024, True, None),
    "guidance_scale": (0, 100, False, None),
    "num_chunks": (1000, 1_000_000, True, None),
    "size": (5, 1000, False, 80),
    "thickness": (0, 500, False, 0),
}
ZERO_TOO = ("max_faces",)  # 0: no wish


@dataclass(frozen=True)
class Order:
    """All of a request but its pictures; JSON-able.

    Attributes:
        api: 1 for clients that know our additions, else 0.
        key: the same key makes no second job; empty: none.
        type: of the result in `/generate` and in `model_base64`.
        seed, detail, max_faces, remove_background: as in the plugin's settings.
        num_inference_steps, octree_resolution, guidance_scale, num_chunks: Tencent's; None:
            what the back end takes for that detail.
        size: longest side in millimetres, in the formats that have millimetres.
        thickness, back: of the silhouette's solid.
        painted: colours were asked for, which nobody here makes.
    """

    api: int = 0
    key: str = ""
    type: str = "glb"
    seed: int = 1234
    detail: str = "normal"
    max_faces: int = 0
    remove_background: bool = True
    num_inference_steps: int | None = None
    octree_resolution: int | None = None
    guidance_scale: float | None = None
    num_chunks: int | None = None
    size: float = 80.0
    thickness: float = 0.0
    back: str = "round"
    painted: bool = False

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Order:
        """What `to_json` gave, by whatever version of us."""
        return cls(
            **{name: data[name] for name in cls.__dataclass_fields__ if name in data}
        )


def read_order(data: Any) -> Order:
    """Raises `Refused`."""
    if not isinstance(data, Mapping):
        raise Refused(INPUT, "The request must be a JSON object.", status=400)
    numbers = {name: _number(name, data.get(name)) for name in NUMBERS}
    key = data.get("idempotency_key") or ""
    if not isinstance(key, str) or len(key) > MOST_KEY or not key.isprintable():
        raise Refused(
            INPUT, f"idempotency_key must be a text of at most {MOST_KEY} letters."
        )
    return Order(
        api=1 if data.get("api") == 1 else 0,
        key=key,
        type=_choice("type", data.get("type"), TYPES, "glb"),
        detail=_choice("detail", data.get("detail"), DETAILS, "normal"),
        back=_choice("back", data.get("back"), ("round", "flat"), "round"),
        remove_background=_switch(
            "remove_background", data.get("remove_background"), True
        ),
        painted=_switch("texture", data.get("texture"), False),
        **numbers,
    )


def read_pictures(data: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(role, base64) of each picture of a request, at least one.

    Raises:
        Refused: there is none, or a role nobody knows.
    """
    images = data.get("images")
    if images is None:
        image = data.get("image")
        if image is None:
            raise Refused(INPUT, _why_no_picture(data))
        images = {"front": image}
    if not isinstance(images, Mapping) or not images:
        raise Refused(
            INPUT, "images must be an object with a picture for each role, such as front."
        )
    found = []
    for role, value in images.items():
        if role not in ROLES:
            raise Refused(
                INPUT,
                f"{role[:40]!r} is no role of a picture; use one of {', '.join(ROLES)}.",
            )
        for each in value if isinstance(value, list) else [value]:
            if not isinstance(each, str):
                raise Refused(INPUT, f"The picture {role} must be base64 text.")
            found.append((role, each))
    if not found:
        raise Refused(INPUT, "There is no picture in images.")
    return found


def _why_no_picture(data: Mapping[str, Any]) -> str:
    if data.get("mesh") is not None:
        return "This server makes shapes only and paints none; leave out mesh."
    if data.get("text") is not None:
        return "This server makes solids of pictures only; send one as image."
    return "There is no picture in the request; send one as image, in base64."


def _number(name: str, value: Any) -> float | int | None:
    low, high, whole, default = NUMBERS[name]
    if value is None or value == "":
        return default
    good = isinstance(value, (int, float)) and not isinstance(value, bool)
    if good and value == 0 and name in ZERO_TOO:
        return 0
    # Compared first: NaN fails that, and so does an integer of a thousand digits.
    good = good and low <= value <= high and not (whole and value != int(value))
    if not good:
        kind = "a whole number" if whole else "a number"
        raise Refused(INPUT, f"{name} must be {kind} from {low:g} to {high:g}.")
    return int(value) if whole else float(value)


def _choice(name: str, value: Any, known: tuple[str, ...], default: str) -> str:
    if value is None or value == "":
        return default
    if value not in known:
        raise Refused(INPUT, f"{name} must be one of {', '.join(known)}.")
    return value


def _switch(name: str, value: Any, default: bool) -> bool:
    if value is None:
        return default
    if not isinstance(value, bool):
        raise Refused(INPUT, f"{name} must be true or false.")
    return value
