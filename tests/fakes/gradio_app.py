"""An imitation of an app made with Gradio: 4.44.1 or 6.31.0, as both were seen to behave.

Not with their code: what it says and how it fails was read in their sources (routes.py,
queueing.py, blocks.py) and compared with running apps of both versions. The pages below have
the functions of the real apps, with stand-ins for the models.
"""

from __future__ import annotations

import email.parser
import email.policy
import json
import queue
import secrets
import select
import socket
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qsl

from .glb import glb
from .plain_http import Asked, PlainFake, Reply

SKIPPED = ("state", "button", "tabitem", "row")
A_CORNER = b"v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n"
DROPPED = "dropped"


@dataclass
class Field:
    """A component of the page."""

    type: str
    label: str = ""
    value: Any = None
    low: float | None = None
    high: float | None = None
    choices: Sequence[Any] = ()
    id: int = 0

    @property
    def props(self) -> dict[str, Any]:
        name = {"tabitem": "tab"}.get(self.type, self.type)
        props: dict[str, Any] = {"name": name, "value": self.value}
        if self.label:
            props["label"] = self.label
        if self.high is not None:
            props.update(minimum=self.low, maximum=self.high)
        if self.choices:
            props["choices"] = [[each, each] for each in self.choices]
        return props


@dataclass
class Work:
    """A function of the page.

    Attributes:
        does: called with the `Job` and a value for each input; gives one for each output.
        parameters: names of the inputs, as of the function's own parameters.
        none: inputs whose default is None.
    """

    name: str
    does: Callable[..., Sequence[Any]]
    inputs: Sequence[Field]
    outputs: Sequence[Field]
    parameters: Sequence[str]
    target: tuple[Field | None, str] = (None, "click")
    none: Sequence[str] = ()
    queue: bool = True


class AppError(Exception):
    """`gr.Error`: the only one whose words the page is told."""


@dataclass
class Job:
    """An event while it is worked on."""

    app: GradioFake
    id: str
    session: str
    work: Work
    values: list[Any]
    dead: bool = False
    done: threading.Event = field(default_factory=threading.Event)

    def say(self, kind: str, **more: Any) -> None:
        if not self.dead:
            self.app.tell(self.session, {"msg": kind, "event_id": self.id, **more})

    def progress(self, index: int, length: int | None, desc: str = "") -> None:
        unit = {"index": index, "length": length, "unit": "steps"}
        unit.update(progress=None, desc=desc)
        self.say("progress", progress_data=[unit])

    def file(self, name: str, data: bytes, mesh: bool = True) -> dict[str, Any]:
        """A file as a function gives it back."""
        return self.app.keep(name, data, "/call/shape" if mesh else "/queue")


