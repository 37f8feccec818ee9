"""Repair: any mesh becomes a solid, and it is said what was done to it.

The steps stand in files of their own, lightest first: `tidy` (join, drop), `pairing` and
`close` (sew, orient, cap), `sheet` (thickness), `sort` (outward, cavities), `floaters`,
`union`, `separate` (strict), `wrap`. `cascade` runs them, `gate` says whether the result is
still the model.
"""

from __future__ import annotations

from ..words import STAGES
from .cascade import repair
from .model import Floater, Repaired

__all__ = ["STAGES", "Floater", "Repaired", "repair"]
