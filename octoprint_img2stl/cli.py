"""The commands, the same as `python -m octoprint_img2stl …` and `octoprint plugins img2stl:…`.

Exit codes: 0 all went well, 1 refused, failed or not printable, 2 wrong usage or (check) not
readable, 130 interrupted.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from .jobs import pipeline
from .jobs.model import Job, JobState
from .jobs.params import FIRST_ROUTE, Params
from .jobs.store import PHOTO_LIMIT_BYTES, JobStore, display_name, require_small
from .machine import Machine
from .problems import ERROR, N_, Problem, Refusal
from .process import Limits, machine_memory_bytes
from .relief import OPTIONS, PRESETS, ROUTES, SHAPES
from .relief.options import Text
from .slicing.choices import MATERIALS, QUALITIES, SUPPORTS
from .slicing.registry import SLICERS
from .slicing.settings import SliceSettings

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
STL_START_BYTES, STL_TRIANGLE_BYTES = 84, 50
SLICING_OPTIONS = ("slicer", "material", "quality", "infill", "supports", "brim", "walls")
UNREADABLE, INTERRUPTED = 2, 130
TIME_LIMIT_S = 2 * 3600.0  # PrusaSlicer 2.3 has been seen to hang


class CommandRefused(Refusal):
    """A command was given something it cannot use."""


# -- options that commands share ------------------------------------------------------------


def _options(*decorators: Callable) -> Callable:
    def apply(command: Callable) -> Callable:
        for decorator in reversed(decorators):
            command = decorator(command)
        return command

    return apply


machine_options = _options(
    click.option(
        "--bed", default="220x220x250", show_default=True, help="Bed and height, mm."
    ),
    click.option("--nozzle", default=0.4, show_default=True, help="Nozzle diameter, mm."),
)
json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print JSON, nothing else."
)
slicing_options = _options(
    click.option("--slicer", type=click.Choice(list(SLICERS)), help="Which slicer."),
    click.option(
        "--slicer-path", default="", help="Its program, if it is not in a usual place."
    ),
    click.option(
        "--profile",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help="Your own settings, exported from the slicer as one .ini file.",
    ),
    click.option("--material", type=click.Choice(list(MATERIALS))),
    click.option("--quality", type=click.Choice(list(QUALITIES))),
    click.option("--infill", type=float, help="Percent."),
    click.option("--supports", type=click.Choice(list(SUPPORTS))),
    click.option("--brim", type=float, help="Width, mm."),
    click.option("--walls", type=int, help="Outlines per layer."),
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def group() -> None:
    """Take a picture, get a thing: photo to relief or lithophane to print."""


# -- make -----------------------------------------------------------------------------------


@group.command()
@click.argument("photo", type=click.Path(path_type=Path))
@click.argument("more_photos", nargs=-1, type=click.Path(path_type=Path))
@click.option("--route", type=click.Choice(list(ROUTES)), help="Default: relief.")
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
    help="Any other setting of a relief, as in report.json; again for more.",
)
@click.option("--turn", type=int, default=0, help="Clockwise: 0, 90, 180, 270 degrees.")
@click.option("--crop", help="LEFT,TOP,RIGHT,BOTTOM as fractions of the photo.")
@click.option("--no-slice", is_flag=True, help="Stop after the mesh.")
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

    MORE_PHOTOS are for shapes that show several; --turn and --crop are for the first.
    """
    with _telling(as_json):
        machine = Machine.from_bed(bed, nozzle)
        params = _params(given)
        photos = (photo, *more_photos)
        for each in photos:
            require_small(_existing(each), PHOTO_LIMIT_BYTES)
        out = out.resolve()  # the worker has another working directory
        made_out = not out.exists()
        out.mkdir(parents=True, exist_ok=True)
        try:
            job, report = _make(photos, out, params, machine, given, quiet=as_json)
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
    *,
    quiet: bool,
) -> tuple[Job, dict[str, Any]]:
    from .jobs.engine import Options, execute
    from .jobs.warm import WarmWorker

    scratch = Path(tempfile.mkdtemp(prefix=".img2stl-", dir=out))
    memory = machine_memory_bytes() // 2
    warm = WarmWorker(scratch, lambda: memory, lambda: 60.0)
    try:
        store = JobStore(scratch / "jobs")
        job = store.create(photos[0], photos[0].name, "", move=False)
        folder = store.path(job.id)
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
            slicer_path=_absolute(given["slicer_path"]),
            profile=_absolute(given["profile"]) or None,
            slicing=not given["no_slice"],
        )
        with _Bar(quiet) as bar:
            execute(
                job,
                folder,
                options,
                save=store.save,
                progress=lambda job: bar.show(job.percent, job.step),
                cancelled=lambda: False,
            )
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
    finally:
        warm.close()
        shutil.rmtree(scratch, ignore_errors=True)


