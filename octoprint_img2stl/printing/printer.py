"""The printer as the queue sees it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class PrinterState:
    """What the printer does at this moment.

    Attributes:
        connected: there is a printer on the line.
        ready: it could begin a print now: operational, not printing, paused, cancelling,
            finishing, nor taking up a file.
        printing: a print is under way, be it paused. While it is being cancelled or
            finished the printer is neither printing nor ready: OctoPrint tells the end of
            a print long before it leaves these states.
        path: file of the print under way, as in the events; None if not known.
    """

    connected: bool
    ready: bool
    printing: bool
    path: str | None = None


class Printer(Protocol):
    """What the queue asks of a printer. Both methods may be called from any thread."""

    def state(self) -> PrinterState:
        """What it does now; quick, without asking the printer itself."""

    def start(self, path: str, user: str) -> None:
        """Begin to print a file in the name of a user.

        May return before the print began and may fail silently: the queue believes only
        the event. An exception means that it certainly did not begin.
        """
