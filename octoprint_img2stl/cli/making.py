"""make: a photo, or a mesh, becomes files in a folder."""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path
from typing import Any

import click

from ..jobs import pipeline
from ..jobs.engine import Options
from ..jobs.generators import Generators
from ..jobs.kinds import kind_of
from ..jobs.model import MESH, PHOTO, Job, JobState
from ..jobs.params import FIRST_ROUTE, MESH_ROUTE, SOLID_ROUTE, Params
from ..jobs.store import (
    MESH_LIMIT_BYTES,
    PHOTO_LIMIT_BYTES,
    display_name,
    require_small,
)
from ..machine import Machine
from ..problems import N_, Problem, Refusal
from ..process import machine_memory_bytes
from ..relief import OPTIONS, PRESETS, ROUTES, SHAPES
from ..relief.options import Text
from ..solid3d.driver import ROLES
from .shared import (
    TIME_LIMIT_S,
    CommandRefused,
    absolute,
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
from .solids import generate, generators_of, solid_params
from .working import scratch_store, work

RESULTS = (pipeline.STL, pipeline.GCODE, pipeline.PREVIEW, pipeline.REPORT)
RELIEF_OPTIONS = (
    "shape",
    "width",
    "base",
    "relief_height",
    "border",
    "invert",
    "mirror",
    "contrast",
    "smoothing",
    "steps",
    "text",
    "max_error",
    "samples_per_mm",
)
PHOTO_OPTIONS = (
    "route", "preset", "height_min", "height_max", "budget", "turn", "crop", "roles",
    "endpoint",
)  # fmt: skip
# of the options for photos, those that full 3D has as well
SOLID_OPTIONS = ("route", "turn", "crop", "roles", "endpoint")
NOT_GIVEN = (None, False, ())
STL_START_BYTES, STL_TRIANGLE_BYTES = 84, 50


@group.command()
@click.argument("photo", type=click.Path(path_type=Path))
@click.argument("more_photos", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--route", type=click.Choice([*ROUTES, SOLID_ROUTE]), help="Default: relief."
)
@click.option("--preset", type=click.Choice(list(PRESETS)), help="A good start.")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True)
@click.option("--shape", type=click.Choice(list(SHAPES)))
@click.option("--width", type=float, help="Outer width, mm.")
@click.option("--height-min", type=float, help="Thinnest part (the base), mm.")
@click.option("--height-max", type=float, help="Thickest part, base included, mm.")
@click.option("--base", type=float, help="The same as --height-min.")
@click.option("--relief-height", type=float, help="What rises above the base, mm.")
@click.option("--border", type=float, help="Width of a border around, mm.")
@click.option("--invert/--no-invert", default=None, help="Swap bright and dark.")
@click.option("--mirror/--no-mirror", default=None, help="Swap left and right.")
@click.option("--contrast", type=float, help="1 leaves it as it is.")
@click.option("--smoothing", type=float, help="Sigma of the smoothing, mm.")
@click.option("--steps", type=int, help="Flat levels with upright walls; 0 for none.")
@click.option("--text", help="A line of letters.")
@click.option("--max-error", type=float, help="Of the mesh against the heightmap, mm.")
@click.option(
    "--samples-per-mm", type=float, help="Default: as fine as the nozzle can print."
)
@click.option("--budget", help="At most so many triangles (400k) or so large (20MB).")
@click.option(
    "--set",
    "more",
    multiple=True,
    metavar="NAME=VALUE",
    help="Any other setting of a relief or model, as in report.json; again for more.",
)
@click.option("--turn", type=int, default=0, help="Clockwise: 0, 90, 180, 270 degrees.")
@click.option("--crop", help="LEFT,TOP,RIGHT,BOTTOM as fractions of the photo.")
@click.option(
    "--role",
    "roles",
    multiple=True,
    type=click.Choice(ROLES),
    help="Full 3D: where the camera stood, once for each photo in their order.",
)
@click.option(
    "--endpoint",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Full 3D: a JSON file that describes the endpoint; its key in IMG2STL_SECRET.",
)
@click.option("--no-slice", is_flag=True, help="Stop after the mesh.")
@click.option(
    "--anyway",
    is_flag=True,
    help="Slice a 3D model although a check finds it unprintable.",
)
@slicing_options
@machine_options
@json_option
def make(
    photo: Path,
    more_photos: tuple[Path, ...],
    out: Path,
    bed: str,
    nozzle: float,
    as_json: bool,
    **given: Any,
) -> None:
    """Turn PHOTO into model.stl, model.gcode, preview.png and report.json in the folder --out.

    MORE_PHOTOS are for shapes that show several and for full 3D (--route solid3d); --turn and
    --crop are for the first. PHOTO may be a 3D model as well: it is repaired, made ready
    (--width, --set) and sliced.
    """
    with telling(as_json):
        machine = Machine.from_bed(bed, nozzle)
        photos = (photo, *more_photos)
        params = _mesh_params(given) if _kind(photos) == MESH else _params(given)
        makers = generators_of(given["endpoint"])
        out = out.resolve()  # the worker has another working directory
        made_out = not out.exists()
        out.mkdir(parents=True, exist_ok=True)
        try:
            job, report = _make(
                photos, out, params, machine, given, makers, quiet=as_json
            )
        finally:
            if made_out and not any(out.iterdir()):
                out.rmdir()
        if job.state is JobState.FAILED:
            raise Refusal.of(Problem.from_json(job.problem))
        if as_json:
            click.echo(json.dumps(report, indent=1))
        else:
            _print_report(report, out)
        if job.problem:  # made, but not all that was asked for
            sys.exit(1)


