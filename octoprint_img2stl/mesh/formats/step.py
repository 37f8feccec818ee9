"""STEP files of CAD programs, made into triangles by PrusaSlicer 2.5 or newer.

STEP (ISO 10303-21) describes surfaces, not triangles. PrusaSlicer brings what is needed for
that, and its command line does it without a window. It runs confined, in an empty folder
with nothing but a copy of the file, because a STEP file may name others; with bubblewrap,
where that is installed, also without network and without any file but the system's.
"""

from __future__ import annotations

import os
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

MAGIC = b"ISO-10303-21;"
PROGRAMS = ("prusa-slicer", "PrusaSlicer")
INSTALL = "sudo apt-get install --no-install-recommends prusa-slicer"
MAX_BYTES = 64 * 2**20
TIME_S = 300.0
MEMORY_BYTES = 2**30
MAX_MODEL_BYTES = 200 * 2**20


@contextmanager
def tessellated(file: BinaryIO, name: str, program: str = "") -> Iterator[BinaryIO]:
    """The model of a STEP file, as an open binary STL in mm.

    Args:
        file: open at its beginning.
        name: what its owner calls it.
        program: PrusaSlicer's absolute path; empty: looked for.

    Raises:
        MeshRefused: `mesh.step_not_installed`, `mesh.step_too_old`, `mesh.step_limit`,
            `mesh.too_big`, `mesh.unreadable`.
    """
    begin = file.read(len(MAGIC) + 64).find(MAGIC)  # behind a byte order mark, blanks
    if begin < 0:
        raise _unreadable(name)
    size = file.seek(0, os.SEEK_END)
    file.seek(begin)
    if size > MAX_BYTES:
        raise too_big(name, MAX_BYTES)
    path = program or next(filter(None, map(shutil.which, PROGRAMS)), None)
    if path is None:
        raise MeshRefused(
            "mesh.step_not_installed",
            N_(
                "%(name)s is a STEP file, for which PrusaSlicer is needed; export the "
                "model as STL, or type %(command)s on the machine that runs OctoPrint."
            ),
            name=name,
            command=INSTALL,
        )
    with tempfile.TemporaryDirectory(prefix="img2stl-step-") as place:
        folder = Path(place)
        with open(folder / "model.step", "wb") as copy:
            shutil.copyfileobj(file, copy)
        with _converted(path, folder, name) as model:
            yield model


def _converted(path: str, folder: Path, name: str) -> BinaryIO:
    old = False

    def hear(_: str, line: str) -> None:
        nonlocal old
        old = old or "Unknown file format" in line  # 2.3 and 2.4

    argv = [path, "--export-stl", "--output", "out.stl", "model.step"]
    # Behind the wall only the system's programs are there, and no AppImage can start.
    place = os.path.realpath(path)
    inside = place.startswith("/usr/") and not place.startswith("/usr/local/")
    finished = process.run(
        [*(walled(folder) if inside else []), *argv],
        cwd=folder,
        limits=process.Limits(MEMORY_BYTES, TIME_S),
        on_line=hear,
    )
    if finished.ended in (process.TIMEOUT, process.MEMORY):
        raise MeshRefused(
            "mesh.step_limit",
            N_(
                "Reading %(name)s was stopped because it needed more than %(minutes)s "
                "minutes or %(memory)s MB; export the model as STL from your CAD program."
            ),
            name=name,
            minutes=round(TIME_S / 60),
            memory=MEMORY_BYTES // 2**20,
        )
    if old:
        raise MeshRefused(
            "mesh.step_too_old",
            N_(
                "%(name)s is a STEP file, which PrusaSlicer reads from version 2.5 on, and "
                "the one that is installed is older; export the model as STL."
            ),
            name=name,
        )
    out = folder / "out.stl"
    if finished.returncode != 0 or not out.is_file() or out.is_symlink():
        raise _unreadable(name)
    if out.stat().st_size > MAX_MODEL_BYTES:
        raise too_big(name, MAX_MODEL_BYTES)
    return open(out, "rb")


def _unreadable(name: str) -> MeshRefused:
    return MeshRefused(
        "mesh.unreadable",
        N_(
            "%(name)s is damaged or holds no solid that PrusaSlicer can read; export it "
            "again, or as STL."
        ),
        name=name,
    )
