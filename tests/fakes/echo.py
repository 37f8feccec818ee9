"""A small job server with good manners, and a driver for it; tests take the manners away.

POST /jobs {"key", "seed"}   -> 201 {"id"}; the same key again gives the same job
GET /jobs?key=               -> {"ids": […]}
GET /jobs/<id>               -> {"state", "progress", "stage", "position", "message"}
GET /jobs/<id>/mesh          -> GLB
DELETE /jobs/<id>            -> {"state": "cancelled"}
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from octoprint_img2stl.solid3d import results
from octoprint_img2stl.solid3d.driver import (
    DOWNLOAD_LIMIT_BYTES,
    LOST,
    Cancel,
    Capabilities,
    Driver,
    JobSpec,
    MeshFile,
    RemoteRef,
    Status,
)
from octoprint_img2stl.solid3d.line import failed_by_status
from octoprint_img2stl.solid3d.refused import ErrorKind
from tests.fakes.glb import glb
from tests.fakes.hostile import Hostile, Peer


class EchoServer(Hostile):
    """Jobs are ready at the second look.

    Attributes:
        jobs: id -> how often it was asked for; a restart may forget them.
        seeds: of the jobs that were started, in order.
        mesh: what is sent as a mesh.
    """

    def __init__(self, **how: Any) -> None:
        self.jobs: dict[str, int] = {}
        self.keys: dict[str, str] = {}
        self.seeds: list[int] = []
        self.cancelled: list[str] = []
        self.mesh = glb()
        super().__init__(**how)
        self.on("/jobs", self._jobs)
        self.on("/jobs/", self._job)

    def take(self, peer: Peer) -> str:
        """Start what a peer asks for, without telling it."""
        asked = peer.json
        found = self.keys.get(asked["key"])
        if found is None:
            found = self.keys[asked["key"]] = uuid.uuid4().hex
            self.jobs[found] = 0
            self.seeds.append(asked["seed"])
        return found

    def _jobs(self, peer: Peer) -> None:
        if peer.method == "POST":
            peer.reply({"id": self.take(peer)}, 201)
        else:
            found = self.keys.get(peer.query["key"])
            peer.reply({"ids": [found] if found else []})

    def _job(self, peer: Peer) -> None:
        _, _, name, *rest = peer.path.split("/")
        if name not in self.jobs:
            peer.reply({"message": "no such job"}, 404)
        elif peer.method == "DELETE":
            self.cancelled.append(name)
            peer.reply({"state": "cancelled"})
        elif rest:
            peer.reply(self.mesh, Content_Type="model/gltf-binary")
        else:
            self.jobs[name] += 1
            looks = self.jobs[name]
            state = "done" if looks > 1 else "running"
            peer.reply({"state": state, "progress": min(1.0, looks / 2), "stage": "echo"})


class EchoDriver(Driver):
    """Speaks to `EchoServer`."""

    name, label, description = "echo", "Echo", "For tests."
    patience_s = 10.0

    def probe(self) -> Capabilities:
        return Capabilities()

    def submit(
        self, job: JobSpec, key: str, note: Callable[[RemoteRef], None]
    ) -> RemoteRef:
        note(self._ref(key=key))
        answer = self.line.post(
            "/jobs", json={"key": key, "seed": job.seed}, total_s=self.patience_s
        )
        if not answer.ok:
            raise failed_by_status(answer)
        return self._ref(id=answer.json()["id"])

    def poll(self, ref: RemoteRef) -> Status:
        answer = self.line.get(f"/jobs/{ref.ids['id']}", total_s=self.patience_s)
        if answer.status == 404:
            return Status(LOST)
        if not answer.ok:
            raise failed_by_status(answer)
        told = answer.json()
        error = ErrorKind(told["error"]) if told.get("error") else None
        return Status(
            told["state"],
            told.get("progress"),
            told.get("stage", ""),
            told.get("message", ""),
            retry_after_s=answer.retry_after_s,
            error=error,
        )

    def fetch(
        self,
        ref: RemoteRef,
        target: Path,
        *,
        max_bytes: int = DOWNLOAD_LIMIT_BYTES,
        progress: Callable[[float], None] = lambda fraction: None,
    ) -> MeshFile:
        part = target.with_suffix(".part")
        self.line.download(
            f"/jobs/{ref.ids['id']}/mesh",
            part,
            most_bytes=max_bytes,
            total_s=self.patience_s,
            progress=progress,
        )
        return results.take_in(part, target, max_bytes=max_bytes)

    def cancel(self, ref: RemoteRef) -> Cancel:
        answer = self.line.delete(f"/jobs/{ref.ids['id']}", total_s=self.patience_s)
        return Cancel.STOPPED if answer.ok else Cancel.TOO_LATE

    def find(self, job: JobSpec, key: str, since: float) -> RemoteRef | None:
        answer = self.line.get("/jobs", params={"key": key}, total_s=self.patience_s)
        if not answer.ok:
            raise failed_by_status(answer)
        ids = answer.json()["ids"]
        return self._ref(id=ids[0]) if ids else None

    def _ref(self, **ids: str) -> RemoteRef:
        return RemoteRef(self.name, self.endpoint.id, ids)
