"""OpenSCAD programs, rendered by the `openscad` command where it is installed.

A program may ask for other files; one that does is refused before it is run. It then runs
confined, in an empty folder with nothing but itself; with bubblewrap, where that is
installed, also without network and without any file but the system's programs.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from ... import process
from ...problems import N_
from ..refused import MeshRefused, too_big
from .walled import walled

PROGRAM = "openscad"
INSTALL = "sudo apt-get install --no-install-recommends openscad bubblewrap"
MAX_BYTES = 2**20  # of a program
TIME_S = 300.0
MEMORY_BYTES = 2**30
MAX_MODEL_BYTES = 200 * 2**20
SAID = re.compile(r"^(?:ERROR|ASSERT)", re.IGNORECASE)

# Comments and strings, the longest alternative first; what is left is the program.
_HIDDEN = re.compile(r"//[^\n]*|/\*.*?(?:\*/|\Z)|\"(?:\\.|[^\"\\])*(?:\"|\Z)", re.DOTALL)
# `use <x>` and `include <x>` are no calls; the others are modules or functions.
_OTHER_FILES = re.compile(
    r"\b(include|use)\s*<|\b(import(?:_\w+)?|surface|dxf_\w+)\s*\(|\b(file(?:name)?)\s*="
)


@contextmanager
def rendered(program: bytes, name: str) -> Iterator[BinaryIO]:
    """The model of a program, as an open STL file.

    Raises:
        MeshRefused: `mesh.scad_not_installed`, `mesh.scad_other_files`,
            `mesh.scad_failed`, `mesh.scad_limit`, `mesh.unreadable`.
    """
    require_alone(program, name)
    path = shutil.which(PROGRAM)
    if path is None:
        raise MeshRefused(
            "mesh.scad_not_installed",
            N_(
                "%(name)s is an OpenSCAD program, and OpenSCAD is not installed; export "
                "the model as STL, or type %(command)s on the machine that runs OctoPrint."
            ),
            name=name,
            command=INSTALL,
        )
    with tempfile.TemporaryDirectory(prefix="img2stl-scad-") as folder:
        with _render(path, program, Path(folder), name) as model:
            yield model


def require_alone(program: bytes, name: str) -> None:
    """Raises `MeshRefused` for a program that needs other files or is no text."""
    try:
        text = program.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text or len(program) > MAX_BYTES:
        raise MeshRefused(
            "mesh.unreadable",
            N_("%(name)s is no OpenSCAD program; export the model as STL."),
            name=name,
        )
    found = _OTHER_FILES.search(_HIDDEN.sub(_blank, text))
    if found:
        raise MeshRefused(
            "mesh.scad_other_files",
            N_(
                "%(name)s needs other files (%(statement)s), which are not opened; "
                "render it in OpenSCAD and export it as STL."
            ),
            name=name,
            statement=next(filter(None, found.groups())),
        )


def _blank(hidden: re.Match) -> str:
    return '""' if hidden[0].startswith('"') else " "


def _render(path: str, program: bytes, folder: Path, name: str) -> BinaryIO:
    (folder / "model.scad").write_bytes(program)
    said: list[str] = []

    def hear(_: str, line: str) -> None:
        if SAID.match(line) and len(said) < 5:
            said.append("".join(c for c in line if c.isprintable())[:200])

    argv = [path, "-o", "out.stl", "model.scad"]
    finished = process.run(
        [*walled(folder), *argv],
        cwd=folder,
        limits=process.Limits(MEMORY_BYTES, TIME_S),
        on_line=hear,
        env={"QT_QPA_PLATFORM": "offscreen", "OPENSCADPATH": str(folder)},
    )
    if finished.ended in (process.TIMEOUT, process.MEMORY):
        raise MeshRefused(
            "mesh.scad_limit",
            N_(
                "Rendering %(name)s took more than %(minutes)s minutes or %(memory)s MB "
                "and was ended; make it simpler, or render it elsewhere and export STL."
            ),
            name=name,
            minutes=round(TIME_S / 60),
            memory=MEMORY_BYTES // 2**20,
        )
    out = folder / "out.stl"
    if finished.returncode != 0 or not out.is_file() or out.is_symlink():
        raise MeshRefused(
            "mesh.scad_failed",
            N_(
                "OpenSCAD makes no solid of %(name)s (%(reason)s); correct the program or "
                "export it as STL."
            ),
            name=name,
            reason=said[0] if said else f"exit status {finished.returncode}",
        )
    if out.stat().st_size > MAX_MODEL_BYTES:
        raise too_big(name, MAX_MODEL_BYTES)
    return open(out, "rb")
