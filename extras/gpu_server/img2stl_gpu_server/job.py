"""One job, as it lies on disk."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .order import ROLES, Order

QUEUED, PROCESSING = "queued", "processing"
COMPLETED, ERROR, CANCELLED = "completed", "error", "cancelled"
ENDED = (COMPLETED, ERROR, CANCELLED)
UID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


@dataclass
class Job:
    """What is known of a job.

    Attributes:
        uid: as clients see it, matches `UID`.
        order: what was asked for.
        views: (role, file name, whether it is transparent) of the pictures in its folder.
        state: one of the above.
        created, started, ended: seconds since 1970.
        tries: how often it was begun; a job that ends the server each time is given up.
        stage, progress: while it is processed; not on disk.
        message, error_kind: why it failed, or what its owner should know.
        triangles: of the result.
        worker: which of several made it, for people.
    """

    uid: str
    order: Order
    views: list[tuple[str, str, bool]]
    created: float
    state: str = QUEUED
    started: float | None = None
    ended: float | None = None
    tries: int = 0
    message: str = ""
    error_kind: str = ""
    triangles: int = 0
    worker: str = ""
    stage: str = field(default="", compare=False)
    progress: float = field(default=0.0, compare=False)

    @property
    def has_ended(self) -> bool:
        return self.state in ENDED

    def to_json(self) -> dict[str, Any]:
        return {
            "uid": self.uid,
            "order": self.order.to_json(),
            "views": [list(view) for view in self.views],
            "created": self.created,
            "state": self.state,
            "started": self.started,
            "ended": self.ended,
            "tries": self.tries,
            "message": self.message,
            "error_kind": self.error_kind,
            "triangles": self.triangles,
            "worker": self.worker,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Job:
        """Raises KeyError, TypeError, ValueError for what is none."""
        views = [
            (str(role), str(name), bool(alpha)) for role, name, alpha in data["views"]
        ]
        if not UID.fullmatch(data["uid"]) or any(role not in ROLES for role, *_ in views):
            raise ValueError(data["uid"])
        known = ("started", "ended", "tries", "message", "error_kind", "triangles")
        known += ("worker",)
        return cls(
            uid=data["uid"],
            order=Order.from_json(data["order"]),
            views=views,
            created=float(data["created"]),
            state=str(data["state"]),
            **{name: data[name] for name in known if name in data},
        )


def new_uid() -> str:
    return str(uuid.uuid4())
