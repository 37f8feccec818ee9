"""CuraEngine 4.8 to 5.0 on its command line.

Its exit code means nothing, it evaluates none of Cura's formulas, it prints beyond the
bed without a word, its file begins with figures that are not true, and a full disk does
not disturb it: the reasons for most lines here and in this folder.
"""

from __future__ import annotations

import errno
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from ... import process
from ...machine import Machine
from ...problems import N_
from ...process import Limits
from ..drivers import Kind
from ..effort import effort
from ..gcode import read_gcode, verify
from ..missing import missing, seen
from ..pace import Pace, Worked, cores_here, work_begun
from ..paces import Paces
from ..refused import SlicingRefused, clean_text
from ..running import DISK_FULL, asked_version, publish, refuse_replaced, scaled
from ..settings import SliceSettings
from ..slicer import SliceResult
from ..stl import stl_size
from .config import Config, slice_config
from .definitions import Definitions
from .flat import write_flat
from .header import set_header
from .output import Listener
from .pace import COSTS

PROBE_S = 30.0  # a Pi that is busy needs some seconds to load it
OLDEST = (4, 8)
SAYS = re.compile(r"Cura_SteamEngine version (\d+(?:\.\d+){1,2})")
LAST_LINE = b";End of Gcode"
TAIL = 200  # bytes within which the last line is
NEEDED_SPACE = 1 << 20  # bytes; a disk with less free space is a full one


class CuraEngine:
    """CuraEngine at an absolute path; see `slicer.Slicer`.

    Args:
        path: the program.
        definitions: the owner's folder with Cura's definition files; None: looked for.
    """

    name = "curaengine"
    label = "CuraEngine"
    install = "sudo apt install --no-install-recommends cura-engine"
    programs = ("CuraEngine", "curaengine")
    places = (
        "/usr/local/bin/CuraEngine",
        "/usr/bin/CuraEngine",
        "/opt/cura*/CuraEngine",
        "~/.local/bin/CuraEngine",
    )

    def __init__(self, path: str, definitions: str | None = None) -> None:
        self.path = path
        self.definitions = definitions

    def version(self) -> str:
        """The version, e.g. ``4.13.0`` or ``4.8``; starts the program and waits.

        Raises:
            SlicingRefused: what `running.asked_version` raises.
        """
        return self._version(Limits(time_s=PROBE_S))

    def ready(self) -> str:
        """See `slicer.Slicer.ready`: definition files that fit are here, too.

        Raises:
            SlicingRefused: as `version`, and what `Definitions.find` raises.
        """
        version = self.version()
        Definitions.find(version, self.definitions)
        return version

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
        probe = replace(limits, time_s=min(PROBE_S, limits.time_s or PROBE_S))
        version = self._version(probe, cancelled, started)
        config = slice_config(
            Definitions.find(version, self.definitions),
            machine,
            settings,
            size,
            profile=profile,
            relief=relief,
        )
        try:
            with tempfile.TemporaryDirectory(prefix="slice-", dir=work) as name:
                folder = Path(name)
                # Names of ours: the engine takes a model called -s.stl for an option.
                model, output = folder / "model.stl", folder / "out.gcode"
                model.symlink_to(stl)
                flat = write_flat(folder, config.values)
                layer, first = _heights(config)
                ahead = effort(
                    stl,
                    size,
                    layer=layer,
                    first=first,
                    density=float(config.values["infill_sparse_density"]),
                    line=machine.line_width,
                )
                kind = Kind(
                    walls=int(float(config.values["wall_line_count"])),
                    relief=relief,
                    supports=config.values["support_enable"] == "true",
                )
                known = Paces(paces, self.name, self.path)
                worked, cores = Worked(started), cores_here()
                stages = known.taught(COSTS, ahead, kind, cores)
                pace = Pace(progress, stages, worked, before(), cores)

                def ended() -> bool:
                    pace.tick()  # it is asked several times a second
                    return bool(cancelled and cancelled())

                listener = Listener(pace)
                argv = [self.path, "slice", "-v", "-p", "-j", str(flat)]
                argv += ["-l", str(model), "-o", str(output)]
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
                set_header(output, listener.header)
                facts = read_gcode(
                    output, scaled(progress, pace.ended(), 1.0), machine.centre
                )
                verify(facts, machine, model=True)
                _refuse_incomplete(output)
                refuse_replaced(self.label, facts, f"Cura_SteamEngine {version}")
                warnings = [
                    *config.notices,
                    *listener.warnings(),
                    *seen(facts, machine, size[2], max(_heights(config))),
                    *([] if relief else missing(output, facts, stl, machine)),
                ]
                publish(output, gcode)
                known.keep(ahead, kind, pace.took, reading())
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
            raise SlicingRefused("slicing.disk_full", DISK_FULL) from error
        return SliceResult(
            version=version,
            warnings=tuple(warnings),
            log=f"{clean_text(' '.join(argv))}\n{listener.log}",
            wall_s=finished.wall_s,
            cpu_s=finished.cpu_s,
            peak_memory_bytes=finished.peak_memory_bytes,
            facts=facts,
        )

    def _version(
        self,
        limits: Limits,
        cancelled: Callable[[], bool] | None = None,
        started: Callable[[int], None] | None = None,
    ) -> str:
        """As `version`, within limits; also raises what a process that was ended does."""
        argv = [self.path, "help"]
        return asked_version(self.label, argv, SAYS, OLDEST, limits, cancelled, started)


def _heights(config: Config) -> tuple[float, float]:
    """Height of a layer and of the first one, mm."""
    return float(config.values["layer_height"]), float(config.values["layer_height_0"])


def _refuse_incomplete(output: Path) -> None:
    """Raise for a file without its last line: the engine does not notice a full disk."""
    with open(output, "rb") as file:
        file.seek(max(0, os.fstat(file.fileno()).st_size - TAIL))
        if LAST_LINE in file.read():
            return
    if shutil.disk_usage(output.parent).free < NEEDED_SPACE:
        raise SlicingRefused("slicing.disk_full", DISK_FULL)
    raise SlicingRefused(
        "slicing.incomplete",
        N_("The slicer's file breaks off; free some space on the disk and slice again."),
    )
