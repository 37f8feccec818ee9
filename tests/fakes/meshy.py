"""An imitation of Meshy's API (api.meshy.ai), after docs.meshy.ai and Meshy's own clients
(meshy-mcp-server 0.5.2, meshy-cli). It bills every task it creates."""

from __future__ import annotations

import base64
import binascii
import re
import secrets
import uuid
from dataclasses import dataclass, field
from typing import Any

from .paid import A_BOX, PaidFake, Reply, Seen, picture_kind

KINDS = ("image-to-3d", "multi-image-to-3d")
ROUTE = re.compile(r"/openapi/v1/(image-to-3d|multi-image-to-3d)(?:/([^/]+))?")
TEST_KEY = "msy_dummy_api_key_for_test_mode_12345678"
DATA_URI = re.compile(r"data:image/(jpeg|jpg|png);base64,(.*)", re.DOTALL)
# model -> credits without texture; 10 more with it ("Pricing", autumn 2026)
PRICES = {"meshy-5": 5, "meshy-6": 20, "meshy-7": 20, "meshy-7.1": 20, "latest": 20}
WITH_GEOMETRY = ("meshy-7.1", "latest")
GEOMETRIES = {
    "image-to-3d": ("standard", "2k", "4k"),
    "multi-image-to-3d": ("standard", "2k"),
}
FORMATS = {"glb", "obj", "fbx", "stl", "usdz", "3mf"}
KNOWN = {
    "image_url", "image_urls", "input_task_id", "ai_model", "model_type", "should_texture",
    "should_remesh", "topology", "target_polycount", "decimation_mode", "target_formats",
    "auto_size", "origin_at", "image_enhancement", "moderation", "geometry_resolution",
    "ultra_mode", "pose_mode", "symmetry_mode", "save_pre_remeshed_model", "enable_pbr",
    "texture_prompt", "texture_image_url", "texture_resolution", "hd_texture",
    "remove_lighting", "alpha_thumbnail", "multi_view_thumbnails",
}  # fmt: skip
QUEUE = 10
KEPT_S = 3 * 24 * 3600.0


@dataclass
class Task:
    """One task.

    Attributes:
        kind: one of `KINDS`.
        script: statuses, one for each time it is asked for; the last one stays. A status may
            be a number: in progress, so many percent.
        looks: times it was asked for.
    """

    id: str
    kind: str
    asked: dict[str, Any]
    price: float
    created: float
    script: list[str | int]
    error: str = ""
    looks: int = 0
    signature: str = field(default_factory=lambda: secrets.token_hex(8))

    @property
    def status(self) -> str | int:
        return self.script[min(max(self.looks - 1, 0), len(self.script) - 1)]

    @property
    def word(self) -> str:
        return "IN_PROGRESS" if isinstance(self.status, int) else self.status


