"""Slicing a model file that belongs to no job, in a worker process of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..files import write_json
from ..machine import Machine
from ..mesh.settings import MeshSettings
from ..problems import Problem, Refusal
from ..slicing.owner_paths import paths_to_json
from ..slicing.running import publish
from ..slicing.settings import SliceSettings
from .engine import Options, run_worker
from .params import Params
from .pipeline import GCODE, PREVIEW, STL
from .worker import TASK_FILE

if TYPE_CHECKING:
    from .steps import Context

PREVIEW_PX = 300  # the largest of the pictures in the G-code
SOURCE = "mesh"  # with the ending of the model's name: `meshes.source_of` finds it
# Which part of the progress is which step's; reading takes a tenth of the time or less.
SHARES = {"model": (0.0, 0.1), "slice": (0.1, 0.97), "gcode": (0.97, 1.0)}


@dataclass(frozen=True)
class SlicedFile:
    """What is known of the G-code.

    Attributes:
        analysis: as OctoPrint's own would find.
        problems: what the owner should know.
    """

    analysis: dict[str, Any]
    problems: tuple[Problem, ...]


def slice_file(
    model: Path,
    gcode: Path,
    folder: Path,
    machine: Machine,
    settings: SliceSettings,
    options: Options,
    *,
    name: str,
    progress: Callable[[float], None],
    cancelled: Callable[[], bool],
) -> SlicedFile:
    """Slice a model of any format that `mesh.load` reads, in the bed's middle.

    Args:
        model: the file, which is only read.
        gcode: where the verified G-code goes, in one step; untouched where this raises.
        folder: an existing empty folder for what is needed on the way; the caller removes it.
        machine, settings: as for `Slicer.slice`.
        options: limits and paths.
        name: what to call the model in sentences.
        progress: called with a fraction that never falls.
        cancelled: asked several times a second.

    Raises:
        Refusal: what `mesh` or `slicing` said, how the worker ended, or ``jobs.cancelled``.
        OSError: the G-code cannot be put in its place.
    """
    (folder / f"{SOURCE}{model.suffix.lower()}").symlink_to(model.absolute())
    params = Params(mesh=MeshSettings(), slicing=settings)
    task = {
        "params": params.to_json(),
        "machine": machine.to_json(),
        "steps": list(SHARES),
        "slicers": paths_to_json(options.slicers),
        "profile": options.profile,
        "profiles": options.profiles,
        "paces": options.paces,
        "slicer_memory_bytes": options.memory_bytes,
        "slicer_time_s": options.time_s,
        "name": name,
    }
    write_json(folder / TASK_FILE, task)
    problems: list[Problem] = []
    found: dict[str, Any] = {}

    def heard(event: dict[str, Any]) -> None:
        begin, end = SHARES[event["step"]]
        if event["event"] == "done":
            found.update(event["facts"])
            told = event["facts"].get("problems", ())
            problems.extend(Problem.from_json(each) for each in told)
            progress(end)
        elif event["event"] == "progress":
            progress(begin + (end - begin) * event["fraction"])

    refused = run_worker(folder, options, heard, cancelled)
    if refused is not None:
        raise Refusal.of(refused)
    publish(folder / GCODE, gcode)
    return SlicedFile(found["analysis"], tuple(problems))


def place_model(ctx: Context) -> dict[str, Any]:
    """The worker's step before the slicer's: any format becomes an STL standing on z = 0."""
    from ..mesh.draw import draw
    from ..mesh.load import load_any
    from ..mesh.place import place
    from ..mesh.stl import write_stl
    from .meshes import source_of

    source = source_of(ctx.folder, ctx.params)
    loaded = load_any(source, name=ctx.task.name or None, prusaslicer=ctx.prusaslicer)
    placed = place(loaded.mesh)
    write_stl(placed, ctx.folder / STL)
    draw(placed, PREVIEW_PX).save(ctx.folder / PREVIEW)
    return {"problems": [problem.to_json() for problem in loaded.notes]}