def _make(
    photos: tuple[Path, ...],
    out: Path,
    params: Params,
    machine: Machine,
    given: dict[str, Any],
    makers: Generators,
    *,
    quiet: bool,
) -> tuple[Job, dict[str, Any]]:
    memory = machine_memory_bytes() // 2
    with scratch_store(out, memory) as (store, warm):
        kind = MESH if params.route == MESH_ROUTE else PHOTO
        job = store.create(photos[0], photos[0].name, "", move=False, kind=kind)
        folder = store.path(job.id)
        if kind == PHOTO:
            opened = warm.ask({"do": "open", "folder": str(folder)})
            job.notices, job.photo = opened.pop("notices"), opened
            for photo in photos[1:]:
                number = store.take_photo(job, photo, move=False)
                task = {"do": "open", "folder": str(folder), "number": number}
                job.add_photo(number, display_name(photo.name), warm.ask(task))
        warm.close()
        job.params, job.machine = params.to_json(), machine.to_json()
        job.match_photos()
        options = Options(
            memory_bytes=memory,
            time_s=TIME_LIMIT_S,
            slicers=slicers_of(given),
            profile=absolute(given["profile"]) or None,
            slicing=not given["no_slice"],
            guess=True,
        )
        if params.solid is not None:
            generate(job, store, options, makers, quiet=quiet)
        if job.state is not JobState.FAILED:
            work(job, store, options, quiet=quiet)
        report: dict[str, Any] = {}
        if (folder / pipeline.REPORT).is_file():
            report = json.loads((folder / pipeline.REPORT).read_text())
        if job.state is not JobState.FAILED or "check" in job.steps:
            for name in RESULTS:
                if (folder / name).is_file():
                    os.replace(folder / name, out / name)
                else:  # of an earlier run, no longer true
                    (out / name).unlink(missing_ok=True)
        return job, report


def _kind(files: tuple[Path, ...]) -> str:
    """Whether a photo or a mesh is to be made; refuses what cannot be used at all."""
    kind = kind_of(existing(files[0]), files[0].name)
    limit = MESH_LIMIT_BYTES if kind == MESH else PHOTO_LIMIT_BYTES
    if kind == MESH and len(files) > 1:
        raise CommandRefused(
            "command.one_mesh",
            N_("One 3D model at a time; %(count)s files were given."),
            count=len(files),
        )
    for each in files:
        require_small(existing(each), limit, kind)
    return kind


def _mesh_params(given: dict[str, Any]) -> Params:
    """Parameters of a mesh; options that only a relief has are refused."""
    for name in (*RELIEF_OPTIONS, *PHOTO_OPTIONS):
        if name not in ("width", "max_error") and given[name] not in NOT_GIVEN:
            raise CommandRefused(
                "command.only_for_photos",
                N_("--%(option)s is for photos; a 3D model has no such setting."),
                option=name.replace("_", "-"),
            )
    mesh: dict[str, Any] = {}
    if given["width"] is not None:
        mesh.update(size_by="x", size=given["width"])
    if given["max_error"] is not None:
        mesh["max_error"] = given["max_error"]
    for setting in given["more"]:
        name, value = _setting(setting)
        mesh[name] = value
    return Params.from_json(
        {
            "route": MESH_ROUTE,
            "mesh": mesh,
            "slicing": slicing_of(given),
            "anyway": given["anyway"],
        }
    )