class MeshyFake(PaidFake):
    """The service; see `PaidFake`.

    Attributes:
        tasks: by id, in the order of their making; those that were deleted are gone.
        billed: credits taken for all tasks so far.
        script: of tasks that are still to be made, see `Task`.
        error: what failed tasks say.
        pace_s: what it says in Retry-After while a task is not done.
        echoes: whether tasks tell the pictures they were made of.
    """

    def __init__(self, key: str = "msy_the-right-key", balance: float = 1000.0) -> None:
        super().__init__(key, balance)
        self.tasks: dict[str, Task] = {}
        self.deleted: list[str] = []
        self.billed = 0.0
        self.script: list[str | int] = ["PENDING", 0, 55, "SUCCEEDED"]
        self.error = "The model could not be generated."
        self.pace_s = 7
        self.echoes = False
        self.mesh = A_BOX

    def solid(self, id: str) -> bytes:
        """The mesh of a task."""
        return self.mesh

    def made_by_others(self, kind: str = "image-to-3d", ago_s: float = 0.0) -> Task:
        """A task of the same account that was not asked for by us."""
        task = Task(str(uuid.uuid4()), kind, {}, 20.0, self.now() - ago_s, ["PENDING"])
        self.tasks[task.id] = task
        return task

    def answer(self, request: Seen) -> Reply:
        given = request.headers.get("authorization", "")
        if given not in (f"Bearer {self.key}", f"Bearer {TEST_KEY}"):
            return _error(401, "Invalid API key")
        if (request.method, request.path) == ("GET", "/openapi/v1/balance"):
            return Reply(200, {"balance": self.balance})
        found = ROUTE.fullmatch(request.path)
        if found is None:
            return _error(404, "Route Not Found")
        kind, id = found.groups()
        if request.method == "POST" and id is None:
            return self._create(request, kind, free=given == f"Bearer {TEST_KEY}")
        if request.method == "GET" and id is None:
            return self._list(request, kind)
        task = self.tasks.get(id or "")
        if task is None or task.kind != kind or self.now() > task.created + KEPT_S:
            return _error(404, "Task not found")
        if request.method == "GET":
            task.looks += 1
            ended = task.word in ("SUCCEEDED", "FAILED", "CANCELED")
            pace = {} if ended else {"Retry-After": str(self.pace_s)}
            return Reply(200, self._describe(task), pace)
        if request.method == "DELETE":
            del self.tasks[task.id]
            self.deleted.append(task.id)
            return Reply(200, b"")
        return _error(405, "Method Not Allowed")

    def give(self, request: Seen) -> Reply:
        task = self.tasks.get(request.path.strip("/").partition("/")[0])
        if (
            task is None
            or request.query.get("Signature") != task.signature
            or self.now() > task.created + KEPT_S
        ):
            return Reply(
                403, b"<Error><Code>AccessDenied</Code></Error>", kind="text/xml"
            )
        return Reply(200, self.mesh, kind="application/octet-stream")

    def _create(self, request: Seen, kind: str, free: bool) -> Reply:
        asked = request.json
        wrong = _wrong(asked, kind)
        if wrong:
            return _error(400, wrong)
        waiting = [
            task
            for task in self.tasks.values()
            if task.word in ("PENDING", "IN_PROGRESS")
        ]
        if len(waiting) >= QUEUE:
            return Reply(429, {"message": "NoMorePendingTasks"}, {"Retry-After": "20"})
        price = 0.0 if free else price_of(asked)
        if price > self.balance:
            return _error(402, "Insufficient funds")
        self.balance -= price
        self.billed += price
        id = str(uuid.uuid4())
        task = Task(id, kind, asked, price, self.now(), list(self.script), self.error)
        self.tasks[id] = task
        return Reply(202, {"result": id})

    def _list(self, request: Seen, kind: str) -> Reply:
        size = int(request.query.get("page_size", 10))
        page = int(request.query.get("page_num", 1))
        order = request.query.get("sort_by", "-created_at")
        if not 1 <= size <= 50 or page < 1 or order not in ("-created_at", "+created_at"):
            return _error(400, "Invalid paging")
        sign = -1 if order.startswith("-") else 1
        tasks = sorted(
            (task for task in self.tasks.values() if task.kind == kind),
            key=lambda task: sign * task.created,
        )
        start = (page - 1) * size
        return Reply(200, [self._describe(task) for task in tasks[start : start + size]])

    def _describe(self, task: Task) -> dict[str, Any]:
        status, word = task.status, task.word
        done = word == "SUCCEEDED"
        link = f"{self.results_url}/{task.id}"
        described: dict[str, Any] = {
            "id": task.id,
            "type": task.kind,
            "ai_model": task.asked.get("ai_model", "latest"),
            "status": word,
            "progress": status if isinstance(status, int) else 100 * done,
            "created_at": int(task.created * 1000),
            "started_at": 0 if word == "PENDING" else int(task.created * 1000) + 500,
            "finished_at": int(task.created * 1000) + 60_000 if done else 0,
            "expires_at": int((task.created + KEPT_S) * 1000),
            "preceding_tasks": 4 if word == "PENDING" else 0,
            "task_error": {"message": task.error if word == "FAILED" else ""},
            "model_urls": {},
            "thumbnail_url": "",
            "consumed_credits": 0 if word == "FAILED" else task.price,
        }
        if done:
            described["model_urls"] = {
                name: f"{link}/model.{name}?Expires=9&Signature={task.signature}"
                for name in task.asked.get("target_formats", ["glb", "fbx", "obj"])
            }
            described["thumbnail_url"] = f"{link}/preview.png?Signature={task.signature}"
        if self.echoes:
            for name in ("image_url", "image_urls"):
                if name in task.asked:
                    described[name] = task.asked[name]
        return described


def _error(status: int, message: str) -> Reply:
    return Reply(status, {"message": message})


def price_of(asked: dict[str, Any]) -> float:
    """Credits of a task."""
    painted = asked.get("should_texture", True)
    return PRICES[asked.get("ai_model", "latest")] + (10 if painted else 0)


def _wrong(asked: dict[str, Any], kind: str) -> str:
    """What is wrong with a request. The service may be more lenient with unknown fields."""
    if kind == "image-to-3d":
        pictures = [asked.get("image_url")]
    else:
        pictures = asked.get("image_urls") or []
    model = asked.get("ai_model", "latest")
    geometry = asked.get("geometry_resolution")
    if not set(asked) <= KNOWN:
        return f"Unknown field: {sorted(set(asked) - KNOWN)[0]}"
    if not 1 <= len(pictures) <= 4:
        return "Invalid values: image_urls must contain 1 to 4 items"
    if not all(_is_picture(each) for each in pictures):
        return "Invalid values: image must be a jpg, jpeg or png data URI or URL"
    if model not in PRICES:
        return "Invalid values: ai_model"
    if geometry and (model not in WITH_GEOMETRY or geometry not in GEOMETRIES[kind]):
        return "Invalid values: geometry_resolution"
    if not 100 <= asked.get("target_polycount", 30_000) <= 300_000:
        return "Invalid values: target_polycount must be between 100 and 300000"
    if not set(asked.get("target_formats", ["glb"])) <= FORMATS:
        return "Invalid values: target_formats"
    return ""


def _is_picture(given: Any) -> bool:
    if not isinstance(given, str):
        return False
    found = DATA_URI.fullmatch(given)
    if found is None:
        return given.startswith("https://")
    try:
        content = base64.b64decode(found[2], validate=True)
    except binascii.Error:
        return False
    return picture_kind(content) == found[1].replace("jpg", "jpeg")
