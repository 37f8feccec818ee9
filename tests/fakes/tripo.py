"""An imitation of Tripo's API v3 (openapi.tripo3d.ai), after the official SDK tripo3d 1.0.0 and
the documentation at developers.tripo3d.com; error codes after docs.tripo3d.ai, "Errors".

It bills every task it creates. Its solids tell which photo was taken for which side: a cube
with a small box on every side of which there was a photo, the larger the brighter that photo.
Sides are the subject's own, as ComfyUI's partner node for Tripo says ("Left view (90°), i.e. the
subject's left side").
"""

from __future__ import annotations

import io
import secrets
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

from PIL import Image, ImageStat

from .paid import PaidFake, Reply, Seen, glb_of_boxes, multipart, picture_kind

SLOTS = ("front", "left", "back", "right")
# In Tripo's axes: z is up, the subject looks along +x and has +y on its left.
DIRECTIONS = {"front": (1, 0), "left": (0, 1), "back": (-1, 0), "right": (0, -1)}
# The axis the subject looks along when it was turned: (cosine, sine) of the turn.
TURNS = {"+x": (1, 0), "+y": (0, 1), "-x": (-1, 0), "-y": (0, -1)}
MOST_PICTURE_BYTES = 20 * 2**20
AT_ONCE = 10
# model -> (price without texture, with texture, fewest and most triangles, knows qualities)
MODELS = {
    "v3.1-20260211": (20, 30, 1, 1_500_000, True),
    "v3.0-20250812": (20, 30, 1, 1_000_000, True),
    "v2.5-20250123": (20, 30, 1, 500_000, False),
    "P1-20260311": (40, 50, 50, 20_000, False),
    "P2-20260801": (100, 110, 48, 50_000, False),
}
ULTRA_TRIANGLES = 2_000_000
COMMON = {
    "model", "texture", "pbr", "face_limit", "model_seed", "export_uv", "export_orientation",
    "texture_seed", "texture_quality", "texture_alignment", "orientation",
    "enable_image_autofix",
}  # fmt: skip
ONLY_V3 = {
    "geometry_quality",
    "quad",
    "auto_size",
    "smart_low_poly",
    "generate_parts",
    "compress",
}
MESSAGES = {
    1002: (401, "Authentication failed", "Check if your credentials is valid"),
    1004: (
        400,
        "One or more of your parameter is invalid",
        "Refer to the API documentation for parameter requirements",
    ),
    2000: (
        429,
        "You have exceeded the limit of generation",
        "Please wait and retry later",
    ),
    2001: (404, "Task not found", "Check if the task is created by your key"),
    2003: (400, "The image file is empty", "Check your file"),
    2004: (400, "The file type is unsupported", "Use JPEG, PNG or WebP"),
    2008: (400, "The input violates our content policy", "Modify your input and retry"),
    2010: (403, "You need more credits to start a new task", "Please review your usage"),
    2017: (400, "The model version is invalid", "Use the right version"),
    2019: (404, "File not found", "Check that the upload was successful"),
}


@dataclass
class Task:
    """One task.

    Attributes:
        script: statuses, one for each time it is asked for; the last one stays. A status may
            be a number: running, so many percent.
        looks: times it was asked for.
    """

    id: str
    type: str
    input: dict[str, Any]
    price: float
    created: float
    glb: bytes
    script: list[str | int]
    looks: int = 0
    error_code: int | None = None
    error_msg: str = ""
    signatures: list[str] = field(default_factory=list)

    @property
    def status(self) -> str | int:
        return self.script[min(max(self.looks - 1, 0), len(self.script) - 1)]


