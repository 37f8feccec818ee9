"""Open a mesh file of any format we know, without trusting it."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import numpy as np

from ..problems import N_
from .foreign import read_glb, read_obj, read_off, read_ply
from .model import Mesh, weld
from .refused import MeshRefused
from .stl import read_stl
from .threemf import read_3mf

MAX_TRIANGLES = 4_000_000
MAX_BYTES = 600 * 2**20

Reader = Callable[[BinaryIO, str, int], np.ndarray]
READERS: dict[str, Reader] = {
    ".stl": read_stl,
    ".obj": read_obj,
    ".ply": read_ply,
    ".off": read_off,
    ".glb": read_glb,
    ".3mf": read_3mf,
}

# What people rename by mistake, known by its first bytes.
_SIGNATURES = (
    (b"\x89PNG\r\n", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"GIF8", "GIF"),
    (b"BM", "BMP"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"RIFF", "WEBP"),
    (b"%PDF", "PDF"),
    (b"<svg", "SVG"),
    (b"glTF", "GLB"),
    (b"PK\x03\x04", "ZIP"),
)
_SIGNED = {".glb": "GLB", ".3mf": "ZIP"}


def load(path: str | os.PathLike[str], *, max_triangles: int = MAX_TRIANGLES) -> Mesh:
    """Read a mesh, its equal corners joined; nothing else is repaired.

    Lengths become millimetres and z points up: GLB is in metres with y up, 3MF says its
    unit, the others have none and are taken as they are.

    Args:
        path: the ending decides on the format.
        max_triangles: more are refused. Peak memory is about 140 bytes for each.

    Raises:
        MeshRefused: `mesh.not_found`, `mesh.unsupported_format`, `mesh.unreadable`,
            `mesh.truncated`, `mesh.bad_coordinates`, `mesh.empty`, `mesh.too_big`.
    """
    path = Path(path)
    name = path.name
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise MeshRefused(
            "mesh.unsupported_format",
            N_("%(name)s cannot be opened as a mesh; use one of %(formats)s."),
            name=name,
            formats=", ".join(suffix[1:].upper() for suffix in READERS),
        )
    with _open(path) as file:
        _require_content(file, path)
        corners = reader(file, name, max_triangles)
    if len(corners) == 0:
        raise _empty(name)
    if not np.isfinite(corners).all():
        raise MeshRefused(
            "mesh.bad_coordinates",
            N_(
                "%(name)s has corners whose coordinates are not numbers; "
                "export it again from the program that made it."
            ),
            name=name,
        )
    mesh = weld(corners)
    if len(mesh.faces) == 0:
        raise _empty(name)
    return mesh


def _open(path: Path) -> BinaryIO:
    try:
        return open(path, "rb", opener=_open_at_once)
    except (FileNotFoundError, NotADirectoryError):
        raise MeshRefused(
            "mesh.not_found", N_("There is no file %(name)s."), name=path.name
        ) from None
    except (OSError, ValueError) as error:
        raise MeshRefused(
            "mesh.unreadable",
            N_("%(name)s cannot be opened (%(reason)s)."),
            name=path.name,
            reason=getattr(error, "strerror", None) or str(error),
        ) from None


def _open_at_once(path: str, flags: int) -> int:
    """Without blocking: a named pipe must be refused, not waited for."""
    return os.open(path, flags | os.O_NONBLOCK)


def _require_content(file: BinaryIO, path: Path) -> None:
    status = os.fstat(file.fileno())
    if not stat.S_ISREG(status.st_mode):
        raise MeshRefused(
            "mesh.unreadable",
            N_("%(name)s cannot be opened (%(reason)s)."),
            name=path.name,
            reason="not a regular file",
        )
    if status.st_size == 0:
        raise MeshRefused(
            "mesh.empty",
            N_("%(name)s is empty; copy or export it again."),
            name=path.name,
        )
    if status.st_size > MAX_BYTES:
        raise MeshRefused(
            "mesh.too_big",
            N_("%(name)s is larger than %(most)s MB; simplify the model first."),
            name=path.name,
            most=MAX_BYTES // 2**20,
        )
    start = file.read(16).lstrip(b"\xef\xbb\xbf")
    file.seek(0)
    suffix = path.suffix.lower()
    for signature, kind in _SIGNATURES:
        if start.startswith(signature) and _SIGNED.get(suffix) != kind:
            # A binary STL may begin with anything, if only its size is right.
            if suffix == ".stl" and _is_exact_stl(file, status.st_size):
                return
            raise MeshRefused(
                "mesh.unreadable",
                N_(
                    "%(name)s is no %(format)s mesh but a %(kind)s file; choose another "
                    "file."
                ),
                name=path.name,
                format=suffix[1:].upper(),
                kind=kind,
            )


def _is_exact_stl(file: BinaryIO, size: int) -> bool:
    file.seek(80)
    count = int.from_bytes(file.read(4), "little")
    file.seek(0)
    return size == 84 + 50 * count


def _empty(name: str) -> MeshRefused:
    return MeshRefused(
        "mesh.empty",
        N_("%(name)s has no triangles in it; choose or export another model."),
        name=name,
    )
