"""What each step does, inside the worker process: one small function a step, calling the rooms.

Every function takes a `Context` and returns its facts (JSON-able). Files are written under the
job's `work` folder first and moved into place when they are whole.
"""

from __future__ import annotations

import io
import json
import math
import os
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..files import write_atomic, write_json
from ..machine import Machine
from ..problems import INFO, N_, WARNING, Problem
from ..process import Limits
from . import photos, pictures, testprint
from .params import Params
from .pipeline import (
    GCODE,
    GREY,
    LAYERS,
    LOG,
    PREVIEW,
    SLICED,
    SLICED_FACTS,
    STL,
    SUMMARY,
    VIEW,
    WORK,
)

if TYPE_CHECKING:
    from ..relief.settings import ReliefSettings
    from ..relief.write import Written
    from ..slicing.saved import SavedProfile

PICTURE_SIZE_PX = 640
THUMB_PX = 320
TIPPING_BRIM = 5.0  # mm, as the check advises
# what OctoPrint and its thumbnail plugins look for
THUMBNAILS_PX = ((32, 32), (300, 300))


@dataclass(frozen=True)
class Task:
    """What one worker run has to do; written by the parent as `task.json`.

    Attributes:
        params, machine: as in the job.
        steps: names of the steps, in order.
        slicers: where the owner has the slicers (`slicing.owner_paths`).
        profile: file with the owner's own slicer settings, or None.
        profiles: folder of the saved profiles, or None.
        paces: file with what slices took, for the progress, or None.
        slicer_memory_bytes, slicer_time_s: limits of the slicer's process.
        name: what the owner calls the job, for sentences.
        guess: give a mesh whose size cannot be meant so another one.
        candidate: number of the solid that is being made.
        candidate_file, up_axis: of a solid that came from an endpoint.
        needs_alpha: the photos' subjects must be cut out, whatever the owner chose.
        cuts_itself: where the photos go they are cut out as well.
    """

    params: dict[str, Any]
    machine: dict[str, Any]
    steps: list[str]
    slicers: dict[str, list[str]] = field(default_factory=dict)
    profile: str | None = None
    profiles: str | None = None
    paces: str | None = None
    slicer_memory_bytes: int | None = None
    slicer_time_s: float | None = None
    name: str = ""
    guess: bool = False
    candidate: int = 0
    candidate_file: str = ""
    up_axis: str = "z"
    needs_alpha: bool = False
    cuts_itself: bool = False

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Task:
        return cls(**data)


@dataclass
class Context:
    """What a step gets to see."""

    task: Task
    folder: Path
    progress: Callable[[float], None]
    started: Callable[[int], None]
    params: Params = field(init=False)
    machine: Machine = field(init=False)

    def __post_init__(self) -> None:
        self.params = Params.from_json(self.task.params)
        self.machine = Machine.from_json(self.task.machine)

    @cached_property
    def saved(self) -> SavedProfile | None:
        """The saved profile that was chosen, if any.

        Raises:
            SlicingRefused: ``slicing.no_such_profile``: it is gone.
        """
        return _saved(self.params, self.task.profiles)

    @property
    def prusaslicer(self) -> str:
        """Its program, which also reads STEP files; empty where there is none."""
        from ..slicing.owner_paths import paths_from_json
        from ..slicing.registry import program_of

        return program_of("prusaslicer", paths_from_json(self.task.slicers))

    @property
    def work(self) -> Path:
        path = self.folder / WORK
        path.mkdir(exist_ok=True)
        return path


def _saved(params: Params, folder: str | None) -> SavedProfile | None:
    """The saved profile that these choices name; raises as `Context.saved`."""
    from ..slicing.profile_files import load_saved, no_such_profile

    profile = params.slicing.profile
    if not profile:
        return None
    if folder is None:
        raise no_such_profile()
    return load_saved(folder, profile)


