"""What every remote protocol looks like from here.

A driver translates between one protocol and these few dataclasses. It keeps no state that
matters: all that is needed to find a job again is in its `RemoteRef`. What to do about a
failure (try again, wait, give up, ask) is not a driver's business but the courier's.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from .refused import ErrorKind

if TYPE_CHECKING:
    from .endpoint import Endpoint, EndpointOption, Preset
    from .line import Line

# As you stand before the front: left is taken from your left.
ROLES = ("front", "back", "left", "right", "top", "other")
DETAILS = ("draft", "normal", "fine")
QUEUED, RUNNING, DONE, FAILED, LOST = "queued", "running", "done", "failed", "lost"
FORMATS = ("glb", "obj", "ply", "stl", "3mf")
DOWNLOAD_LIMIT_BYTES = 300 * 2**20


@dataclass(frozen=True)
class View:
    """One photo of the subject, as it is sent.

    Attributes:
        role: one of `ROLES`, where the camera stood.
        path: JPEG, or PNG where it has transparency; upright, in sRGB, without metadata.
        has_alpha: whether the subject was cut out.
        size_px: (width, height).
    """

    role: str
    path: Path
    has_alpha: bool
    size_px: tuple[int, int]


@dataclass(frozen=True)
class JobSpec:
    """What is asked of an endpoint.

    Attributes:
        views: one to six; the first is the front where there is one.
        seed: 0 to 2**31 - 1; drivers without seeds leave it out.
        detail: one of `DETAILS`.
        max_faces: triangles to aim at, 0: as many as the endpoint likes to give for printing.
        folder: an empty folder for what the driver needs to keep, gone after the job.
        deadline_s: how long the endpoint may work on it.
        max_bytes: of the largest mesh that is taken.
        extra: the endpoint's own settings of this job.
    """

    views: tuple[View, ...]
    seed: int
    detail: str
    max_faces: int
    folder: Path
    deadline_s: float = 1200.0
    max_bytes: int = DOWNLOAD_LIMIT_BYTES
    extra: Mapping[str, Any] = field(default_factory=dict)

    def of_role(self, role: str) -> View | None:
        """The first view of that role."""
        return next((view for view in self.views if view.role == role), None)

    @property
    def front(self) -> View:
        """The view for those who take only one."""
        return self.of_role("front") or self.views[0]


@dataclass(frozen=True)
class RemoteRef:
    """How a job is found again at its endpoint; JSON-able, no secrets.

    Attributes:
        driver: name of the driver.
        endpoint: id of the endpoint.
        ids: whatever the protocol needs: ids, URLs.
    """

    driver: str
    endpoint: str
    ids: Mapping[str, Any]

    def to_json(self) -> dict[str, Any]:
        return {"driver": self.driver, "endpoint": self.endpoint, "ids": dict(self.ids)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> RemoteRef:
        """Raises KeyError or TypeError for what is none."""
        return cls(str(data["driver"]), str(data["endpoint"]), dict(data["ids"]))


@dataclass(frozen=True)
class Status:
    """What an endpoint says of a job.

    Attributes:
        state: ``queued``, ``running``, ``done``, ``failed`` or ``lost`` (it knows nothing of it).
        progress: 0 to 1, None: it does not say.
        stage: what it does, in its own words, short.
        message: why it failed, in its own words, short.
        queue_position: jobs before this one; None: it does not say.
        eta_s: how long it thinks it will still take.
        retry_after_s: when it wants to be asked again.
        error: of a failed job.
    """

    state: str
    progress: float | None = None
    stage: str = ""
    message: str = ""
    queue_position: int | None = None
    eta_s: float | None = None
    retry_after_s: float | None = None
    error: ErrorKind | None = None


@dataclass(frozen=True)
class Capabilities:
    """What an endpoint can do, as far as it or its driver knows.

    Attributes:
        views_min, views_max: how many photos it takes.
        roles: which it can tell apart; empty: their order does not matter.
        needs_alpha: it wants the subject cut out.
        removes_background: it cuts the subject out itself.
        geometry_only: it can leave colours out, which saves time and money.
        seed: whether it takes one.
        faces: fewest and most triangles that can be asked for; None: it cannot be asked.
        formats: of meshes it can give, the one that is asked for first.
        progress: ``percent``, ``stage`` or ``none``.
        cancel: ``running``, ``queued`` or ``none``: until when a job can be stopped.
        survives_disconnect: the job goes on when nobody listens, also after our restart.
        submit_idempotent: sending a job again with the same key does not make a second one.
        costs_money: every job is paid for.
        result_ttl_s: how long results can be fetched; None: unknown.
        max_upload_bytes: of a request; None: unknown.
        up_axis: ``y`` or ``z``, of its meshes whose format does not say.
        version: what runs there, for people: name and version.
        model: the model's name, for people.
    """

    views_min: int = 1
    views_max: int = 1
    roles: tuple[str, ...] = ()
    needs_alpha: bool = False
    removes_background: bool = False
    geometry_only: bool = True
    seed: bool = True
    faces: tuple[int, int] | None = None
    formats: tuple[str, ...] = ("glb",)
    progress: str = "none"
    cancel: str = "none"
    survives_disconnect: bool = True
    submit_idempotent: bool = False
    costs_money: bool = False
    result_ttl_s: float | None = None
    max_upload_bytes: int | None = None
    up_axis: str = "y"
    version: str = ""
    model: str = ""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Capabilities:
        """What `to_json` gave, from whatever version of us; unknown names are left out."""
        known = {name: data[name] for name in cls.__dataclass_fields__ if name in data}
        for name in ("roles", "formats", "faces"):
            if known.get(name) is not None:
                known[name] = tuple(known[name])
        return cls(**known)


@dataclass(frozen=True)
class MeshFile:
    """A mesh that arrived; verified to be one as far as its first bytes and sizes tell.

    Attributes:
        path: the file.
        format: one of `FORMATS`, by its content.
        up_axis: ``y`` or ``z`` where the format does not say.
        unit_hint: ``m``, ``mm`` … where the endpoint says so, else None: size means nothing.
        size_bytes, sha256: of the file.
    """

    path: Path
    format: str
    up_axis: str
    unit_hint: str | None
    size_bytes: int
    sha256: str


class Cancel(str, Enum):
    """What became of a wish to stop a job."""

    STOPPED = "stopped"
    REQUESTED = "requested"
    TOO_LATE = "too_late"
    UNSUPPORTED = "unsupported"


class Driver(ABC):
    """One protocol, for one endpoint. Not safe to be used by two threads at once, except
    `abort`, which another thread calls to end a request that is under way.

    Class attributes:
        name: as in an endpoint's description.
        label: for people, a proper name.
        description: a sentence for people (`N_`).
        options: further fields of an endpoint of this driver.
        presets: ready descriptions of endpoints.
        assumed: capabilities of an endpoint that was never probed.
    """

    name: ClassVar[str]
    label: ClassVar[str]
    description: ClassVar[str]
    options: ClassVar[tuple[EndpointOption, ...]] = ()
    presets: ClassVar[tuple[Preset, ...]] = ()
    assumed: ClassVar[Capabilities] = Capabilities()

    def __init__(self, endpoint: Endpoint, line: Line) -> None:
        self.endpoint = endpoint
        self.line = line

    @classmethod
    def check_options(cls, options: Mapping[str, Any]) -> None:
        """Refuse what cannot be meant before it is saved.

        Raises:
            SolidRefused: with the field (``endpoint.workflow``).
        """
        return None

    @classmethod
    def assumed_for(cls, endpoint: Endpoint) -> Capabilities:
        """Capabilities of this endpoint before it was probed."""
        return cls.assumed

    @abstractmethod
    def probe(self) -> Capabilities:
        """Ask what is there. Only GETs (or what is as harmless): it never costs anything.

        Raises:
            DriverFailed: offline, auth, or that something else answers there (``bad_result``).
        """

    @abstractmethod
    def submit(
        self, job: JobSpec, key: str, note: Callable[[RemoteRef], None]
    ) -> RemoteRef:
        """Hand a job over, uploading first if need be.

        Args:
            job: what is asked.
            key: of this attempt, 32 hexadecimal digits; the idempotency key where there is one.
            note: called with what is known before the call that starts (and bills) the job, so
                that it is on disk; only of use where the protocol knows ids of our own.

        Raises:
            DriverFailed: `sent` says whether the endpoint may have got the job.
        """

    @abstractmethod
    def poll(self, ref: RemoteRef) -> Status:
        """How the job is. Answers within seconds.

        Raises:
            DriverFailed: the endpoint could not be asked; says nothing about the job.
        """

    @abstractmethod
    def fetch(
        self,
        ref: RemoteRef,
        target: Path,
        *,
        max_bytes: int = DOWNLOAD_LIMIT_BYTES,
        progress: Callable[[float], None] = lambda fraction: None,
    ) -> MeshFile:
        """Bring a finished job's mesh to `target`, whole and verified (`results.take_in`) or
        not at all; its ending is changed to the format's.

        Raises:
            DriverFailed: ``bad_result`` for what is no mesh, too large or cut short.
        """

    def cancel(self, ref: RemoteRef) -> Cancel:
        """Ask the endpoint to stop. Raises `DriverFailed` where it cannot be asked."""
        return Cancel.UNSUPPORTED

    def find(self, job: JobSpec, key: str, since: float) -> RemoteRef | None:
        """Look for a job whose submit was never answered, without starting anything.

        Args:
            since: seconds since 1970 when it was sent.
        """
        return None

    def abort(self) -> None:
        """End the request under way, from another thread."""
        self.line.abort()

    def close(self) -> None:
        """Let go of connections; the job goes on over there."""
        self.line.close()
