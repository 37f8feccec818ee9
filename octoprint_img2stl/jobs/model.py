"""A job as data: what was given, what was chosen, how far it got, what came out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import Enum
from typing import Any

from .candidates import PENDING, Candidate
from .photos import matched

VERSION = 1
PHOTO, MESH = "photo", "mesh"  # kinds of what a job begins with


class JobState(str, Enum):
    """Where a job stands in its life."""

    OPENING = "opening"  # the photo is being looked at
    DRAFT = "draft"  # ready to be shaped
    GENERATING = "generating"  # a solid is being made of the photos, or waited for
    WAITING = "waiting"  # for its turn
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"  # OctoPrint ended while it was waiting or running


ACTIVE = frozenset(
    {JobState.OPENING, JobState.GENERATING, JobState.WAITING, JobState.RUNNING}
)


@dataclass
class StepRecord:
    """What a finished step left behind.

    Attributes:
        key: hash of all that the step depends on; another key means it must be done again.
        facts: the step's findings, JSON-able.
        seconds: wall-clock time.
        peak_memory_bytes: largest resident memory of the process that did the work.
    """

    key: str
    facts: dict[str, Any]
    seconds: float
    peak_memory_bytes: int


@dataclass
class Job:
    """One photo, or one mesh, on its way to a print.

    Attributes:
        id: 16 hexadecimal digits, made by us; also the name of the job's folder.
        owner: OctoPrint user who gave the photo.
        name: how the job is called in lists, derived from the photo's file name.
        source: file name of the photo or mesh inside the folder.
        created, updated: seconds since 1970.
        state, step, percent: how far it got; `step` is a step's name while running.
        params: as `Params.to_json`.
        machine: as `Machine.to_json`, the printer at the time of *Make*; None before.
        photo: facts on the photo (`size_px`, `format`, `bits`), None until it was opened.
        notices: problems found on opening, as JSON.
        photos: the further photos in the order they came: `number`, `name`, `notices` and
            the facts as in `photo` each.
        steps: finished steps by name.
        problem: why it failed or what is missing, as JSON.
        kind: `PHOTO` or `MESH`, what it begins with.
        mesh: facts on the mesh as it came (`format`, `size`, `triangles`, `parts`, `unit`,
            `up`, `notices`), None until it was opened; of photos those of the chosen solid.
        candidates: the solids made of the photos, in the order they were asked for.
        resting: state that a job goes back to after `GENERATING`, None outside of it.
    """

    id: str
    owner: str
    name: str
    source: str
    created: float
    updated: float
    state: JobState = JobState.OPENING
    step: str | None = None
    percent: float = 0.0
    params: dict[str, Any] = field(default_factory=dict)
    machine: dict[str, Any] | None = None
    photo: dict[str, Any] | None = None
    notices: list[dict[str, Any]] = field(default_factory=list)
    photos: list[dict[str, Any]] = field(default_factory=list)
    steps: dict[str, StepRecord] = field(default_factory=dict)
    problem: dict[str, Any] | None = None
    kind: str = PHOTO
    mesh: dict[str, Any] | None = None
    candidates: list[Candidate] = field(default_factory=list)
    resting: str | None = None

    @property
    def opened(self) -> bool:
        """Whether what it begins with could be read."""
        return (self.mesh if self.kind == MESH else self.photo) is not None

    @property
    def active(self) -> bool:
        return self.state in ACTIVE

    @property
    def further_numbers(self) -> list[int]:
        """Numbers of the further photos in the order they came."""
        return [photo["number"] for photo in self.photos]

    def add_photo(self, number: int, name: str, facts: Mapping[str, Any]) -> None:
        """Take in a further photo that was found good."""
        self.photos = [*self.photos, {"number": number, "name": name, **facts}]
        self._photos_changed()

    def remove_photo(self, number: int) -> None:
        """Forget a further photo."""
        self.photos = [photo for photo in self.photos if photo["number"] != number]
        self._photos_changed()

    def match_photos(self) -> None:
        """Let the parameters speak of exactly the further photos that are there."""
        if self.params and self.kind == PHOTO:
            settings = matched(self.params.get("photos", []), self.further_numbers)
            self.params = {**self.params, "photos": settings}

    def _photos_changed(self) -> None:
        self.match_photos()
        # another photo may get the same number later: what was read is no longer true
        self.steps.pop("photo", None)

    def candidate(self, number: int) -> Candidate | None:
        """The candidate of that number."""
        return next((each for each in self.candidates if each.number == number), None)

    @property
    def pending(self) -> Candidate | None:
        """The candidate that is being made."""
        return next((each for each in self.candidates if each.state == PENDING), None)

    @property
    def chosen(self) -> Candidate | None:
        """The candidate that the owner goes on with."""
        solid = self.params.get("solid") or {}
        return self.candidate(solid.get("candidate") or 0)

    def rest(self) -> None:
        """Leave `GENERATING` for the state that the rest of the job allows."""
        was_done = self.resting == JobState.DONE.value and "check" in self.steps
        self.state = JobState.DONE if was_done else JobState.DRAFT
        self.resting, self.step = None, None
        self.percent = 100.0 if was_done else 0.0

    def facts(self, step: str) -> dict[str, Any]:
        """Findings of a finished step, empty if it was not done."""
        record = self.steps.get(step)
        return record.facts if record else {}

    def to_json(self) -> dict[str, Any]:
        data = asdict(self)
        data["state"] = self.state.value
        data["version"] = VERSION
        return data

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Job:
        """Raises KeyError, TypeError or ValueError for what is not a stored job."""
        known = {name: data[name] for name in cls.__dataclass_fields__ if name in data}
        known["state"] = JobState(known["state"])
        known["steps"] = {
            name: StepRecord(**record) for name, record in known.get("steps", {}).items()
        }
        known["candidates"] = [
            Candidate.from_json(each) for each in known.get("candidates", [])
        ]
        return cls(**known)
