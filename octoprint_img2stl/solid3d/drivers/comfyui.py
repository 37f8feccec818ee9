"""ComfyUI, with a workflow of ours or of its owner's.

Sources: https://github.com/comfyanonymous/ComfyUI, server.py and execution.py. A job's id is
ours (`prompt_id`), so it is found again whatever happened to the answer; what ``/history`` and
``/queue`` say is the truth, and the websocket is for the bar alone.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ...problems import N_
from .. import results
from ..driver import (
    DOWNLOAD_LIMIT_BYTES,
    LOST,
    QUEUED,
    RUNNING,
    Cancel,
    Capabilities,
    Driver,
    JobSpec,
    MeshFile,
    RemoteRef,
    Status,
    View,
)
from ..endpoint import EndpointOption, Preset
from ..line import Answer, Line, failed_by_status
from ..refused import DriverFailed, ErrorKind, SolidRefused
from ..words import plain_words
from .comfy_answer import (
    best_output,
    choices_of,
    ended,
    folder_of,
    is_model,
    listed,
    no_models,
    no_nodes,
    other_formats,
    refusal,
)
from .comfy_graph import Graph, classes, title_of
from .comfy_progress import Progress
from .comfy_watch import Watch
from .comfy_workflow import (
    CROP,
    HUNYUAN,
    MULTIVIEW,
    OWN,
    PRESETS,
    TRELLIS,
    Workflow,
    filled,
    views_for,
    without_crop,
    workflow_of,
)

FOLDER = "img2stl"  # of the photos, in ComfyUI's input folder
UPLOAD_S = {"read_s": 120.0, "total_s": 600.0}
FETCH_S = {"read_s": 120.0, "total_s": 1800.0}
# An entry holds its whole workflow.
MOST_ENTRY_BYTES = 32 * 2**20
ABSENT = (404, 405, 501)
MOST_CLASSES = 300
GIGABYTE = 2**30
LICENCE = N_(
    "The models' files have to be in ComfyUI's models folder; testing the connection says "
    "which are missing. The licence of Hunyuan3D excludes the European Union, the United "
    "Kingdom and South Korea."
)


class ComfyDriver(Driver):
    name = "comfyui"
    label = "ComfyUI"
    description = N_(
        "ComfyUI on a computer with a graphics card, with one of our workflows or with your "
        "own."
    )
    options = (
        EndpointOption(
            "preset",
            "choice",
            N_("Workflow"),
            N_("What ComfyUI is to do with the photos."),
            default=HUNYUAN,
            choices={
                HUNYUAN: N_("Hunyuan3D 2.1 (one photo)"),
                MULTIVIEW: N_("Hunyuan3D 2mv (one to four photos)"),
                TRELLIS: N_("TRELLIS.2 (one photo), made solid"),
                OWN: N_("my own"),
            },
        ),
        EndpointOption(
            "workflow",
            "long",
            N_("My own workflow"),
            N_(
                "The file that ComfyUI exports with Workflow, Export (API). Its Load Image "
                "nodes get the photos: call them front, back, left and right, as seen when "
                "standing before the front."
            ),
        ),
        EndpointOption(
            "mapping",
            "long",
            N_("Where photos and numbers go"),
            N_(
                "Only where the plugin does not find it out: node and input of each, such as "
                '{"images": {"front": "2.image"}, "seed": ["7.seed"], '
                '"faces": ["9.target_face_count"]}.'
            ),
            advanced=True,
        ),
    )
    presets = (
        Preset(
            "comfyui-hunyuan",
            "ComfyUI: Hunyuan3D 2.1",
            LICENCE,
            "comfyui",
            options={"preset": HUNYUAN},
            link="https://github.com/comfyanonymous/ComfyUI",
        ),
        Preset(
            "comfyui-hunyuan-mv",
            "ComfyUI: Hunyuan3D 2mv",
            LICENCE,
            "comfyui",
            options={"preset": MULTIVIEW},
            link="https://github.com/comfyanonymous/ComfyUI",
        ),
        Preset(
            "comfyui-trellis2",
            "ComfyUI: TRELLIS.2",
            N_(
                "Needs a ComfyUI of summer 2026 or newer. The models' files have to be in its "
                "models folder; testing the connection says which are missing."
            ),
            "comfyui",
            options={"preset": TRELLIS},
            link="https://github.com/comfyanonymous/ComfyUI",
        ),
        Preset(
            "comfyui-own",
            N_("ComfyUI with my own workflow"),
            N_(
                "Enter the address, such as http://192.168.1.20:8188, and paste the workflow "
                "as exported with Workflow, Export (API)."
            ),
            "comfyui",
            options={"preset": OWN},
            link="https://github.com/comfyanonymous/ComfyUI",
        ),
    )
    assumed = Capabilities(
        needs_alpha=True,
        progress="percent",
        cancel="running",
        submit_idempotent=True,
        version="ComfyUI",
    )

    def __init__(self, endpoint: Any, line: Line) -> None:
        super().__init__(endpoint, line)
        self._watch: tuple[str, Watch] | None = None

    @classmethod
    def check_options(cls, options: Mapping[str, Any]) -> None:
        workflow_of(options)

    def _workflow(self) -> Workflow:
        """Raises `DriverFailed` for one that was saved and cannot be used any more."""
        try:
            return workflow_of(self.endpoint.options)
        except SolidRefused as refused:
            problem = refused.problem
            raise DriverFailed(
                ErrorKind.INPUT,
                problem.code,
                problem.template,
                sent=False,
                field=problem.field,
                **problem.values,
            ) from None

    # -- what is there -----------------------------------------------------------------------

    def probe(self) -> Capabilities:
        workflow = self._workflow()
        stats = self._stats()
        costs = self._check(workflow)
        roles = tuple(workflow.places.images)
        return Capabilities(
            views_max=len(roles),
            roles=roles if len(roles) > 1 else (),
            needs_alpha=not workflow.removes_background,
            removes_background=workflow.removes_background,
            seed=bool(workflow.places.seeds),
            faces=(100, 1_000_000) if workflow.places.faces else None,
            progress="percent",
            cancel="running",
            submit_idempotent=True,
            costs_money=costs,
            max_upload_bytes=self._most_upload(),
            version=_version(stats),
            model=PRESETS.get(workflow.name, ""),
        )

    def _stats(self) -> Mapping[str, Any]:
        answer = self.line.get("/system_stats")
        found = _decoded(answer) if answer.ok else None
        if isinstance(found, Mapping) and isinstance(found.get("system"), Mapping):
            return found
        if not answer.ok and answer.status not in ABSENT:
            raise failed_by_status(answer)
        raise DriverFailed(
            ErrorKind.BAD_RESULT,
            "solid.no_comfyui",
            N_(
                "Something answers at %(host)s, but it is no ComfyUI; check the address, the "
                "port (ComfyUI's is 8188) and the kind of endpoint."
            ),
            sent=False,
            host=self.line.host,
        )

    def _most_upload(self) -> int | None:
        answer = self.line.get("/features")
        found = _decoded(answer) if answer.ok else None
        most = found.get("max_upload_size") if isinstance(found, Mapping) else None
        return most if isinstance(most, int) and 0 < most < 2**50 else None

    def _check(self, workflow: Workflow) -> bool:
        """Whether a job costs money, for all nodes and models are there.

        Raises:
            DriverFailed: ``input``, which names what is missing.
        """
        kinds = classes(workflow.graph)[:MOST_CLASSES]
        found = {kind: self._about(kind) for kind in kinds}
        ours = workflow.name != OWN
        lacking = [
            kind
            for kind, about in found.items()
            if about is None and not (ours and kind == CROP and workflow.name != TRELLIS)
        ]
        if lacking:
            raise no_nodes(lacking, self.line.host)
        self._check_choices(workflow, found)
        return any(about and about.get("api_node") is True for about in found.values())

    def _check_choices(self, workflow: Workflow, found: Mapping[str, Any]) -> None:
        photos = {(each.node, each.input) for each in workflow.places.images.values()}
        models: dict[tuple[str, str], None] = {}
        for number, node in workflow.graph.items():
            kind = node["class_type"]
            for name, value in node["inputs"].items():
                choices = (
                    choices_of(found[kind], name) if isinstance(value, str) else None
                )
                if choices is None or value in choices or (number, name) in photos:
                    continue
                if is_model(name, value):
                    models[(value, folder_of(kind, name))] = None
                    continue
                raise DriverFailed(
                    ErrorKind.INPUT,
                    "solid.missing_choice",
                    N_(
                        "The node %(node)s of the workflow wants %(value)s for %(name)s, which "
                        "ComfyUI at %(host)s does not know (%(choices)s); update ComfyUI, or "
                        "export the workflow again."
                    ),
                    sent=False,
                    node=title_of(workflow.graph, number),
                    value=plain_words(value, 80),
                    name=plain_words(name, 60),
                    host=self.line.host,
                    choices=listed(choices) or "-",
                )
        if models:
            raise no_models(list(models), workflow.models, self.line.host)

    def _about(self, kind: str) -> Mapping[str, Any] | None:
        """What ComfyUI says of a class of nodes; None: it does not have it."""
        answer = self.line.get(f"/object_info/{quote(kind, safe='')}")
        if not answer.ok:
            if answer.status in ABSENT:
                return None
            raise failed_by_status(answer)
        found = answer.json()
        about = found.get(kind) if isinstance(found, Mapping) else None
        return about if isinstance(about, Mapping) else None

    # -- handing over ------------------------------------------------------------------------

    def submit(
        self, job: JobSpec, key: str, note: Callable[[RemoteRef], None]
    ) -> RemoteRef:
        workflow = self._workflow()
        ref = self._ref(key)
        note(ref)
        if self._is_known(ref):
            return ref
        views = views_for(workflow, job)
        names = {
            role: self._upload(view, f"{key}-{role}") for role, view in views.items()
        }
        graph = filled(workflow, job, names)
        if workflow.name in (HUNYUAN, MULTIVIEW) and self._about(CROP) is None:
            sizes = {role: view.size_px for role, view in views.items()}
            graph = without_crop(workflow, graph, sizes)
        self._listen(ref, graph, workflow)
        answer = self.line.post(
            "/prompt",
            json={"prompt": graph, "prompt_id": _id(ref), "client_id": _client(ref)},
            **UPLOAD_S,
        )
        if answer.status == 400:
            self._unwatch()
            raise refusal(_decoded(answer), graph, workflow.models, self.line.host)
        if not answer.ok:
            self._unwatch()
            raise failed_by_status(answer)
        data = answer.json()
        given = data.get("prompt_id") if isinstance(data, Mapping) else None
        if isinstance(given, str) and 0 < len(given) <= 100 and given != _id(ref):
            # an old one, which makes ids of its own
            return RemoteRef(self.name, self.endpoint.id, {**ref.ids, "prompt_id": given})
        return ref

    def _ref(self, key: str) -> RemoteRef:
        made = str(uuid.UUID(key))  # newer ones take nothing but such an id
        ids = {"prompt_id": made, "client_id": f"img2stl-{made}"}
        return RemoteRef(self.name, self.endpoint.id, ids)

    def _upload(self, view: View, stem: str) -> str:
        """Bring a photo there; what a Load Image node calls it."""
        kind = "image/png" if view.path.suffix == ".png" else "image/jpeg"
        name = f"{stem}{view.path.suffix}"
        answer = self.line.post(
            "/upload/image",
            files={"image": (name, view.path.read_bytes(), kind)},
            data={"type": "input", "subfolder": FOLDER, "overwrite": "true"},
            **UPLOAD_S,
        )
        if not answer.ok:
            raise failed_by_status(answer)
        data = answer.json()
        data = data if isinstance(data, Mapping) else {}
        called, folder = data.get("name"), data.get("subfolder")
        if not isinstance(called, str) or not 0 < len(called) < 300:
            called, folder = name, FOLDER
        return f"{folder}/{called}" if isinstance(folder, str) and folder else called

    def find(self, job: JobSpec, key: str, since: float) -> RemoteRef | None:
        ref = self._ref(key)
        return ref if self._is_known(ref) else None

    def _is_known(self, ref: RemoteRef) -> bool:
        return self._entry(_id(ref)) is not None or self._queued(_id(ref)) is not None

    # -- how it is ---------------------------------------------------------------------------

    def poll(self, ref: RemoteRef) -> Status:
        number = _id(ref)
        # It may end between the two questions, so the first is asked again.
        for _ in range(2):
            entry = self._entry(number)
            if entry is not None:
                self._unwatch()
                return ended(entry, _graph_of(entry.get("prompt")))
            waiting = self._queued(number)
            if waiting is not None:
                place, item = waiting
                if place is not None:
                    return Status(QUEUED, queue_position=place)
                return self._running(ref, item)
        self._unwatch()
        return Status(LOST)

    def _running(self, ref: RemoteRef, item: Any) -> Status:
        if self._watch is None or self._watch[0] != _id(ref):
            self._listen(ref, _graph_of(item))  # we were ended and are back
        progress = self._watch[1].progress if self._watch else None
        if progress is None:
            return Status(RUNNING)
        return Status(RUNNING, progress=progress.fraction, stage=progress.stage)

    def _entry(self, number: str) -> Mapping[str, Any] | None:
        """Of the history; None: it has not ended, or is not known."""
        answer = self.line.get(
            f"/history/{quote(number, safe='')}", most_bytes=MOST_ENTRY_BYTES
        )
        if answer.status == 404:
            return None
        if not answer.ok:
            raise failed_by_status(answer)
        found = answer.json()
        entry = found.get(number) if isinstance(found, Mapping) else None
        return entry if isinstance(entry, Mapping) else None

    def _queued(self, number: str) -> tuple[int | None, Any] | None:
        """Jobs before it (None: it runs) and its item; None: it is in no queue."""
        answer = self.line.get("/queue", most_bytes=MOST_ENTRY_BYTES)
        if not answer.ok:
            raise failed_by_status(answer)
        found = answer.json()
        found = found if isinstance(found, Mapping) else {}
        running = _items(found.get("queue_running"))
        for item in running:
            if item[1] == number:
                return None, item
        waiting = _items(found.get("queue_pending"))
        for item in waiting:
            if item[1] == number:
                before = sum(_number(each) < _number(item) for each in waiting)
                return len(running) + before, item
        return None

    # -- the bar -----------------------------------------------------------------------------

    def _listen(
        self, ref: RemoteRef, graph: Graph, workflow: Workflow | None = None
    ) -> None:
        self._unwatch()
        outputs = workflow.places.outputs if workflow else ()
        progress = Progress(graph, outputs, _id(ref))
        watch = Watch(self.endpoint, self.line, _client(ref), progress)
        self._watch = (_id(ref), watch)

    def _unwatch(self) -> None:
        if self._watch is not None:
            self._watch[1].stop()
            self._watch = None

    # -- bringing it -------------------------------------------------------------------------

    def fetch(
        self,
        ref: RemoteRef,
        target: Path,
        *,
        max_bytes: int = DOWNLOAD_LIMIT_BYTES,
        progress: Callable[[float], None] = lambda fraction: None,
    ) -> MeshFile:
        entry = self._entry(_id(ref))
        if entry is None:
            raise DriverFailed(
                ErrorKind.LOST,
                "solid.lost",
                N_("%(host)s knows nothing of this job any more; start it again."),
                host=self.line.host,
            )
        found = best_output(entry, self._outputs())
        if found is None:
            raise self._no_mesh(other_formats(entry))
        part = target.with_suffix(".part")
        self.line.download(
            "/view",
            part,
            params={
                "filename": found.filename,
                "subfolder": found.subfolder,
                "type": found.type,
            },
            most_bytes=max_bytes,
            progress=progress,
            **FETCH_S,
        )
        return results.take_in(part, target, up_axis="y", max_bytes=max_bytes)

    def _outputs(self) -> tuple[str, ...]:
        try:
            return workflow_of(self.endpoint.options).places.outputs
        except SolidRefused:  # it was changed since
            return ()

    def _no_mesh(self, others: list[str]) -> DriverFailed:
        if others:
            return DriverFailed(
                ErrorKind.BAD_RESULT,
                "solid.other_format",
                N_(
                    "The workflow made %(formats)s, which cannot be read here; let it save "
                    "GLB with a Save 3D Model (SaveGLB) node."
                ),
                formats=listed([each.upper() for each in others]),
            )
        return DriverFailed(
            ErrorKind.BAD_RESULT,
            "solid.no_mesh_made",
            N_(
                "ComfyUI finished the workflow, but it made no mesh; see in ComfyUI whether "
                "its Save 3D Model (SaveGLB) node is connected."
            ),
        )

    # -- the end -----------------------------------------------------------------------------

    def cancel(self, ref: RemoteRef) -> Cancel:
        number = _id(ref)
        waiting = self._queued(number)
        if waiting is None:
            return Cancel.TOO_LATE
        answer = self.line.post(f"/api/jobs/{quote(number, safe='')}/cancel")
        if answer.ok:
            stopped = Cancel.STOPPED if waiting[0] is not None else Cancel.REQUESTED
            found = _decoded(answer)
            told = found.get("cancelled") if isinstance(found, Mapping) else None
            return Cancel.TOO_LATE if told is False else stopped
        if answer.status not in ABSENT:
            raise failed_by_status(answer)
        return self._cancel_of_old(number, waiting[0] is not None)

    def _cancel_of_old(self, number: str, pending: bool) -> Cancel:
        """For a ComfyUI older than 0.26. Never without the id: that would stop others' jobs."""
        if pending:
            _good(self.line.post("/queue", json={"delete": [number]}))
            waiting = self._queued(number)
            if waiting is None:
                return Cancel.STOPPED
        _good(self.line.post("/interrupt", json={"prompt_id": number}))
        return Cancel.REQUESTED

    def abort(self) -> None:
        super().abort()
        watch = self._watch
        if watch is not None:
            watch[1].stop()

    def close(self) -> None:
        self._unwatch()
        super().close()