class GradioFake(PlainFake):
    """An app; see the module.

    Attributes:
        version: of Gradio.
        works: its functions.
        called: (name, values) of every function that ran; values without session objects.
        most_queue, most_upload_bytes: None: no limit.
        user: (name, password); None: no login.
        no_queue_protocol: a proxy in between lets only the API through.
        beat_s: between two heartbeats.
        gate: functions wait for it before they begin.
        drops: how many streams break off after their first message.
        lingers_s: from the end of a call to the end of its stream, or until the next call.
    """

    def __init__(
        self, page: Callable[[], Page], version: str = "6.31.0", root: str = ""
    ) -> None:
        super().__init__()
        self.version = version
        self.page = page()
        self.works = self.page.works
        self.called: list[tuple[str, list[Any]]] = []
        self.most_queue: int | None = None
        self.most_upload_bytes: int | None = None
        self.user: tuple[str, str] | None = None
        self.no_queue_protocol = False
        self.beat_s = 0.05
        self.drops = 0
        self.lingers_s = 0.0
        self.cut_short = False
        self.gate = threading.Event()
        self.gate.set()
        self.files: dict[str, bytes] = {}
        self.cancelled: list[str] = []
        self.root = root
        self._tokens: set[str] = set()
        self._waiting: list[Job] = []
        self._messages: dict[str, queue.Queue[dict[str, Any]]] = {}
        self._pending: dict[str, set[str]] = {}
        self._states: dict[tuple[str, int], Any] = {}
        self._lock = threading.RLock()
        self._news = threading.Condition(self._lock)
        self._worker = threading.Thread(target=self._work, daemon=True)
        self._worker.start()

    @property
    def is_old(self) -> bool:
        return self.version.startswith("4")

    @property
    def prefix(self) -> str:
        return "" if self.is_old else "/gradio_api"

    def stop(self) -> None:
        self.gate.set()
        with self._news:
            self.closing.set()
            self._news.notify_all()
        super().stop()

    def forget(self) -> None:
        """As after a restart of the app: sessions and what was handed over are gone."""
        with self._lock:
            for job in self._waiting:
                job.dead = True
            self._waiting.clear()
            self._messages.clear()
            self._pending.clear()
            self._states.clear()
            self.files.clear()

    # -- http ------------------------------------------------------------------------------

    def answer(self, asked: Asked) -> Reply:
        path = asked.path.removeprefix(self.root)
        if path == "/login" and asked.method == "POST":
            return self._login(asked)
        if self.user is not None and not self._is_in(asked):
            return Reply(401, {"detail": "Not authenticated"})
        if path == "/config":
            return Reply(200, self._config())
        if not path.startswith(self.prefix):
            return Reply(404, {"detail": "Not Found"})
        path = path.removeprefix(self.prefix)
        if path == "/info":
            return Reply(200, self._info())
        if path.startswith("/file="):
            data = self.files.get(path.removeprefix("/file="))
            if data is None:
                return Reply(403, {"detail": f"File not allowed: {path[6:]}."})
            length = len(data)
            if self.cut_short:
                self.cut_short, data = False, data[: length // 2]
            return Reply(200, data, "application/octet-stream", length=length)
        if asked.method != "POST":
            return Reply(404, {"detail": "Not Found"})
        if path == "/upload":
            return self._upload(asked)
        if path == "/queue/join" and not self.no_queue_protocol:
            number = asked.json.get("fn_index")
            there = isinstance(number, int) and 0 <= number < len(self.works)
            return self._join(asked, self.works[number] if there else None)
        if path.startswith("/call/"):
            found = [each for each in self.works if path == f"/call/{each.name}"]
            return self._join(asked, found[0] if found else None)
        if path == "/cancel":
            return self._cancel(asked)
        return Reply(404, {"detail": "Not Found"})

    def take_over(self, asked: Asked, handler: BaseHTTPRequestHandler) -> bool:
        path = asked.path.removeprefix(self.root).removeprefix(self.prefix)
        if asked.method != "GET" or (self.user and not self._is_in(asked)):
            return False
        if path == "/queue/data" and not self.no_queue_protocol:
            self._stream(handler, asked.query.get("session_hash", ""), self._as_queue)
            return True
        if path.startswith("/call/") and path.count("/") == 3:
            key = path.rpartition("/")[2]
            if not self.is_old:  # since 6.x it looks for the session of the event
                key = next((s for s, ids in self._pending.items() if key in ids), key)
            self._stream(handler, key, self._as_call)
            return True
        return False

    def _login(self, asked: Asked) -> Reply:
        form = dict(parse_qsl(asked.body.decode()))
        if (form.get("username"), form.get("password")) != self.user:
            return Reply(400, {"detail": "Incorrect credentials."})
        token = secrets.token_urlsafe(16)
        self._tokens.add(token)
        cookie = f"access-token-unsecure-abc={token}; HttpOnly; Path=/; SameSite=lax"
        return Reply(200, {"success": True}, headers={"Set-Cookie": cookie})

    def _is_in(self, asked: Asked) -> bool:
        cookies = asked.headers.get("cookie", "")
        return any(f"={token}" in cookies for token in self._tokens)

    def _upload(self, asked: Asked) -> Reply:
        head = f"Content-Type: {asked.headers['content-type']}\r\n\r\n".encode()
        parser = email.parser.BytesParser(policy=email.policy.HTTP)
        places = []
        for part in parser.parsebytes(head + asked.body).iter_parts():
            data = part.get_payload(decode=True)
            if part.get_param("name", header="content-disposition") != "files":
                return Reply(422, {"detail": [{"loc": ["files"], "msg": "missing"}]})
            if self.most_upload_bytes is not None and len(data) > self.most_upload_bytes:
                most = self.most_upload_bytes
                words = f"File size exceeded maximum allowed size of {most} bytes"
                return Reply(413, {"detail": words})
            place = f"/tmp/gradio/{secrets.token_hex(8)}/{part.get_filename()}"
            self.files[place] = data
            places.append(place)
        return Reply(200, places)

    def _join(self, asked: Asked, work: Work | None) -> Reply:
        if work is None:
            return Reply(500, b"Internal Server Error", "text/plain")
        body = asked.json
        event = secrets.token_hex(16)
        session = body.get("session_hash") or event
        values, shown = body["data"], [f for f in work.inputs if f.type not in SKIPPED]
        if len(values) != len(work.inputs):
            if self.is_old or len(values) != len(shown):
                values = None  # fails when it is worked on
            else:
                given = iter(values)
                values = [
                    None if each.type in SKIPPED else next(given) for each in work.inputs
                ]
        with self._news:
            if self.most_queue is not None and len(self._waiting) >= self.most_queue:
                most = self.most_queue
                words = f"Queue is full. Max size is {most} and size is {most}."
                return Reply(503, {"detail": words})
            self._messages.setdefault(session, queue.Queue())
            self._pending.setdefault(session, set()).add(event)
            job = Job(self, event, session, work, values)
            self._waiting.append(job)
            size = len(self._waiting)
            job.say("estimation", rank=size - 1, queue_size=size, rank_eta=None)
            self._news.notify_all()
        return Reply(200, {"event_id": event})

    def _cancel(self, asked: Asked) -> Reply:
        event, session = asked.json["event_id"], asked.json["session_hash"]
        self.cancelled.append(event)
        with self._lock:
            if not self.is_old:
                self._waiting = [job for job in self._waiting if job.id != event]
            if event in self._pending.get(session, ()):
                message = {"msg": "process_completed", "event_id": event}
                self.tell(session, {**message, "output": {}, "success": True})
        return Reply(200, {"success": True})

    # -- streams ---------------------------------------------------------------------------

    def tell(self, session: str, message: dict[str, Any]) -> None:
        with self._lock:
            if session in self._messages:
                self._messages[session].put(message)

    def _stream(
        self,
        handler: BaseHTTPRequestHandler,
        session: str,
        shown: Callable[[dict[str, Any]], str],
    ) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "text/event-stream; charset=utf-8")
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        try:
            self._tell_all(handler, session, shown)
        except OSError:
            self._drop(session)

    def _tell_all(
        self,
        handler: BaseHTTPRequestHandler,
        session: str,
        shown: Callable[[dict[str, Any]], str],
    ) -> None:
        def put(message: dict[str, Any]) -> None:
            text = shown(message).encode()
            if text:
                handler.wfile.write(b"%x\r\n%s\r\n" % (len(text), text))

        beat = time.monotonic()
        while not self.closing.is_set():
            if _went_away(handler.connection):
                self._drop(session)
                return
            if session not in self._messages:
                words = "404: Session not found." if self.is_old else "404: Not Found"
                put({"msg": "unexpected_error", "message": words, "success": False})
                return  # without the end that chunks have
            try:
                message = self._messages[session].get_nowait()
            except (queue.Empty, KeyError):
                time.sleep(0.005)
                if time.monotonic() - beat < self.beat_s:
                    continue
                beat, message = time.monotonic(), {"msg": "heartbeat"}
            put(message)
            if self.drops and message["msg"] != "heartbeat":
                self.drops -= 1
                handler.connection.shutdown(socket.SHUT_RDWR)
                self._drop(session)
                return
            if message["msg"] == "process_completed":
                with self._lock:
                    left = self._pending.get(session, set())
                    left.discard(message["event_id"])
                if not left:
                    self._linger(session)
                    if _went_away(handler.connection):
                        self._drop(session)
                        return
                    put({"msg": "close_stream", "event_id": None})
                    handler.wfile.write(b"0\r\n\r\n")
                    return

    def _linger(self, session: str) -> None:
        end = time.monotonic() + self.lingers_s
        while time.monotonic() < end and not self._pending.get(session):
            time.sleep(0.002)

    def _drop(self, session: str) -> None:
        """Nobody listens any more: `clean_events`."""
        with self._lock:
            self._messages.pop(session, None)
            self._pending.pop(session, None)
            for job in self._waiting:
                job.dead = job.dead or job.session == session
            self._waiting = [job for job in self._waiting if not job.dead]

    def _as_queue(self, message: dict[str, Any]) -> str:
        return f"data: {json.dumps(message)}\n\n"

    def _as_call(self, message: dict[str, Any]) -> str:
        kind, output = message["msg"], message.get("output") or {}
        if kind == "process_completed":
            name, data = "complete", output.get("data")
            if not message["success"]:
                name, data = "error", None if self.is_old else output
        elif kind == "heartbeat":
            name, data = "heartbeat", None
        elif kind == "unexpected_error":
            name, data = "error", message["message"]
        else:
            return ""
        return f"event: {name}\ndata: {json.dumps(data)}\n\n"

    # -- the work --------------------------------------------------------------------------

    def _work(self) -> None:
        """One function at a time, as Gradio does unless it is told otherwise."""
        while True:
            with self._news:
                self._news.wait_for(lambda: self._waiting or self.closing.is_set())
                if self.closing.is_set():
                    return
                job = self._waiting.pop(0)
            job.say("process_starts", eta=1.5)
            self.gate.wait()
            try:
                output: dict[str, Any] = {"data": self._run(job)}
                success = True
            except AppError as error:
                output, success = {"error": str(error)}, False
            except Exception:
                output, success = {"error": None}, False
            job.say("process_completed", output=output, success=success)
            job.done.set()

    def _run(self, job: Job) -> list[Any]:
        work = job.work
        if job.values is None or len(job.values) != len(work.inputs):
            raise ValueError(f"An event handler ({work.name}) didn't receive enough")
        values = [
            self._taken(job, each, value)
            for each, value in zip(work.inputs, job.values, strict=True)
        ]
        noted = ["state" if each.type == "state" else value
                 for each, value in zip(work.inputs, values, strict=True)]  # fmt: skip
        self.called.append((work.name, noted))
        given = work.does(job, *values)
        outputs = []
        for each, value in zip(work.outputs, given, strict=True):
            if each.type == "state":
                self._states[job.session, each.id] = value
                value = None
            outputs.append(value)
        return outputs

    def _taken(self, job: Job, each: Field, value: Any) -> Any:
        """What a component makes of a value before the function gets it."""
        if each.type == "state":
            return self._states.get((job.session, each.id), each.value)
        if each.type in ("image", "file") and value is not None:
            return self._file(value)
        if each.type == "gallery":
            return [self._file(one["image"]) for one in value or ()]
        if (
            each.type in ("slider", "number")
            and each.high is not None
            and value is not None
        ):
            if not self.is_old and not each.low <= value <= each.high:
                side = "maximum" if value > each.high else "minimum"
                raise AppError(f"Value: {value} is beyond the {side} value.")
        if each.choices and value not in each.choices:
            raise AppError(f"Value: {value} is not in the list of choices")
        return value

    def _file(self, value: Any) -> bytes:
        if value["meta"]["_type"] != "gradio.FileData" or value["path"] not in self.files:
            raise AppError("InvalidPathError")
        return self.files[value["path"]]

    def keep(self, name: str, data: bytes, called: str) -> dict[str, Any]:
        """A file in the cache; its URL is as wrong as the version makes it."""
        place = f"/tmp/gradio/{secrets.token_hex(8)}/{name}"
        self.files[place] = data
        wrong = self.is_old and called
        url = f"{self.url}{called if wrong else self.prefix}/file={place}"
        meta = {"_type": "gradio.FileData"}
        return {
            "path": place, "url": url, "size": len(data), "orig_name": name,
            "mime_type": None, "is_stream": False, "meta": meta,
        }  # fmt: skip

    # -- what it says of itself ------------------------------------------------------------

    def _config(self) -> dict[str, Any]:
        said: dict[str, Any] = {
            "version": self.version, "title": self.page.title, "protocol": "sse_v3",
            "root": self.url, "components": [], "dependencies": [],
        }  # fmt: skip
        if not self.is_old:
            said["api_prefix"] = self.prefix
        for each in self.page.fields:
            said["components"].append(
                {"id": each.id, "type": each.type, "props": each.props,
                 "skip_api": each.type in SKIPPED}
            )  # fmt: skip
        for number, work in enumerate(self.works):
            field_, event = work.target
            said["dependencies"].append(
                {
                    "id": number,
                    "targets": [[None if field_ is None else field_.id, event]],
                    "inputs": [each.id for each in work.inputs],
                    "outputs": [each.id for each in work.outputs],
                    "api_name": work.name,
                    "queue": work.queue,
                }
            )
        return said

    def _info(self) -> dict[str, Any]:
        named: dict[str, Any] = {}
        for work in self.works:
            parameters = []
            for name, each in zip(work.parameters, work.inputs, strict=True):
                if each.type in SKIPPED:
                    continue
                has = each.value is not None or name in work.none
                parameters.append(
                    {
                        "parameter_name": name,
                        "label": each.label,
                        "component": each.type.capitalize(),
                        "parameter_has_default": has,
                        "parameter_default": each.value,
                        "type": {},
                    }
                )
            named[f"/{work.name}"] = {
                "parameters": parameters,
                "returns": [
                    {"label": each.label, "component": each.type.capitalize()}
                    for each in work.outputs
                    if each.type not in SKIPPED
                ],
            }
        return {"named_endpoints": named, "unnamed_endpoints": {}}


