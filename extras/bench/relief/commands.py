"""How each tool is had and what it is asked."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import ours
from environments import NotInstalled, debian, libraries, venv
from job import BASE, RELIEF, WIDTH, Job

Install = Callable[[], str]
Ask = Callable[[str, Job], "Command"]

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
DRIVERS = HERE / "drivers"


@dataclass(frozen=True)
class Command:
    """A command line, what it needs in its environment, and its STL if it names it itself."""

    line: list[str]
    env: dict[str, str] = field(default_factory=dict)
    out: Path | None = None


def driver(name: str, *more: str) -> Ask:
    def command(python: str, job: Job) -> Command:
        return Command([python, str(DRIVERS / name), *job.arguments(), *more])

    return command


def pip(name: str, *requirements: str, **more) -> Install:
    return lambda: str(venv(name, *requirements, **more))


def here() -> str:
    return sys.executable


def make(python: str, job: Job) -> Command:
    chosen = ours.cli_arguments(
        job.picture, job.size_px, WIDTH, BASE, RELIEF, job.max_error, job.photo
    )
    folder = job.out.with_suffix("")
    line = [python, "-m", "octoprint_img2stl", *chosen, "--out", str(folder)]
    return Command(line, {"PYTHONPATH": str(ROOT)}, folder / "model.stl")


def engine(python: str, job: Job, heights: Path | None = None) -> Command:
    """Ours without the command; `heights` is where to leave those of the mesh's nodes."""
    more = ["photo" if job.photo else "pixels", *([str(heights)] if heights else [])]
    return Command([python, str(HERE / "ours.py"), *job.arguments(), *more])


def mesh(python: str, job: Job) -> Command:
    return Command([python, str(HERE / "ours.py"), *job.arguments(), "mesh"])


def delatin(python: str, job: Job) -> Command:
    name = "by_delatin_photo.py" if job.photo else "by_delatin.py"
    return Command([python, str(DRIVERS / name), *job.arguments()])


def find_hmm() -> str:
    path = os.environ.get("HMM") or shutil.which("hmm")
    if not path or not os.access(path, os.X_OK):
        raise NotInstalled(
            "give --hmm PATH, the program built as its README says "
            "(https://github.com/fogleman/hmm; needs a C++ compiler and libglm-dev)"
        )
    return path


def hmm(program: str, job: Job) -> Command:
    z = RELIEF / job.pitch
    scale = ["-z", str(z), "-e", str(job.max_error / RELIEF), "-b", str(BASE / RELIEF)]
    return Command([program, "-q", "--invert", *scale, str(job.picture), str(job.out)])


def find_program(name: str, dependencies: bool = False) -> Install:
    def find() -> str:
        found = shutil.which(name)
        if found:
            return found
        return str(debian(name, name, dependencies=dependencies) / "usr" / "bin" / name)

    return find


def _unpacked(program: str) -> dict[str, str]:
    inside = str(HERE) in program
    return libraries(Path(program).parents[2]) if inside else {}


def png23d(program: str, job: Job) -> Command:
    wanted = ["-f", "surface", "-O", "0", "-o", "stl", "-l", "256", "-t", "x"]
    size = ["-w", f"{WIDTH:g}", "-d", f"{RELIEF:g}"]
    return Command([program, *wanted, *size, str(job.picture), str(job.out)])


def openscad(program: str, job: Job) -> Command:
    line = [program, "-o", str(job.out), "--export-format", "binstl"]
    line += ["-D", f'picture="{job.picture}"', "-D", f"pitch={job.pitch!r}"]
    line += ["-D", f"relief={RELIEF}", str(DRIVERS / "surface.scad")]
    return Command(line, _unpacked(program))


def cura_parts() -> str:
    debian("cura", "cura", "python3-uranium")
    return str(venv("cura", "PyQt5", "numpy<1.24", "scipy<1.11"))


def cura(python: str, job: Job) -> Command:
    root = debian("cura", "cura", "python3-uranium")
    env = {
        "PYTHONPATH": str(root / "usr/lib/python3/dist-packages"),
        "CURA_IMAGE_READER": str(root / "usr/lib/cura/plugins/ImageReader"),
        "QT_QPA_PLATFORM": "offscreen",
    }
    return Command([python, str(DRIVERS / "by_cura.py"), *job.arguments()], env)
