"""Why a photo was not taken, and the limits a photo has to keep."""

from __future__ import annotations

from ..problems import Refusal

MAX_PIXELS = 80_000_000
MIN_SIDE_PX = 16
MAX_ASPECT = 20


class PhotoRefused(Refusal):
    """The photo, or the part of it that was asked for, cannot be used."""
