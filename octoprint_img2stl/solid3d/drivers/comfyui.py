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
from ..line import Line, failed_by_status
from ..refused import DriverFailed, ErrorKind, SolidRefused
from .comfy_answer import best_output, other_formats, status_of
from .comfy_graph import Graph
from .comfy_probe import about_class, check, decoded, most_upload, stats_of, version_of
from .comfy_progress import Progress
from .comfy_queue import ended_job, graph_of, queued_job, stop
from .comfy_refusal import listed, refusal
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
        stats = stats_of(self.line)
        costs = check(self.line, workflow)
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
            max_upload_bytes=most_upload(self.line),
            version=version_of(stats),
            model=PRESETS.get(workflow.name, ""),
        )

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
        if workflow.does_without_crop and about_class(self.line, CROP) is None:
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
            raise refusal(decoded(answer), graph, workflow.models, self.line.host)
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
        number = _id(ref)
        ended = ended_job(self.line, number)
        return ended is not None or queued_job(self.line, number) is not None

    # -- how it is ---------------------------------------------------------------------------

    def poll(self, ref: RemoteRef) -> Status:
        number = _id(ref)
        # It may end between the two questions, so the first is asked again.
        for _ in range(2):
            entry = ended_job(self.line, number)
            if entry is not None:
                self._unwatch()
                return status_of(entry, graph_of(entry.get("prompt")))
            found = queued_job(self.line, number)
            if found is None:
                continue
            if found.before is not None:
                return Status(QUEUED, queue_position=found.before)
            return self._running(ref, found.graph)
        self._unwatch()
        return Status(LOST)

    def _running(self, ref: RemoteRef, graph: Graph) -> Status:
        if self._watch is None or self._watch[0] != _id(ref):
            self._listen(ref, graph)  # we were ended and are back
        progress = self._watch[1].progress if self._watch else None
        if progress is None:
            return Status(RUNNING)
        return Status(RUNNING, progress=progress.fraction, stage=progress.stage)

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
        entry = ended_job(self.line, _id(ref))
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
        return stop(self.line, _id(ref))

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