def _went_away(connection: socket.socket) -> bool:
    ready, _, _ = select.select([connection], [], [], 0)
    return bool(ready) and connection.recv(1, socket.MSG_PEEK) == b""


# -- pages -------------------------------------------------------------------------------------


class Page:
    """Components and functions of an app."""

    def __init__(self, title: str = "Gradio") -> None:
        self.title = title
        self.fields: list[Field] = []
        self.works: list[Work] = []

    def has(self, type: str, label: str = "", value: Any = None, **more: Any) -> Field:
        found = Field(type, label, value, id=len(self.fields) + 1, **more)
        self.fields.append(found)
        return found

    def does(self, work: Work) -> None:
        self.works.append(work)


def updated(value: Any) -> dict[str, Any]:
    """`gr.update`."""
    return {"__type__": "update", "value": value}


def hunyuan(several: bool = False) -> Page:
    """gradio_app.py of Hunyuan3D-2 at 9bcf302."""
    page = Page("Hunyuan-3D-2.0")
    model = "tencent/Hunyuan3D-2mv" if several else "tencent/Hunyuan3D-2mini"
    page.has("html", "", f"<div>Activated Model - Shape Generation ({model}/…)</div>")
    caption, image = page.has("textbox", "Text Prompt"), page.has("image", "Image")
    views = [page.has("image", name) for name in ("Front", "Back", "Left", "Right")]
    rembg = page.has("checkbox", "Remove Background", True)
    randomize = page.has("checkbox", "Randomize seed", True)
    seed = page.has("slider", "Seed", 1234, low=0, high=10_000_000)
    steps = page.has("slider", "Inference Steps", 5, low=1, high=100)
    octree = page.has("slider", "Octree Resolution", 256, low=16, high=512)
    scale = page.has("number", "Guidance Scale", 5.0)
    chunks = page.has("slider", "Number of Chunks", 8000, low=1000, high=5_000_000)
    out, out2 = page.has("file", "File"), page.has("file", "File")
    kind = page.has("dropdown", "File Type", "glb", choices=("glb", "obj", "ply", "stl"))
    reduce = page.has("checkbox", "Simplify Mesh", False)
    texture = page.has("checkbox", "Include Texture", False)
    target = page.has("slider", "Target Face Number", 10_000, low=100, high=1_000_000)
    button, export = (
        page.has("button", "", "Gen Shape"),
        page.has("button", "", "Transform"),
    )
    viewer, stats = page.has("html", "Output"), page.has("json", "Mesh Stats")
    download = page.has("downloadbutton", "Download")

    def shape_generation(job: Job, caption: Any, image: Any, *more: Any) -> list[Any]:
        views, seed = more[:4], more[6]
        if several and not any(views):
            raise AppError("Please provide at least one view image.")
        if not several and image is None and caption is None:
            raise AppError("Please provide either a caption or an image.")
        mesh = job.file("white_mesh.glb", glb(8, f"seed {seed}"))
        return [updated(mesh), "<iframe/>", {"number_of_faces": 16}, seed]

    def on_export_click(job: Job, shape: Any, *more: Any) -> list[Any]:
        if shape is None:
            raise AppError("Please generate a mesh first.")
        mesh = job.file("white_mesh.glb", glb(4, f"faces {more[-1]}"))
        return ["<iframe/>", {**updated(mesh), "interactive": True}]

    names = (
        "caption", "image", "mv_image_front", "mv_image_back", "mv_image_left",
        "mv_image_right", "steps", "guidance_scale", "seed", "octree_resolution",
        "check_box_rembg", "num_chunks", "randomize_seed",
    )  # fmt: skip
    page.does(
        Work(
            "shape_generation",
            shape_generation,
            [
                caption,
                image,
                *views,
                steps,
                scale,
                seed,
                octree,
                rembg,
                chunks,
                randomize,
            ],
            [out, viewer, stats, seed],
            names,
            (button, "click"),
            none=names[:6],
        )
    )
    page.does(Work("lambda", lambda job: [False, True], [], [texture, reduce], ()))
    page.does(
        Work(
            "on_export_click",
            on_export_click,
            [out, out2, kind, reduce, texture, target],
            [viewer, download],
            ("file_out", "file_out2", "file_type", "reduce_face", "export_texture",
             "target_face_num"),
            (export, "click"),
        )
    )  # fmt: skip
    return page