class Meter:
    """Seconds and peak resident memory of one step."""

    def __init__(self) -> None:
        try:
            # 5 resets the high-water mark, see proc_pid_clear_refs(5)
            Path("/proc/self/clear_refs").write_text("5")
        except OSError:
            pass
        self._started = time.monotonic()

    def read(self) -> dict[str, Any]:
        status = Path("/proc/self/status").read_text()
        mark = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
        return {
            "seconds": time.monotonic() - self._started,
            "peak_memory_bytes": int(mark.split()[1]) * 1024,
        }


def run(
    name: str,
    task: Task,
    folder: Path,
    *,
    progress: Callable[[float], None],
    started: Callable[[int], None],
) -> dict[str, Any]:
    """Do one step and return its facts.

    Raises:
        Refusal: of the room that could not do its part.
    """
    return _STEPS[name](Context(task, folder, progress, started))


def read_photo(ctx: Context) -> dict[str, Any]:
    from ..relief.sizes import photo_side_px

    params, settings = ctx.params, ctx.params.relief
    sizes_px = _sizes_px(ctx.folder, params)
    params.check_fits(sizes_px, ctx.machine)
    sides = [
        photo_side_px(settings, size_px, ctx.machine)
        for size_px in params.laid_sizes_px(sizes_px)
    ]
    opened = pictures.open_photos(ctx.folder, params, sides)
    pictures.save(opened, ctx.work / Path(GREY).name)
    return {
        "size_px": list(opened[0].grey.shape[::-1]),
        "problems": [problem.to_json() for each in opened for problem in each.notices],
    }


def _sizes_px(folder: Path, params: Params) -> dict[int, tuple[int, int]]:
    """Sizes of the whole photos by their numbers."""
    found = {}
    for each in (params.photo, *params.photos):
        facts = json.loads((folder / photos.facts_file(each.number)).read_text())
        width, height = facts["size_px"]
        found[each.number] = (width, height)
    return found


def shape_relief(ctx: Context) -> dict[str, Any]:
    from ..relief import backlit, build_bodies, shade, write_stl

    settings = ctx.params.relief
    built = build_bodies(pictures.load(ctx.folder / GREY), settings, ctx.machine)
    ctx.progress(0.2)
    whole = ctx.work / "model.stl.part"
    drawn = []

    def draw(mesh: Any) -> None:
        if drawn:
            return
        if settings.route == "lithophane":
            light = settings.transmission
            drawn.append(pictures.png(backlit(mesh, PICTURE_SIZE_PX, transmission=light)))
        else:
            drawn.append(pictures.png(shade(mesh, PICTURE_SIZE_PX)))

    written = write_stl(
        built.bodies,
        whole,
        ctx.machine,
        max_error=settings.max_error,
        budget=settings.budget,
        progress=lambda fraction: ctx.progress(0.2 + 0.75 * fraction),
        seen=draw,
    )
    os.replace(whole, ctx.folder / STL)
    write_atomic(ctx.folder / PREVIEW, drawn[0])
    (ctx.folder / GREY).unlink(missing_ok=True)
    problem = budget_problem(written, settings)
    return {**asdict(written), "problems": [problem.to_json()] if problem else []}


def budget_problem(written: Written, settings: ReliefSettings) -> Problem | None:
    """What the owner should know about a mesh that was held down to a budget."""
    if not written.budget_met:
        return Problem(
            "relief.budget_not_met",
            WARNING,
            N_(
                "This shape takes at least %(triangles)s triangles, more than the "
                "%(budget)s asked for; use fewer samples per mm for fewer."
            ),
            {"triangles": written.triangles, "budget": settings.budget},
            "relief.samples_per_mm",
        )
    if written.max_error > settings.max_error:
        return Problem(
            "relief.error_grew",
            INFO,
            N_(
                "To stay below %(budget)s triangles, the mesh leaves the photo's relief "
                "by up to %(error)s mm; allow more triangles if that shows."
            ),
            {"budget": settings.budget, "error": round(written.max_error, 3)},
            "relief.budget",
        )
    return None


