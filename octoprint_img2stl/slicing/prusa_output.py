"""Understanding what PrusaSlicer says while it works. All of it is foreign text."""

from __future__ import annotations

import re
from collections import deque

from ..problems import INFO, N_, WARNING, Problem
from ..process import Finished
from .missing import empty_layer
from .pace import Pace
from .refused import SlicingRefused, clean_text
from .running import (
    DISK_FULL,
    OUT_OF_MEMORY,
    WRITING_FAILED,
    failed,
    known,
    refuse_ended,
    refuse_failure,
)

LOG_LINES = 300
ERROR_LINES = 8
WARNING_LINES = 6  # of one warning
MOST_WARNINGS = 8

_LOG_LINE = re.compile(r"\[[^]]*\] \[0x[0-9a-f]+\] \[(\w+)\]\s+(.*)")
_STAGE = re.compile(r"-?\d+%? => ")
_DONE_LAYER = re.compile(r"Generating perimeters for layer (\d{1,9}) - Done")
_SUBSTITUTED = re.compile(r'key = "(\w+)"\s+loaded = "(.*)\s+substituted = "(.*)"')
_COMPOSITE = "Error: The composite configation is not valid: "  # as it is spelt there
_EXPORTED_LAYER = "Exported layer "

# Beginning of a line -> the stage of `prusa_pace` that begins. By text: the numbers of
# PrusaSlicer's own stage lines go forth and back.
STAGES = (
    ("Slicing volumes", "slice"),
    ("Generating perimeters...", "extra"),
    ("Generating perimeters for layer", "perimeters"),
    ("Detecting solid surfaces", "solid"),
    ("Processing external surfaces", "external"),
    ("Discovering vertical shells", "shells"),
    ("Filling layers in parallel", "fill"),
    ("Generating support material", "supports"),
    ("Support generator", "supports"),
    ("Exporting G-code...", "seams"),
    ("SeamPlacer: raycast visibility", "rays"),
    ("SeamPlacer: gather_seam_candidates", "align"),
)


KNOWN = (
    OUT_OF_MEMORY,
    known(
        r"outside of the print volume|could not fit on the bed|not fit on the bed",
        "slicing.off_bed",
        N_("The model does not fit on the bed; make it smaller."),
    ),
    known(
        r"No layers were detected|print is empty|no printable objects",
        "slicing.empty",
        N_(
            "Nothing can be printed: the model is thinner than a layer or a line; "
            "enlarge it."
        ),
    ),
    known(
        r"no extrusions in the first layer",
        "slicing.no_first_layer",
        N_("No surface of the model stands on the bed; give it a flat bottom."),
    ),
    known(
        r"Loading of a model file failed",
        "slicing.model_unreadable",
        N_("PrusaSlicer cannot read the model; make it again."),
    ),
    known(r"Is the disk full|No space left|disk is full", "slicing.disk_full", DISK_FULL),
    known(r"Cannot open (?:the )?file for writing", "slicing.disk_full", WRITING_FAILED),
    known(
        r"No such file: model",
        "slicing.model_unreadable",
        N_("PrusaSlicer cannot read the model; make it again."),
    ),
    known(
        r"Error while reading config|Invalid value|can't be greater than nozzle"
        r"|custom G-code|not supposed to work at 100% density|configuration file"
        r"|G92 E0|'=' character|Excessive \w+=",
        "slicing.bad_profile",
        N_("PrusaSlicer does not accept the settings: %(detail)s"),
    ),
)


