"""Meshy's API (api.meshy.ai).

After docs.meshy.ai and Meshy's own clients, meshy-mcp-server 0.5.2 and meshy-cli (autumn
2026). There is no upload: photos are part of the request, as data URIs. The order of several
photos does not matter but for the first, which is the main (front) view. There are no seeds;
results are kept for three days. A task's answer says in Retry-After when to look again.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, ClassVar
from urllib.parse import quote

from ...problems import N_
from ..driver import (
    DONE,
    FAILED,
    LOST,
    QUEUED,
    ROLES,
    RUNNING,
    Cancel,
    Capabilities,
    JobSpec,
    RemoteRef,
    Status,
    View,
)
from ..endpoint import Endpoint, EndpointOption, Preset
from ..line import Answer, said
from ..refused import DriverFailed, ErrorKind
from ..words import plain_words, words_in
from .paid import (
    MOST_MESSAGE,
    MOST_PICTURE_BYTES,
    SEND_READ_S,
    SEND_TOTAL_S,
    PaidDriver,
    link_in,
    made_between,
    number_in,
    time_in,
)

MODELS = {
    "latest": N_("the newest"),
    "meshy-7.1": "Meshy 7.1",
    "meshy-7": "Meshy 7",
    "meshy-6": "Meshy 6",
    "meshy-5": "Meshy 5",
}
DEFAULT_MODEL = "latest"
# Those with ``geometry_resolution``; 2k is the finest that several photos can have.
WITH_RESOLUTION = ("latest", "meshy-7.1")
ONE, SEVERAL = "image-to-3d", "multi-image-to-3d"
MOST_VIEWS = 4
FACES = (1000, 300_000)
# Where nothing was asked; fine is left as it comes.
FACES_OF = {"draft": 50_000, "normal": 200_000}
TASK = re.compile(r"[A-Za-z0-9_.-]{1,100}")
PAGE = 50
KEPT_S = 3 * 24 * 3600.0
# Its words for what its own error codes stand for.
KINDS = {
    "InsufficientCredits": ErrorKind.CREDIT,
    "TooManyPendingTasks": ErrorKind.BUSY,
    "LimitExceeded": ErrorKind.BUSY,
}
POLICY = re.compile(r"moderat|policy|nsfw|inappropriate|prohibited", re.I)
ENDED = ("SUCCEEDED", "FAILED", "CANCELED", "EXPIRED")

ASSUMED = Capabilities(
    views_min=1,
    views_max=MOST_VIEWS,
    roles=(),
    removes_background=True,
    geometry_only=True,
    seed=False,
    faces=FACES,
    formats=("glb",),
    progress="percent",
    cancel="running",
    survives_disconnect=True,
    submit_idempotent=False,
    costs_money=True,
    result_ttl_s=KEPT_S,
    max_upload_bytes=MOST_PICTURE_BYTES,
    up_axis="y",
    version="Meshy API",
    model="Meshy",
)


class MeshyDriver(PaidDriver):
    name: ClassVar[str] = "meshy"
    label: ClassVar[str] = "Meshy"
    service: ClassVar[str] = "Meshy"
    description: ClassVar[str] = N_(
        "A paid service that makes a solid of one to four photos of the same thing."
    )
    options: ClassVar[tuple[EndpointOption, ...]] = (
        EndpointOption(
            "model",
            "choice",
            N_("Model"),
            N_("Older models are cheaper and less exact."),
            default=DEFAULT_MODEL,
            choices=MODELS,
        ),
    )
    presets: ClassVar[tuple[Preset, ...]] = (
        Preset(
            name="meshy",
            label="Meshy",
            help=N_(
                "Enter an API key from Meshy's web site, for which a Pro plan is needed; it "
                "begins with msy_. To try it without paying, enter "
                "msy_dummy_api_key_for_test_mode_12345678, which gives the same sample solid "
                "for every photo. A solid costs about 20 credits."
            ),
            driver="meshy",
            url="https://api.meshy.ai",
            auth="bearer",
            options={"model": DEFAULT_MODEL},
            costs_money=True,
            link="https://www.meshy.ai/settings/api",
        ),
    )
    assumed: ClassVar[Capabilities] = ASSUMED
    models: ClassVar[Mapping[str, Any]] = MODELS
    usual_model: ClassVar[str] = DEFAULT_MODEL

    @classmethod
    def assumed_for(cls, endpoint: Endpoint) -> Capabilities:
        """What the endpoint's model can do."""
        chosen = cls.model_of(endpoint)
        label = "Meshy" if chosen == DEFAULT_MODEL else MODELS[chosen]
        return replace(ASSUMED, model=label)

    def probe(self) -> Capabilities:
        answer = self.line.get("/openapi/v1/balance")
        data = self._json(answer)
        credits = data.get("balance") if isinstance(data, dict) else None
        if isinstance(credits, bool) or not isinstance(credits, (int, float, str)):
            raise self.odd_answer()
        version = f"{ASSUMED.version} · {answer.shown(str(credits), 20)} credits"
        return replace(self.assumed_for(self.endpoint), version=version)

    def submit(
        self, job: JobSpec, key: str, note: Callable[[RemoteRef], None]
    ) -> RemoteRef:
        pictures = [self._data_uri(view) for view in views_in_order(job)]
        kind = _kind(len(pictures))
        given = {"image_url": pictures[0]} if kind == ONE else {"image_urls": pictures}
        answer = self.line.post(
            f"/openapi/v1/{kind}",
            json={**given, **self._wishes(job)},
            read_s=SEND_READ_S,
            total_s=SEND_TOTAL_S,
        )
        data = self._json(answer, order=True)
        task = data.get("result") if isinstance(data, dict) else None
        if not isinstance(task, str) or not TASK.fullmatch(task):
            raise self.odd_answer()
        return self._ref(kind, task)

    def poll(self, ref: RemoteRef) -> Status:
        try:
            answer, task = self._task(ref)
        except DriverFailed as failed:
            if failed.kind is not ErrorKind.LOST:
                raise
            return Status(LOST, message=failed.problem.values["said"])
        status = status_of(task, answer.retry_after_s)
        return replace(status, message=answer.shown(status.message, MOST_MESSAGE))

    def result_url(self, ref: RemoteRef) -> str:
        answer, task = self._task(ref)
        status = status_of(task)
        if status.state == LOST:
            words = answer.shown(status.message, MOST_MESSAGE)
            raise self.failed(ErrorKind.LOST, words)
        link = link_in(task.get("model_urls"), "glb", "obj", "stl", "3mf")
        if status.state != DONE or not link:
            raise self.no_mesh()
        return link

    def cancel(self, ref: RemoteRef) -> Cancel:
        """Deletes the task, which is how Meshy's own clients cancel one; one that has ended is
        left alone, for its mesh was paid for."""
        try:
            _, task = self._task(ref)
        except DriverFailed as failed:
            if failed.kind is not ErrorKind.LOST:
                raise
            return Cancel.TOO_LATE
        if _word(task) in ENDED:
            return Cancel.TOO_LATE
        answer = self.line.delete(self._path(ref))
        if answer.ok:
            return Cancel.STOPPED
        if answer.status in (400, 404, 409):
            return Cancel.TOO_LATE
        raise self.refusal(answer)

    def find(self, job: JobSpec, key: str, since: float) -> RemoteRef | None:
        """By its time, if there is only one task that could be it: tasks do not tell what they
        were made of."""
        kind = _kind(len(views_in_order(job)))
        answer = self.line.get(
            f"/openapi/v1/{kind}",
            params={"page_num": 1, "page_size": PAGE, "sort_by": "-created_at"},
        )
        earliest, latest = made_between(answer, since)
        tasks = self._json(answer)
        if not isinstance(tasks, list):
            raise self.odd_answer()
        alike = [
            task["id"]
            for task in tasks[:PAGE]
            if isinstance(task, dict)
            and TASK.fullmatch(str(task.get("id") or ""))
            and earliest <= (time_in(task.get("created_at")) or 0.0) <= latest
        ]
        return self._ref(kind, alike[0]) if len(alike) == 1 else None

    # -- inside ------------------------------------------------------------------------------

    def _ref(self, kind: str, task: str) -> RemoteRef:
        return RemoteRef(self.name, self.endpoint.id, {"kind": kind, "task": task})

    def _path(self, ref: RemoteRef) -> str:
        kind, task = ref.ids["kind"], quote(str(ref.ids["task"]), safe="")
        return f"/openapi/v1/{kind if kind == SEVERAL else ONE}/{task}"

    def _task(self, ref: RemoteRef) -> tuple[Answer, dict[str, Any]]:
        answer = self.line.get(self._path(ref))
        if answer.status == 404:  # also what was deleted, or kept long enough
            raise self.refusal(answer, ErrorKind.LOST)
        task = self._json(answer)
        if not isinstance(task, dict) or not isinstance(task.get("status"), str):
            raise self.odd_answer()
        return answer, task

    def _json(self, answer: Answer, *, order: bool = False) -> Any:
        """Of a success. Raises `DriverFailed` for what is none.

        Args:
            order: whether it answers a request that is paid for.
        """
        if answer.ok:
            return answer.json()
        try:
            data = answer.json()
        except DriverFailed:
            data = None
        code = (data.get("code") or data.get("error_code")) if _is_object(data) else None
        kind = KINDS.get(code) if isinstance(code, str) else None
        if kind is None and answer.status in (400, 422) and POLICY.search(said(answer)):
            kind = ErrorKind.POLICY
        raise self.refusal(answer, kind, order=order)

    def _data_uri(self, view: View) -> str:
        kind, content = self.picture(view)
        return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"

    def _wishes(self, job: JobSpec) -> dict[str, Any]:
        """All of a request but its photos."""
        wishes: dict[str, Any] = {
            "ai_model": self.model_of(self.endpoint),
            "should_texture": False,
            "target_formats": ["glb"],
        }
        faces = job.max_faces or FACES_OF.get(job.detail, 0)
        wishes["should_remesh"] = bool(faces)
        if faces:
            low, high = FACES
            wishes["topology"] = "triangle"
            wishes["target_polycount"] = min(max(faces, low), high)
        if job.detail == "fine" and self.model_of(self.endpoint) in WITH_RESOLUTION:
            wishes["geometry_resolution"] = "2k"
        return wishes