class TripoFake(PaidFake):
    """The service; see `PaidFake`.

    Attributes:
        tasks: by id, in the order of their making.
        script: of tasks that are still to be made, see `Task`.
        error: (code, text) of tasks that fail.
        bad_word: photos that contain these bytes are refused by the content policy.
        usage_echoes: whether tasks tell what they were made of.
    """

    def __init__(self, key: str = "tsk_the-right-key", balance: float = 1000.0) -> None:
        super().__init__(key, balance)
        self.tasks: dict[str, Task] = {}
        self.files: dict[str, bytes] = {}
        self.script: list[str | int] = ["queued", 0, 42, "success"]
        self.error = (1001, "Fatal error on server side")
        self.bad_word = b""
        self.usage_echoes = True

    @property
    def billed(self) -> float:
        """Credits taken for all tasks so far."""
        return sum(task.price for task in self.tasks.values())

    def solid(self, id: str) -> bytes:
        """The mesh of a task."""
        return self.tasks[id].glb

    def made_by_others(self, type: str = "image_to_model", ago_s: float = 0.0) -> Task:
        """A task of the same account that was not asked for by us."""
        task = Task(
            str(uuid.uuid4()),
            type,
            {"input": "file_of-somebody-else", "model": "v3.1-20260211"},
            20.0,
            self.now() - ago_s,
            b"",
            ["queued"],
        )
        self.tasks[task.id] = task
        return task

    def answer(self, request: Seen) -> Reply:
        if request.headers.get("authorization") != f"Bearer {self.key}":
            return _error(1002)
        route = (request.method, request.path)
        if route == ("POST", "/v3/files"):
            return self._upload(request)
        if route == ("POST", "/v3/generation/image-to-model"):
            return self._create(request, "image_to_model")
        if route == ("POST", "/v3/generation/multiview-to-model"):
            return self._create(request, "multiview_to_model")
        if route == ("POST", "/v3/tasks/list"):
            return self._list(request.json["task_ids"])
        if route == ("GET", "/v3/account/balance"):
            return _good({"balance": f"{self.balance:.2f}", "frozen": "0.00"})
        if route == ("GET", "/v3/account/usage"):
            return self._usage(request)
        if request.method == "GET" and request.path.startswith("/v3/tasks/"):
            return self._task(request.path.rpartition("/")[2])
        return Reply(404, {"code": 1003, "message": "no such route"}, TRACE)

    def give(self, request: Seen) -> Reply:
        task = self.tasks.get(request.path.strip("/").partition("/")[0])
        if task is None or request.query.get("X-Signature") not in task.signatures:
            return Reply(
                403, b"<Error><Code>AccessDenied</Code></Error>", kind="text/xml"
            )
        return Reply(200, task.glb, kind="model/gltf-binary")

    def _upload(self, request: Seen) -> Reply:
        _, kind, content = multipart(request).get("file", ("", "", b""))
        if not content:
            return _error(2003)
        if kind != f"image/{picture_kind(content)}" or len(content) > MOST_PICTURE_BYTES:
            return _error(2004)
        token = f"file_{secrets.token_hex(12)}"
        self.files[token] = content
        return _good({"file_token": token})

    def _create(self, request: Seen, type: str) -> Reply:
        asked = request.json
        views = self._views(asked, type)
        if isinstance(views, Reply):
            return views
        wrong = _wrong(asked, type)
        if wrong:
            return _error(wrong)
        if self.bad_word and any(self.bad_word in each for each in views.values()):
            return _error(2008)
        if sum(_waits(task) for task in self.tasks.values()) >= AT_ONCE:
            return _error(2000, {"Retry-After": "30"})
        price = price_of(asked)
        if price > self.balance:
            return _error(2010)
        self.balance -= price
        task = Task(
            str(uuid.uuid4()),
            type,
            asked,
            price,
            self.now(),
            solid_of(views, asked.get("export_orientation", "+x")),
            list(self.script),
        )
        task.error_code, task.error_msg = self.error
        self.tasks[task.id] = task
        return _good({"task_id": task.id})

    def _views(self, asked: dict[str, Any], type: str) -> dict[str, bytes] | Reply:
        """The photos by the subject's sides."""
        if type == "image_to_model":
            slots: dict[str, Any] = {"front": asked.get("input")}
        else:
            slots = _slots(asked.get("inputs")) or {}
        if not slots.get("front") or (type != "image_to_model" and len(slots) < 2):
            return _error(1004)
        if any(token not in self.files for token in slots.values()):
            return _error(2019)
        return {slot: self.files[token] for slot, token in slots.items()}

    def _task(self, id: str) -> Reply:
        task = self.tasks.get(id)
        if task is None:
            return _error(2001)
        task.looks += 1
        return _good(self._describe(task))

    def _list(self, ids: list[str]) -> Reply:
        known = [self.tasks[id] for id in ids if id in self.tasks]
        return _good(
            {
                "tasks": {task.id: self._describe(task) for task in known},
                "missed": [id for id in ids if id not in self.tasks],
            }
        )

    def _usage(self, request: Seen) -> Reply:
        start = int(request.query.get("offset", 0))
        size = min(int(request.query.get("limit", 20)), 100)
        newest = sorted(self.tasks.values(), key=lambda task: -task.created)
        items = [
            {
                "task_id": task.id,
                "type": task.type,
                "status": _word(task.status),
                "created_at": _iso(task.created),
                "credits_consumed": task.price,
            }
            for task in newest[start : start + size]
        ]
        return _good({"items": items, "total": len(newest)})

    def _describe(self, task: Task) -> dict[str, Any]:
        status = task.status
        word = _word(status)
        ended = word not in ("queued", "running")
        described = {
            "task_id": task.id,
            "type": task.type,
            "status": word,
            "progress": status if isinstance(status, int) else 100 * (word == "success"),
            "queuing_num": 3 if word == "queued" else -1,
            "running_left_time": -1 if ended else 25,
            "created_at": _iso(task.created),
            "output": {},
            "credits_consumed": task.price if word == "success" else 0,
        }
        if self.usage_echoes:
            described["input"] = task.input
        if word == "failed":
            described |= {"error_code": task.error_code, "error_msg": task.error_msg}
        if word == "success":
            signature = secrets.token_hex(8)
            task.signatures.append(signature)
            link = f"{self.results_url}/{task.id}"
            described["output"] = {
                "model_url": f"{link}/model.glb?X-Signature={signature}",
                "rendered_image_url": f"{link}/rendered.webp?X-Signature={signature}",
            }
        return described


