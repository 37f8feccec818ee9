"""What the run of every slicer has in common: how it ends, and where its file goes."""

from __future__ import annotations

import errno
import os
import re
import shutil
import signal
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from .. import process
from ..files import written_at_once
from ..problems import N_
from ..process import CANCELLED, KILLED, MEMORY, NOT_KNOWN, TIMEOUT, Finished, Limits
from .gcode_facts import GcodeFacts
from .refused import SlicingRefused, clean_text

NOT_STARTED = 127
NO_PROGRAM_HERE = os.strerror(errno.ENOEXEC)

Progress = Callable[[float], None]


@dataclass(frozen=True)
class Known:
    """A failure whose words are known: what they look like, its code and its sentence."""

    pattern: re.Pattern[str]
    code: str
    template: str


def known(pattern: str, code: str, template: str) -> Known:
    return Known(re.compile(pattern), code, template)


OUT_OF_MEMORY = known(
    # the last one is a thread that found no room for its stack
    r"bad_alloc|[Oo]ut of memory|[Cc]annot allocate memory|Resource temporarily unav",
    "slicing.out_of_memory",
    N_(
        "Slicing needed more memory than it may have; make the model smaller or "
        "coarser, or raise the memory limit in the settings."
    ),
)
DISK_FULL = N_("The disk became full while slicing; free some space and try again.")

COPY_BYTES = 1 << 20  # at once, from one file system to another
WRITING_FAILED = N_(
    "The slicer could not write its file; free some space on the disk and try again."
)


def scaled(progress: Progress | None, begin: float, end: float) -> Progress | None:
    """A progress of 0..1 that reports `begin`..`end` to another one."""
    if progress is None:
        return None
    return lambda fraction: progress(begin + (end - begin) * fraction)


def publish(output: Path, gcode: Path) -> None:
    """Move the finished file to its place in one step, across file systems too."""
    try:
        os.replace(output, gcode)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        with open(output, "rb") as far, written_at_once(gcode, sync=False) as near:
            shutil.copyfileobj(far, near, COPY_BYTES)


def asked_version(
    slicer: str,
    argv: list[str],
    pattern: re.Pattern[str],
    oldest: tuple[int, ...],
    limits: Limits,
    cancelled: Callable[[], bool] | None = None,
    started: Callable[[int], None] | None = None,
) -> str:
    """The version that a program tells; starts it and waits.

    Args:
        slicer: as people know it.
        argv: the absolute path, and what makes it tell its version.
        pattern: what a line with the version begins with; its first group is the version.
        oldest: the first version that will do.
        limits, cancelled, started: as for `process.run`.

    Raises:
        SlicingRefused: ``slicing.not_started``, ``slicing.no_answer``,
            ``slicing.not_a_slicer``, ``slicing.too_old``; and what `refuse_ended` raises.
    """
    found: list[str] = []
    last = ""

    def look(_: str, line: str) -> None:
        nonlocal last
        match = pattern.match(line)
        if match and not found:
            found.append(match[1])
        last = line

    with tempfile.TemporaryDirectory(prefix="img2stl-") as folder:
        finished = process.run(
            argv,
            cwd=folder,
            limits=limits,
            on_line=look,
            cancelled=cancelled,
            started=started,
        )
    if finished.ended == TIMEOUT:
        raise SlicingRefused(
            "slicing.no_answer",
            N_(
                "%(path)s was asked for its version and said nothing for %(seconds)s "
                "seconds; set another program, or try again when the machine is less "
                "busy."
            ),
            field="slicer_path",
            path=clean_text(os.path.basename(argv[0]), 80),
            seconds=round(finished.wall_s),
        )
    refuse_ended(finished)
    if not found and finished.returncode == NOT_STARTED:
        refuse_failure(finished, clean_text(last))
    return required_version(slicer, argv[0], next(iter(found), None), oldest)


