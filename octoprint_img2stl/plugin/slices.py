"""Slices that OctoPrint asks for: one after the other, each in a worker process of its own."""

from __future__ import annotations

import logging
import re
import secrets
import shutil
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ..jobs.engine import Options
from ..jobs.model_file import slice_file
from ..jobs.pipeline import LOG
from ..machine import Machine
from ..problems import N_, Refusal
from ..slicing.settings import SliceSettings

FOLDER = "slicing"  # in the plugin's data folder
TURN_S = 0.2  # how often somebody who waits looks whether that is still wanted
LAST_WORDS = 4000  # characters of the worker's log
# What the worker says of these sends people to a job's log, and there is no job.
UNEXPLAINED = ("jobs.unexpected", "jobs.worker_crashed")
NEAR = 0.5  # mm from the bed's middle that are still the middle

_log = logging.getLogger(__name__)


class SliceRefused(Refusal):
    """OctoPrint's order cannot be carried out."""


class Slices:
    """All of them.

    Args:
        folder: the plugin's data folder.
        options: limits and paths for the next one.
        hold: whether nothing may be begun now because of a print.
    """

    def __init__(
        self, folder: Path, options: Callable[[], Options], hold: Callable[[], bool]
    ) -> None:
        self._folder = folder / FOLDER
        self._options = options
        self._hold = hold
        self._turn = threading.Lock()
        self._lock = threading.Lock()
        self._ends: dict[str, threading.Event] = {}
        shutil.rmtree(self._folder, ignore_errors=True)  # left by one that was killed

    def slice(
        self,
        model: Path,
        gcode: Path,
        printer_profile: Mapping[str, Any],
        settings: SliceSettings,
        position: Mapping[str, Any] | None,
        progress: Callable[[float], None],
    ) -> dict[str, Any]:
        """Slice a model; returns what OctoPrint's analysis would find in the G-code.

        Args:
            model: any file that `mesh.load` reads.
            gcode: replaced by the finished file; untouched where this raises.
            printer_profile: OctoPrint's.
            settings: the choices.
            position: where the model's middle should be, bed coordinates; None: anywhere.
            progress: called with a fraction.

        Raises:
            Refusal: ``jobs.cancelled`` after `cancel`, or why it cannot be done.
            OSError: the disk.
        """
        require_model(model)
        machine = Machine.from_octoprint_profile(printer_profile)
        require_middle(machine, position)
        ended = self._end_of(gcode)
        work = self._folder / secrets.token_hex(8)
        try:
            while not self._turn.acquire(timeout=TURN_S):
                _require_wanted(ended)
            try:
                _require_wanted(ended)
                self._require_no_print()
                work.mkdir(parents=True, mode=0o700)
                sliced = slice_file(
                    model,
                    gcode,
                    work,
                    machine,
                    settings,
                    self._options(),
                    name=plain_name(model),
                    progress=progress,
                    cancelled=ended.is_set,
                )
            except Refusal as refusal:
                _note_failure(refusal, work / LOG)
                raise
            finally:
                self._turn.release()
        finally:
            shutil.rmtree(work, ignore_errors=True)
            with self._lock:
                self._ends.pop(str(gcode), None)
        for problem in sliced.problems:  # OctoPrint has no place to show them
            _log.info("Slicing %s: %s", plain_name(model), problem.message)
        return sliced.analysis

    def cancel(self, gcode: Path | str) -> None:
        """End the slice that would become this file, also one that is about to begin."""
        self._end_of(gcode).set()

    def stop(self) -> None:
        """End all of them."""
        with self._lock:
            for ended in self._ends.values():
                ended.set()

    def _end_of(self, gcode: Path | str) -> threading.Event:
        with self._lock:
            return self._ends.setdefault(str(gcode), threading.Event())

    def _require_no_print(self) -> None:
        if self._hold():
            raise SliceRefused(
                "slicer.printing",
                N_(
                    "A print is running, and nothing else may keep this machine busy "
                    "meanwhile; slice when the print has ended."
                ),
            )


def require_model(model: Path) -> None:
    """Refuse what is no file: OctoPrint 2.0 hands over the folder of a model in its root."""
    if model.is_dir():
        raise SliceRefused(
            "slicer.folder_given",
            N_(
                "OctoPrint did not say which file to slice: version 2.0 loses models that "
                "lie in no folder. Move the model into a folder and slice it there."
            ),
        )
    if not model.is_file():
        raise SliceRefused(
            "slicer.no_model", N_("The model is not there any more; reload the list.")
        )


def require_middle(machine: Machine, position: Mapping[str, Any] | None) -> None:
    """Refuse another place than the bed's middle: a print elsewhere than asked for may hit
    what stands there."""
    if not position:
        return
    try:
        apart = [
            abs(float(position[axis]) - middle)
            for axis, middle in zip("xy", machine.centre, strict=True)
        ]
    except (LookupError, TypeError, ValueError):
        apart = [float("inf")]
    if not max(apart) <= NEAR:
        raise SliceRefused(
            "slicer.position",
            N_(
                "Models are always printed in the bed's middle here; slice without a "
                "position."
            ),
        )


def plain_name(model: Path) -> str:
    """What to call a file in a sentence that also reaches the owner's shell commands."""
    return re.sub(r"[^\w .-]", "_", model.name)[-80:]


def _note_failure(refusal: Refusal, log: Path) -> None:
    """Keep the worker's last words where its own sentences have not said it all."""
    if refusal.code in UNEXPLAINED and log.exists():
        _log.error("Slicing failed: %s", log.read_text(errors="replace")[-LAST_WORDS:])


def _require_wanted(ended: threading.Event) -> None:
    if ended.is_set():
        raise SliceRefused("jobs.cancelled", N_("The job was cancelled."))
