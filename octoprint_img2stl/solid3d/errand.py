"""One job on its way to an endpoint and back, as it lies on disk."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

WAITING, SUBMITTING, SUBMITTED, FETCHING = (
    "waiting", "submitting", "submitted", "fetching",
)  # fmt: skip
DONE, FAILED, CANCELLED, UNSURE = "done", "failed", "cancelled", "unsure"
UNDER_WAY = (WAITING, SUBMITTING, SUBMITTED, FETCHING)
ENDED = (DONE, FAILED, CANCELLED, UNSURE)
FOR_OFFLINE, FOR_BUSY = "offline", "busy"


def new_key() -> str:
    return secrets.token_hex(16)


@dataclass
class Errand:
    """How far a job has come; JSON-able.

    Attributes:
        key: of the present attempt, 32 hexadecimal digits.
        state: ``waiting``, ``submitting`` (being handed over; read from disk: nobody knows
            whether it was), ``submitted``, ``fetching``, or in the end ``done``, ``failed``,
            ``cancelled`` or ``unsure`` (it may have been charged: the owner decides).
        ref: how it is found over there (`RemoteRef`), as soon as anything is known of it.
        attempts: how often it was handed over.
        created: seconds since 1970, as all times here.
        submitting_since, submitted, running_since: of the present attempt.
        seed: of the present attempt.
        progress: 0 to 1, None: unknown.
        stage, message: the endpoint's words, short and plain.
        queue_position, eta_s: as the endpoint says.
        waiting_for: ``offline`` or ``busy`` while the endpoint gives no (good) answer.
        lost: how often the endpoint forgot it.
        problem: why it failed, or what is to be decided (`Problem`).
        kind: of that failure (`ErrorKind`).
        notice: what the owner may want to know meanwhile (`Problem`).
        file: name of the mesh in the job's folder.
        up_axis, unit_hint: of the mesh, see `MeshFile`.
        quiet_since: since when there was no good answer.
        tries: how often in a row.
        not_before: when it is tried again.
        remote: how often the endpoint tried and failed.
        doubts: how often a submit was not answered.
        bad_fetches: how often what was sent was no good.
    """

    seed: int = 0
    created: float = 0.0
    key: str = field(default_factory=new_key)
    state: str = WAITING
    ref: dict[str, Any] | None = None
    attempts: int = 0
    submitting_since: float | None = None
    submitted: float | None = None
    running_since: float | None = None
    progress: float | None = None
    stage: str = ""
    message: str = ""
    queue_position: int | None = None
    eta_s: float | None = None
    waiting_for: str = ""
    lost: int = 0
    problem: dict[str, Any] | None = None
    kind: str = ""
    notice: dict[str, Any] | None = None
    file: str | None = None
    up_axis: str = "y"
    unit_hint: str | None = None
    quiet_since: float | None = None
    tries: int = 0
    not_before: float | None = None
    remote: int = 0
    doubts: int = 0
    bad_fetches: int = 0

    @classmethod
    def new(cls, seed: int, now: float) -> Errand:
        """Of a job that waits to be handed over for the first time."""
        return cls(seed=seed, created=now)

    @property
    def ended(self) -> bool:
        return self.state in ENDED

    @property
    def can_fetch(self) -> bool:
        """Whether it failed only on its way back, so that it need not be made again."""
        return self.state == FAILED and self.ref is not None and self.bad_fetches > 0

    def resend(self, seed: int | None = None) -> None:
        """The owner wants it sent again, even if that is charged twice."""
        self.lost = self.remote = self.doubts = 0
        self.seed = self.seed if seed is None else seed
        self.anew()

    def fetch_again(self) -> None:
        """The owner wants the finished mesh to be tried again."""
        self._as_new()
        self.bad_fetches = 0
        self.state = FETCHING

    def anew(self) -> None:
        """Back to the start with a new key; nothing of the last attempt stays."""
        self._as_new()
        self.key, self.state, self.ref = new_key(), WAITING, None
        self.submitting_since = self.submitted = self.running_since = None
        self.bad_fetches = 0

    def _as_new(self) -> None:
        self.problem = self.notice = self.progress = self.not_before = None
        self.queue_position = self.eta_s = self.quiet_since = None
        self.kind = self.stage = self.message = self.waiting_for = ""
        self.tries = 0

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Errand:
        """What `to_json` gave, from whatever version of us; unknown names are left out."""
        return cls(
            **{name: data[name] for name in cls.__dataclass_fields__ if name in data}
        )
