"""Imitations of services with a queue, after their own clients and pages: fal (fal-client
1.0.3), Replicate (replicate 1.0.7), RunPod (runpod 1.12.0), Comfy Router (comfy-sdk 0.5.0),
WaveSpeed (wavespeed 2.0.5), Stability (v2beta), Cog (docs/http.md) and 3DAIGC-API (7f41cd2)."""

from __future__ import annotations

import base64
import email.parser
import email.policy
import re
import secrets
import threading
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

from .glb import glb
from .paid import PaidFake, Reply, Seen

MESH = glb(10, "of a service")
DATA_URI = re.compile(r"data:image/(jpeg|png);base64,[A-Za-z0-9+/]+=*")


@dataclass
class Task:
    """One job.

    Attributes:
        script: states, one for each time it is asked for; the last one stays.
    """

    id: str
    model: str
    asked: dict[str, Any]
    script: list[str]
    made: float
    looks: int = 0
    cancelled: bool = False

    @property
    def word(self) -> str:
        return self.script[min(max(self.looks - 1, 0), len(self.script) - 1)]


class Service(PaidFake):
    """What all of them share.

    Attributes:
        tasks: by id, in the order of their making.
        script: of tasks still to be made.
        output: of tasks that succeed; None: the service's own usual one.
        error: of tasks that fail.
        uploads: bytes by URL.
        scheme: of the Authorization header.
    """

    scheme = "Bearer"
    usual: list[str] = []

    def __init__(self, key: str = "the-right-key") -> None:
        super().__init__(key)
        self.tasks: dict[str, Task] = {}
        self.script = list(self.usual)
        self.output: Any = None
        self.error: Any = "The model failed."
        self.uploads: dict[str, bytes] = {}
        self.mesh = MESH
        self.forgets = False  # links and jobs are gone

    def answer(self, request: Seen) -> Reply:
        if request.headers.get("authorization") != f"{self.scheme} {self.key}":
            return Reply(401, {"detail": "Invalid authentication credentials"})
        return self.served(request) or Reply(404, {"detail": "Not found"})

    def served(self, request: Seen) -> Reply | None:
        raise NotImplementedError

    def give(self, request: Seen) -> Reply:
        if request.method == "PUT":
            self.uploads[f"{self.results_url}{request.path}"] = request.body
            good = request.headers.get("content-type") in ("image/png", "image/jpeg")
            return Reply(200 if good else 400)
        if self.forgets or not request.query.get("sig"):
            return Reply(
                403, b"<Error><Code>AccessDenied</Code></Error>", kind="text/xml"
            )
        return Reply(200, self.mesh, kind="application/octet-stream")

    def make(self, model: str, asked: dict[str, Any], ago_s: float = 0.0) -> Task:
        task = Task(
            str(uuid.uuid4()), model, asked, list(self.script), self.now() - ago_s
        )
        self.tasks[task.id] = task
        return task

    def look(self, id: str) -> Task | None:
        task = None if self.forgets else self.tasks.get(id)
        if task is not None:
            task.looks += 1
        return task

    def link(self, name: str = "mesh.glb") -> str:
        return f"{self.results_url}/{secrets.token_hex(6)}/{name}?sig=abc"


def parts_of(request: Seen) -> dict[str, tuple[str | None, bytes]]:
    """Of a form: name -> (file name, content)."""
    head = f"Content-Type: {request.headers['content-type']}\r\n\r\n".encode()
    message = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(
        head + request.body
    )
    return {
        part.get_param("name", header="content-disposition"): (
            part.get_filename(),
            part.get_payload(decode=True),
        )
        for part in message.iter_parts()
    }


def picture(text: str) -> bytes:
    """What a data URI or bare base64 of a picture holds."""
    return base64.b64decode(text.rpartition(",")[2], validate=True)


# -- fal ---------------------------------------------------------------------------------------

