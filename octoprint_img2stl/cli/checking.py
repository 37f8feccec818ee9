"""check: can a mesh be printed?"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from ..jobs.params import MESH_ROUTE, Params
from ..jobs.store import MESH_LIMIT_BYTES, require_small
from ..machine import Machine
from ..problems import ERROR, Problem
from ..slicing.choices import QUALITIES, SUPPORTS
from .shared import (
    UNREADABLE,
    existing,
    group,
    json_option,
    machine_options,
    say,
    telling,
)


@group.command()
@click.argument("mesh", type=click.Path(path_type=Path))
@click.option("--quality", type=click.Choice(list(QUALITIES)), help="Layer height.")
@click.option("--supports", type=click.Choice(list(SUPPORTS)))
@click.option("--brim", type=float, help="Width, mm.")
@click.option(
    "--picture",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Draw the mesh into this PNG file, the problems coloured.",
)
@machine_options
@json_option
def check(
    mesh: Path,
    bed: str,
    nozzle: float,
    picture: Path | None,
    as_json: bool,
    **given: Any,
) -> None:
    """Say whether MESH can be printed: exit 0 printable, 1 problems, 2 not readable.

    It is taken as it is; `repair` repairs it first.
    """
    from ..jobs import mesh_views, meshes
    from ..mesh.load import load_any

    with telling(as_json, status=UNREADABLE):
        machine = Machine.from_bed(bed, nozzle)
        chosen = {name: value for name, value in given.items() if value is not None}
        params = Params.from_json({"route": MESH_ROUTE, "slicing": chosen})
        require_small(existing(mesh), MESH_LIMIT_BYTES, "mesh")
        loaded = load_any(existing(mesh))
        inspected = meshes.inspect(loaded.mesh, params, machine)
    facts = inspected.facts
    notes = [note.to_json() for note in loaded.notes]
    found = mesh_views.findings_json(loaded.mesh, inspected.findings)
    if picture is not None:
        mesh_views.draw_findings(loaded.mesh, inspected.findings, picture)
    bad = any(each["severity"] == ERROR for each in found)
    if as_json:
        told = {**facts.to_json(), "printable": not bad, "problems": [*notes, *found]}
        click.echo(json.dumps({"format": loaded.format, "unit": loaded.unit, **told}))
    else:
        width, depth, height = facts.size
        click.echo(
            f"{mesh}: {width:g} x {depth:g} x {height:g} mm, {facts.triangles} triangles, "
            f"{'watertight' if facts.watertight else 'not watertight'}"
        )
        for each in (*notes, *found):
            say(Problem.from_json(each), err=False)
        click.echo("Not printable as it is." if bad else "Printable.")
    sys.exit(1 if bad else 0)
