"""What the filament of a print costs."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from .spool import Spool

TOOL = 0  # the one that prints


@dataclass(frozen=True)
class Price:
    """What a kilogram of filament costs where no loaded spool says it.

    Attributes:
        per_kg: 0: not known.
        currency: as the owner writes it, such as ``€``; may be empty.
    """

    per_kg: float = 0.0
    currency: str = ""


def cost(
    grams: float | None, price: Price, spools: Iterable[Spool]
) -> dict[str, Any] | None:
    """What a print costs, JSON-able; None where the weight or the price is not known.

    Args:
        grams: what the print weighs, supports included.
        price: of the settings.
        spools: those that are loaded. What the one in the first tool cost counts, in the
            same currency: plugins that keep spools name none that could be trusted.

    Returns:
        ``amount``, ``per_kg``, ``currency``; ``spool``: the name of the spool whose price
        it is, empty where it is that of the settings.
    """
    if not grams or not math.isfinite(grams):
        return None
    known = [each for each in spools if each.tool == TOOL and each.cost_per_kg]
    per_kg = known[0].cost_per_kg if known else price.per_kg
    if not per_kg or not math.isfinite(per_kg):
        return None
    return {
        "amount": round(grams * per_kg / 1000, 4),
        "per_kg": round(per_kg, 4),
        "currency": price.currency,
        "spool": known[0].name if known else "",
    }
