"""What a slicer is to the rest of the house, whichever program stands behind it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ..machine import Machine
from ..problems import Problem
from ..process import Limits
from .gcode import GcodeFacts
from .settings import SliceSettings


@dataclass(frozen=True)
class SliceResult:
    """A finished slice.

    Attributes:
        version: of the slicer.
        warnings: what the user should know, the slicer's own warnings too.
        log: the command and what the slicer said, without its tracing; safe to show.
        wall_s, cpu_s, peak_memory_bytes: of the slicer's process.
        facts: of the G-code, which was verified against the machine.
    """

    version: str
    warnings: tuple[Problem, ...]
    log: str
    wall_s: float
    cpu_s: float
    peak_memory_bytes: int
    facts: GcodeFacts


class Slicer(Protocol):
    """One slicing program; a new one is a module and a line in the registry.

    Attributes:
        name: its key in the registry.
        label: how people know it.
        install: what to type to install it.
        programs: names looked for on PATH.
        places: absolute paths, with * and ? and ~, looked at after that.
        path: the program.

    Args:
        path: the program.
        folder: what the owner has for it besides; None: looked for where it is needed.
    """

    name: str
    label: str
    install: str
    programs: tuple[str, ...]
    places: tuple[str, ...]
    path: str

    def __init__(self, path: str, folder: str | None = None) -> None: ...

    def version(self) -> str:
        """The program's version, e.g. ``2.5.0``.

        Raises:
            SlicingRefused: ``slicing.not_a_slicer``: it does not answer as this slicer
                does.
        """

    def ready(self) -> str:
        """The same, and that whatever else a slice needs is installed, too.

        Raises:
            SlicingRefused: as `version`, and for what is missing.
        """

    def slice(
        self,
        stl: Path,
        gcode: Path,
        machine: Machine,
        settings: SliceSettings,
        *,
        work: Path,
        limits: Limits,
        profile: Mapping[str, str] | None = None,
        progress: Callable[[float], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
        started: Callable[[int], None] | None = None,
        relief: bool = True,
        paces: Path | None = None,
    ) -> SliceResult:
        """Slice a model and verify the G-code.

        Args:
            stl: binary STL in mm; only its shape counts, it is printed in the bed's
                middle.
            gcode: where the finished file goes, in one step; what is there is deleted
                first.
            machine: the printer.
            settings: the choices.
            work: an existing folder for what is needed on the way; it is left empty.
            limits: of the slicer's process.
            profile: values of the user's own profile; they win over the choices.
            progress: called with a fraction that never falls.
            cancelled: asked often; True ends the work.
            started: called with the slicer's process group id.
            relief: whether the model is a relief or lithophane, which is sliced the
                fast way.
            paces: file with what former slices took, from which the progress learns
                and to which this slice is added; None: there is none.

        Raises:
            SlicingRefused: there is then no file at `gcode`.
        """