def triposr() -> Page:
    """gradio_app.py of TripoSR at d26e331."""
    page = Page("TripoSR")
    image = page.has("image", "Input Image")
    cut = page.has("image", "Processed Image")
    rembg = page.has("checkbox", "Remove Background", True)
    ratio = page.has("slider", "Foreground Ratio", 0.85, low=0.5, high=1.0)
    fine = page.has("slider", "Marching Cubes Resolution", 256, low=32, high=320)
    obj = page.has("model3d", "Output Model (OBJ Format)")
    mesh = page.has("model3d", "Output Model (GLB Format)")

    def check(job: Job, image: Any) -> list[Any]:
        if image is None:
            raise AppError("No image uploaded!")
        return []

    def preprocess(job: Job, image: bytes, rembg: bool, ratio: float) -> list[Any]:
        return [job.file("image.webp", b"cut " + image, mesh=False)]

    def generate(job: Job, image: bytes, resolution: int) -> list[Any]:
        assert image.startswith(b"cut ")
        return [job.file("tmp1.obj", A_CORNER), job.file("tmp2.glb", glb(6))]

    page.does(Work("check_input_image", check, [image], [], ("input_image",)))
    page.does(
        Work("preprocess", preprocess, [image, rembg, ratio], [cut],
             ("input_image", "do_remove_background", "foreground_ratio"))
    )  # fmt: skip
    page.does(
        Work("generate", generate, [cut, fine], [obj, mesh], ("image", "mc_resolution"))
    )
    return page


