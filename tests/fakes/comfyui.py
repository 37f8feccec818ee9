"""ComfyUI's server as its driver meets it: queue, history, uploads, nodes and websocket.

After server.py and execution.py of ComfyUI 0.8.0 and of October 2026, against which the driver
was also run. Nothing happens by itself: the test says what runs and how it ends.
"""

from __future__ import annotations

import base64
import email
import hashlib
import heapq
import json
import socket
import struct
import threading
import uuid
from http.server import BaseHTTPRequestHandler
from typing import Any

from .glb import glb
from .plain_http import Asked, PlainFake, Reply

ACCEPT = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, section 1.3
NUMBER, TEXT, SWITCH = ["FLOAT", {}], ["STRING", {}], ["BOOLEAN", {}]
WHOLE = ["INT", {"min": 0}]


def chosen(*options: str) -> list[Any]:
    """As nodes of the first kind describe a choice."""
    return [list(options), {}]


def combo(*options: str) -> list[Any]:
    """As nodes of the newer kind do."""
    return ["COMBO", {"options": list(options)}]


def dynamic(*options: str) -> list[Any]:
    return ["COMFY_DYNAMICCOMBO_V3", {"options": [{"key": each} for each in options]}]


def node(optional: dict[str, Any] | None = None, **required: Any) -> dict[str, Any]:
    described = {
        name: value if isinstance(value, list) else [value, {}]
        for name, value in required.items()
    }
    return {"input": {"required": described, "optional": optional or {}}}


OLD_NODES = {
    "LoadImage": node(image=chosen("example.png")),
    "InvertMask": node(mask="MASK"),
    "EmptyImage": node(width=WHOLE, height=WHOLE, batch_size=WHOLE, color=WHOLE),
    "ImageCompositeMasked": node(
        {"mask": ["MASK", {}]},
        destination="IMAGE", source="IMAGE", x=WHOLE, y=WHOLE, resize_source=SWITCH,
    ),
    "ImageBatch": node(image1="IMAGE", image2="IMAGE"),
    "ImageOnlyCheckpointLoader": node(
        ckpt_name=chosen(
            "hunyuan_3d_v2.1.safetensors", "hunyuan3d-dit-v2-mv_fp16.safetensors"
        )
    ),
    "UNETLoader": node(
        unet_name=chosen("trellis_2_int8_convrot.safetensors"),
        weight_dtype=chosen("default", "fp8_e4m3fn"),
    ),
    "VAELoader": node(vae_name=chosen("trellis_2_shape_vae_bf16.safetensors")),
    "CLIPVisionLoader": node(clip_name=chosen("dino_v3_L_naf_fp32.safetensors")),
    "CLIPVisionEncode": node(
        clip_vision="CLIP_VISION", image="IMAGE", crop=chosen("center", "none")
    ),
    "ModelSamplingAuraFlow": node(model="MODEL", shift=NUMBER),
    "ModelSamplingSD3": node(model="MODEL", shift=NUMBER),
    "RescaleCFG": node(model="MODEL", multiplier=NUMBER),
    "Hunyuan3Dv2Conditioning": node(clip_vision_output="CLIP_VISION_OUTPUT"),
    "Hunyuan3Dv2ConditioningMultiView": node(
        {name: ["CLIP_VISION_OUTPUT", {}] for name in ("front", "left", "back", "right")}
    ),
    "EmptyLatentHunyuan3Dv2": node(resolution=WHOLE, batch_size=WHOLE),
    "KSampler": node(
        model="MODEL", positive="CONDITIONING", negative="CONDITIONING",
        latent_image="LATENT", seed=WHOLE, steps=["INT", {"min": 1}], cfg=NUMBER,
        sampler_name=chosen("euler", "dpmpp_2m"), scheduler=chosen("normal", "simple"),
        denoise=NUMBER,
    ),
    "VAEDecodeHunyuan3D": node(
        samples="LATENT", vae="VAE", num_chunks=WHOLE, octree_resolution=WHOLE
    ),
    "VoxelToMesh": node(
        voxel="VOXEL", algorithm=combo("surface net", "basic"), threshold=NUMBER
    ),
    "SaveGLB": node(mesh="MESH", filename_prefix=TEXT),
    "PrimitiveInt": node(value=WHOLE),
}  # fmt: skip
NEW_NODES = {
    "ImageCropToMask": node(
        images="IMAGE", masks="MASK", width=WHOLE, height=WHOLE, pad_factor=NUMBER,
        grow_mask=["INT", {"min": -32}], background="COLOR",
    ),
    "CFGOverride": node(model="MODEL", cfg=NUMBER, start_percent=NUMBER, end_percent=NUMBER),
    "EmptyTrellis2LatentStructure": node(batch_size=WHOLE),
    "Trellis2Conditioning": node(clip_vision_model="CLIP_VISION", image="IMAGE"),
    "VaeDecodeStructureTrellis2": node(
        samples="LATENT", vae="VAE", resolution=combo("32", "64")
    ),
    "Trellis2ShapeStage": node(
        positive="CONDITIONING", negative="CONDITIONING", voxel="VOXEL"
    ),
    "Trellis2UpsampleStage": node(
        positive="CONDITIONING", negative="CONDITIONING", shape_latent="LATENT", vae="VAE",
        target_resolution=["INT", {"min": 1024}],
    ),
    "VaeDecodeShapeTrellis": node(samples="LATENT", vae="VAE"),
    "RemeshMesh": node(
        mesh="MESH", resolution=["INT", {"min": 32}],
        sign_mode=dynamic("udf", "sdf", "solid"), band=NUMBER, project_back=NUMBER,
        fix_poles=SWITCH, smooth_iters=WHOLE, drop_small_components=NUMBER,
        precluster_max_verts=WHOLE,
    ),
    "DecimateMesh": node(
        mesh="MESH", target_face_count=WHOLE, placement_mode=dynamic("midpoint", "qem")
    ),
}  # fmt: skip
OUTPUTS = ("SaveGLB",)


