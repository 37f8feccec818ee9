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
from ...problems import N_, WARNING, Problem
from ...process import Limits
from ..gcode import GcodeFacts, read_gcode, verify
from ..gcode_kinds import INTERFACE, SKIRT, SUPPORT, family
from ..refused import SlicingRefused, clean_text
from ..running import (
    DISK_FULL,
    NOT_STARTED,
    empty_layer,
    publish,
    refuse_ended,
    refuse_failure,
    required_version,
    scaled,
)
from ..settings import SliceSettings
from ..slicer import SliceResult
from ..stl import stl_size
from .config import Config, slice_config
from .definitions import Definitions
from .effort import layer_work
from .flat import write_flat
from .header import set_header
from .output import NOTHING, Listener
from .pace import Pace

PROBE_S = 30.0  # a Pi that is busy needs some seconds to load it
SLICED = 0.95  # of the progress; the rest is reading what was written
OLDEST = (4, 8)
LAST_LINE = b";End of Gcode"
TAIL = 200  # bytes within which the last line is
MOST_GAPS = 8
MISSING = 1.0  # mm of a model's top that may be too thin without a word
TOLERANCE = 0.05  # mm that rounding explains
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
            SlicingRefused: ``slicing.not_a_slicer``, ``slicing.too_old``,
                ``slicing.not_started``.
        """
        return self._version(Limits(time_s=PROBE_S))

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
                pace = Pace(
                    scaled(progress, 0.0, SLICED),
                    config.values["support_enable"] == "true",
                    layer_work(stl, *_heights(config)),
                )

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
                    started=started,
                )
                listener.refuse(finished, output.is_file() and not output.is_symlink())
                set_header(output, listener.header)
                facts = read_gcode(output, scaled(progress, SLICED, 1.0), machine.centre)
                verify(facts, machine)
                _refuse_without_model(facts)
                _refuse_incomplete(output)
                publish(output, gcode)
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
            raise SlicingRefused("slicing.disk_full", DISK_FULL) from error
        return SliceResult(
            version=version,
            warnings=(
                *config.notices,
                *listener.warnings(),
                *_seen(facts, config, machine, size[2]),
            ),
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
        found: list[str] = []
        said: list[str] = []

        def look(stream: str, line: str) -> None:
            match = re.match(r"Cura_SteamEngine version (\d+(?:\.\d+){1,2})", line)
            if match and not found:
                found.append(match[1])
            said[:] = [line]

        with tempfile.TemporaryDirectory(prefix="img2stl-") as folder:
            finished = process.run(
                [self.path, "help"],
                cwd=folder,
                limits=limits,
                on_line=look,
                cancelled=cancelled,
                started=started,
            )
        refuse_ended(finished)
        if not found and finished.returncode == NOT_STARTED:
            refuse_failure(finished, clean_text(said[0] if said else ""))
        return required_version(self.label, self.path, next(iter(found), None), OLDEST)


def _refuse_without_model(facts: GcodeFacts) -> None:
    """Raise for a skirt around nothing: 5.0 prints it for walls thinner than a line."""
    beside = {family(kind) in (SKIRT, SUPPORT, INTERFACE) for kind in facts.kinds}
    if beside == {True}:
        raise SlicingRefused("slicing.empty", NOTHING)


def _seen(
    facts: GcodeFacts, config: Config, machine: Machine, height: float
) -> list[Problem]:
    """What should be told about the finished file; the height is the model's."""
    found = _gaps(facts, config)
    top = facts.bounds[5] if facts.bounds else 0.0
    if height - top > max(MISSING, 3 * max(_heights(config))):
        found.append(
            Problem(
                "slicing.top_missing",
                WARNING,
                N_(
                    "The print ends at %(top)s mm, the model at %(height)s mm: it is too "
                    "thin there; enlarge it or choose a finer nozzle."
                ),
                {"top": round(top, 1), "height": round(height, 1)},
            )
        )
    if facts.travel and facts.travel[5] > machine.height + TOLERANCE:
        found.append(
            Problem(
                "slicing.lifts_too_high",
                WARNING,
                N_(
                    "The profile's own G-code lifts the nozzle to %(height)s mm, the "
                    "printer reaches %(limit)s mm; correct the G-code or make the model "
                    "smaller."
                ),
                {
                    "height": round(facts.travel[5], 1),
                    "limit": round(machine.height, 1),
                },
            )
        )
    return found


def _heights(config: Config) -> tuple[float, float]:
    """Height of a layer and of the first one, mm."""
    return float(config.values["layer_height"]), float(config.values["layer_height_0"])


def _gaps(facts: GcodeFacts, config: Config) -> list[Problem]:
    """Heights where nothing is printed below something; the engine prints on in the air."""
    layer = max(_heights(config))
    heights = [0.0, *sorted({layer.z for layer in facts.layers})]
    return [
        empty_layer(round(low, 3), round(high - layer, 3))
        for low, high in zip(heights, heights[1:], strict=False)
        if high - low > 2 * layer + 1e-3  # adaptive layers stay below that
    ][:MOST_GAPS]


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