def trellis() -> Page:
    """app.py of TRELLIS at 6b0d647."""
    page = Page()
    one = page.has("tabitem", "Single Image")
    image = page.has("image", "Image Prompt")
    many = page.has("tabitem", "Multiple Images")
    images = page.has("gallery", "Image Prompt", [])
    seed = page.has("slider", "Seed", 0, low=0, high=2**31 - 1)
    numbers = [
        page.has("slider", "Guidance Strength", 7.5, low=0.0, high=10.0),
        page.has("slider", "Sampling Steps", 12, low=1, high=50),
        page.has("slider", "Guidance Strength", 3.0, low=0.0, high=10.0),
        page.has("slider", "Sampling Steps", 12, low=1, high=50),
    ]
    algorithms = ("stochastic", "multidiffusion")
    algo = page.has("radio", "Multi-image Algorithm", "stochastic", choices=algorithms)
    simplify = page.has("slider", "Simplify", 0.95, low=0.9, high=0.98)
    texture = page.has("slider", "Texture Size", 1024, low=512, high=2048)
    video, model = page.has("video", "Generated 3D Asset"), page.has("litmodel3d", "GLB")
    download = page.has("downloadbutton", "Download GLB")
    is_many, made = page.has("state", "", False), page.has("state")
    rows = [page.has("row"), page.has("row")]
    folders: set[str] = set()

    def start(job: Job) -> list[Any]:
        folders.add(job.session)
        return []

    def select(several: bool) -> Callable[[Job], list[Any]]:
        return lambda job: [several, updated(None), updated(None)]

    def preprocess(job: Job, image: bytes) -> list[Any]:
        return [job.file("image.png", b"cut " + image, mesh=False)]

    def preprocess_all(job: Job, images: list[bytes]) -> list[Any]:
        cut = [job.file("image.png", b"cut " + each, mesh=False) for each in images]
        return [[{"image": each, "caption": None} for each in cut]]

    def image_to_3d(job: Job, image: Any, images: Any, several: bool, *more: Any) -> Any:
        if job.session not in folders:
            raise FileNotFoundError("tmp")
        pictures = images if several else [image]
        assert pictures and all(each.startswith(b"cut ") for each in pictures)
        for step in range(3):
            job.progress(step, 3, "Sampling: ")
        video = {"video": job.file("sample.mp4", b"\0", mesh=False), "subtitles": None}
        return [{"mesh": f"{len(pictures)} pictures, seed {more[0]}"}, video]

    def extract_glb(job: Job, state: Any, simplify: float, texture: int) -> list[Any]:
        mesh = glb(5, state["mesh"])  # fails for a session without one
        return [job.file("sample.glb", mesh), job.file("sample.glb", mesh)]

    steps = ("ss_guidance_strength", "ss_sampling_steps", "slat_guidance_strength",
             "slat_sampling_steps")  # fmt: skip
    page.does(Work("start_session", start, [], [], (), (None, "load")))
    page.does(Work("lambda", select(False), [], [is_many, *rows], (), (one, "select")))
    page.does(Work("lambda_1", select(True), [], [is_many, *rows], (), (many, "select")))
    page.does(
        Work(
            "preprocess_image",
            preprocess,
            [image],
            [image],
            ("image",),
            (image, "upload"),
        )
    )
    page.does(
        Work("preprocess_images", preprocess_all, [images], [images], ("images",),
             (images, "upload"))
    )  # fmt: skip
    page.does(
        Work(
            "image_to_3d",
            image_to_3d,
            [image, images, is_many, seed, *numbers, algo],
            [made, video],
            ("image", "multiimages", "is_multiimage", "seed", *steps, "multiimage_algo"),
        )
    )
    page.does(
        Work("extract_glb", extract_glb, [made, simplify, texture], [model, download],
             ("state", "mesh_simplify", "texture_size"))
    )  # fmt: skip
    return page


