"""Every setting of a relief: what it may be, and what is said when it is not. No numpy.

Lengths are millimetres. The browser gets the limits and choices from here.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..problems import N_
from .refused import ReliefRefused

MOST_TEXT = 60
MOST_CURVE_POINTS = 16


@dataclass(frozen=True)
class Number:
    """A number within limits.

    Attributes:
        least, most: the limits.
        wrong: the sentence for anything else, with ``%(least)s``, ``%(most)s`` and
            ``%(value)s``.
        whole: whether only whole numbers will do.
        optional: whether None is allowed, which leaves the choice to us.
    """

    least: float
    most: float
    wrong: str
    whole: bool = False
    optional: bool = False

    def check(self, name: str, value: Any) -> float | int | None:
        if value is None and self.optional:
            return None
        about = {"field": f"relief.{name}", "least": self.least, "most": self.most}
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise ReliefRefused(
                "relief.wrong_type", self.wrong, value=shown(value), **about
            )
        nan = isinstance(value, float) and math.isnan(value)
        fraction = isinstance(value, float) and math.isfinite(value) and value % 1 != 0
        broken = self.whole and fraction
        if nan or broken or not self.least <= value <= self.most:
            nearest = None if nan else min(max(value, self.least), self.most)
            raise ReliefRefused(
                "relief.out_of_range",
                self.wrong,
                suggest=round(nearest) if broken else nearest,
                value=shown(value),
                **about,
            )
        return int(value) if self.whole else float(value)


@dataclass(frozen=True)
class Switch:
    """On or off."""

    wrong: str

    def check(self, name: str, value: Any) -> bool:
        if isinstance(value, bool):
            return value
        raise ReliefRefused(
            "relief.wrong_type",
            self.wrong,
            field=f"relief.{name}",
            suggest=False,
            value=shown(value),
        )


@dataclass(frozen=True)
class Choice:
    """One of a few words, each with its English name for the owner."""

    choices: Mapping[str, str]
    wrong: str

    def check(self, name: str, value: Any) -> str:
        if isinstance(value, str) and value in self.choices:
            return value
        raise ReliefRefused(
            "relief.unknown_choice",
            self.wrong,
            field=f"relief.{name}",
            suggest=next(iter(self.choices)),
            value=shown(value),
            known=", ".join(self.choices),
        )


@dataclass(frozen=True)
class Text:
    """A line of text."""

    most: int
    wrong: str

    def check(self, name: str, value: Any) -> str:
        if isinstance(value, str) and len(value) <= self.most:
            return value
        raise ReliefRefused(
            "relief.text_too_long", self.wrong, field=f"relief.{name}", most=self.most
        )


@dataclass(frozen=True)
class Curve:
    """Points (x, y) in 0..1 of a curve that maps greys to greys, or None for none."""

    wrong: str

    def check(self, name: str, value: Any) -> tuple[tuple[float, float], ...] | None:
        if value is None:
            return None
        try:
            points = tuple((float(x), float(y)) for x, y in value)
        except (TypeError, ValueError, OverflowError):
            points = ()
        rising = all(a[0] < b[0] for a, b in zip(points, points[1:], strict=False))
        inside = all(0 <= number <= 1 for point in points for number in point)
        if not (2 <= len(points) <= MOST_CURVE_POINTS and rising and inside):
            raise ReliefRefused(
                "relief.bad_curve",
                self.wrong,
                field=f"relief.{name}",
                most=MOST_CURVE_POINTS,
            )
        return points


Option = Number | Switch | Choice | Text | Curve

SWITCH = N_(
    "This setting can only be on or off (true or false), not %(value)s; change it."
)


def _share(wrong: str) -> Number:
    return Number(0.0, 1.0, wrong)


OPTIONS: dict[str, Option] = {
    # -- size -------------------------------------------------------------------------
    "width": Number(
        10.0,
        1000.0,
        N_(
            "The width must be between %(least)s and %(most)s mm, not %(value)s; change "
            "it."
        ),
    ),
    "relief_height": Number(
        0.2,
        30.0,
        N_(
            "The relief height must be between %(least)s and %(most)s mm, not %(value)s; "
            "change it."
        ),
    ),
    "base": Number(
        0.2,
        20.0,
        N_(
            "The base must be between %(least)s and %(most)s mm thick, not %(value)s; "
            "change it."
        ),
    ),
    "border": Number(
        0.0,
        100.0,
        N_(
            "The border must be between %(least)s and %(most)s mm wide, not %(value)s; "
            "change it."
        ),
    ),
    "frame_height": Number(
        0.2,
        50.0,
        N_(
            "The border must be between %(least)s and %(most)s mm high, not %(value)s; "
            "change it, or leave it empty to make it as high as the relief."
        ),
        optional=True,
    ),
    # -- from picture to height -------------------------------------------------------
    "source": Choice(
        {
            "brightness": N_("Brightness"),
            "red": N_("Red"),
            "green": N_("Green"),
            "blue": N_("Blue"),
            "alpha": N_("Transparency"),
            "depth": N_("Depth map"),
        },
        N_("The height cannot follow %(value)s; choose one of: %(known)s."),
    ),
    "invert": Switch(SWITCH),
    "mirror": Switch(SWITCH),
    "auto_levels": Switch(SWITCH),
    "black": _share(
        N_(
            "The black point must be between %(least)s and %(most)s, not %(value)s; "
            "change it."
        )
    ),
    "white": _share(
        N_(
            "The white point must be between %(least)s and %(most)s, not %(value)s; "
            "change it."
        )
    ),
    "gamma": Number(
        0.2,
        5.0,
        N_("Gamma must be between %(least)s and %(most)s, not %(value)s; change it."),
    ),
    "curve": Curve(
        N_(
            "The curve needs 2 to %(most)s points between 0 and 1, each further right "
            "than the one before; reset it."
        )
    ),
    "contrast": Number(
        0.2,
        3.0,
        N_(
            "The contrast must be between %(least)s and %(most)s, not %(value)s; change "
            "it."
        ),
    ),
    "local_contrast": _share(
        N_(
            "The local contrast must be between %(least)s and %(most)s, not %(value)s; "
            "change it."
        )
    ),
    "edge_smoothing": Number(
        0.0,
        5.0,
        N_(
            "The smoothing that keeps edges must be between %(least)s and %(most)s mm, "
            "not %(value)s; change it."
        ),
    ),
    "smoothing": Number(
        0.0,
        5.0,
        N_(
            "The smoothing must be between %(least)s and %(most)s mm, not %(value)s; "
            "change it."
        ),
    ),
    "sharpening": Number(
        0.0,
        3.0,
        N_(
            "The sharpening must be between %(least)s and %(most)s, not %(value)s; "
            "change it."
        ),
    ),
    "steps": Number(
        0,
        16,
        N_(
            "The number of flat levels must be 0 (for none) or a whole number from 2 to "
            "%(most)s, not %(value)s; change it."
        ),
        whole=True,
    ),
    "threshold": _share(
        N_(
            "The threshold must be between %(least)s and %(most)s, not %(value)s; change "
            "it."
        )
    ),
    "debanding": Choice(
        {
            "smooth": N_("Smooth them, keeping edges"),
            "dither": N_("Break them up with fine noise"),
            "off": N_("Leave them"),
        },
        N_(
            "Steps from few grey levels cannot be treated as %(value)s; choose one of: "
            "%(known)s."
        ),
    ),
    "compression": _share(
        N_(
            "The flattening of a depth map must be between %(least)s and %(most)s, not "
            "%(value)s; change it."
        )
    ),
    "light_true": Switch(SWITCH),
    "transmission": Number(
        0.3,
        20.0,
        N_(
            "The filament's transmission must be between %(least)s and %(most)s mm, not "
            "%(value)s; change it."
        ),
    ),
    # -- shape ------------------------------------------------------------------------
    "corner_radius": Number(
        0.0,
        100.0,
        N_(
            "The corners' radius must be between %(least)s and %(most)s mm, not "
            "%(value)s; change it."
        ),
    ),
    "subject": Choice(
        {
            "auto": N_("Detected automatically"),
            "dark": N_("The dark parts"),
            "bright": N_("The bright parts"),
            "alpha": N_("What is not transparent"),
        },
        N_("The subject cannot be %(value)s; choose one of: %(known)s."),
    ),
    "subject_threshold": _share(
        N_(
            "The subject's threshold must be between %(least)s and %(most)s, not "
            "%(value)s; change it."
        )
    ),
    "outline_margin": Number(
        0.0,
        50.0,
        N_(
            "The margin around the subject must be between %(least)s and %(most)s mm, "
            "not %(value)s; change it."
        ),
    ),
    "cutter_height": Number(
        4.0,
        40.0,
        N_(
            "The cutter must be between %(least)s and %(most)s mm high, not %(value)s; "
            "change it."
        ),
    ),
    "bridge": Number(
        0.4,
        10.0,
        N_(
            "The stencil's bars must be between %(least)s and %(most)s mm wide, not "
            "%(value)s; change it."
        ),
    ),
    "angle_deg": Number(
        10.0,
        180.0,
        N_(
            "The arc must be between %(least)s and %(most)s degrees, not %(value)s; "
            "change it."
        ),
    ),
    "cap_deg": Number(
        20.0,
        90.0,
        N_(
            "The dome must reach %(least)s to %(most)s degrees down from its top, not "
            "%(value)s; change it."
        ),
    ),
    "floor": Number(
        0.0,
        20.0,
        N_(
            "The floor must be between %(least)s (none) and %(most)s mm thick, not "
            "%(value)s; change it."
        ),
    ),
    "socket_hole": Number(
        0.0,
        200.0,
        N_(
            "The hole for the lamp must be between %(least)s and %(most)s mm, not "
            "%(value)s; change it."
        ),
    ),
    "lid_slot": Switch(SWITCH),
    # -- extras -----------------------------------------------------------------------
    "ring": Switch(SWITCH),
    "ring_hole": Number(
        2.0,
        20.0,
        N_(
            "The ring's hole must be between %(least)s and %(most)s mm, not %(value)s; "
            "change it."
        ),
    ),
    "holes": Choice(
        {
            "none": N_("No holes"),
            "one": N_("One, at the top"),
            "two": N_("Two, at the top"),
            "four": N_("Four, in the corners"),
        },
        N_("There are no holes of the kind %(value)s; choose one of: %(known)s."),
    ),
    "hole_diameter": Number(
        1.0,
        20.0,
        N_(
            "The holes must be between %(least)s and %(most)s mm wide, not %(value)s; "
            "change it."
        ),
    ),
    "keyhole": Switch(SWITCH),
    "magnets": Number(
        0,
        8,
        N_(
            "The number of magnets must be a whole number between %(least)s and "
            "%(most)s, not %(value)s; change it."
        ),
        whole=True,
    ),
    "magnet_diameter": Number(
        2.0,
        30.0,
        N_(
            "Magnets must be between %(least)s and %(most)s mm wide, not %(value)s; "
            "change it."
        ),
    ),
    "magnet_depth": Number(
        0.5,
        10.0,
        N_(
            "Magnets must be between %(least)s and %(most)s mm thick, not %(value)s; "
            "change it."
        ),
    ),
    "stand": Choice(
        {
            "none": N_("No stand"),
            "foot": N_("A foot along the lower edge"),
            "easel": N_("A small easel beside it"),
        },
        N_("There is no stand of the kind %(value)s; choose one of: %(known)s."),
    ),
    "text": Text(
        MOST_TEXT, N_("The text may have at most %(most)s characters; shorten it.")
    ),
    "text_size": Number(
        3.0,
        60.0,
        N_(
            "The letters must be between %(least)s and %(most)s mm high, not %(value)s; "
            "change it."
        ),
    ),
    "text_place": Choice(
        {"bottom": N_("At the bottom"), "top": N_("At the top")},
        N_("Text cannot stand at %(value)s; choose one of: %(known)s."),
    ),
    "text_raise": Number(
        -3.0,
        5.0,
        N_(
            "Letters can be raised by up to %(most)s mm or, below 0, engraved down to "
            "%(least)s mm, not %(value)s; change it."
        ),
    ),
    "font": Text(80, N_("The font's name is too long; choose one from the list.")),
    # -- mesh -------------------------------------------------------------------------
    "samples_per_mm": Number(
        0.5,
        50.0,
        N_(
            "The samples per mm must be between %(least)s and %(most)s, not %(value)s; "
            "change it, or leave it empty to follow the nozzle."
        ),
        optional=True,
    ),
    "max_error": Number(
        0.0,
        1.0,
        N_(
            "The largest error must be between %(least)s and %(most)s mm, not %(value)s; "
            "change it."
        ),
    ),
    "budget": Number(
        1000,
        20_000_000,
        N_(
            "The mesh can be limited to between %(least)s and %(most)s triangles, not "
            "%(value)s; change it, or leave it empty for no limit."
        ),
        whole=True,
        optional=True,
    ),
}

# Field -> (least, greatest): checked here and sent to the browser.
LIMITS: dict[str, tuple[float, float]] = {
    name: (option.least, option.most)
    for name, option in OPTIONS.items()
    if isinstance(option, Number)
}


def shown(value: Any) -> str:
    """A stranger's value, short enough for a sentence."""
    text = str(value)
    return text if len(text) <= 40 else text[:39] + "…"
