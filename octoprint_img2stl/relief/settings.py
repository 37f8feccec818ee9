"""What the owner may choose about a relief, and the sizes that follow. No numpy here.

Lengths are millimetres.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from ..machine import Machine
from ..problems import N_, Refusal

# The heightmap's memory and the STL's size grow with these, whatever the owner asks for.
MAX_SAMPLES = 4096
# Of the plate's width, between the two sides of the border.
MIN_PICTURE = 5.0
# Of the plate's depth; a strip less deep is no plate any more.
MIN_PICTURE_DEPTH = 1.0
# Nothing finer than a quarter of the nozzle survives printing (default pitch 0.1 mm).
SAMPLES_PER_NOZZLE = 4
# A border's inner wall is one sample wide; it must look like a wall beside the border.
SAMPLES_PER_BORDER = 8


class ReliefRefused(Refusal):
    """The relief cannot be made as asked."""


@dataclass(frozen=True)
class RouteInfo:
    """One way to shape a photo into a plate.

    Attributes:
        label: English name for the owner, marked for translation.
        description: what comes out, in one English sentence, marked for translation.
        bright_is_high: whether bright parts of the photo become thick.
        standing: whether the plate is printed upright on its lower edge.
        defaults: the settings that differ from those of `ReliefSettings`.
    """

    label: str
    description: str
    bright_is_high: bool
    standing: bool
    defaults: Mapping[str, Any] = field(default_factory=dict)


ROUTES: dict[str, RouteInfo] = {
    "relief": RouteInfo(
        N_("Relief"),
        N_("A plaque in which bright parts of the photo stand high."),
        bright_is_high=True,
        standing=False,
    ),
    "lithophane": RouteInfo(
        N_("Lithophane"),
        N_("A thin upright plate that shows the photo when light shines through it."),
        bright_is_high=False,
        standing=True,
        defaults={"base": 0.8, "relief_height": 2.2, "border": 3.0, "smoothing": 0.1},
    ),
}

# Field -> (least, greatest): checked here and sent to the browser.
LIMITS: dict[str, tuple[float, float]] = {
    "width": (10.0, 1000.0),
    "relief_height": (0.2, 30.0),
    "base": (0.2, 20.0),
    "border": (0.0, 100.0),
    "contrast": (0.2, 3.0),
    "smoothing": (0.0, 5.0),
    "samples_per_mm": (0.5, 50.0),
    "max_error": (0.005, 1.0),
}

_RANGES = {
    "width": N_(
        "The width must be between %(least)s and %(most)s mm, not %(value)s; change it."
    ),
    "relief_height": N_(
        "The relief height must be between %(least)s and %(most)s mm, not %(value)s; "
        "change it."
    ),
    "base": N_(
        "The base must be between %(least)s and %(most)s mm thick, not %(value)s; change "
        "it."
    ),
    "border": N_(
        "The border must be between %(least)s and %(most)s mm wide, not %(value)s; "
        "change it."
    ),
    "contrast": N_(
        "The contrast must be between %(least)s and %(most)s, not %(value)s; change it."
    ),
    "smoothing": N_(
        "The smoothing must be between %(least)s and %(most)s mm, not %(value)s; change "
        "it."
    ),
    "samples_per_mm": N_(
        "The samples per mm must be between %(least)s and %(most)s, not %(value)s; "
        "change it, or leave it empty to follow the nozzle."
    ),
    "max_error": N_(
        "The largest error must be between %(least)s and %(most)s mm, not %(value)s; "
        "change it."
    ),
}
_SWITCHES = {
    "invert": N_(
        "Invert can only be on or off (true or false), not %(value)s; change it."
    ),
    "auto_levels": N_(
        "Automatic levels can only be on or off (true or false), not %(value)s; change "
        "it."
    ),
}


@dataclass(frozen=True)
class ReliefSettings:
    """Everything that shapes a relief or lithophane.

    Attributes:
        route: a key of `ROUTES`.
        width: outer width of the plate, border included. The other side follows from the
            photo's aspect.
        relief_height: thickness of the shaped part above the base.
        base: thinnest part of the plate.
        border: width of the border, which stands as high as base + relief_height; 0 for
            none.
        invert: swap high and low.
        contrast: factor about mid grey, applied after the automatic levels.
        auto_levels: stretch the greys between the darkest and brightest 0.5 % of them.
        smoothing: sigma of a Gaussian over the picture; 0 for none.
        samples_per_mm: nodes per mm, None for 4 per nozzle width. The photo's own pixels
            are the limit either way.
        max_error: how far the triangles may be from the heightmap, anywhere.
    """

    route: str = "relief"
    width: float = 100.0
    relief_height: float = 2.0
    base: float = 1.0
    border: float = 0.0
    invert: bool = False
    contrast: float = 1.0
    auto_levels: bool = True
    smoothing: float = 0.2
    samples_per_mm: float | None = None
    max_error: float = 0.05

    @property
    def height(self) -> float:
        """Greatest thickness of the plate."""
        return self.base + self.relief_height

    @property
    def standing(self) -> bool:
        """Whether the plate is printed upright."""
        return ROUTES[self.route].standing

    @property
    def bright_is_high(self) -> bool:
        """Whether bright parts of the photo become thick, after `invert`."""
        return ROUTES[self.route].bright_is_high != self.invert

    @classmethod
    def defaults(cls, route: str) -> ReliefSettings:
        """The defaults of a route.

        Raises:
            ReliefRefused: ``relief.unknown_route``.
        """
        if not isinstance(route, str) or route not in ROUTES:
            raise ReliefRefused(
                "relief.unknown_route",
                N_("%(route)s is no way to shape a photo; choose one of: %(known)s."),
                field="route",
                suggest="relief",
                route=_shown(route),
                known=", ".join(ROUTES),
            )
        return cls(route=route, **ROUTES[route].defaults)

    @classmethod
    def from_json(cls, route: str, data: Mapping[str, Any]) -> ReliefSettings:
        """The route's defaults, changed by `data`, and checked.

        Args:
            data: settings by name, as `to_json` gives them; a ``route`` among them must
                be the same route.

        Raises:
            ReliefRefused: ``relief.unknown_route``, ``relief.unknown_setting``,
                ``relief.wrong_type``, ``relief.out_of_range``,
                ``relief.border_too_wide``; `field` names the setting as ``relief.width``.
        """
        settings = cls.defaults(route)
        if not isinstance(data, Mapping):
            raise ReliefRefused(
                "relief.wrong_type",
                N_("The settings of the relief are not a table of names and values."),
                field="relief",
            )
        changes = {}
        for name, value in data.items():
            if name == "route" and value == route:
                continue
            if name in LIMITS:
                changes[name] = _number(name, value)
            elif name in _SWITCHES:
                changes[name] = _switch(name, value)
            else:
                raise ReliefRefused(
                    "relief.unknown_setting",
                    N_("A relief has no setting %(name)s; leave it out."),
                    field=f"relief.{_shown(name)}",
                    name=_shown(name),
                )
        settings = replace(settings, **changes)
        most = (settings.width - MIN_PICTURE) / 2
        if settings.border > most:
            raise ReliefRefused(
                "relief.border_too_wide",
                N_(
                    "A border of %(border)s mm leaves no room for the picture on a plate "
                    "of %(width)s mm; make it at most %(most)s mm wide."
                ),
                field="relief.border",
                suggest=_floor(most),
                border=round(settings.border, 2),
                width=round(settings.width, 2),
                most=_floor(most),
            )
        return settings

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def plate_size(settings: ReliefSettings, size_px: tuple[int, int]) -> tuple[float, float]:
    """Outer width and depth of the plate lying flat, border included.

    The picture inside the border keeps the aspect of `size_px`, the (width, height) of
    the photo after turn and crop.
    """
    inner = settings.width - 2 * settings.border
    return settings.width, inner * size_px[1] / size_px[0] + 2 * settings.border


def outer_size(
    settings: ReliefSettings, size_px: tuple[int, int], machine: Machine
) -> tuple[float, float, float]:
    """The box (width, depth, height) that the print takes on `machine`, as it is printed.

    A lithophane stands: its depth is the plate's thickness, its height the picture's.

    Args:
        size_px: (width, height) of the photo after turn and crop, as
            `photo.cropped_size` gives it.
    """
    width, depth = plate_size(settings, size_px)
    if settings.standing:
        return width, settings.height, depth
    return width, depth, settings.height


def check_picture(settings: ReliefSettings, size_px: tuple[int, int]) -> None:
    """Refuse a plate that is hardly more than a line.

    Raises:
        ReliefRefused: ``relief.too_slim`` with `suggest`, a width that would do.
    """
    depth = plate_size(settings, size_px)[1] - 2 * settings.border
    if depth < MIN_PICTURE_DEPTH:
        wide = MIN_PICTURE_DEPTH * size_px[0] / size_px[1] + 2 * settings.border
        enough = math.ceil(wide * 10) / 10
        raise ReliefRefused(
            "relief.too_slim",
            N_(
                "The picture would be only %(depth)s mm high; make the plate at least "
                "%(enough)s mm wide, or crop the photo less."
            ),
            field="relief.width",
            suggest=enough,
            depth=round(depth, 2),
            enough=enough,
        )


def check_fits(
    settings: ReliefSettings,
    size_px: tuple[int, int],
    machine: Machine,
    margin: float = 0.0,
) -> None:
    """Refuse a print that the machine has no room for, with the width that would fit.

    Args:
        margin: room to keep around the print, e.g. for its brim.

    Raises:
        ReliefRefused: ``relief.too_slim``; ``relief.too_big_for_bed`` with `suggest`, the
            largest width that fits rounded down to 0.1 mm;
            ``relief.no_width_fits`` where there is none.
    """

    def fits(width: float) -> bool:
        smaller = replace(settings, width=width)
        return machine.fits(*outer_size(smaller, size_px, machine), margin)

    check_picture(settings, size_px)
    if fits(settings.width):
        return
    size = outer_size(settings, size_px, machine)
    shown = {
        "width": round(size[0], 1),
        "depth": round(size[1], 1),
        "height": round(size[2], 1),
        "bed_width": round(machine.width, 1),
        "bed_depth": round(machine.depth, 1),
        "bed_height": round(machine.height, 1),
    }
    # In tenths of a millimetre: `low` fits, `high` does not.
    low = math.ceil(10 * max(LIMITS["width"][0], 2 * settings.border + MIN_PICTURE))
    if not fits(low / 10):
        raise ReliefRefused(
            "relief.no_width_fits",
            N_(
                "The plate does not fit on the printer (%(bed_width)s x %(bed_depth)s x "
                "%(bed_height)s mm) even at a width of %(least)s mm; crop the photo, or "
                "reduce the border and the relief height."
            ),
            field="relief.width",
            least=low / 10,
            **shown,
        )
    high = math.ceil(10 * settings.width)
    while high - low > 1:
        middle = (low + high) // 2
        if fits(middle / 10):
            low = middle
        else:
            high = middle
    raise ReliefRefused(
        "relief.too_big_for_bed",
        N_(
            "The plate needs %(width)s x %(depth)s x %(height)s mm and does not fit on "
            "the printer (%(bed_width)s x %(bed_depth)s x %(bed_height)s mm); make it "
            "at most %(fitting)s mm wide."
        ),
        field="relief.width",
        suggest=low / 10,
        fitting=low / 10,
        **shown,
    )


def sample_size(
    settings: ReliefSettings, size_px: tuple[int, int], machine: Machine
) -> tuple[int, int]:
    """Nodes (columns, rows) of the whole plate's heightmap, border included.

    As fine as the nozzle can print (or the owner asked for), never finer than the photo,
    except to make the border's wall upright, and never more than 4096 a side.

    Args:
        size_px: (width, height) of the photo after turn and crop, before any reduction;
            a photo reduced to the longer of the two sides returned loses nothing.
    """
    pitch = 1 / (settings.samples_per_mm or SAMPLES_PER_NOZZLE / machine.nozzle)
    coarsest = math.inf
    if settings.border > 0:
        coarsest = max(settings.border / SAMPLES_PER_BORDER, machine.nozzle / 2)
    sides = plate_size(settings, size_px)
    pitch = max(pitch, max(sides) / (MAX_SAMPLES - 1))
    nodes = []
    for side, photo_px in zip(sides, size_px, strict=True):
        inner = side - 2 * settings.border
        photo_pitch = min(inner / max(photo_px - 1, 1), coarsest)
        # At least one node must hit the picture between two wide sides of a border.
        nodes.append(round(side / min(max(pitch, photo_pitch), inner / 2)) + 1)
    return nodes[0], nodes[1]


def _number(name: str, value: Any) -> float | None:
    if value is None and name == "samples_per_mm":
        return None
    least, most = LIMITS[name]
    problem = {"field": f"relief.{name}", "least": least, "most": most}
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ReliefRefused(
            "relief.wrong_type", _RANGES[name], value=_shown(value), **problem
        )
    # Written so that a NaN is refused too.
    if not least <= value <= most:
        nan = isinstance(value, float) and math.isnan(value)
        nearest = None if nan else min(max(value, least), most)
        raise ReliefRefused(
            "relief.out_of_range",
            _RANGES[name],
            suggest=nearest,
            value=_shown(value),
            **problem,
        )
    return float(value)


def _switch(name: str, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    raise ReliefRefused(
        "relief.wrong_type",
        _SWITCHES[name],
        field=f"relief.{name}",
        suggest=False,
        value=_shown(value),
    )


def _shown(value: Any) -> str:
    """A stranger's value, short enough for a sentence."""
    text = str(value)
    return text if len(text) <= 40 else text[:39] + "…"


def _floor(length: float) -> float:
    return math.floor(length * 10 + 1e-6) / 10
