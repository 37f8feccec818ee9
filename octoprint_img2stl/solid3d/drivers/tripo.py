"""Tripo's API v3 (openapi.tripo3d.ai; for China openapi.tripo3d.com).

After the official Python SDK tripo3d 1.0.0 and the documentation at developers.tripo3d.com
(autumn 2026); error codes after docs.tripo3d.ai, "Errors". v2 was shut down on 2026-10-31.

- Geometry only needs both ``texture`` and ``pbr`` off: ``pbr`` alone turns texture on and is
  paid for.
- Links to results live for minutes (one page says 5, another 1): a fresh one is asked for
  right before it is used.
- A task is known only to the key that made it.
- There is no call to cancel one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import quote

from ...problems import N_
from ..answer import starts_nothing
from ..driver import (
    DONE,
    LOST,
    Capabilities,
    JobSpec,
    RemoteRef,
    Status,
    View,
)
from ..endpoint import Endpoint, EndpointOption, Preset
from ..line import Answer
from ..refused import DriverFailed, ErrorKind
from .paid import (
    MOST_MESSAGE,
    MOST_PICTURE_BYTES,
    SEND_READ_S,
    SEND_TOTAL_S,
    PaidDriver,
    link_in,
    made_between,
)
from .sides import SUBJECTS
from .tripo_task import KINDS, likeness, rows_of, status_of

# Tripo's order -> our roles. Its left is the subject's own as well ("Left view (90°), i.e. the
# subject's left side", ComfyUI's partner node for Tripo; "90 deg, character's left arm side",
# Scenario's reference of the same API; Tripo's own pages do not say).
SLOTS = {slot: SUBJECTS[slot] for slot in ("front", "left", "back", "right")}
# Out of the box its subjects look along +x, with z up. Ours look along -y, which is +z of a GLB.
LOOKS_ALONG = "-y"
FACES = {"draft": 50_000, "normal": 150_000, "fine": 400_000}
TASK = re.compile(r"[A-Za-z0-9_.-]{1,100}")
USAGE_ROWS = 50


@dataclass(frozen=True)
class Model:
    """A version of Tripo's models.

    Attributes:
        label: for people.
        faces: fewest and most triangles that can be asked for.
        qualities: whether it knows ``geometry_quality`` and ``quad``; the others do without.
    """

    label: str
    faces: tuple[int, int]
    qualities: bool = True


MODELS = {
    "v3.1-20260211": Model("Tripo 3.1", (1000, 1_500_000)),
    "v3.0-20250812": Model("Tripo 3.0", (1000, 1_000_000)),
    "v2.5-20250123": Model("Tripo 2.5", (1000, 500_000), qualities=False),
    "P1-20260311": Model("Tripo P1", (1000, 20_000), qualities=False),
    "P2-20260801": Model("Tripo P2", (1000, 50_000), qualities=False),
}
DEFAULT_MODEL = "v3.1-20260211"

ASSUMED = Capabilities(
    views_min=1,
    views_max=len(SLOTS),
    roles=tuple(SLOTS),
    removes_background=True,
    geometry_only=True,
    seed=True,
    faces=MODELS[DEFAULT_MODEL].faces,
    formats=("glb",),
    progress="percent",
    cancel="none",
    survives_disconnect=True,
    submit_idempotent=False,
    costs_money=True,
    max_upload_bytes=MOST_PICTURE_BYTES,
    up_axis="y",
    version="Tripo API v3",
    model=MODELS[DEFAULT_MODEL].label,
)


def _preset(name: str, label: str, url: str, link: str) -> Preset:
    return Preset(
        name=name,
        label=label,
        help=N_(
            "Enter an API key from Tripo's web site; it begins with tsk_. A solid costs about "
            "20 credits, in fine quality about 40; a credit is about one US cent."
        ),
        driver="tripo",
        url=url,
        auth="bearer",
        options={"model": DEFAULT_MODEL},
        costs_money=True,
        link=link,
    )


class TripoDriver(PaidDriver):
    name: ClassVar[str] = "tripo"
    label: ClassVar[str] = "Tripo"
    service: ClassVar[str] = "Tripo"
    description: ClassVar[str] = N_(
        "A paid service that makes a solid of one photo, or of a front photo and up to three "
        "from the left, the back and the right."
    )
    options: ClassVar[tuple[EndpointOption, ...]] = (
        EndpointOption(
            "model",
            "choice",
            N_("Model"),
            N_(
                "The newest is the best for printing; P1 and P2 make few triangles and cost "
                "more."
            ),
            default=DEFAULT_MODEL,
            choices={name: model.label for name, model in MODELS.items()},
        ),
    )
    presets: ClassVar[tuple[Preset, ...]] = (
        _preset(
            "tripo", "Tripo", "https://openapi.tripo3d.ai", "https://platform.tripo3d.ai"
        ),
        _preset(
            "tripo-china",
            N_("Tripo (China)"),
            "https://openapi.tripo3d.com",
            "https://platform.tripo3d.com",
        ),
    )
    assumed: ClassVar[Capabilities] = ASSUMED
    models: ClassVar[Mapping[str, Any]] = MODELS
    usual_model: ClassVar[str] = DEFAULT_MODEL

    @classmethod
    def assumed_for(cls, endpoint: Endpoint) -> Capabilities:
        """What the endpoint's model can do."""
        model = MODELS[cls.model_of(endpoint)]
        return replace(ASSUMED, faces=model.faces, model=model.label)

    def probe(self) -> Capabilities:
        answer = self.line.get("/v3/account/balance")
        data = self._data(answer)
        if not isinstance(data, dict) or "balance" not in data:
            raise self.odd_answer()
        credits = answer.shown(str(data["balance"]), 20)
        version = f"{ASSUMED.version} · {credits} credits"
        return replace(self.assumed_for(self.endpoint), version=version)

    def submit(
        self, job: JobSpec, key: str, note: Callable[[RemoteRef], None]
    ) -> RemoteRef:
        views = views_by_slot(job)
        pictures = {slot: self.picture(view) for slot, view in views.items()}
        with starts_nothing():
            tokens = {slot: self._upload(slot, *pictures[slot]) for slot in pictures}
        self._keep(job, key, tokens)
        answer = self.line.post(
            f"/v3/generation/{_route(views)}",
            json={**_input(tokens), **self._wishes(job)},
            read_s=SEND_READ_S,
            total_s=SEND_TOTAL_S,
        )
        data = self._data(answer, order=True)
        task = data.get("task_id") if isinstance(data, dict) else None
        if not isinstance(task, str) or not TASK.fullmatch(task):
            raise self.odd_answer()
        return self._ref(task)

    def poll(self, ref: RemoteRef) -> Status:
        try:
            answer, task = self._task(ref)
        except DriverFailed as failed:
            if failed.kind is not ErrorKind.LOST:
                raise
            return Status(LOST, message=failed.problem.values["said"])
        status = status_of(task)
        return replace(status, message=answer.shown(status.message, MOST_MESSAGE))

    def result_url(self, ref: RemoteRef) -> str:
        answer, task = self._task(ref)
        status = status_of(task)
        if status.state == LOST:
            words = answer.shown(status.message, MOST_MESSAGE)
            raise self.failed(ErrorKind.LOST, words)
        link = link_in(task.get("output"), "model_url", "base_model_url", "pbr_model_url")
        if status.state != DONE or not link:
            raise self.no_mesh()
        return link

    def find(self, job: JobSpec, key: str, since: float) -> RemoteRef | None:
        """By the photos' tokens where tasks tell what they were made of; else by its time, if
        there is only one that could be it."""
        answer = self.line.get("/v3/account/usage", params={"limit": USAGE_ROWS})
        rows = rows_of(self._data(answer), USAGE_ROWS)
        earliest, latest = made_between(answer, since)
        wanted = _route(views_by_slot(job)).replace("-", "_")
        ids = [
            row.task
            for row in rows
            if TASK.fullmatch(row.task)
            and earliest <= row.made <= latest
            and row.type in ("", wanted)
        ]
        told = self._told(ids) if ids else {}
        tokens = self._kept(job, key)
        alike = {id: likeness(told.get(id), job.seed, tokens) for id in ids}
        best = max(alike.values(), default=0)
        found = [id for id in ids if alike[id] == best]
        return self._ref(found[0]) if best and len(found) == 1 else None

    # -- inside ------------------------------------------------------------------------------

    def _ref(self, task: str) -> RemoteRef:
        return RemoteRef(self.name, self.endpoint.id, {"task": task})

    def _told(self, ids: list[str]) -> dict[str, Any]:
        """What the service says of these tasks, by id."""
        data = self._data(self.line.post("/v3/tasks/list", json={"task_ids": ids}))
        tasks = data.get("tasks") if isinstance(data, dict) else None
        return tasks if isinstance(tasks, dict) else {}

    def _task(self, ref: RemoteRef) -> tuple[Answer, dict[str, Any]]:
        task = quote(str(ref.ids["task"]), safe="")
        answer = self.line.get(f"/v3/tasks/{task}")
        if answer.status == 404:
            raise self.refusal(answer, ErrorKind.LOST)
        data = self._data(answer)
        if not isinstance(data, dict):
            raise self.odd_answer()
        return answer, data

    def _data(self, answer: Answer, *, order: bool = False) -> Any:
        """What is in the envelope ``{"code": 0, "data": …}``.

        Args:
            order: whether it answers a request that is paid for.

        Raises:
            DriverFailed: the code is another one, or the status no success.
        """
        try:
            envelope = answer.json()
        except DriverFailed:
            if answer.ok:
                raise
            envelope = None
        code = envelope.get("code") if isinstance(envelope, dict) else None
        if not isinstance(code, int):
            raise self.odd_answer() if answer.ok else self.refusal(answer, order=order)
        if answer.ok and code == 0:
            return envelope.get("data")
        # Some errors come with a status of success.
        kind = KINDS.get(code) or (ErrorKind.REMOTE if answer.ok else None)
        raise self.refusal(answer, kind, order=order)

    def _upload(self, slot: str, kind: str, content: bytes) -> str:
        file = (f"{slot}.{kind.replace('jpeg', 'jpg')}", content, f"image/{kind}")
        answer = self.line.post(
            "/v3/files", files={"file": file}, read_s=SEND_READ_S, total_s=SEND_TOTAL_S
        )
        data = self._data(answer)
        token = data.get("file_token") if isinstance(data, dict) else None
        if not isinstance(token, str) or not 0 < len(token) <= 1000:
            raise self.odd_answer()
        return token

    def _wishes(self, job: JobSpec) -> dict[str, Any]:
        """All of a request but its photos."""
        model = MODELS[self.model_of(self.endpoint)]
        low, high = model.faces
        wishes: dict[str, Any] = {
            "model": self.model_of(self.endpoint),
            "texture": False,
            "pbr": False,
            "export_uv": False,  # cuts the surface into islands
            "export_orientation": LOOKS_ALONG,
            "model_seed": job.seed,
            "face_limit": min(max(job.max_faces or FACES[job.detail], low), high),
        }
        if model.qualities:
            wishes["quad"] = False  # would give FBX
            fine = job.detail == "fine"
            wishes["geometry_quality"] = "detailed" if fine else "standard"
        return wishes

    def _keep(self, job: JobSpec, key: str, tokens: Mapping[str, str]) -> None:
        """Remember the photos' tokens, by which `find` knows the task again."""
        with suppress(OSError):  # it is found by its time then
            _note(job, key).write_text(json.dumps(sorted(tokens.values())))

    def _kept(self, job: JobSpec, key: str) -> list[str]:
        try:
            kept = json.loads(_note(job, key).read_text())
        except (OSError, ValueError):
            return []
        return [each for each in kept if isinstance(each, str) and each]


def views_by_slot(job: JobSpec) -> dict[str, View]:
    """The photos by Tripo's slots; views from above and others are left out.

    Raises:
        DriverFailed: several photos, and none of them from the front (``input``).
    """
    if len(job.views) == 1:
        return {"front": job.views[0]}
    found = {
        slot: view
        for slot, role in SLOTS.items()
        if (view := job.of_role(role)) is not None
    }
    if "front" not in found:
        raise DriverFailed(
            ErrorKind.INPUT,
            "solid.no_front",
            N_(
                "Tripo needs to know which of several photos shows the front; set one of them "
                "to front, or send only one."
            ),
            sent=False,
            field="solid.roles",
        )
    return found


def _route(views: Mapping[str, View]) -> str:
    # Fewer than two photos are no multi-view.
    return "image-to-model" if len(views) == 1 else "multiview-to-model"


def _input(tokens: Mapping[str, str]) -> dict[str, Any]:
    if len(tokens) == 1:
        return {"input": tokens["front"]}
    return {"inputs": [tokens.get(slot) for slot in SLOTS]}


def _note(job: JobSpec, key: str) -> Path:
    return job.folder / f"tripo-{key}.json"


DRIVER = TripoDriver