def load_mesh(ctx: Context) -> dict[str, Any]:
    from . import meshes

    found = meshes.read(ctx.folder, ctx.params, ctx.task.name, ctx.prusaslicer)
    low, high = found.mesh.vertices.min(axis=0), found.mesh.vertices.max(axis=0)
    ctx.progress(0.8)
    if ctx.params.solid is None:  # of photos, the photo itself is in the list
        _draw_thumb(ctx.folder, found.mesh)
    notes, changed = list(found.notes), {}
    guess = meshes.guess_size(found, ctx.params, ctx.machine) if ctx.task.guess else None
    if guess is not None:
        changed["params"], note = guess
        notes.append(note)
    notices = [note.to_json() for note in notes]
    return {
        **changed,
        "format": found.format.upper(),
        "size": [round(float(side), 4) for side in high - low],
        "triangles": len(found.mesh.faces),
        "parts": found.parts,
        "unit": found.unit,
        "up": found.up,
        "notices": notices,
        "problems": notices,
    }


def _draw_thumb(folder: Path, mesh: Any) -> None:
    from ..mesh.draw import draw

    out = io.BytesIO()
    draw(mesh, THUMB_PX).convert("RGB").save(out, "JPEG", quality=85)
    write_atomic(folder / photos.thumb_file(photos.FIRST), out.getvalue())


def repair_mesh(ctx: Context) -> dict[str, Any]:
    from . import meshes

    mesh, repair = meshes.repaired(ctx.folder, ctx.params, ctx.machine, ctx.progress)
    return {
        "repair": repair,
        "triangles": len(mesh.faces),
        "problems": meshes.notable(repair["changes"]),
    }


def prepare_mesh(ctx: Context) -> dict[str, Any]:
    from ..mesh.draw import draw
    from ..mesh.prepare import prepare
    from ..mesh.stl import write_stl
    from . import meshes

    mesh, _ = meshes.repaired(ctx.folder, ctx.params, ctx.machine)
    prepared = prepare(
        mesh,
        ctx.params.mesh,
        ctx.machine,
        progress=lambda fraction: ctx.progress(0.8 * fraction),
    )
    write_stl(prepared.mesh, ctx.folder / STL)
    write_atomic(ctx.folder / PREVIEW, pictures.png(draw(prepared.mesh, PICTURE_SIZE_PX)))
    return {
        "size": [round(float(side), 3) for side in prepared.size],
        "triangles": len(prepared.mesh.faces),
        "deviation": prepared.deviation and round(float(prepared.deviation), 4),
        "problems": [note.to_json() for note in prepared.notes],
    }


def check_mesh(ctx: Context) -> dict[str, Any]:
    """All checks; their places go to a file of their own for the 3D view.

    `refused` among the facts is the problem that stops the print.
    """
    from ..mesh.load import load
    from ..slicing.owner_paths import paths_from_json
    from ..slicing.plain import as_printed
    from . import mesh_views, meshes
    from .support_costs import facts_of, with_suggestion

    mesh = load(ctx.folder / STL)
    own = paths_from_json(ctx.task.slicers)
    inspected = meshes.inspect(mesh, ctx.params, ctx.machine, ctx.saved, own)
    facts, supports = inspected.facts, facts_of(inspected)
    ctx.progress(0.7)
    problems = mesh_views.findings_json(mesh, inspected.findings)
    problems = with_suggestion(problems, supports)
    if ctx.params.mesh is None:
        problems = [_of_a_relief(each, ctx.params.relief) for each in problems]
    brim = as_printed(ctx.params.slicing, ctx.saved).brim_for(*facts.size)
    if brim >= TIPPING_BRIM:  # what the check would advise is already chosen
        problems = [each for each in problems if each["code"] != "mesh.tips_over"]
    write_json(ctx.folder / VIEW, mesh_views.view(mesh, inspected.findings))
    refused = meshes.first_error(problems)
    if refused is not None and ctx.params.anyway:
        refused = None
    return {
        "size": [round(side, 3) for side in facts.size],
        "triangles": facts.triangles,
        "volume": round(facts.volume, 1),
        "watertight": facts.watertight,
        "supports": supports,
        "problems": problems,
        **({"refused": refused.to_json()} if refused else {}),
    }


