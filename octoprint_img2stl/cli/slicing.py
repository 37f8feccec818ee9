"""slice: a mesh becomes G-code."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

import click

from ..jobs import pipeline
from ..jobs.testprint import facts_of, piece_of
from ..machine import Machine
from ..process import Limits, machine_memory_bytes
from ..slicing.settings import SliceSettings
from .shared import (
    TIME_LIMIT_S,
    Bar,
    duration,
    existing,
    group,
    json_option,
    machine_options,
    slicers_of,
    slicing_of,
    slicing_options,
    telling,
    test_print_text,
)


@group.command(name="slice")
@click.argument("mesh", type=click.Path(path_type=Path))
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), required=True
)
@slicing_options
@machine_options
@json_option
def slice_(
    mesh: Path, output: Path, bed: str, nozzle: float, as_json: bool, **given: Any
) -> None:
    """Slice MESH into a G-code file, verified against the bed."""
    from ..mesh.load import load
    from ..mesh.place import place
    from ..mesh.stl import write_stl
    from ..slicing.chosen import choose

    with telling(as_json):
        machine = Machine.from_bed(bed, nozzle)
        settings = SliceSettings.from_json(slicing_of(given))
        chosen = choose(settings, slicers_of(given), given["profile"])
        slicer, settings = chosen.slicer, chosen.settings
        output.parent.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix=".img2stl-", dir=output.parent)).resolve()
        try:
            model = place(load(existing(mesh)))
            piece, said = piece_of(model, settings, machine)
            write_stl(piece.mesh if piece else model, scratch / pipeline.STL)
            work = scratch / "work"
            work.mkdir()
            with Bar(as_json) as bar:
                result = slicer.slice(
                    scratch / pipeline.STL,
                    scratch / pipeline.GCODE,
                    machine,
                    settings,
                    work=work,
                    limits=Limits(machine_memory_bytes() // 2, TIME_LIMIT_S),
                    profile=chosen.profile,
                    progress=lambda fraction: bar.show(100 * fraction, "slice"),
                    relief=False,
                )
            os.replace(scratch / pipeline.GCODE, output)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
        facts, problems = result.facts, [*chosen.problems, *said, *result.warnings]
        part = facts_of(piece, settings) if piece else None
    if as_json:
        answer = {
            "slicer": {"name": slicer.name, "version": result.version},
            "layers": len(facts.layers),
            "print_time_s": facts.print_time_s,
            "filament_mm": facts.filament_mm,
            "filament_g": facts.filament_g,
            "test_print": part,
            "problems": [problem.to_json() for problem in problems],
        }
        click.echo(json.dumps(answer))
    else:
        click.echo(
            f"{output}: {len(facts.layers)} layers, {duration(facts.print_time_s)}, "
            f"{facts.filament_mm / 1000:.2f} m filament"
        )
        if part:
            click.echo(test_print_text(part))
        for problem in problems:
            click.echo(f"{problem.severity}: {problem.message}", err=True)