def trellis2() -> Page:
    """app.py of TRELLIS.2; its page has pictures of the solid in one long text."""
    page = Page()
    image = page.has("image", "Image Prompt")
    sizes = ("512", "1024", "1536")
    resolution = page.has("radio", "Resolution", "1024", choices=sizes)
    seed = page.has("slider", "Seed", 0, low=0, high=2**31 - 1)
    faces = page.has("slider", "Decimation Target", 500_000, low=100_000, high=1_000_000)
    texture = page.has("slider", "Texture Size", 2048, low=1024, high=4096)
    strength = page.has("slider", "Guidance Strength", 7.5, low=1.0, high=10.0)
    preview, model = page.has("html", "Preview"), page.has("model3d", "Extracted GLB")
    download, made = page.has("downloadbutton", "Download GLB"), page.has("state")

    def preprocess(job: Job, image: bytes) -> list[Any]:
        return [job.file("image.png", b"cut " + image, mesh=False)]

    def image_to_3d(job: Job, image: bytes, seed: int, size: str, more: Any) -> list[Any]:
        assert image.startswith(b"cut ")
        for bar in ("Sampling sparse structure", "Sampling shape SLat"):
            for step in range(3):
                job.progress(step, 2, bar)
        return [{"res": size}, "<img>" * 600_000]

    def extract_glb(job: Job, state: Any, faces: int, texture: int) -> list[Any]:
        mesh = glb(5, f"{state['res']}, {faces} faces")
        name = "sample_2026-11-26T101010.123.glb"
        return [job.file(name, mesh), job.file(name, mesh)]

    page.does(Work("start_session", lambda job: [], [], [], (), (None, "load")))
    page.does(Work("preprocess_image", preprocess, [image], [image], ("image",)))
    page.does(
        Work("image_to_3d", image_to_3d, [image, seed, resolution, strength],
             [made, preview], ("image", "seed", "resolution", "ss_guidance_strength"))
    )  # fmt: skip
    page.does(
        Work("extract_glb", extract_glb, [made, faces, texture], [model, download],
             ("state", "decimation_target", "texture_size"))
    )  # fmt: skip
    return page