def _of_a_relief(problem: dict[str, Any], relief: ReliefSettings) -> dict[str, Any]:
    """A problem whose fix is for meshes, with the one that a relief has, if any."""
    field, suggest = problem["field"] or "", problem["suggest"]
    if not field.startswith("mesh."):
        return problem
    if field == "mesh.size" and suggest:
        width = math.floor(relief.width * suggest / 10) / 10  # never more than fits
        return {**problem, "field": "relief.width", "suggest": width}
    return {**problem, "field": None, "suggest": None}


def slice_model(ctx: Context) -> dict[str, Any]:
    from ..slicing.chosen import choose
    from ..slicing.needs import with_needs
    from ..slicing.owner_paths import paths_from_json
    from ..slicing.route_values import route_values

    task, saved = ctx.task, ctx.saved
    settings = with_needs(ctx.params.slicing, ctx.params.route, saved)
    own = paths_from_json(task.slicers)
    chosen = choose(settings, own, task.profile, saved)
    slicer, settings = chosen.slicer, chosen.settings
    profile, changed = route_values(
        ctx.params.route, slicer.name, chosen.profile, settings, ctx.machine
    )
    stl, piece, said = testprint.prepare(ctx.folder, settings, ctx.machine, ctx.saved)
    work = ctx.work / "slicer"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    result = slicer.slice(
        stl,
        ctx.folder / SLICED,
        ctx.machine,
        settings,
        work=work,
        limits=Limits(task.slicer_memory_bytes, task.slicer_time_s),
        profile=profile,
        progress=ctx.progress,
        started=ctx.started,
        relief=ctx.params.mesh is None,
        paces=task.paces and Path(task.paces),
    )
    shutil.rmtree(work, ignore_errors=True)
    write_json(ctx.folder / SLICED_FACTS, result.facts.to_json())
    with open(ctx.folder / LOG, "a", encoding="utf-8") as log:
        log.write(result.log + "\n")
    return {
        "slicer": {"name": slicer.name, "version": result.version},
        "profile": saved and {"id": saved.id, "name": saved.name},
        "problems": [
            problem.to_json()
            for problem in (*chosen.problems, *changed, *said, *result.warnings)
        ],
        **({"test_print": piece} if piece else {}),
        "peak_memory_bytes": result.peak_memory_bytes,
    }


def verify_gcode(ctx: Context) -> dict[str, Any]:
    from PIL import Image

    from ..slicing.gcode import GcodeFacts, add_thumbnails, analysis, verify
    from ..slicing.gcode_cut import first_layers
    from ..slicing.gcode_edit import colour_change
    from ..slicing.gcode_lines import layer_summary

    sliced = ctx.folder / SLICED
    with Image.open(testprint.picture(ctx.folder)) as picture:
        thumbnails = []
        for size in THUMBNAILS_PX:
            small = picture.convert("RGB")
            small.thumbnail(size)
            thumbnails.append((*small.size, pictures.png(small)))
    facts = GcodeFacts.from_json(json.loads((ctx.folder / SLICED_FACTS).read_text()))
    wanted = ctx.params.slicing
    if wanted.first_layers:
        facts = first_layers(sliced, facts, wanted.first_layers, ctx.machine)
    heights = [layer.z for layer in facts.layers]
    changes = testprint.changes_of(ctx.folder, wanted.changes, min(heights, default=0))
    if wanted.first_layers or wanted.test_print != testprint.WHOLE:
        # a test print that ends below a change has none
        changes = tuple(height for height in changes if height <= max(heights))
    if changes:
        facts = colour_change(sliced, facts, changes, wanted.change_command, ctx.machine)
    facts = add_thumbnails(sliced, thumbnails, facts)
    verify(facts, ctx.machine)
    write_json(ctx.folder / LAYERS, [list(layer) for layer in facts.layers])
    write_json(ctx.folder / SUMMARY, layer_summary(facts))
    os.replace(sliced, ctx.folder / GCODE)
    (ctx.folder / SLICED_FACTS).unlink()
    return {
        "layers": len(facts.layers),
        "bounds": list(facts.bounds),
        "print_time_s": facts.print_time_s,
        "filament_mm": facts.filament_mm,
        "filament_g": facts.filament_g,
        "sha256": facts.sha256,
        "analysis": analysis(facts),
    }


