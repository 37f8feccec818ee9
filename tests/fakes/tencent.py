"""Tencent's api_server.py of Hunyuan3D-2 and 2.1, a fork for several views, and our own server.

They answer as the real ones do, faults included: see remote services' notes at each class.
A job is finished by the test (`finish`), never by a clock.
"""

from __future__ import annotations

import base64
import json
import threading
import uuid
from typing import Any

from .glb import glb
from .plain_http import Asked, PlainFake, Reply

HIGH_TRAFFIC = {
    "text": "**NETWORK ERROR DUE TO HIGH TRAFFIC. PLEASE REGENERATE OR REFRESH THIS PAGE.**",
    "error_code": 1,
}
NOT_FOUND = Reply(404, {"detail": "Not Found"})


class Tencent(PlainFake):
    """Of both versions: one event loop, which a ``/generate`` holds up.

    Attributes:
        jobs: uid -> body of its request.
        done: uid -> file that lies in the cache folder.
        hold: while it is cleared, ``/generate`` goes on and nobody else is answered.
        fails: whether generating fails.
    """

    title, version, routes = "FastAPI", "0.1.0", ("/generate", "/send", "/status/{uid}")

    def __init__(self) -> None:
        super().__init__()
        self.jobs: dict[str, dict[str, Any]] = {}
        self.done: dict[str, bytes] = {}
        self.hold = threading.Event()
        self.hold.set()
        self.generating = threading.Event()
        self.fails = False
        self.hides = False  # the list of its routes
        self._loop = threading.Lock()

    def stop(self) -> None:
        self.hold.set()
        super().stop()

    def listing(self) -> dict[str, Any]:
        return {
            "openapi": "3.1.0",
            "info": {"title": self.title, "version": self.version},
            "paths": {route: {} for route in self.routes},
        }

    def answer(self, asked: Asked) -> Reply:
        with self._loop:
            return self.route(asked)

    def route(self, asked: Asked) -> Reply:
        where = (asked.method, asked.path)
        if where == ("GET", "/openapi.json") and not self.hides:
            return Reply(200, self.listing())
        if where == ("POST", "/send") and "/send" in self.routes:
            return self.send(asked.json)
        if where == ("POST", "/generate") and "/generate" in self.routes:
            return self.generate(asked.json)
        if asked.method == "GET" and asked.path.startswith("/status/"):
            return self.status(asked.path.removeprefix("/status/"))
        return NOT_FOUND

    def send(self, body: dict[str, Any]) -> Reply:
        uid = str(uuid.uuid4())
        self.jobs[uid] = body
        return Reply(200, {"uid": uid})

    def generate(self, body: dict[str, Any]) -> Reply:
        self.jobs[str(uuid.uuid4())] = body
        self.generating.set()
        self.hold.wait(20)
        if self.fails or not _is_picture(body.get("image")):
            return Reply(404, HIGH_TRAFFIC)
        return Reply(200, glb(note="generated"), "model/gltf-binary")

    def finish(self, mesh: bytes | None = None) -> str:
        """The newest job is finished; its uid."""
        uid = list(self.jobs)[-1]
        # A job of another type than glb is written where nobody looks for it.
        if self.jobs[uid].get("type", "glb") == "glb" and not self.fails:
            self.done[uid] = glb(note="sent") if mesh is None else mesh
        return uid

    def status(self, uid: str) -> Reply:
        """Of a job that failed or never was it says the same as of one being worked on."""
        if uid not in self.done:
            return Reply(200, {"status": "processing"})
        return Reply(
            200, {"status": "completed", "model_base64": text_of(self.done[uid])}
        )


class Tencent20(Tencent):
    """https://github.com/Tencent-Hunyuan/Hunyuan3D-2, api_server.py at 9bcf302."""


