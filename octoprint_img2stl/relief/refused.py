"""What the room says when it cannot do as asked."""

from __future__ import annotations

from ..problems import Refusal


class ReliefRefused(Refusal):
    """The relief cannot be made as asked."""