# model -> (fields it has to have, fields it may have)
FAL_MODELS = {
    "fal-ai/hunyuan3d/v2": (
        {"input_image_url"},
        {"seed", "octree_resolution", "textured_mesh", "num_inference_steps"},
    ),
    "fal-ai/hunyuan3d/v2/multi-view": (
        {"front_image_url", "back_image_url", "left_image_url"},
        {"seed", "octree_resolution", "textured_mesh"},
    ),
    "fal-ai/hunyuan3d-v21": (
        {"input_image_url"},
        {"seed", "octree_resolution", "textured_mesh"},
    ),
    "fal-ai/hunyuan-3d/v3.1/pro/image-to-3d": (
        {"input_image_url"},
        {"back_image_url", "left_image_url", "right_image_url", "top_image_url",
         "generate_type", "enable_pbr", "face_count"},
    ),
    "fal-ai/trellis": ({"image_url"}, {"mesh_simplify", "texture_size"}),
    "fal-ai/trellis/multi": ({"image_urls"}, {"mesh_simplify", "texture_size"}),
    "fal-ai/trellis-2": ({"image_url"}, {"seed", "resolution", "decimation_target"}),
    "tripo3d/h3.1/image-to-3d": (
        {"image_url"},
        {"texture", "pbr", "model_seed", "face_limit", "geometry_quality"},
    ),
    "tripo3d/h3.1/multiview-to-3d": (
        {"image_urls"},
        {"texture", "pbr", "model_seed", "face_limit"},
    ),
    "somebody/else": ({"image_url"}, set()),
}  # fmt: skip


class FalFake(Service):
    """queue.fal.run. Status and result drop the model's sub-path.

    Attributes:
        public: where its URLs say that it is; empty: where it is.
        invalid: what the result says instead of a mesh, with 422.
    """

    scheme = "Key"
    usual = ["IN_QUEUE", "IN_PROGRESS", "COMPLETED"]

    def __init__(self) -> None:
        super().__init__("key-id:key-secret")
        self.public = ""
        self.invalid: Any = None

    def served(self, request: Seen) -> Reply | None:
        found = re.fullmatch(
            r"/([\w-]+/[\w.-]+)/requests/([\w-]+)(/status|/cancel)?", request.path
        )
        if found is None:
            return self._submit(request) if request.method == "POST" else None
        app, id, what = found.groups()
        task = self.tasks.get(id)
        if task is None or self.forgets or "/".join(task.model.split("/")[:2]) != app:
            return Reply(404, {"detail": "Request not found"})
        if (request.method, what) == ("PUT", "/cancel"):
            if task.word == "COMPLETED":
                return Reply(400, {"status": "ALREADY_COMPLETED"})
            task.cancelled = True
            return Reply(202, {"status": "CANCELLATION_REQUESTED"})
        if request.method != "GET":
            return Reply(405, {"detail": "Method Not Allowed"})
        if what == "/status":
            return self._status(task, request)
        if task.word != "COMPLETED":
            return Reply(400, {"detail": "Request is still in progress"})
        if self.invalid is not None:
            return Reply(422, {"detail": self.invalid})
        file = {"url": self.link(), "content_type": "model/gltf-binary", "file_size": 1}
        preview = {"url": self.link("preview.png"), "content_type": "image/png"}
        return Reply(200, self.output or {"rendered_image": preview, "model_mesh": file})

    def _submit(self, request: Seen) -> Reply:
        model, asked = request.path.strip("/"), request.json
        if model not in FAL_MODELS:
            return Reply(404, {"detail": f"Application '{model}' not found"})
        needed, optional = FAL_MODELS[model]
        missing = sorted(needed - set(asked))
        if missing or set(asked) - needed - optional:
            odd = missing or sorted(set(asked) - needed - optional)
            detail = [
                {"loc": ["body", odd[0]], "msg": "Field required", "type": "missing"}
            ]
            return Reply(422, {"detail": detail})
        for name in needed:
            urls = asked[name] if isinstance(asked[name], list) else [asked[name]]
            assert all(DATA_URI.fullmatch(url) for url in urls)
        task = self.make(model, asked)
        return Reply(200, {**self._urls(task), "status": "IN_QUEUE", "queue_position": 2})

    def _urls(self, task: Task) -> dict[str, str]:
        app = "/".join(task.model.split("/")[:2])
        base = f"{self.public or self.url}/{app}/requests/{task.id}"
        return {
            "request_id": task.id, "response_url": base, "status_url": f"{base}/status",
            "cancel_url": f"{base}/cancel",
        }  # fmt: skip

    def _status(self, task: Task, request: Seen) -> Reply:
        task.looks += 1
        said: dict[str, Any] = {**self._urls(task), "status": task.word}
        if task.word == "IN_QUEUE":
            said["queue_position"] = 1
        if task.word != "IN_QUEUE":
            said["logs"] = None
        if request.query.get("logs") in ("1", "true") and "logs" in said:
            said["logs"] = [
                {
                    "message": "Loading",
                    "level": "INFO",
                    "timestamp": "2026-11-01T10:00:00Z",
                },
                {"message": " 40%|####      | 20/50 [00:01<00:02]", "level": "STDERR"},
            ]
        if task.word == "COMPLETED":
            said["metrics"] = {"inference_time": 3.2}
            if task.asked.get("seed") == 666:
                said.update(error="Runner lost", error_type="internal_server_error")
        return Reply(200 if task.word == "COMPLETED" else 202, said)