DRIVER = ComfyDriver


# -- without a server --------------------------------------------------------------------------


def _id(ref: RemoteRef) -> str:
    return str(ref.ids["prompt_id"])


def _client(ref: RemoteRef) -> str:
    return str(ref.ids.get("client_id") or "img2stl")


def _decoded(answer: Answer) -> Any:
    try:
        return answer.json()
    except DriverFailed:
        return None


def _good(answer: Answer) -> None:
    if not answer.ok:
        raise failed_by_status(answer)


def _items(value: Any) -> list[list[Any]]:
    """Of a queue: number, id, workflow and more of each."""
    listed_ones = value if isinstance(value, list) else []
    return [item for item in listed_ones if isinstance(item, list) and len(item) > 1]


def _number(item: list[Any]) -> float:
    return item[0] if isinstance(item[0], (int, float)) else 0.0


def _graph_of(item: Any) -> Graph:
    """The workflow in an item of a queue or of the history; empty where there is none."""
    data = item[2] if isinstance(item, list) and len(item) > 2 else None
    good = isinstance(data, Mapping) and all(
        isinstance(node, Mapping)
        and isinstance(node.get("class_type"), str)
        and isinstance(node.get("inputs"), Mapping)
        for node in data.values()
    )
    return {str(number): dict(node) for number, node in data.items()} if good else {}


def _version(stats: Mapping[str, Any]) -> str:
    """Name, version, graphics card and its memory."""
    words = [f"ComfyUI {plain_words(stats['system'].get('comfyui_version') or '?', 20)}"]
    devices = stats.get("devices")
    for device in devices[:2] if isinstance(devices, list) else ():
        if not isinstance(device, Mapping):
            continue
        name = plain_words(device.get("name") or "", 60)
        # as ComfyUI writes it: "cuda:0 NVIDIA GeForce RTX 4090 : cudaMallocAsync"
        name = name.partition(" : ")[0].removeprefix("cuda:0 ")
        memory = device.get("vram_total")
        size = f" ({memory / GIGABYTE:.0f} GB)" if _is_size(memory) else ""
        words.append(name + size)
    return ", ".join(words)


def _is_size(value: Any) -> bool:
    good = isinstance(value, (int, float)) and not isinstance(value, bool)
    return good and 0 < value < 2**50