TRACE = {"X-Tripo-Trace-ID": "20516a36-f45c-4454-83c8-45877b75eac8"}


def _good(data: Any) -> Reply:
    return Reply(200, {"code": 0, "status": "success", "data": data}, TRACE)


def _error(code: int, headers: dict[str, str] | None = None) -> Reply:
    status, message, suggestion = MESSAGES[code]
    body = {
        "code": code,
        "message": message,
        "suggestion": suggestion,
        "request_id": TRACE["X-Tripo-Trace-ID"],
    }
    return Reply(status, body, {**TRACE, **(headers or {})})


def _word(status: str | int) -> str:
    return "running" if isinstance(status, int) else status


def _iso(time_s: float) -> str:
    moment = datetime.fromtimestamp(time_s, timezone.utc)
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")


def _waits(task: Task) -> bool:
    return _word(task.status) in ("queued", "running")


def _slots(inputs: Any) -> dict[str, Any] | None:
    """Both documented forms: four in order with gaps, or objects with the side as key."""
    if not isinstance(inputs, list):
        return None
    if all(isinstance(each, dict) for each in inputs):
        found = {slot: token for each in inputs for slot, token in each.items()}
        return found if set(found) <= set(SLOTS) else None
    if len(inputs) != len(SLOTS):
        return None
    return {slot: token for slot, token in zip(SLOTS, inputs, strict=True) if token}


def _wrong(asked: dict[str, Any], type: str) -> int | None:
    """The code of what is wrong with the parameters. The service may be more lenient."""
    model = asked.get("model")
    if model not in MODELS:
        return 2017
    _, _, fewest, most, knows_qualities = MODELS[model]
    known = COMMON | {"input" if type == "image_to_model" else "inputs"}
    if knows_qualities:
        known = known | ONLY_V3
    if asked.get("geometry_quality") == "detailed":
        most = ULTRA_TRIANGLES
    good = (
        set(asked) <= known
        and asked.get("geometry_quality", "standard") in ("standard", "detailed")
        and asked.get("export_orientation", "+x") in TURNS
        and isinstance(asked.get("model_seed", 0), int)
        and fewest <= asked.get("face_limit", fewest) <= most
    )
    return None if good else 1004


def price_of(asked: dict[str, Any]) -> float:
    """Credits, after developers.tripo3d.com, "Pricing" (autumn 2026)."""
    plain, textured, *_ = MODELS[asked["model"]]
    # left out, both are on; pbr turns texture on
    painted = asked.get("pbr", True) or asked.get("texture", True)
    return (
        (textured if painted else plain)
        + (20 if asked.get("geometry_quality") == "detailed" else 0)
        + (5 if asked.get("quad") else 0)
        + (10 if asked.get("smart_low_poly") else 0)
    )


def solid_of(views: dict[str, bytes], orientation: str) -> bytes:
    """A cube with a box on every side of which there was a photo, as GLB (y up)."""
    boxes = [((-0.3, -0.3, -0.3), (0.3, 0.3, 0.3))]
    for slot, content in views.items():
        half = 0.02 + 0.1 * _brightness(content)
        across, along = (
            0.4 * number for number in _turned(DIRECTIONS[slot], orientation)
        )
        # (x, y, z) with z up is (x, z, -y) with y up
        centre = (across, 0.0, -along)
        low, high = (tuple(number + sign * half for number in centre) for sign in (-1, 1))
        boxes.append((low, high))
    return glb_of_boxes(boxes)


def _turned(direction: tuple[int, int], orientation: str) -> tuple[float, float]:
    cosine, sine = TURNS[orientation]
    x, y = direction
    return cosine * x - sine * y, sine * x + cosine * y


def _brightness(content: bytes) -> float:
    with Image.open(io.BytesIO(content)) as picture:
        return ImageStat.Stat(picture.convert("L")).mean[0] / 255