# -- Replicate ---------------------------------------------------------------------------------


class ReplicateFake(Service):
    """api.replicate.com."""

    usual = ["starting", "processing", "succeeded"]

    def served(self, request: Seen) -> Reply | None:
        what = (request.method, request.path)
        if what == ("GET", "/v1/account"):
            return Reply(200, {"type": "user", "username": "me"})
        if what == ("POST", "/v1/files"):
            name, content = parts_of(request)["content"]
            url = f"{self.url}/v1/files/{secrets.token_hex(8)}"
            self.uploads[url] = content
            about = {"etag": "e", "checksums": {}, "metadata": {}, "size": len(content)}
            about.update(content_type="image/png", created_at="2026-11-01T10:00:00.000Z")
            return Reply(201, {"id": "f", "name": name, "urls": {"get": url}, **about})
        if what == ("POST", "/v1/predictions"):
            asked = request.json
            if not isinstance(asked.get("version"), str) or "input" not in asked:
                return Reply(
                    422, {"title": "Input validation failed", "detail": "- version"}
                )
            task = self.make(asked["version"], asked["input"])
            return Reply(201, self._described(task))
        if what == ("GET", "/v1/predictions"):
            newest = sorted(self.tasks.values(), key=lambda task: -task.made)
            listed = [self._described(task) for task in newest]
            for each in listed:
                each.pop("input")
            return Reply(200, {"previous": None, "next": None, "results": listed[:100]})
        found = re.fullmatch(r"/v1/predictions/([\w-]+)(/cancel)?", request.path)
        task = self.look(found[1]) if found else None
        if task is None:
            return None
        if found[2]:
            task.cancelled = True
            task.script, task.looks = ["canceled"], 1
        return Reply(200, self._described(task))

    def _described(self, task: Task) -> dict[str, Any]:
        get = f"{self.url}/v1/predictions/{task.id}"
        made = datetime.fromtimestamp(task.made, timezone.utc).isoformat()
        done, failed = task.word == "succeeded", task.word == "failed"
        bar = " 30%|###       | 15/50 [00:05<00:11]\r 62%|######    | 31/50"
        return {
            "id": task.id, "model": task.model, "version": "hidden", "status": task.word,
            "input": task.asked, "created_at": made, "started_at": None,
            "output": (self.output or self.link("output.glb")) if done else None,
            "error": self.error if failed else None,
            "logs": "" if task.word == "starting" else bar,
            "urls": {"get": get, "cancel": f"{get}/cancel", "stream": "https://x/stream"},
        }  # fmt: skip


# -- RunPod ------------------------------------------------------------------------------------


class RunPodFake(Service):
    """api.runpod.ai/v2/abc123; its worker gives the mesh as base64."""

    usual = ["IN_QUEUE", "IN_PROGRESS", "COMPLETED"]

    def served(self, request: Seen) -> Reply | None:
        path = request.path.removeprefix("/v2/abc123")
        if (request.method, path) == ("GET", "/health"):
            return Reply(200, {"jobs": {"inQueue": 0}, "workers": {"idle": 1}})
        if (request.method, path) == ("POST", "/run"):
            picture(request.json["input"]["image"])
            task = self.make("", request.json["input"])
            return Reply(200, {"id": task.id, "status": "IN_QUEUE"})
        found = re.fullmatch(r"/(status|cancel)/([\w-]+)", path)
        task = self.look(found[2]) if found else None
        if task is None:
            return None
        if found[1] == "cancel":
            task.cancelled, task.script = True, ["CANCELLED"]
            return Reply(200, {"id": task.id, "status": "CANCELLED"})
        said: dict[str, Any] = {"id": task.id, "status": task.word, "delayTime": 12}
        if task.word == "COMPLETED":
            mesh = base64.b64encode(self.mesh).decode()
            # their answers are sorted: the mesh comes before the state
            usual = {"glb": mesh, "faces": 20}
            said = {"output": usual if self.output is None else self.output, **said}
        if task.word == "FAILED":
            said["error"] = self.error
        return Reply(200, said)


