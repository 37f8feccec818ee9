"""Understanding what CuraEngine says while it works. All of it is foreign text.

Everything comes on its error output, unbuffered (source: CuraEngine 4.13,
``utils/logoutput.cpp``): ``Progress:stage:n:of`` tells of each stage; the whole
configuration is dumped once, G-codes with their line breaks included; and what the first
lines of the file should be is only told at the end.
"""

from __future__ import annotations

import re
from collections import deque

from ...problems import N_, WARNING, Problem
from ...process import Finished
from ..pace import Pace
from ..refused import SlicingRefused, clean_text
from ..running import (
    OUT_OF_MEMORY,
    WRITING_FAILED,
    failed,
    known,
    refuse_ended,
    refuse_failure,
)
from .pace import AFTER, SKINS, WALLS

LOG_LINES = 300
ERROR_LINES = 8
HEADER_LINES = 20

_PROGRESS = re.compile(r"Progress:([^:]{1,40}):(\d{1,9}):(\d{1,9})\s")
_DUMP = re.compile(r"\[WARNING\]\s+-s \w+=\"")
_HEADER_LINE = re.compile(r";[A-Za-z .]{1,40}: ?[^\x00-\x1f]{0,200}")
_BANNER = re.compile(
    r"Cura_SteamEngine version|Copyright|This program is |it under the terms|the Free "
    r"Soft|\(at your option|but WITHOUT|MERCHANTAB|GNU Affero|You should have|along with"
)
_NOISE = re.compile(r"Progress:|Starting |slice (?:of mesh|make polygons) took")
_WARNING, _ERROR = "[WARNING]", "[ERROR]"

NOTHING = N_(
    "Nothing can be printed: the model is thinner than a layer or a line; enlarge it."
)
KNOWN = (
    OUT_OF_MEMORY,
    known(
        r"Trying to retrieve setting with no value given",
        "slicing.definitions_mismatch",
        N_(
            "Cura's definition files are those of another version than CuraEngine "
            "(%(detail)s); install the packages cura and cura-engine from the same "
            "source."
        ),
    ),
    known(
        r"Failed to load model|Unable to recognize the extension",
        "slicing.model_unreadable",
        N_("CuraEngine cannot read the model; make it again."),
    ),
    known(
        r"no non-empty layers",
        "slicing.empty",
        NOTHING,
    ),
    known(
        r"ayer height -?\d+ is disallowed",
        "slicing.bad_profile",
        N_("CuraEngine does not accept the settings: %(detail)s"),
    ),
    known(
        r"Extrusion rate is (?:infinite|not a number)",
        "slicing.bad_profile",
        N_("CuraEngine does not accept the settings: %(detail)s"),
    ),
    known(
        r"Failed to open .* for output",
        "slicing.disk_full",
        WRITING_FAILED,
    ),
)
OPEN_MESH = "Mesh has disconnected faces"
# Said for every line of some supports, and means nothing to anybody.
POLYGON_LINE = "WARNING: line added as polygon"


class Listener:
    """Follows the output by lines: progress, warnings, a log, the file's true header.

    Args:
        pace: is told how far each stage is.

    Attributes:
        header: the true first lines of the file, in the engine's words; empty if they
            were not told.
    """

    def __init__(self, pace: Pace | None = None) -> None:
        self._pace = pace
        self._log: deque[str] = deque(maxlen=LOG_LINES)
        self._errors: deque[str] = deque(maxlen=ERROR_LINES)
        self._open_mesh = False
        self._dumping = self._in_header = False
        self._header: list[str] = []

    def line(self, stream: str, line: str) -> None:
        """Take one line of ``stdout`` or ``stderr``."""
        if _DUMP.match(line):
            # All settings, start G-code and all: nothing in it is said by the engine.
            self._dumping = True
            return
        if self._dumping and not line.startswith("Progress"):
            return
        self._dumping = False
        match = _PROGRESS.match(line)
        if match:
            self._at(match[1], int(match[2]), int(match[3]))
        elif line.startswith("Gcode header after slicing"):
            self._in_header, self._header = True, []
        elif line.startswith("End of gcode header"):
            self._in_header = False
        elif self._in_header:
            if _HEADER_LINE.fullmatch(line) and len(self._header) < HEADER_LINES:
                self._header.append(line)
        elif not _BANNER.match(line) and not _NOISE.match(line):
            self._said(clean_text(line))

    @property
    def header(self) -> tuple[str, ...]:
        return () if self._in_header else tuple(self._header)

    @property
    def log(self) -> str:
        return "\n".join(self._log)

    @property
    def detail(self) -> str:
        """What was said about a failure, in one line."""
        if self._errors:
            return clean_text(" ".join(self._errors))
        return self._log[-1] if self._log else ""

    def warnings(self) -> tuple[Problem, ...]:
        """What the user should know of what the engine said."""
        problems = []
        if self._open_mesh:
            problems.append(
                Problem(
                    "slicing.open_mesh",
                    WARNING,
                    N_(
                        "The model has holes in its surface, which CuraEngine closed as "
                        "it could; repair the model, or look at the layers before "
                        "printing."
                    ),
                )
            )
        return tuple(problems)

    def refuse(self, finished: Finished, written: bool) -> None:
        """Raise if the engine failed, whatever its exit code says.

        Raises:
            SlicingRefused: with the reason as far as it can be known.
        """
        refuse_ended(finished)
        said = "\n".join((*self._errors, *self._log))
        for failure in KNOWN:
            if failure.pattern.search(said):
                raise SlicingRefused(
                    failure.code, failure.template, detail=self.detail or "-"
                )
        if not written or failed(finished):
            refuse_failure(finished, self.detail)

    def _at(self, stage: str, done: int, total: int) -> None:
        """Tell the pace; the engine has one stage for all walls and then all skins."""
        if self._pace is None:
            return
        if stage == WALLS and done >= total:
            self._pace.reached(AFTER)
        elif stage == WALLS and 2 * done > total:
            self._pace.reached(SKINS, 2 * done - total, total)
        elif stage == WALLS:
            self._pace.reached(WALLS, 2 * done, total)
        elif stage == "export":  # the layer is told when it is begun
            self._pace.reached(stage, done - 1, total)
        else:
            self._pace.reached(stage)

    def _said(self, text: str) -> None:
        if not re.search("[A-Za-z]{2}", text):
            return
        if text.startswith(_WARNING):
            self._open_mesh = self._open_mesh or OPEN_MESH in text
            if POLYGON_LINE in text:
                return
        elif text.startswith(_ERROR):
            self._errors.append(text.removeprefix(_ERROR).strip())
        self._log.append(text)