class ComfyUI(PlainFake):
    """See the module.

    Args:
        old: of 2025, without the newer nodes and without ``/api/jobs/{id}/cancel``.

    Attributes:
        nodes: class -> its description.
        photos: name -> bytes, as uploaded.
        files: (subfolder, name) -> bytes, as the nodes saved them.
        pending, running, history: as the real ones.
        interrupted: what `/interrupt` was asked to stop.
        drops: the connection breaks after the next job was taken.
        heard: a job's client listens.
    """

    def __init__(self, old: bool = False) -> None:
        super().__init__()
        self.old = old
        self.nodes = {**OLD_NODES, **({} if old else NEW_NODES)}
        self.photos: dict[str, bytes] = {}
        self.files: dict[tuple[str, str], bytes] = {}
        self.pending: list[list[Any]] = []
        self.running: list[list[Any]] = []
        self.history: dict[str, Any] = {}
        self.interrupted: list[str | None] = []
        self.mints_ids = False  # as those before prompt_id was taken
        self.drops = False
        self.deaf = False  # no websocket
        self._count = 0
        self._lock = threading.RLock()
        self._ears: dict[str, socket.socket] = {}

    # -- what the test does ------------------------------------------------------------------

    def begin(self) -> str:
        """The next job runs; its id."""
        with self._lock:
            item = heapq.heappop(self.pending)
            self.running = [item]
        self.tell("execution_start", timestamp=1)
        self.tell("execution_cached", nodes=[])
        return item[1]

    def step(self, number: str, value: int = 0, most: int = 0) -> None:
        """A node runs."""
        self.tell("executing", node=number, display_node=number)
        if most:
            self.tell("progress", node=number, value=value, max=most)

    def finish(self, mesh: bytes | None = None, outputs: Any = None) -> None:
        """The job that runs is done; each node that saves has saved `mesh`."""
        _, prompt_id, graph, *_ = self.running[0]
        saved = {}
        for number, each in graph.items():
            if each["class_type"] in OUTPUTS:
                folder, _, stem = each["inputs"]["filename_prefix"].rpartition("/")
                name = f"{stem}_00001_.glb"
                self.files[folder, name] = glb(note=prompt_id) if mesh is None else mesh
                place = {"filename": name, "subfolder": folder, "type": "output"}
                saved[number] = {"3d": [place]}
        messages = [["execution_start", {}], ["execution_success", {}]]
        self._end("success", messages, saved if outputs is None else outputs)
        self.tell("execution_success")

    def fail(self, number: str, said: str, kind: str = "RuntimeError") -> None:
        about = {"node_id": number, "node_type": "KSampler", "exception_message": said,
                 "exception_type": kind, "traceback": ["secret.py"]}  # fmt: skip
        self._end("error", [["execution_start", {}], ["execution_error", about]], {})

    def restart(self) -> None:
        """All it knew of jobs was in memory."""
        self.pending, self.running, self.history = [], [], {}

    def _end(self, word: str, messages: list[Any], outputs: Any) -> None:
        with self._lock:
            item = self.running.pop()
            self.history[item[1]] = {
                "prompt": item,
                "outputs": outputs,
                "status": {
                    "status_str": word,
                    "completed": word == "success",
                    "messages": messages,
                },
            }

    # -- answers -----------------------------------------------------------------------------

    def answer(self, asked: Asked) -> Reply:
        with self._lock:
            found = self._answer(asked)
        return found

    def _answer(self, asked: Asked) -> Reply:
        where, path = (asked.method, asked.path), asked.path
        if where == ("GET", "/system_stats"):
            card = "cuda:0 NVIDIA GeForce RTX 4090 : cudaMallocAsync"
            devices = [{"name": card, "type": "cuda", "vram_total": 24 * 2**30}]
            system = {"comfyui_version": "0.3.64" if self.old else "0.33.0"}
            return Reply(200, {"system": system, "devices": devices})
        if where == ("GET", "/features"):
            return Reply(200, {"max_upload_size": 100 * 2**20})
        if asked.method == "GET" and path.startswith("/object_info/"):
            name = path.removeprefix("/object_info/")
            return Reply(200, {name: self.nodes[name]} if name in self.nodes else {})
        if where == ("POST", "/upload/image"):
            return self._upload(asked)
        if where == ("POST", "/prompt"):
            return self._prompt(asked.json)
        if asked.method == "GET" and path.startswith("/history/"):
            number = path.removeprefix("/history/")
            found = self.history.get(number)
            return Reply(200, {number: found} if found else {})
        if where == ("GET", "/queue"):
            queues = {"queue_running": self.running, "queue_pending": self.pending}
            return Reply(200, queues)
        if where == ("POST", "/queue"):
            for number in asked.json.get("delete", ()):
                self._dequeue(number)
            return Reply(200)
        if where == ("POST", "/interrupt"):
            self._interrupt((asked.json if asked.body else {}).get("prompt_id"))
            return Reply(200)
        if path.startswith("/api/jobs/") and path.endswith("/cancel") and not self.old:
            return Reply(200, {"cancelled": self._cancel(path.split("/")[3])})
        if where == ("GET", "/view"):
            place = asked.query.get("subfolder", ""), asked.query["filename"]
            found = self.files.get(place)
            return Reply(200, found, "model/gltf-binary") if found else Reply(404)
        # its last route is that of static files, which are only to be had
        return Reply(404 if asked.method == "GET" else 405, b"not here", "text/plain")

    def _upload(self, asked: Asked) -> Reply:
        kind = f"Content-Type: {asked.headers['content-type']}\r\n\r\n".encode()
        parts = email.message_from_bytes(kind + asked.body).get_payload()
        values = {each.get_param("name", header="content-disposition"): each
                  for each in parts}  # fmt: skip
        folder = values["subfolder"].get_payload()
        name = values["image"].get_filename()
        self.photos[f"{folder}/{name}"] = values["image"].get_payload(decode=True)
        return Reply(200, {"name": name, "subfolder": folder, "type": "input"})

    def _prompt(self, body: dict[str, Any]) -> Reply:
        given = body.get("prompt_id")
        if given is not None and str(uuid.UUID(given)) != given:
            wrong = {"type": "invalid_prompt_id", "message": "prompt_id must be a UUID"}
            return Reply(400, {"error": wrong, "node_errors": {}})
        wrong = self.wrong_with(body["prompt"])
        if wrong is not None:
            return Reply(400, wrong)
        number = str(uuid.uuid4()) if self.mints_ids or given is None else given
        extra = {"client_id": body.get("client_id")}
        heapq.heappush(self.pending, [self._count, number, body["prompt"], extra, []])
        self._count += 1
        said = {"prompt_id": number, "number": self._count, "node_errors": {}}
        return Reply(200, said, length=10**6 if self.drops else None)

    def wrong_with(self, graph: dict[str, Any]) -> dict[str, Any] | None:
        """What ComfyUI answers to a workflow it does not take; None: it takes it."""
        for number, each in graph.items():
            if each["class_type"] not in self.nodes:
                return _error(*self._no_node(number, each["class_type"]))
        errors = {
            number: {"errors": found, "class_type": each["class_type"]}
            for number, each in graph.items()
            if (found := self._errors(each, graph))
        }
        if not errors:
            return None
        said = "prompt_outputs_failed_validation", "Prompt outputs failed validation"
        return {**_error(*said), "node_errors": errors}

    def _no_node(self, number: str, kind: str) -> tuple[Any, ...]:
        if self.old:
            said = f"Cannot execute because node {kind} does not exist."
            return "invalid_prompt", said
        said = f"Node '{kind}' not found. The custom node may not be installed."
        return "missing_node_type", said, {"node_id": number, "class_type": kind}

    def _errors(self, each: dict[str, Any], graph: dict[str, Any]) -> list[Any]:
        found = []
        described = self.nodes[each["class_type"]]["input"]
        for name, (kind, extra) in {
            **described["required"],
            **described["optional"],
        }.items():
            about = {"input_name": name}
            if name not in each["inputs"]:
                if name in described["required"]:
                    said = "Required input is missing"
                    found.append(_one("required_input_missing", said, name, about))
                continue
            value = each["inputs"][name]
            about["received_value"] = value
            if isinstance(value, list):
                assert value[0] in graph, f"a link to nothing: {value}"
                continue
            options = kind if isinstance(kind, list) else extra.get("options")
            options = [
                each["key"] if isinstance(each, dict) else each for each in options or ()
            ]
            if name == "image" and each["class_type"] == "LoadImage":
                options += list(self.photos)
            if options and value not in options:
                said = f"{name}: '{value}' not in {options}"
                found.append(_one("value_not_in_list", "Value not in list", said, about))
            elif "min" in extra and value < extra["min"]:
                said = f"Value {value} smaller than min of {extra['min']}"
                found.append(_one("value_smaller_than_min", said, name, about))
        return found

    def _dequeue(self, number: str) -> bool:
        before = len(self.pending)
        self.pending = [item for item in self.pending if item[1] != number]
        return len(self.pending) < before  # and no history of it

    def _interrupt(self, number: str | None) -> bool:
        self.interrupted.append(number)
        if not self.running or number not in (None, self.running[0][1]):
            return False
        self._end("error", [["execution_start", {}], ["execution_interrupted", {}]], {})
        return True

    def _cancel(self, number: str) -> bool:
        return self._dequeue(number) or (
            bool(self.running)
            and self.running[0][1] == number
            and self._interrupt(number)
        )

    # -- the websocket -----------------------------------------------------------------------

    def take_over(self, asked: Asked, handler: BaseHTTPRequestHandler) -> bool:
        if asked.path != "/ws" or self.deaf:
            return False
        # ComfyUI refuses those that come from another web page
        assert "origin" not in asked.headers
        key = asked.headers["sec-websocket-key"].encode()
        accept = base64.b64encode(hashlib.sha1(key + ACCEPT).digest()).decode()
        handler.send_response(101)
        handler.send_header("Upgrade", "websocket")
        handler.send_header("Connection", "Upgrade")
        handler.send_header("Sec-WebSocket-Accept", accept)
        handler.end_headers()
        client = asked.query["clientId"]
        self._ears[client] = handler.connection
        self.say(handler.connection, {"type": "status", "data": {"sid": client}})
        try:
            while handler.rfile.read(1):
                pass
        except OSError:
            pass
        finally:
            self._ears.pop(client, None)
        return True

    def tell(self, kind: str, **data: Any) -> None:
        """A message about the job that runs, to the one who sent it."""
        item = self.running[0] if self.running else None
        if item is None:
            number, client = list(self.history)[-1], None
            client = self.history[number]["prompt"][3]["client_id"]
        else:
            number, client = item[1], item[3]["client_id"]
        ear = self._ears.get(client)
        if ear is not None:
            self.say(ear, {"type": kind, "data": {**data, "prompt_id": number}})

    def say(self, ear: socket.socket, message: Any, kind: int = 1) -> None:
        """One frame (RFC 6455, section 5.2), of text or of anything."""
        body = message if isinstance(message, bytes) else json.dumps(message).encode()
        if len(body) < 126:
            head = struct.pack("!BB", 0x80 | kind, len(body))
        elif len(body) < 2**16:
            head = struct.pack("!BBH", 0x80 | kind, 126, len(body))
        else:
            head = struct.pack("!BBQ", 0x80 | kind, 127, len(body))
        try:
            ear.sendall(head + body)
        except OSError:
            pass  # nobody listens any more

    @property
    def ears(self) -> list[socket.socket]:
        return list(self._ears.values())


def _error(kind: str, said: str, extra: Any = None) -> dict[str, Any]:
    error = {"type": kind, "message": said, "details": "", "extra_info": extra or {}}
    return {"error": error, "node_errors": {}}


def _one(kind: str, said: str, details: str, extra: dict[str, Any]) -> dict[str, Any]:
    return {"type": kind, "message": said, "details": details, "extra_info": extra}
