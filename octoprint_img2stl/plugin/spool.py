"""A spool of filament, made of what another plugin says about it."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from ..problems import N_, WARNING, Problem
from ..slicing.material_names import matches
from ..slicing.refused import clean_text

NAME_LENGTH = 80
MATERIAL_LENGTH = 40
# smallest and largest value that can be true
GRAMS = (0.0, 100_000.0)
DIAMETERS = (0.5, 5.0)  # mm
DENSITIES = (0.3, 12.0)  # g/cm³: of foams to metals
PRICES = (0.01, 1_000_000.0)  # for a spool, in whatever currency
_COLOUR = re.compile(r"#?([0-9a-fA-F]{6})(?:[0-9a-fA-F]{2})?")


@dataclass(frozen=True)
class Spool:
    """What is loaded in a tool.

    Attributes:
        source: identifier of the plugin that says so.
        tool: number of the tool, the first is 0.
        name: for people; foreign, cleaned.
        material: as the owner wrote it; foreign, cleaned, may be empty.
        material_key: of `slicing.materials.MATERIALS`, None where it is not clear.
        colour_hex: ``#rrggbb``, None: not known.
        left_g: filament that is left, g; None: not known.
        diameter: mm, None: not known.
        density: g/cm³, None: not known.
        cost_per_kg: in the currency of that plugin, None: not known.
    """

    source: str
    tool: int
    name: str
    material: str = ""
    material_key: str | None = None
    colour_hex: str | None = None
    left_g: float | None = None
    diameter: float | None = None
    density: float | None = None
    cost_per_kg: float | None = None

    @classmethod
    def of_foreign(
        cls,
        source: str,
        tool: int,
        number: int,
        *,
        vendor: Any,
        name: Any,
        material: Any,
        colours: Iterable[Any],
        left: Any,
        diameter: Any,
        density: Any,
        price: Any,
        full: Any,
    ) -> Spool:
        """Clean and check what another plugin says; what cannot be true is left out.

        Args:
            source, tool: as in `Spool`.
            number: of the spool there, its name where it has none.
            vendor, name: are put together, once each.
            material, left, diameter, density: as in `Spool`.
            colours: the first that is one counts.
            price: of the full spool.
            full: filament on it then, g.
        """
        kind = _text(material, MATERIAL_LENGTH)
        maker, title = _text(vendor, NAME_LENGTH), _text(name, NAME_LENGTH) or kind
        if maker and maker.casefold() not in title.casefold():
            title = _text(f"{maker} {title}", NAME_LENGTH)
        paid, grams = checked(price, PRICES), checked(full, GRAMS)
        return cls(
            source=source,
            tool=tool,
            name=title or _text(f"#{number}", NAME_LENGTH),
            material=kind,
            material_key=matches(kind or title),
            colour_hex=next(filter(None, map(_colour, colours)), None),
            left_g=checked(left, GRAMS),
            diameter=checked(diameter, DIAMETERS),
            density=checked(density, DENSITIES),
            cost_per_kg=paid / grams * 1000 if paid and grams else None,
        )

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def enough(spool: Spool, need_g: float | None) -> Problem | None:
    """What to say where less is left on the spool than a print needs (g); else None.

    Also None where one of the two is not known.
    """
    if spool.left_g is None or need_g is None or not math.isfinite(need_g):
        return None
    if need_g <= spool.left_g:
        return None
    return Problem(
        "slicing.spool_short",
        WARNING,
        N_(
            "%(name)s has %(left)s g of filament left and this print needs %(need)s g; "
            "load a fuller spool, or be there to change it."
        ),
        # Rounded away from each other, so that they never look the same.
        {
            "name": spool.name,
            "left": math.floor(spool.left_g * 10 + 1e-6) / 10,
            "need": math.ceil(need_g * 10 - 1e-6) / 10,
        },
    )


def checked(value: Any, limits: tuple[float, float]) -> float | None:
    """A foreign number, or one in a short text, if it can be true."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    if isinstance(value, str) and len(value) > 30:
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if limits[0] <= number <= limits[1] else None  # NaN is not


def _text(value: Any, limit: int) -> str:
    return clean_text(value, limit) if isinstance(value, str) else ""


def _colour(value: Any) -> str | None:
    found = _COLOUR.fullmatch(value.strip()) if isinstance(value, str) else None
    return f"#{found[1].lower()}" if found else None