def _is_object(data: Any) -> bool:
    return isinstance(data, dict)


def _kind(photos: int) -> str:
    return ONE if photos == 1 else SEVERAL


def views_in_order(job: JobSpec) -> list[View]:
    """The photos as they are sent: the front first, and those that say most of the shape if
    there are too many."""
    rank = {role: number for number, role in enumerate(ROLES)}
    ordered = sorted(job.views, key=lambda view: rank.get(view.role, len(rank)))
    first = job.front
    return [first, *(view for view in ordered if view is not first)][:MOST_VIEWS]


def _word(task: Mapping[str, Any]) -> str:
    return plain_words(task.get("status") or "", 20).upper()


def status_of(task: Mapping[str, Any], retry_after_s: float | None = None) -> Status:
    """What ``GET …/{id}`` says.

    Args:
        retry_after_s: what its header said.
    """
    word = _word(task)
    progress = number_in(dict(task), "progress")
    message = words_in(task.get("task_error"), MOST_MESSAGE)
    if word == "PENDING":
        before = number_in(dict(task), "preceding_tasks")
        place = None if before is None else int(before)
        return Status(QUEUED, queue_position=place, retry_after_s=retry_after_s)
    if word == "SUCCEEDED":
        return Status(DONE, progress=1.0)
    if word == "EXPIRED":
        return Status(LOST, message=message or word.lower())
    if word in ("FAILED", "CANCELED"):
        policy = POLICY.search(message)
        kind = ErrorKind.POLICY if policy else ErrorKind.REMOTE
        return Status(FAILED, message=message or word.lower(), error=kind)
    return Status(
        RUNNING,
        progress=None if progress is None else min(progress / 100, 1.0),
        stage="" if word == "IN_PROGRESS" else word.lower(),
        retry_after_s=retry_after_s,
    )


DRIVER = MeshyDriver
