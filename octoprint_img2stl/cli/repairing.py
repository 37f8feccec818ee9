"""repair: any mesh becomes a watertight, manifold solid."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from ..jobs import pipeline, report
from ..jobs.engine import Goal, Options
from ..jobs.model import MESH, Job, JobState
from ..jobs.params import MESH_ROUTE, Params
from ..jobs.store import MESH_LIMIT_BYTES, require_small
from ..machine import Machine
from ..mesh.settings import CAVITIES, OPENINGS, UNITS, UPS
from ..mesh.words import stage_label
from ..problems import N_, Problem, Refusal
from ..process import machine_memory_bytes
from .shared import (
    TIME_LIMIT_S,
    CommandRefused,
    existing,
    group,
    json_option,
    machine_options,
    say,
    telling,
)
from .working import scratch_store, work

WRITTEN = ("stl", *pipeline.EXPORTS)


@group.command()
@click.argument("mesh", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="Its ending decides on the format: " + ", ".join(WRITTEN) + ".",
)
@click.option("--unit", type=click.Choice(list(UNITS)), help="Of the file's numbers.")
@click.option("--up", type=click.Choice(list(UPS)), help="The file's upward axis.")
@click.option("--openings", type=click.Choice(list(OPENINGS)), help="Of open sheets.")
@click.option("--sheet", type=float, help="Thickness of what has none, mm.")
@click.option("--cavities", type=click.Choice(list(CAVITIES)), help="Sealed hollows.")
@click.option("--keep-floaters", is_flag=True, help="Keep small loose parts.")
@machine_options
@json_option
def repair(
    mesh: Path, output: Path, bed: str, nozzle: float, as_json: bool, **given: Any
) -> None:
    """Repair MESH into OUTPUT: exit 0 done, 1 beyond repair or not readable.

    Says which stage of the repair made it, and how much that changed. The original stays;
    3MF, PLY and GLB keep its colours.
    """
    with telling(as_json):
        machine = Machine.from_bed(bed, nozzle)
        chosen = {name: value for name, value in given.items() if value is not None}
        params = Params.from_json({"route": MESH_ROUTE, "mesh": chosen})
        ending = output.suffix.lower().lstrip(".")
        if ending not in WRITTEN:
            raise CommandRefused(
                "command.unknown_ending",
                N_("%(name)s has no ending that can be written; use one of %(endings)s."),
                name=output.name,
                endings=", ".join(WRITTEN),
            )
        require_small(existing(mesh), MESH_LIMIT_BYTES, MESH)
        output.parent.mkdir(parents=True, exist_ok=True)
        job = _repaired(existing(mesh), output.resolve(), params, machine, quiet=as_json)
    done = report.repair_of(job)
    triangles = job.facts("repair")["triangles"]
    if as_json:
        click.echo(json.dumps({**job.mesh, "repair": done, "repaired": triangles}))
        return
    click.echo(f"{output}: {triangles} triangles, {stage_label(done['stage'])}")
    for change in done["changes"]:
        say(Problem.from_json(change), err=False)
    click.echo(
        f"lost {done['lost_percent']:g} %, added {done['added_percent']:g} % of the "
        f"surface; largest move {done['largest_move']:g} mm"
    )


def _repaired(
    mesh: Path, output: Path, params: Params, machine: Machine, *, quiet: bool
) -> Job:
    """Repair in a worker process with its limits, then write the result."""
    from ..jobs.meshes import coloured
    from ..mesh.formats.write import write

    memory = machine_memory_bytes() // 2
    with scratch_store(output.parent, memory) as (store, warm):
        job = store.create(mesh, mesh.name, "", move=False, kind=MESH)
        job.params, job.machine = params.to_json(), machine.to_json()
        options = Options(memory_bytes=memory, time_s=TIME_LIMIT_S)
        work(job, store, options, quiet=quiet, goal=Goal.OPEN)
        if job.state is not JobState.DRAFT:
            raise Refusal.of(Problem.from_json(job.problem))
        made, colours = coloured(store.path(job.id))
        ending = output.suffix.lower().lstrip(".")
        write(made, output, ending, name=job.name, colours=colours)
        return job
