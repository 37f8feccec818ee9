"""The tools that are compared."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from environments import NotInstalled, debian, libraries, venv

DRIVERS = Path(__file__).resolve().parent / "drivers"
# What is run: the words of a command, with the places of the two files in it, and what it
# needs in its environment. A driver also gets the place of its report.
Command = tuple[list[str], dict[str, str]]


@dataclass(frozen=True)
class Tool:
    """One row.

    Attributes:
        about: what is run, for the table's footnotes.
        install: returns the command with IN, OUT and REPORT for the files; raises
            `NotInstalled`.
        whole: whether the costs are those of the whole process, files read and written,
            for it is a program and not a library.
        lowers: whether it puts the lowest point at z = 0; that is undone before distances
            are measured.
    """

    name: str
    about: str
    install: Callable[[], Command]
    whole: bool = False
    lowers: bool = False


def driver(name: str, *arguments: str, needs: tuple[str, ...] = ()) -> Callable:
    """A driver in an environment of its own, or in ours if it needs nothing."""

    def install() -> Command:
        where = name.removeprefix("by_").removesuffix(".py")
        python = venv(f"repair-{where}", *needs) if needs else Path(sys.executable)
        words = [str(python), str(DRIVERS / name), "IN", "OUT", "REPORT", *arguments]
        return words, {}

    return install


def program(name: str, *arguments: str) -> Callable:
    """A program on the PATH, or out of the Debian package of that name."""

    def install() -> Command:
        found, more = shutil.which(name), {}
        if not found:
            root = debian(name, name, dependencies=True)
            found, more = str(root / "usr" / "bin" / name), libraries(root)
            if not Path(found).is_file():
                raise NotInstalled(f"the package has no {found}")
        return [found, *arguments], more

    return install


def slicer() -> str:
    """PrusaSlicer's program.

    Raises:
        NotInstalled: it is not on the PATH.
    """
    for name in ("prusa-slicer", "PrusaSlicer"):
        if shutil.which(name):
            return shutil.which(name)
    raise NotInstalled("PrusaSlicer is not on the PATH")


def by_slicer() -> Command:
    return [
        slicer(),
        "--repair",
        "--export-stl",
        "--dont-arrange",
        "--output",
        "OUT",
        "IN",
    ], {}


TOOLS = (
    Tool("nothing", "the file as it is", driver("by_nothing.py")),
    Tool("ours", "`octoprint_img2stl.mesh.repair` by default", driver("by_ours.py")),
    Tool(
        "pymeshfix",
        "`MeshFix.repair()` by default, which keeps the largest component only",
        driver("by_pymeshfix.py", needs=("pymeshfix", "numpy")),
    ),
    Tool(
        "pymeshfix-keep",
        "the same with `remove_smallest_components=False`",
        driver("by_pymeshfix.py", "keep", needs=("pymeshfix", "numpy")),
    ),
    Tool(
        "trimesh",
        "merge, drop degenerate and double faces, winding, inversion, `fill_holes`",
        driver("by_trimesh.py", needs=("trimesh", "numpy", "scipy", "networkx")),
    ),
    Tool(
        "pymeshlab",
        "duplicates, null faces, non-manifold edges and vertices, orientation, holes of "
        "any size",
        driver("by_pymeshlab.py", needs=("pymeshlab", "numpy")),
    ),
    Tool(
        "admesh",
        "ADMesh with all its checks, as it runs by default",
        program("admesh", "--write-binary-stl=OUT", "IN"),
        whole=True,
    ),
    Tool(
        "manifold3d",
        "`Mesh.merge()` and the constructor; it does not repair",
        driver("by_manifold3d.py", needs=("manifold3d", "numpy")),
    ),
    Tool("prusaslicer", "`--repair --export-stl`", by_slicer, whole=True, lowers=True),
    Tool(
        "meshlib",
        "degeneracies, holes, local mending of self-intersections; its licence is not "
        "free, so for measuring only",
        driver("by_meshlib.py", needs=("meshlib", "numpy")),
    ),
)