# -- Comfy Router, WaveSpeed -------------------------------------------------------------------


class ComfyRouterFake(Service):
    """api.comfy.org; the same Idempotency-Key is the same request."""

    usual = ["IN_QUEUE", "IN_PROGRESS", "COMPLETED"]

    def __init__(self) -> None:
        super().__init__("comfyui-abc")
        self.error_type = ""
        self.closed = False
        self._by_key: dict[str, Task] = {}

    def served(self, request: Seen) -> Reply | None:
        if (request.method, request.path) == ("GET", "/v2/models"):
            return Reply(200, {"data": []})
        if (request.method, request.path) == ("POST", "/customers/storage"):
            name = f"{secrets.token_hex(4)}/{request.json['file_name']}"
            put = f"{self.results_url}/{name}"
            return Reply(200, {"upload_url": put, "download_url": f"{put}?sig=read"})
        found = re.fullmatch(
            r"/v2/models/([\w-]+/[\w-]+)/requests(?:/([\w-]+)(/status|/cancel)?)?",
            request.path,
        )
        if found is None:
            return None
        model, id, what = found.groups()
        if id is None:
            return self._submit(request, model)
        task = self.look(id) if what == "/status" else self.tasks.get(id)
        if task is None or self.forgets:
            return None
        if what == "/cancel":
            task.cancelled = True
            return Reply(202, {"request_id": id, "status": task.word})
        if what is None:
            return Reply(200, {"status": "SUCCESS", "asset": {"glb_url": self.link()}})
        said: dict[str, Any] = {"request_id": id, "status": task.word}
        if task.word == "IN_QUEUE":
            said["queue_position"] = 4
        if task.word == "COMPLETED" and self.error_type:
            said.update(error_type=self.error_type, error="It was refused.")
        return Reply(200, said, {"Retry-After": "7"})

    def _submit(self, request: Seen, model: str) -> Reply:
        if self.closed:
            headers = {"X-Comfy-Error-Type": "not_enabled"}
            return Reply(403, {"detail": "Queued delivery is not enabled."}, headers)
        place = request.json["image"]
        if not place.startswith(self.results_url) or "sig=read" not in place:
            return Reply(422, {"detail": [{"loc": ["image"], "msg": "not a Comfy URL"}]})
        key = request.headers["idempotency-key"]
        if key not in self._by_key:
            self._by_key[key] = self.make(model, request.json)
        return Reply(201, {"request_id": self._by_key[key].id, "status": "IN_QUEUE"})


class WaveSpeedFake(Service):
    """api.wavespeed.ai."""

    usual = ["created", "processing", "completed"]

    def served(self, request: Seen) -> Reply | None:
        if (request.method, request.path) == ("POST", "/api/v3/media/uploads"):
            assert request.json["size"] > 0
            put = f"{self.results_url}/{secrets.token_hex(4)}/{request.json['filename']}"
            upload = {"method": "PUT", "url": put, "headers": {}}
            data = {"upload": upload, "download_url": put}
            return Reply(200, {"code": 200, "message": "success", "data": data})
        found = re.fullmatch(r"/api/v3/predictions/([\w-]+)/result", request.path)
        if found is not None:
            task = self.look(found[1])
            return Reply(200, self._said(task)) if task else None
        if request.method == "POST" and request.path.startswith("/api/v3/"):
            if request.json["image"] not in self.uploads:
                return Reply(400, {"code": 1400, "message": "image is not a valid URL"})
            return Reply(200, self._said(self.make(request.path[8:], request.json)))
        return None

    def _said(self, task: Task) -> dict[str, Any]:
        done, failed = task.word == "completed", task.word == "failed"
        data = {
            "id": task.id, "model": task.model, "status": task.word,
            "outputs": [self.link()] if done else [], "error": self.error if failed else "",
        }  # fmt: skip
        return {"code": 200, "message": "success", "data": data}