def _params(given: dict[str, Any]) -> Params:
    """The job's parameters from the command line, validated like those of the browser."""
    if given["route"] == SOLID_ROUTE:
        return _solid_params(given)
    _only_for_full_3d(given)
    start = Params.defaults(given["route"] or FIRST_ROUTE)
    if given["preset"]:
        start = Params.preset(given["preset"])
        if given["route"] not in (None, start.route):
            raise CommandRefused(
                "command.preset_route",
                N_("The preset %(preset)s has the route %(route)s; leave --route out."),
                preset=given["preset"],
                route=start.route,
            )
    relief = start.relief.to_json()
    relief.pop("route")
    relief.update(
        {name: given[name] for name in RELIEF_OPTIONS if given[name] is not None}
    )
    if given["height_min"] is not None:
        relief["base"] = given["height_min"]
    if given["height_max"] is not None:
        relief["relief_height"] = given["height_max"] - relief["base"]
    if given["budget"] is not None:
        relief["budget"] = _budget(given["budget"])
    for setting in given["more"]:
        name, value = _setting(setting)
        relief[name] = value
    return Params.from_json(
        {
            "route": start.route,
            "photo": _photo(given),
            "relief": relief,
            "slicing": slicing_of(given),
        }
    )


def _photo(given: dict[str, Any]) -> dict[str, Any]:
    """How the first photo is laid."""
    crop = given["crop"]
    return {
        "turn_deg": given["turn"],
        **({} if crop is None else {"crop": crop.split(",")}),
    }


def _solid_params(given: dict[str, Any]) -> Params:
    """Parameters of full 3D; options that only a relief has are refused."""
    for name in (*RELIEF_OPTIONS, *PHOTO_OPTIONS):
        if name not in SOLID_OPTIONS and given[name] not in NOT_GIVEN:
            raise CommandRefused(
                "command.only_for_reliefs",
                N_("--%(option)s is for reliefs; full 3D has no such setting."),
                option=name.replace("_", "-"),
            )
    return solid_params(
        [_setting(setting) for setting in given["more"]],
        given["roles"],
        _photo(given),
        slicing_of(given),
        remote=given["endpoint"] is not None,
        anyway=given["anyway"],
    )


def _only_for_full_3d(given: dict[str, Any]) -> None:
    for name in ("roles", "endpoint"):
        if given[name] not in NOT_GIVEN:
            raise CommandRefused(
                "command.only_for_full_3d",
                N_("--%(option)s is for full 3D; add --route solid3d."),
                option=name.rstrip("s"),
            )


def _setting(text: str) -> tuple[str, Any]:
    """Name and value of ``NAME=VALUE``: JSON, or a word that needs no quotes."""
    name, equals, value = (part.strip() for part in text.partition("="))
    if not equals:
        raise CommandRefused(
            "command.setting_unreadable",
            N_("The setting %(setting)s is not readable; write it as NAME=VALUE."),
            setting=text[:40],
        )
    try:
        found = json.loads(value)
    except ValueError:
        return name, value
    # A text may well be a number, such as a year.
    is_text = isinstance(OPTIONS.get(name), Text)
    return name, value if is_text and not isinstance(found, str) else found


def _budget(text: str) -> int | None:
    """Triangles from ``400000``, ``400k``, ``20MB`` or ``none``."""
    if text.strip().lower() == "none":
        return None
    match = re.fullmatch(
        r"\s*(\d{1,12}(?:\.\d{1,12})?)\s*(k|m|mb)?\s*", text, re.ASCII | re.IGNORECASE
    )
    if not match:
        raise CommandRefused(
            "command.budget_unreadable",
            N_(
                "The budget %(budget)s is not readable; write it as 400k (triangles) or "
                "20MB."
            ),
            field="relief.budget",
            budget=text[:40],
        )
    unit = (match[2] or "").lower()
    if unit == "mb":
        return int((float(match[1]) * 1e6 - STL_START_BYTES) / STL_TRIANGLE_BYTES)
    return int(float(match[1]) * {"": 1, "k": 1e3, "m": 1e6}[unit])


def _print_report(report: dict[str, Any], out: Path) -> None:
    width, depth, height = report["size"]
    click.echo(f"{out / pipeline.STL}: {width:g} x {depth:g} x {height:g} mm, ", nl=False)
    click.echo(f"{report['triangles']} triangles, {report['volume'] / 1000:.1f} cm3")
    if report["layers"]:
        click.echo(
            f"{out / pipeline.GCODE}: {report['layers']} layers, "
            f"{duration(report['print_time_s'])}, "
            f"{report['filament_mm'] / 1000:.2f} m filament"
        )
        if report["test_print"]:
            click.echo(test_print_text(report["test_print"]))
    for problem in report["problems"]:
        click.echo(f"{problem['severity']}: {problem['message']}", err=True)