def _solids(name: str) -> Callable[[Context], dict[str, Any]]:
    """A step of full 3D, whose module comes with the first use."""

    def step(ctx: Context) -> dict[str, Any]:
        from . import solids

        return getattr(solids, name)(ctx)

    return step


def place_model(ctx: Context) -> dict[str, Any]:
    """The first step where a model is sliced without being a job."""
    from .model_file import place_model

    return place_model(ctx)


_STEPS: dict[str, Callable[[Context], dict[str, Any]]] = {
    "model": place_model,
    "views": _solids("write_views"),
    "generate": _solids("generate"),
    "look": _solids("look"),
    "photo": read_photo,
    "relief": shape_relief,
    "load": load_mesh,
    "repair": repair_mesh,
    "prepare": prepare_mesh,
    "check": check_mesh,
    "slice": slice_model,
    "gcode": verify_gcode,
}


def answer(task: Mapping[str, Any]) -> Any:
    """Answer one task of the warm worker."""
    return _ANSWERS[task["do"]](task)


def open_source(task: Mapping[str, Any]) -> dict[str, Any]:
    """Look at a job's photo for the first time: facts, notices, and the copies for the browser."""
    from ..photo import write_display_copies

    folder, number = Path(task["folder"]), task.get("number", photos.FIRST)
    facts = write_display_copies(
        folder / photos.photo_file(number), folder, photos.suffix(number)
    )
    facts["notices"] = [problem.to_json() for problem in facts["notices"]]
    facts["size_px"] = list(facts["size_px"])
    write_json(folder / photos.facts_file(number), facts)
    return facts


_opened: dict[str, Any] = {}  # the photos last previewed: sliders need no decoding


def preview(task: Mapping[str, Any]) -> dict[str, Any]:
    """A coarse mesh for the 3D view."""
    folder = Path(task["folder"])
    params = Params.from_json(task["params"])
    machine = Machine.from_json(task["machine"])
    if params.mesh is not None:
        from . import meshes

        saved = _saved(params, task.get("profiles"))
        return meshes.preview(folder, params, machine, saved)
    from ..relief import SHAPES, coarse_mesh
    from ..relief.preview import MORE_SIDE

    laid = (params.photo, *params.photos)
    key = json.dumps(
        [
            [each.to_json() for each in laid],
            [
                (folder / photos.photo_file(each.number)).stat().st_mtime_ns
                for each in laid
            ],
            str(folder),
            params.relief.source,
            SHAPES[params.relief.shape].needs_mask,
        ]
    )
    if key not in _opened:
        _opened.clear()
        opened = pictures.open_photos(folder, params, [2 * MORE_SIDE] * len(laid))
        _opened[key] = [pictures.picture_of(photo) for photo in opened]
    return coarse_mesh(_opened[key], params.relief, machine)


def _layer(name: str) -> Callable[[Mapping[str, Any]], Any]:
    """An answer about a layer."""

    def found(task: Mapping[str, Any]) -> Any:
        from . import layer_work

        return getattr(layer_work, name)(task)

    return found


def orient(task: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Ways to lay a mesh on the bed."""
    from . import meshes

    params = Params.from_json(task["params"])
    machine = Machine.from_json(task["machine"])
    return meshes.orientations(Path(task["folder"]), params, machine)


def export(task: Mapping[str, Any]) -> None:
    """Write a finished mesh in another format."""
    from . import meshes

    meshes.export(Path(task["folder"]), task["ending"], task["name"])


def cut_outs(task: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The photos as full 3D would use them, to be looked at."""
    from . import solids

    return solids.answer_cut_outs(task)


def profiles(task: Mapping[str, Any]) -> Any:
    """What is asked about slicer profiles."""
    from . import profile_work

    return profile_work.answer(task)


_ANSWERS: dict[str, Callable[[Mapping[str, Any]], Any]] = {
    "cutout": cut_outs,
    "profiles": profiles,
    "open": open_source,
    "preview": preview,
    "layer": _layer("picture"),
    "layer_data": _layer("lines"),
    "orient": orient,
    "export": export,
}