def required_version(
    slicer: str, program: str, found: str | None, oldest: tuple[int, ...]
) -> str:
    """The version that a program told, if it is one that can be used.

    Args:
        slicer: as people know it.
        program: its path.
        found: what it said, digits and points; None: nothing like it.
        oldest: the first version that will do.

    Raises:
        SlicingRefused: ``slicing.not_a_slicer``, ``slicing.too_old``.
    """
    if not found:
        raise SlicingRefused(
            "slicing.not_a_slicer",
            N_("%(path)s does not answer as %(slicer)s does; set another program."),
            field="slicer_path",
            slicer=slicer,
            path=clean_text(os.path.basename(program), 80),
        )
    if tuple(map(int, found.split("."))) < oldest:
        raise SlicingRefused(
            "slicing.too_old",
            N_("%(slicer)s %(version)s is too old; install %(oldest)s or a newer one."),
            field="slicer_path",
            slicer=slicer,
            version=found,
            oldest=".".join(map(str, oldest)),
        )
    return found


def refuse_replaced(slicer: str, facts: GcodeFacts, expected: str) -> None:
    """Raise if the G-code is another version's than the one that was asked before.

    An update may have come between, and a configuration for one version is none for
    another.
    """
    if facts.generator and facts.generator != expected:
        raise SlicingRefused(
            "slicing.replaced",
            N_("%(slicer)s was replaced while it was at work; slice again."),
            slicer=slicer,
            found=facts.generator,
        )


def refuse_ended(finished: Finished) -> None:
    """Raise if the process was ended rather than ended by itself."""
    if finished.ended == CANCELLED:
        raise SlicingRefused("slicing.cancelled", N_("Slicing was cancelled."))
    if finished.ended == TIMEOUT:
        raise SlicingRefused(
            "slicing.timeout",
            N_(
                "Slicing took longer than %(minutes)s minutes and was stopped; make the "
                "model smaller or coarser, or raise the time limit in the settings."
            ),
            minutes=round(finished.wall_s / 60, 1),
        )
    if finished.ended == MEMORY:
        raise SlicingRefused(OUT_OF_MEMORY.code, OUT_OF_MEMORY.template)
    if finished.ended == KILLED:
        raise SlicingRefused(
            "slicing.out_of_memory",
            N_(
                "The system stopped the slicer, most likely because the memory ran out; "
                "make the model smaller or coarser, or slice while nothing else runs."
            ),
        )


def failed(finished: Finished) -> bool:
    """Whether the exit code tells of a failure; that it tells of none means nothing."""
    return finished.returncode not in (0, NOT_KNOWN)


def refuse_failure(finished: Finished, detail: str) -> None:
    """Raise for a slicer that failed or left no file, as far as the reason can be known.

    Args:
        finished: how it ended.
        detail: its last words in one line, fit to be shown, or empty.
    """
    number = _signal_number(finished.returncode)
    if number:
        raise SlicingRefused(
            "slicing.crashed",
            N_(
                "The slicer crashed (%(signal)s); other settings or a slightly "
                "different size often help."
            ),
            signal=_signal_name(number),
        )
    if finished.returncode == NOT_STARTED and NO_PROGRAM_HERE in detail:
        raise SlicingRefused(
            "slicing.not_started",
            N_(
                "The slicer's program is damaged or made for another processor than "
                "this machine's (%(processor)s); install one that fits."
            ),
            processor=os.uname().machine,
        )
    if finished.returncode == NOT_STARTED:
        raise SlicingRefused(
            "slicing.not_started",
            N_("The slicer cannot be started (%(detail)s); install it again."),
            detail=detail or "-",
        )
    if failed(finished) and not detail:
        raise SlicingRefused(
            "slicing.failed",
            N_(
                "The slicer gave up without a word; try other settings, or set "
                "another program."
            ),
            returncode=finished.returncode,
        )
    if failed(finished):
        raise SlicingRefused(
            "slicing.failed",
            N_("The slicer gave up and said: %(detail)s"),
            detail=detail,
            returncode=finished.returncode,
        )
    raise SlicingRefused(
        "slicing.no_output",
        N_(
            "The slicer ended without writing any G-code; its last words were: %(detail)s"
        ),
        detail=detail or "-",
    )


def _signal_number(returncode: int) -> int:
    """The signal that ended the program, or its child as shells tell it; else 0."""
    if returncode == NOT_KNOWN:
        return 0
    if returncode < 0:
        return -returncode
    return returncode - 128 if 128 < returncode < 128 + signal.NSIG else 0


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return str(number)