class Tencent21(Tencent):
    """https://github.com/Tencent-Hunyuan/Hunyuan3D-2.1, api_server.py at 84e9783: only the
    image is used; a sent job whose texturing fails stays there, a generated one does not."""

    title, version = "Hunyuan3D API Server", "2.1.0"
    routes = ("/generate", "/send", "/health", "/status/{uid}")
    LIMITS = {"octree_resolution": (64, 512), "num_inference_steps": (1, 20),
              "face_count": (1000, 100_000), "seed": (0, 2**32 - 1)}  # fmt: skip

    def __init__(self) -> None:
        super().__init__()
        self.shapes: dict[str, bytes] = {}

    def listing(self) -> dict[str, Any]:
        schemas = {"GenerationRequest": {"required": ["image"]}}
        return {**super().listing(), "components": {"schemas": schemas}}

    def route(self, asked: Asked) -> Reply:
        if asked.path == "/health":
            return Reply(200, {"status": "healthy", "worker_id": "ab12cd"})
        if asked.method == "POST" and (wrong := self.wrong(asked.json)):
            place = {"loc": ["body", wrong], "msg": "Input should be in range"}
            return Reply(422, {"detail": [{"type": "range", **place}]})
        return super().route(asked)

    def wrong(self, body: dict[str, Any]) -> str:
        if not isinstance(body.get("image"), str):
            return "image"
        for name, (low, high) in self.LIMITS.items():
            if name in body and not low <= body[name] <= high:
                return name
        return ""

    def status(self, uid: str) -> Reply:
        if uid in self.done and uid in self.shapes:
            meshes = {
                "model_base64": text_of(self.done[uid]),
                "initial_model_base64": text_of(self.shapes[uid]),
            }
            return Reply(200, {"status": "completed", **meshes})
        word = "texturing" if uid in self.shapes else "processing"
        return Reply(200, {"status": word})


class ManyViews(Tencent):
    """A fork around Hunyuan3D-2mv: ``/send_multiview`` alone, real errors, no rembg."""

    routes = ("/health", "/send_multiview", "/status/{uid}")

    def __init__(self) -> None:
        super().__init__()
        self.says: dict[str, Any] = {}  # of jobs that are not done

    def route(self, asked: Asked) -> Reply:
        if (asked.method, asked.path) == ("POST", "/send_multiview"):
            if "front" not in (asked.json.get("images") or {}):
                return Reply(400, {"error": "front view is required"})
            return self.send(asked.json)
        return super().route(asked)

    def status(self, uid: str) -> Reply:
        if uid in self.done or not self.says:
            return super().status(uid)
        return Reply(200, self.says)


class Ours(PlainFake):
    """The wire of our own server, as far as its driver uses it."""

    def __init__(self) -> None:
        super().__init__()
        self.about: dict[str, Any] = {
            "server": "img2stl-gpu-server",
            "version": "0.3",
            "api": 1,
            "backend": {"name": "silhouette", "label": "Silhouette"},
            "views": {"min": 1, "max": 4, "roles": ["front", "back", "left", "right"]},
            "needs_alpha": False,
            "removes_background": True,
            "geometry_only": True,
            "seed": True,
            "faces": [100, 1_000_000],
            "formats": ["glb", "stl", "obj", "3mf"],
            "progress": "percent",
            "cancel": "running",
            "result_ttl_s": 86400,
            "max_upload_bytes": 50_000_000,
        }
        self.jobs: dict[str, dict[str, Any]] = {}
        self.says: dict[str, Any] = {"status": "queued", "queue_position": 2}
        self.mesh: bytes | None = glb(note="ours")
        self.full = False

    def answer(self, asked: Asked) -> Reply:
        if asked.path == "/capabilities":
            return Reply(200, self.about)
        if (asked.method, asked.path) == ("POST", "/send"):
            return self.send(asked.json)
        uid = asked.path.rpartition("/")[2]
        if uid not in self.jobs:
            return Reply(404, {"status": "error", "message": "unknown job"})
        if asked.path.startswith("/status/"):
            data = text_of(self.mesh or b"")
            whole = {} if asked.query.get("model") == "0" else {"model_base64": data}
            return Reply(200, {**self.says, **whole})
        if asked.path.startswith("/result/"):
            if self.mesh is None:
                return Reply(404, {"status": "error", "message": "gone"})
            return Reply(200, self.mesh, "model/gltf-binary")
        if asked.method == "DELETE":
            if self.says["status"] in ("queued", "processing"):
                self.says = {"status": "cancelled"}
            return Reply(200, self.says)
        return NOT_FOUND

    def send(self, body: dict[str, Any]) -> Reply:
        if self.full:
            said = {"text": "the queue is full", "error_code": 2}
            return Reply(503, said, headers={"Retry-After": "17"})
        known = [uid for uid, job in self.jobs.items()
                 if job["idempotency_key"] == body["idempotency_key"]]  # fmt: skip
        uid = known[0] if known else str(uuid.uuid4())
        self.jobs.setdefault(uid, body)
        return Reply(200, {"uid": uid})


def text_of(mesh: bytes) -> str:
    return base64.b64encode(mesh).decode()


def _is_picture(text: Any) -> bool:
    try:
        data = base64.b64decode(text, validate=True)
    except (TypeError, ValueError):
        return False
    return data.startswith((b"\x89PNG", b"\xff\xd8"))


def raw(answer: dict[str, Any]) -> bytes:
    """An answer as a server writes it that escapes slashes."""
    return json.dumps(answer).replace("/", "\\/").encode()
