"""What can be added to a shape, one small module each. No numpy here.

They are asked in this order, and painted over each other in it.
"""

from __future__ import annotations

from . import frame, holes, keyhole, magnets, ring, stand, text
from .extra import Extra

EXTRAS: dict[str, Extra] = {
    "frame": frame.EXTRA,
    "ring": ring.EXTRA,
    "holes": holes.EXTRA,
    "keyhole": keyhole.EXTRA,
    "magnets": magnets.EXTRA,
    "text": text.EXTRA,
    "stand": stand.EXTRA,
}

__all__ = ["EXTRAS", "Extra"]