# -- without a queue ---------------------------------------------------------------------------


class StabilityFake(Service):
    """api.stability.ai; the answer is the mesh.

    Attributes:
        gate: orders wait for it.
        refusal: what orders get instead.
    """

    def __init__(self) -> None:
        super().__init__("sk-abc")
        self.gate = threading.Event()
        self.gate.set()
        self.refusal: Reply | None = None
        self.orders: list[dict[str, tuple[str | None, bytes]]] = []

    def respond(self, request: Seen) -> Reply | str:
        if request.method == "POST":
            self.gate.wait(20)
        return super().respond(request)

    def served(self, request: Seen) -> Reply | None:
        if (request.method, request.path) == ("GET", "/v1/user/balance"):
            return Reply(200, {"credits": 25.0})
        if not request.path.startswith("/v2beta/3d/stable-") or request.method != "POST":
            return None
        if self.refusal is not None:
            return self.refusal
        form = parts_of(request)
        self.orders.append(form)
        if not form.get("image", (None, b""))[0]:
            errors = {"id": "x", "name": "bad_request", "errors": ["image: is required"]}
            return Reply(400, errors)
        return Reply(200, self.mesh, kind="model/gltf-binary")


class CogFake(StabilityFake):
    """A container of a model, without any key.

    Attributes:
        running: the prediction that is worked on.
    """

    def __init__(self) -> None:
        super().__init__()
        self.running = ""
        self.told: Any = None
        self.inputs: list[dict[str, Any]] = []

    def respond(self, request: Seen) -> Reply | str:
        if request.method == "PUT":
            id = request.path.rpartition("/")[2]
            if self.running not in ("", id):
                with self.lock:
                    self.seen.append(request)
                return Reply(409, {"detail": "Already running a prediction"})
            self.running = id
            self.gate.wait(20)
            self.running = ""
        return PaidFake.respond(self, request)

    def answer(self, request: Seen) -> Reply:
        if (request.method, request.path) == ("GET", "/health-check"):
            return Reply(200, {"status": "READY"})
        if request.method != "PUT" or not request.path.startswith("/predictions/"):
            return Reply(404, {"detail": "Not Found"})
        asked = request.json["input"]
        self.inputs.append(asked)
        if self.refusal is not None:
            return self.refusal
        if self.told is not None:
            return Reply(200, self.told)
        mesh = base64.b64encode(self.mesh).decode()
        uri = f"data:model/gltf-binary;base64,{mesh}"
        return Reply(200, {"status": "succeeded", "output": uri, "metrics": {}})


class ThreeDaigcFake(Service):
    """3DAIGC-API, without a key."""

    usual = ["queued", "processing", "completed"]

    def answer(self, request: Seen) -> Reply:
        if request.path == "/health":
            return Reply(200, {"status": "healthy", "version": "1.0.0"})
        if request.path == "/api/v1/mesh-generation/image-to-raw-mesh":
            asked = request.json
            if asked["model_preference"] != "hunyuan3d_2_0_image_to_raw_mesh":
                return Reply(400, {"detail": "Model is not available for this feature."})
            picture(asked["image_base64"])
            task = self.make(asked["model_preference"], asked)
            said = {"job_id": task.id, "status": "queued", "message": "queued"}
            return Reply(200, said)
        found = re.fullmatch(r"/api/v1/system/jobs/([\w-]+)(/download)?", request.path)
        task = (
            (self.tasks.get(found[1]) if found[2] else self.look(found[1]))
            if found
            else None
        )
        if task is None:
            return Reply(404, {"detail": "Job not found"})
        if found[2]:
            if task.word != "completed":
                return Reply(400, {"detail": "Job is not completed yet."})
            return Reply(200, self.mesh, kind="application/octet-stream")
        failed = task.word == "failed"
        said = {"job_id": task.id, "status": task.word, "progress": 0.0, "result": None}
        return Reply(200, {**said, "error": self.error if failed else None})


@dataclass
class OddService(Service):
    """Answers what a test says, by method and path."""

    said: dict[tuple[str, str], Reply] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__init__()

    def answer(self, request: Seen) -> Reply:
        return self.said.get((request.method, request.path), Reply(404, {"detail": "no"}))
