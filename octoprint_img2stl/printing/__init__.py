"""The print queue: a state machine that sees the printer through a small protocol.

Nothing here ever sends G-code, and nothing starts without a person who has looked at the
bed. See `queue.PrintQueue`.
"""

from __future__ import annotations

from .printer import Printer, PrinterState
from .queue import PrintQueue
from .refused import QueueRefused

__all__ = ["PrintQueue", "Printer", "PrinterState", "QueueRefused"]
