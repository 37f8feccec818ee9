"""Which step follows which, what each depends on and leaves behind.

A step is done again only when something it depends on changed: its *key* is a hash over its
own inputs and the key of the step before it. Resuming an interrupted job and remaking a
changed one are therefore the same thing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..machine import Machine
from ..problems import N_
from .model import Job
from .params import MESH_ROUTE, SOLID_ROUTE, Params

STL, GCODE, PREVIEW, REPORT = "model.stl", "model.gcode", "preview.png", "report.json"
LAYERS, LOG, VIEW = "layers.json", "log.txt", "view.json"
SUMMARY = "summary.json"  # of the layers, for the browser
WORK = "work"
SCRATCH = f"{WORK}/tmp"  # for what a worker needs for a moment
GREY, SLICED = f"{WORK}/photos.npz", f"{WORK}/sliced.gcode"
SLICED_FACTS = f"{WORK}/sliced.json"
LOADED, REPAIRED = f"{WORK}/loaded.npz", f"{WORK}/repaired.npz"
VIEWS = f"{WORK}/views"  # the photos as they are sent
VIEWS_FACTS = f"{VIEWS}/views.json"
REMOTE = f"{WORK}/remote"  # for what a driver keeps for a moment
EXPORTS = ("3mf", "obj", "ply", "glb")  # what a finished mesh can be had as besides STL
# All that can be had without a slicer was made then; that is worth having.
NO_SLICER = frozenset(
    {
        "slicing.not_installed",
        "slicing.bad_path",
        "slicing.not_a_slicer",
        "slicing.too_old",
        "slicing.no_definitions",
        "slicing.definitions_mismatch",
    }
)


@dataclass(frozen=True)
class Step:
    """One step of the way.

    Attributes:
        name: as in progress and reports.
        label: for people.
        weight: share of the progress bar, from times measured on ordinary photos.
        inputs: what it depends on besides the step before it, JSON-able.
        files: what must lie in the job's folder for the step to count as done.
    """

    name: str
    label: str
    weight: float
    inputs: Callable[[Params, Machine, str], Any]
    files: tuple[str, ...] = ()


def _photo_inputs(params: Params, machine: Machine, slicers: str) -> Any:
    # the whole relief: its size and shape decide how many pixels are worth keeping
    return [
        params.photo.to_json(),
        [each.to_json() for each in params.photos],
        params.relief.to_json(),
        machine.fingerprint(),
    ]


def _candidate(params: Params) -> list[int]:
    """Which solid a mesh of photos is; nothing where the mesh was brought."""
    return [] if params.solid is None else [params.solid.candidate]


def _repair_inputs(params: Params, machine: Machine, slicers: str) -> Any:
    mesh = params.mesh
    chosen = [mesh.repair_json(), machine.nozzle, *_candidate(params)]
    # what has no thickness gets one in millimetres as printed, so the size matters
    if mesh.openings == "thicken":
        chosen += [mesh.size_by, mesh.size, list(mesh.turn)]
    return chosen


def _check_inputs(params: Params, machine: Machine, slicers: str) -> Any:
    slicing = params.slicing
    # what supports take depends on the slicer
    chosen = [slicing.quality, slicing.supports, slicing.brim, slicing.slicer]
    if params.mesh is not None:
        chosen.append(params.anyway)
    if slicing.profile:  # whose layer heights count
        chosen += [list(slicing.over), slicers]
    return [machine.fingerprint(), *chosen]


_CHECK_AND_SLICE = (
    Step("check", N_("Checking the mesh"), 10, _check_inputs, (STL,)),
    Step(
        "slice",
        N_("Slicing"),
        55,
        lambda params, machine, slicers: [params.slicing.to_json(), slicers],
        (SLICED, SLICED_FACTS),
    ),
    Step(
        "gcode",
        N_("Verifying the G-code"),
        10,
        lambda params, machine, slicers: None,
        (GCODE, LAYERS, SUMMARY),
    ),
)
# of a photo
STEPS = (
    Step("photo", N_("Reading the photo"), 5, _photo_inputs, (GREY,)),
    Step(
        "relief",
        N_("Shaping the relief"),
        20,
        lambda params, machine, slicers: None,
        (STL, PREVIEW),
    ),
    *_CHECK_AND_SLICE,
)
# of a mesh that somebody else made
MESH_STEPS = (
    Step(
        "load",
        N_("Reading the model"),
        5,
        lambda params, machine, slicers: _candidate(params) or None,
        (LOADED,),
    ),
    Step("repair", N_("Repairing the mesh"), 25, _repair_inputs, (REPAIRED,)),
    Step(
        "prepare",
        N_("Getting the model ready"),
        10,
        lambda params, machine, slicers: [
            params.mesh.to_json(),
            machine.fingerprint(),
        ],
        (STL, PREVIEW),
    ),
    *_CHECK_AND_SLICE,
)
# of photos, before there is a mesh; done anew for every candidate, so that no key is needed
GENERATING_STEPS = tuple(
    Step(name, label, weight, lambda params, machine, slicers: None)
    for name, label, weight in (
        ("views", N_("Getting the photos ready"), 10),
        ("generate", N_("Making the solid"), 30),
        ("look", N_("Looking at the solid"), 10),
    )
)
EVERY_STEP = tuple(
    {step.name: step for step in (*STEPS, *GENERATING_STEPS, *MESH_STEPS)}.values()
)
OPENING_STEPS = ("load", "repair")  # of a mesh, before anything is chosen
SLICING_STEPS = ("slice", "gcode")
# what one step leaves only for the next; once that one is done it is not missed
CONSUMED_BY = {"photo": "relief", "slice": "gcode"}


def steps_of(route: str | None) -> tuple[Step, ...]:
    """The steps of a route, in order."""
    return MESH_STEPS if route in (MESH_ROUTE, SOLID_ROUTE) else STEPS


def keys(params: Params, machine: Machine, slicers: str = "") -> dict[str, str]:
    """The key of every step for these inputs.

    Args:
        params, machine: of the job.
        slicers: another text where another program or profile would slice.
    """
    found, before = {}, ""
    for step in steps_of(params.route):
        inputs = [before, step.inputs(params, machine, slicers)]
        before = hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()
        found[step.name] = before
    return found


def todo(
    job: Job, folder: Path, wanted: dict[str, str], *, slicing: bool = True
) -> list[str]:
    """Names of the steps still to be done, in order."""
    steps = steps_of(job.params.get("route"))
    names = [s.name for s in steps if slicing or s.name not in SLICING_STEPS]
    by_name = {step.name: step for step in steps}

    def stands(name: str) -> bool:
        record = job.steps.get(name)
        if record is None or record.key != wanted[name] or record.facts.get("refused"):
            return False
        if all((folder / file).is_file() for file in by_name[name].files):
            return True
        consumer = CONSUMED_BY.get(name)
        return consumer is not None and consumer in names and stands(consumer)

    for index, name in enumerate(names):
        if not stands(name):
            return names[index:]
    return []


def percent(steps: list[str], step: str, fraction: float) -> float:
    """Progress in percent over the steps of one run, `fraction` of `step` being done."""
    weights = {s.name: s.weight for s in EVERY_STEP if s.name in steps}
    before = sum(weights[name] for name in steps[: steps.index(step)])
    return (
        100
        * (before + weights[step] * min(max(fraction, 0.0), 1.0))
        / sum(weights.values())
    )