class Listener:
    """Follows the output by lines: progress, warnings, a log, a failure's reason.

    Args:
        layers: how many there will be, about.
        pace: is told how far each stage is; see `prusa_pace`.
    """

    def __init__(self, layers: int, pace: Pace | None = None) -> None:
        self._layers, self._pace = max(1, layers), pace
        self._exported = 0
        self._log: deque[str] = deque(maxlen=LOG_LINES)
        self._errors: deque[str] = deque(maxlen=ERROR_LINES)
        self._warnings: list[list[str]] = []
        self._open_warning: list[str] | None = None
        self._substituted: list[tuple[str, str, str]] = []

    def line(self, stream: str, line: str) -> None:
        """Take one line of ``stdout`` or ``stderr``."""
        match = _LOG_LINE.match(line)
        if match:
            self._traced(*match.groups())
            return
        text = clean_text(line)
        if not re.search("[A-Za-z]{2}", text):
            return  # Debian's 2.5 leaves lines such as "0 - -8" behind
        self._log.append(text)
        if stream == "stderr":
            self._errors.append(text)
        elif _STAGE.match(text):
            self._open_warning = None
            self._stage(text.split(" => ", 1)[1])
        elif text.startswith("Slicing result exported"):
            self._open_warning = None
        elif text.startswith("print warning:"):
            self._open_warning = [text.partition(":")[2].strip()]
            self._warnings.append(self._open_warning)
        elif self._open_warning is not None:
            self._open_warning.append(text)
        else:
            found = _SUBSTITUTED.match(text)
            if found:
                self._substituted.append((found[1], found[2].rstrip('"'), found[3]))

    @property
    def log(self) -> str:
        return "\n".join(self._log)

    @property
    def detail(self) -> str:
        """What was said about a failure, in one line."""
        if self._errors:
            # what follows speaks of a file that nobody gets to see
            said = " ".join(self._errors).partition("Please inspect the file")[0]
            return clean_text(said.replace(_COMPOSITE, ""))
        said = [line for line in self._log if not _STAGE.match(line)]
        return said[-1] if said else ""

    def warnings(self) -> tuple[Problem, ...]:
        """What the slicer warned of, as problems."""
        problems = []
        for lines in self._warnings[:MOST_WARNINGS]:
            text = clean_text(" ".join(lines[:WARNING_LINES]))
            gap = re.match(r"Empty layers? between ([\d.]+) and ([\d.]+\d)", text)
            if gap:
                problems.append(empty_layer(float(gap[1]), float(gap[2])))
            else:
                problems.append(
                    Problem(
                        "slicing.slicer_warns",
                        WARNING,
                        N_("PrusaSlicer warns: %(text)s"),
                        {"text": text},
                    )
                )
        for key, loaded, taken in self._substituted[:MOST_WARNINGS]:
            values = {"key": key, "value": clean_text(loaded, 60)}
            problems.append(
                Problem(
                    "slicing.value_replaced",
                    INFO,
                    N_(
                        "This PrusaSlicer does not know %(key)s = %(value)s of the "
                        "profile and used %(taken)s."
                    ),
                    {**values, "taken": clean_text(taken, 60)},
                    "profile",
                )
            )
        return tuple(problems)

    def refuse(self, finished: Finished, written: bool) -> None:
        """Raise if the slicer failed, whatever its exit code says.

        Raises:
            SlicingRefused: with the reason as far as it can be known.
        """
        refuse_ended(finished)
        if written and not failed(finished):
            return
        said = "\n".join((*self._errors, *self._log))
        for each in KNOWN:
            if each.pattern.search(said):
                raise SlicingRefused(each.code, each.template, detail=self.detail or "-")
        refuse_failure(finished, self.detail)

    def _traced(self, level: str, text: str) -> None:
        if level in ("error", "fatal", "warning"):
            self._log.append(clean_text(text))
        elif text.startswith(_EXPORTED_LAYER):
            self._exported += 1
            self._at("export", self._exported)
        elif done := _DONE_LAYER.match(text):  # several at once, in no order
            if self._pace:
                self._pace.layer("perimeters", int(done[1]))
        else:
            self._stage(text)

    def _at(self, stage: str, done: int = 0) -> None:
        if self._pace:
            self._pace.reached(stage, done, self._layers if done else 0)

    def _stage(self, text: str) -> None:
        for beginning, stage in STAGES:
            if text.startswith(beginning):
                self._at(stage)
                return
