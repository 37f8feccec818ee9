"""How this room says no. Light: the OctoPrint process may import it."""

from __future__ import annotations

from ..problems import Refusal


class MeshRefused(Refusal):
    """A file cannot be used as a mesh."""
