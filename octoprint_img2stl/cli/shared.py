"""What the commands share: the group, options, sentences and exit codes, a progress bar."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from ..jobs import pipeline
from ..jobs.testprint import SCALED
from ..problems import N_, Problem, Refusal
from ..slicing.choices import AUTOMATIC, MATERIALS, QUALITIES, SUPPORTS, TEST_PRINTS
from ..slicing.cura.engine import CuraEngine
from ..slicing.owner_paths import OwnerPath, OwnerPaths
from ..slicing.registry import SLICERS

SLICING_OPTIONS = (
    "slicer", "material", "quality", "infill", "supports", "brim", "walls", "test_print",
    "scale_percent",
)  # fmt: skip
UNREADABLE, INTERRUPTED = 2, 130
TIME_LIMIT_S = 2 * 3600.0  # PrusaSlicer 2.3 has been seen to hang


class CommandRefused(Refusal):
    """A command was given something it cannot use."""


def options_of(*decorators: Callable) -> Callable:
    def apply(command: Callable) -> Callable:
        for decorator in reversed(decorators):
            command = decorator(command)
        return command

    return apply


machine_options = options_of(
    click.option(
        "--bed", default="220x220x250", show_default=True, help="Bed and height, mm."
    ),
    click.option("--nozzle", default=0.4, show_default=True, help="Nozzle diameter, mm."),
)
json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print JSON, nothing else."
)
slicing_options = options_of(
    click.option(
        "--slicer",
        type=click.Choice([AUTOMATIC, *SLICERS]),
        help="Which slicer; the one that is installed, if not given.",
    ),
    click.option(
        "--slicer-path", default="", help="Its program, if it is not in a usual place."
    ),
    click.option(
        "--cura-definitions",
        type=click.Path(exists=True, file_okay=False, path_type=Path),
        help="Folder of Cura's definition files, if they are not in a usual place.",
    ),
    click.option(
        "--profile",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help="Your own settings: what a slicer exported, or a G-code file it wrote.",
    ),
    click.option("--material", type=click.Choice(list(MATERIALS))),
    click.option("--quality", type=click.Choice(list(QUALITIES))),
    click.option("--infill", type=float, help="Percent."),
    click.option("--supports", type=click.Choice(list(SUPPORTS))),
    click.option("--brim", type=float, help="Width, mm."),
    click.option("--walls", type=int, help="Outlines per layer."),
    click.option(
        "--test-print",
        type=click.Choice(list(TEST_PRINTS)),
        help="What is printed to see how it comes out; default: none, the whole model.",
    ),
    click.option(
        "--scale-percent",
        type=float,
        help="Size of a scaled test print; 50 if not given.",
    ),
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def group() -> None:
    """Take a picture, get a thing: photo or 3D model to print."""


def slicing_of(given: dict[str, Any]) -> dict[str, Any]:
    chosen = {name: given[name] for name in SLICING_OPTIONS if given[name] is not None}
    if "scale_percent" in chosen:
        chosen.setdefault("test_print", SCALED)
    return chosen


def slicers_of(given: dict[str, Any]) -> OwnerPaths:
    """Where the owner has the slicers; the program is that of the slicer that is named."""
    named = given["slicer"] if given["slicer"] in SLICERS else next(iter(SLICERS))
    paths = {named: OwnerPath(absolute(given["slicer_path"]))}
    program = paths.get(CuraEngine.name, OwnerPath()).program
    folder = absolute(given["cura_definitions"])
    return {**paths, CuraEngine.name: OwnerPath(program, folder)}


def test_print_text(piece: dict[str, Any]) -> str:
    """The line that says of a G-code file that it is not the whole model."""
    width, depth, height = piece["size"]
    return f"Test print: {width:.3g} x {depth:.3g} x {height:.3g} mm"


def duration(seconds: float) -> str:
    minutes = round(seconds / 60)
    return f"{minutes // 60} h {minutes % 60:02d} min"


class telling:
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


class Bar:
    """A progress bar on a terminal, nothing elsewhere."""

    def __init__(self, quiet: bool) -> None:
        shown = not quiet and sys.stderr.isatty()
        self._labels = {step.name: step.label for step in pipeline.EVERY_STEP}
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

    def __enter__(self) -> Bar:
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


def existing(path: Path) -> Path:
    """The path made absolute, so that no name can pass for an option; it must be a file."""
    if not path.is_file():
        raise CommandRefused(
            "command.no_file",
            N_("There is no file %(path)s; check the name."),
            path=str(path),
        )
    return path.resolve()


def absolute(path: Path | str | None) -> str:
    return str(Path(path).resolve()) if path else ""


def say(problem: Problem, *, err: bool = True) -> None:
    """One line for a problem."""
    click.echo(f"{problem.severity}: {problem.message}", err=err)