def stable_fast_3d() -> Page:
    """gradio_app.py of Stable Fast 3D at ff21fc4."""
    page = Page()
    kept, cut = page.has("state"), page.has("state")
    image, preview = page.has("image", "Input Image"), page.has("image", "Preview")
    ratio = page.has("slider", "Foreground Ratio", 0.85, low=0.5, high=1.0)
    kinds = ("None", "Triangle", "Quad")
    remesh = page.has("radio", "Remeshing", "None", choices=kinds)
    count = page.has("slider", "Target Vertex Count", -1, low=-1, high=20_000)
    texture = page.has("slider", "Texture Size", 1024, low=512, high=2048)
    button, model = page.has("button", "", "Run"), page.has("litmodel3d", "3D Model")
    row = page.has("row")
    outputs = [button, kept, cut, preview, model, row]

    def requires_bg_remove(job: Job, image: bytes, ratio: float) -> list[Any]:
        if image.startswith(b"\x89PNG"):
            return [updated("Run"), image, image, updated(None), updated(None), None]
        return [
            updated("Remove Background"),
            None,
            None,
            updated(None),
            updated(None),
            None,
        ]

    def run_button(job: Job, pressed: Any, image: Any, cut: Any, *more: Any) -> Any:
        if pressed == "Run":
            assert cut is not None
            mesh = job.file("tmp3.glb", glb(7, f"{more[2]} vertices"))
            return [None, None, None, None, updated(mesh), None]
        if pressed == "Remove Background":
            return [updated("Run"), image, b"cut", updated(None), updated(None), None]
        return None

    page.does(
        Work("requires_bg_remove", requires_bg_remove, [image, ratio], outputs,
             ("image", "fr"), (image, "change"))
    )  # fmt: skip
    page.does(
        Work(
            "run_button",
            run_button,
            [button, image, cut, ratio, remesh, count, texture],
            outputs,
            ("run_btn", "input_image", "background_state", "foreground_ratio",
             "remesh_option", "vertex_count", "texture_size"),
            (button, "click"),
        )
    )  # fmt: skip
    return page


def unknown() -> Page:
    """An app nobody has a recipe for."""
    page = Page("My mesh maker")
    front, left = page.has("image", "Front"), page.has("image", "Left side")
    seed = page.has("number", "Seed", 1, low=0, high=999)
    faces = page.has("slider", "Number of faces", 5000, low=500, high=20_000)
    rembg = page.has("checkbox", "Remove background", True)
    randomize = page.has("checkbox", "Random seed", True)
    style = page.has("image", "Style picture")
    words, model = page.has("textbox", "Log"), page.has("model3d", "Mesh")

    def make(job: Job, *values: Any) -> list[Any]:
        return ["made", job.file("mine.glb", glb(9))]

    page.does(Work("describe", lambda job, image: ["x"], [front], [words], ("image",)))
    page.does(
        Work(
            "make",
            make,
            [front, left, seed, faces, rembg, randomize, style],
            [words, model],
            ("image", "left_image", "seed", "max_faces", "remove_background",
             "randomize_seed", "style_image"),
            none=("left_image", "style_image"),
        )
    )  # fmt: skip
    return page
