"""PrusaSlicer 2.3 to 2.9 on its command line.

Its exit code means nothing, its profiles can run programs, it prints beyond the bed
without a word, and its progress is a trace log: the reasons for most lines here.
"""

from __future__ import annotations

import errno
import os
import re
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from .. import process
from ..machine import Machine
from ..problems import N_, Problem
from ..process import Limits
from .choices import THINNEST
from .drivers import Kind
from .effort import effort
from .gcode import read_gcode, verify
from .ini_values import count, number, percent
from .missing import missing, seen
from .pace import Pace, Worked, cores_here, work_begun
from .paces import Paces
from .profiles import slice_ini, write_ini
from .prusa_output import Listener
from .prusa_pace import COSTS
from .refused import SlicingRefused, clean_text
from .running import DISK_FULL, asked_version, publish, scaled
from .settings import SliceSettings
from .slicer import SliceResult
from .stl import stl_size

PROBE = Limits(time_s=30.0)  # a Pi that is busy needs some seconds to load it
OLDEST = (2, 3, 0)
HIDDEN_SEAMS = (None, "aligned", "nearest")  # values of seam_position
SAYS = re.compile(r"PrusaSlicer-(\d+\.\d+\.\d+)")


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
            SlicingRefused: what `running.asked_version` raises.
        """
        return asked_version(self.label, [self.path, "--help"], SAYS, OLDEST, PROBE)

    def ready(self) -> str:
        """See `slicer.Slicer.ready`: it needs nothing else."""
        return self.version()

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
        """See `slicer.Slicer.slice`."""
        before = work_begun()
        stl, gcode, work = (Path(os.path.abspath(path)) for path in (stl, gcode, work))
        gcode.unlink(missing_ok=True)
        size = stl_size(stl)
        ini, notices = slice_ini(machine, settings, size, profile=profile, relief=relief)
        layer, first = number(ini, "layer_height"), number(ini, "first_layer_height")
        if 0 < layer < THINNEST:
            raise SlicingRefused(
                "slicing.bad_profile",
                N_(
                    "The profile's layer height of %(height)s mm is too small; use "
                    "another profile."
                ),
                field="profile",
                height=layer,
            )
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
                ahead = effort(
                    stl,
                    size,
                    layer=layer,
                    first=first or layer,
                    density=percent(ini.get("fill_density")) or 0.0,
                    line=machine.line_width,
                )
                kind = Kind(
                    walls=count(ini, "perimeters"),
                    relief=relief,
                    supports=ini.get("support_material") == "1",
                    hidden_seams=ini.get("seam_position") in HIDDEN_SEAMS,
                )
                known = Paces(paces, self.name, self.path)
                worked, cores = Worked(started), cores_here()
                stages = known.taught(COSTS, ahead, kind, cores)
                pace = Pace(progress, stages, worked, before(), cores)

                def ended() -> bool:
                    pace.tick()  # it is asked several times a second
                    return bool(cancelled and cancelled())

                listener = Listener(ahead.layers, pace)
                argv = _argv(self.path, config, machine, output, model)
                finished = process.run(
                    argv,
                    cwd=folder,
                    limits=limits,
                    on_line=listener.line,
                    cancelled=ended,
                    started=worked.started,
                )
                listener.refuse(finished, output.is_file() and not output.is_symlink())
                reading = work_begun()
                facts = read_gcode(
                    output, scaled(progress, pace.ended(), 1.0), machine.centre
                )
                verify(facts, machine, model=True)
                found = seen(facts, machine, size[2], max(layer, first))
                if not relief:
                    found += missing(output, facts, stl, machine)
                publish(output, gcode)
                known.keep(ahead, kind, pace.took, reading())
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
            raise SlicingRefused("slicing.disk_full", DISK_FULL) from error
        command = clean_text(" ".join(argument or "''" for argument in argv))
        return SliceResult(
            version=facts.generator.removeprefix("PrusaSlicer "),
            warnings=(*notices, *_told_once(listener.warnings(), found)),
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
        *("--load", _quoted(str(config))),
        *("--post-process", ""),
        *("--center", f"{middle_x:.4f},{middle_y:.4f}", "--dont-arrange"),
        *("--output", str(output)),
        str(model),
    ]


def _quoted(path: str) -> str:
    """A path as one of PrusaSlicer's own lists, which it would part at each semicolon.

    Source: ``unescape_strings_cstyle`` in PrusaSlicer's ``Config.cpp``.
    """
    if ";" not in path:
        return path
    escaped = path.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _told_once(said: Sequence[Problem], found: Sequence[Problem]) -> list[Problem]:
    """What the slicer said and what we found: of gaps the slicer names only some."""
    ours = {problem.code for problem in found}
    return [*(problem for problem in said if problem.code not in ours), *found]