def _params(given: dict[str, Any]) -> Params:
    """The job's parameters from the command line, validated like those of the browser."""
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
    photo: dict[str, Any] = {"turn_deg": given["turn"]}
    if given["crop"] is not None:
        photo["crop"] = given["crop"].split(",")
    return Params.from_json(
        {
            "route": start.route,
            "photo": photo,
            "relief": relief,
            "slicing": _slicing(given),
        }
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


def _slicing(given: dict[str, Any]) -> dict[str, Any]:
    return {name: given[name] for name in SLICING_OPTIONS if given[name] is not None}


def _print_report(report: dict[str, Any], out: Path) -> None:
    width, depth, height = report["size"]
    click.echo(f"{out / pipeline.STL}: {width:g} x {depth:g} x {height:g} mm, ", nl=False)
    click.echo(f"{report['triangles']} triangles, {report['volume'] / 1000:.1f} cm3")
    if report["layers"]:
        click.echo(
            f"{out / pipeline.GCODE}: {report['layers']} layers, "
            f"{_duration(report['print_time_s'])}, "
            f"{report['filament_mm'] / 1000:.2f} m filament"
        )
    for problem in report["problems"]:
        click.echo(f"{problem['severity']}: {problem['message']}", err=True)


def _duration(seconds: float) -> str:
    minutes = round(seconds / 60)
    return f"{minutes // 60} h {minutes % 60:02d} min"


# -- check ----------------------------------------------------------------------------------


@group.command()
@click.argument("mesh", type=click.Path(path_type=Path))
@machine_options
@json_option
def check(mesh: Path, bed: str, nozzle: float, as_json: bool) -> None:
    """Say whether MESH can be printed: exit 0 printable, 1 problems, 2 not readable."""
    from .mesh.checks import run_checks
    from .mesh.load import load

    with _telling(as_json, status=UNREADABLE):
        machine = Machine.from_bed(bed, nozzle)
        facts, problems = run_checks(load(_existing(mesh)), machine)
    bad = any(problem.severity == ERROR for problem in problems)
    if as_json:
        found = [problem.to_json() for problem in problems]
        click.echo(
            json.dumps({**facts.to_json(), "printable": not bad, "problems": found})
        )
    else:
        width, depth, height = facts.size
        click.echo(
            f"{mesh}: {width:g} x {depth:g} x {height:g} mm, {facts.triangles} triangles, "
            f"{'watertight' if facts.watertight else 'not watertight'}"
        )
        for problem in problems:
            click.echo(f"{problem.severity}: {problem.message}")
        click.echo("Not printable as it is." if bad else "Printable.")
    sys.exit(1 if bad else 0)


# -- slice ----------------------------------------------------------------------------------


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
    from .mesh.load import load
    from .mesh.place import place
    from .mesh.stl import write_stl
    from .slicing.profile_file import read_profile
    from .slicing.registry import find

    with _telling(as_json):
        machine = Machine.from_bed(bed, nozzle)
        settings = SliceSettings.from_json(_slicing(given))
        slicer = find(settings.slicer, _absolute(given["slicer_path"]) or None)
        profile, problems = None, ()
        if given["profile"]:
            profile, problems = read_profile(given["profile"], own_gcode=True)
        output.parent.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix=".img2stl-", dir=output.parent)).resolve()
        try:
            write_stl(place(load(_existing(mesh))), scratch / pipeline.STL)
            work = scratch / "work"
            work.mkdir()
            with _Bar(as_json) as bar:
                result = slicer.slice(
                    scratch / pipeline.STL,
                    scratch / pipeline.GCODE,
                    machine,
                    settings,
                    work=work,
                    limits=Limits(machine_memory_bytes() // 2, TIME_LIMIT_S),
                    profile=profile,
                    progress=lambda fraction: bar.show(100 * fraction, "slice"),
                    relief=False,
                )
            os.replace(scratch / pipeline.GCODE, output)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
        facts, problems = result.facts, [*problems, *result.warnings]
    if as_json:
        answer = {
            "slicer": {"name": slicer.name, "version": result.version},
            "layers": len(facts.layers),
            "print_time_s": facts.print_time_s,
            "filament_mm": facts.filament_mm,
            "filament_g": facts.filament_g,
            "problems": [problem.to_json() for problem in problems],
        }
        click.echo(json.dumps(answer))
    else:
        click.echo(
            f"{output}: {len(facts.layers)} layers, {_duration(facts.print_time_s)}, "
            f"{facts.filament_mm / 1000:.2f} m filament"
        )
        for problem in problems:
            click.echo(f"{problem.severity}: {problem.message}", err=True)


# -- helpers --------------------------------------------------------------------------------


def commands() -> list[click.Command]:
    """All commands, for OctoPrint's command line."""
    return list(group.commands.values())


class _telling:
    """Turn a refusal into one sentence and an exit code."""

    def __init__(self, as_json: bool, status: int = 1) -> None:
        self._as_json, self._status = as_json, status

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: Any, error: Any, traceback: Any) -> None:
        if isinstance(error, Refusal):
            if self._as_json:
                click.echo(json.dumps({"problem": error.problem.to_json()}))
            else:
                click.echo(f"{error.problem.message} [{error.code}]", err=True)
            sys.exit(self._status)
        if isinstance(error, KeyboardInterrupt):
            click.echo("Interrupted; nothing was written.", err=True)
            sys.exit(INTERRUPTED)


class _Bar:
    """A progress bar on a terminal, nothing elsewhere."""

    def __init__(self, quiet: bool) -> None:
        shown = not quiet and sys.stderr.isatty()
        self._labels = {step.name: step.label for step in pipeline.STEPS}
        self._bar = (
            click.progressbar(
                length=1000,
                file=sys.stderr,
                show_eta=False,
                item_show_func=lambda step: self._labels.get(step or "", ""),
            )
            if shown
            else None
        )
        self._at = 0

    def __enter__(self) -> _Bar:
        if self._bar:
            self._bar.__enter__()
        return self

    def __exit__(self, *args: Any) -> None:
        if self._bar:
            self._bar.__exit__(*args)

    def show(self, percent: float, step: str | None) -> None:
        if self._bar:
            at = max(self._at, int(10 * percent))
            self._bar.update(at - self._at, step)
            self._at = at


def _existing(path: Path) -> Path:
    """The path made absolute, so that no name can pass for an option; it must be a file."""
    if not path.is_file():
        raise CommandRefused(
            "command.no_file",
            N_("There is no file %(path)s; check the name."),
            path=str(path),
        )
    return path.resolve()


def _absolute(path: Path | str | None) -> str:
    return str(Path(path).resolve()) if path else ""
