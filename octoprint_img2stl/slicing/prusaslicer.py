"""PrusaSlicer 2.3 to 2.9 on its command line.

Its exit code means nothing, its profiles can run programs, it prints beyond the bed
without a word, and its progress is a trace log: the reasons for most lines here.
"""

from __future__ import annotations

import errno
import math
import os
import re
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from .. import process
from ..machine import Machine
from ..process import Limits
from .gcode import read_gcode, verify
from .profiles import slice_ini, write_ini
from .prusa_output import Listener
from .refused import SlicingRefused, clean_text
from .running import DISK_FULL, publish, required_version, scaled
from .settings import SliceSettings
from .slicer import SliceResult
from .stl import stl_size

PROBE = Limits(time_s=30.0)  # a Pi that is busy needs some seconds to load it
SLICED = 0.96  # of the progress; the rest is reading what was written
OLDEST = (2, 3, 0)


class PrusaSlicer:
    """PrusaSlicer at an absolute path; see `slicer.Slicer`."""

    name = "prusaslicer"
    label = "PrusaSlicer"
    install = "sudo apt install --no-install-recommends prusa-slicer"
    programs = ("prusa-slicer", "PrusaSlicer")
    places = (
        "/usr/local/bin/prusa-slicer",
        "/usr/bin/prusa-slicer",
        "/opt/PrusaSlicer*/prusa-slicer",
        "/opt/PrusaSlicer*/bin/prusa-slicer",
        "~/PrusaSlicer*.AppImage",
        "~/Applications/PrusaSlicer*.AppImage",
        "~/.local/bin/prusa-slicer",
    )

    def __init__(self, path: str, folder: str | None = None) -> None:
        self.path = path

    def version(self) -> str:
        """The version, e.g. ``2.5.0``; starts the program and waits for it.

        There is no --version. The help text names it, and not always in its first line.

        Raises:
            SlicingRefused: ``slicing.not_a_slicer``, ``slicing.too_old``.
        """
        found: list[str] = []

        def look(stream: str, line: str) -> None:
            match = re.match(r"PrusaSlicer-(\d+\.\d+\.\d+)", line)
            if match and not found:
                found.append(match[1])

        with tempfile.TemporaryDirectory(prefix="img2stl-") as folder:
            process.run([self.path, "--help"], cwd=folder, limits=PROBE, on_line=look)
        return required_version(self.label, self.path, next(iter(found), None), OLDEST)

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
    ) -> SliceResult:
        """See `slicer.Slicer.slice`."""
        stl, gcode, work = (Path(os.path.abspath(path)) for path in (stl, gcode, work))
        gcode.unlink(missing_ok=True)
        size = stl_size(stl)
        ini, notices = slice_ini(machine, settings, size, profile=profile, relief=relief)
        try:
            with tempfile.TemporaryDirectory(prefix="slice-", dir=work) as name:
                folder = Path(name)
                # Names of ours: PrusaSlicer takes a model called --help.stl for an
                # option.
                model, output, config = (
                    folder / leaf for leaf in ("model.stl", "out.gcode", "config.ini")
                )
                model.symlink_to(stl)
                write_ini(config, ini)
                listener = Listener(_layers(size[2], ini), scaled(progress, 0.0, SLICED))
                argv = _argv(self.path, config, machine, output, model)
                finished = process.run(
                    argv,
                    cwd=folder,
                    limits=limits,
                    on_line=listener.line,
                    cancelled=cancelled,
                    started=started,
                )
                listener.refuse(finished, output.is_file() and not output.is_symlink())
                facts = read_gcode(output, scaled(progress, SLICED, 1.0), machine.centre)
                verify(facts, machine)
                publish(output, gcode)
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
            raise SlicingRefused("slicing.disk_full", DISK_FULL) from error
        command = clean_text(" ".join(argument or "''" for argument in argv))
        return SliceResult(
            version=facts.generator.removeprefix("PrusaSlicer "),
            warnings=(*notices, *listener.warnings()),
            log=f"{command}\n{listener.log}",
            wall_s=finished.wall_s,
            cpu_s=finished.cpu_s,
            peak_memory_bytes=finished.peak_memory_bytes,
            facts=facts,
        )


def _argv(
    program: str, config: Path, machine: Machine, output: Path, model: Path
) -> list[str]:
    """The command. Every path is absolute, so that none is taken for an option.

    --loglevel 5 because only log lines are flushed through a pipe; --post-process ''
    because the command line wins over every configuration; --dont-arrange because
    arranging would only put the model to the same place once more, and 2.5 aborts over it
    if the centre is negative.
    """
    middle_x, middle_y = machine.centre
    return [
        *(program, "--loglevel", "5", "--export-gcode"),
        *("--load", str(config)),
        *("--post-process", ""),
        *("--center", f"{middle_x:.4f},{middle_y:.4f}", "--dont-arrange"),
        *("--output", str(output)),
        str(model),
    ]


def _layers(height: float, ini: Mapping[str, str]) -> int:
    try:
        layer = float(ini["layer_height"])
    except ValueError:
        return 1
    return max(1, math.ceil(height / layer)) if layer > 0 else 1
