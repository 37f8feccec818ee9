"""Open a mesh file of any format we know, without trusting it."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

import numpy as np

from ..problems import INFO, N_, Problem
from .formats import scad, step
from .formats.gltf import read_glb, read_gltf
from .formats.obj import read_obj
from .formats.off import read_off
from .formats.ply import read_ply
from .formats.raw import Damaged, Raw, unreadable
from .formats.sniff import sniff
from .model import Mesh, only_used, weld_shared
from .refused import MeshRefused, too_big
from .stl import read_stl
from .threemf import read_3mf

# What an owner may bring …
MAX_TRIANGLES = 2_000_000
MAX_BYTES = 200 * 2**20
# … and what we made ourselves.
OWN_MAX_TRIANGLES = 4_000_000
OWN_MAX_BYTES = 600 * 2**20

LEAST_TRIANGLES = 2  # a flat rectangle can still be given a thickness


@dataclass(frozen=True, eq=False)
class Loaded:
    """A mesh, and what its file says about it.

    Attributes:
        mesh: in millimetres and with z up where the format says so; its equal corners
            joined, nothing else repaired.
        format: one of `FORMATS`; what the content is, whatever the name.
        unit: what the file's numbers were (``mm``, ``inch``, ``m`` …), already made into
            millimetres; None: the format has no unit.
        up: ``z`` where the format defines what is up, None: unknown.
        parts: how many objects stand in the file.
        notes: what its owner should know.
        colours: (F, 3) uint8 sRGB of the faces, or None.
    """

    mesh: Mesh
    format: str
    unit: str | None
    up: str | None
    parts: int
    notes: tuple[Problem, ...] = ()
    colours: np.ndarray | None = None


def _read_stl(file: BinaryIO, name: str, max_triangles: int) -> Raw:
    corners = read_stl(file, name, max_triangles)
    faces = np.arange(3 * len(corners), dtype=np.int32).reshape(-1, 3)
    return Raw(corners.reshape(-1, 3), faces)


Reader = Callable[[BinaryIO, str, int], Raw]
READERS: dict[str, Reader] = {
    "stl": _read_stl,
    "obj": read_obj,
    "ply": read_ply,
    "off": read_off,
    "glb": read_glb,
    "gltf": read_gltf,
    "3mf": read_3mf,
}
FORMATS = (*READERS, "scad", "step")
# Formats whose every file is known by its content: another name on it is worth a word.
_ENDINGS = {
    "stla": "stl",
    "stlb": "stl",
    "stp": "step",
    **{each: each for each in FORMATS},
}


def load(path: str | os.PathLike[str], *, max_triangles: int = OWN_MAX_TRIANGLES) -> Mesh:
    """Read a mesh, as `load_any`, but also of the size we make ourselves."""
    path = Path(path)
    loaded = _load(path, path.name, max_triangles, OWN_MAX_BYTES, 1, "")
    return loaded.mesh


def load_any(
    path: str | os.PathLike[str],
    *,
    max_triangles: int = MAX_TRIANGLES,
    max_bytes: int = MAX_BYTES,
    name: str | None = None,
    prusaslicer: str = "",
) -> Loaded:
    """Read a mesh that somebody brought.

    The content decides on the format, a wrong ending is only noted; for what says nothing
    of itself the ending decides.

    Args:
        path: the file.
        max_triangles: more are refused. Peak memory is about 150 bytes for each.
        max_bytes: size of the largest file that is looked into.
        name: what its owner calls it; None: as it is called on the disk.
        prusaslicer: its absolute path, for STEP files; empty: looked for.

    Raises:
        MeshRefused: `mesh.not_found`, `mesh.unsupported_format`, `mesh.unreadable`,
            `mesh.truncated`, `mesh.bad_coordinates`, `mesh.empty`, `mesh.point_cloud`,
            `mesh.one_triangle`, `mesh.compressed`, `mesh.external_file`, `mesh.too_big`,
            and what `formats.scad` and `formats.step` raise.
    """
    path = Path(path)
    name = name or path.name
    return _load(path, name, max_triangles, max_bytes, LEAST_TRIANGLES, prusaslicer)


def _load(
    path: Path,
    name: str,
    max_triangles: int,
    max_bytes: int,
    least: int,
    prusaslicer: str,
) -> Loaded:
    with _open(path, name) as file:
        _require_content(file, name, max_bytes)
        kind = _kind(file, name)
        try:
            raw = _read(file, kind, name, max_triangles, prusaslicer)
            found = _welded(raw, kind, name, least)
        except MemoryError:
            raise MeshRefused(
                "mesh.too_big",
                N_("%(name)s needs more memory than there is; simplify the model first."),
                name=name,
            ) from None
    ending = _ending(name)
    if ending and _ENDINGS.get(ending) != kind:
        note = Problem(
            "mesh.wrong_extension",
            INFO,
            N_("%(name)s is a %(format)s file by its content and was read as that."),
            {"name": name, "format": kind.upper()},
        )
        found = replace(found, notes=(note, *found.notes))
    return found


def _read(
    file: BinaryIO, kind: str, name: str, max_triangles: int, prusaslicer: str
) -> Raw:
    if kind == "scad":
        with scad.rendered(file.read(), name) as model:
            return replace(_read_stl(model, name, max_triangles), up="z")
    if kind == "step":
        with step.tessellated(file, name, prusaslicer) as model:
            return replace(_read_stl(model, name, max_triangles), unit="mm")
    try:
        return READERS[kind](file, name, max_triangles)
    except (Damaged, LookupError, ValueError, ArithmeticError, OSError) as error:
        # All but our own words are what a reader stumbled over in a damaged file.
        reason = str(error) if isinstance(error, Damaged) else type(error).__name__
        raise unreadable(name, kind.upper(), reason) from error


def _welded(raw: Raw, kind: str, name: str, least: int) -> Loaded:
    points, faces = only_used(raw.points, raw.faces)
    if not len(faces):
        raise _empty(name)
    if not np.isfinite(points).all():
        raise MeshRefused(
            "mesh.bad_coordinates",
            N_(
                "%(name)s has corners whose coordinates are not numbers; "
                "export it again from the program that made it."
            ),
            name=name,
        )
    mesh, kept = weld_shared(points, faces)
    if not len(mesh.faces):
        raise _empty(name)
    if len(mesh.faces) < least:
        raise MeshRefused(
            "mesh.one_triangle",
            N_(
                "%(name)s is a single triangle, which encloses nothing; choose or export "
                "another model."
            ),
            name=name,
        )
    colours = raw.colours
    if colours is not None and kept is not None:
        colours = colours[kept]
    return Loaded(mesh, kind, raw.unit, raw.up, raw.parts, raw.notes, colours)


# ---- which file


def _open(path: Path, name: str) -> BinaryIO:
    try:
        return open(path, "rb", opener=_open_at_once)
    except (FileNotFoundError, NotADirectoryError):
        raise MeshRefused(
            "mesh.not_found", N_("There is no file %(name)s."), name=name
        ) from None
    except (OSError, ValueError) as error:
        raise MeshRefused(
            "mesh.unreadable",
            N_("%(name)s cannot be opened (%(reason)s)."),
            name=name,
            reason=getattr(error, "strerror", None) or str(error),
        ) from None


def _open_at_once(path: str, flags: int) -> int:
    """Without blocking: a named pipe must be refused, not waited for."""
    return os.open(path, flags | os.O_NONBLOCK)


def _require_content(file: BinaryIO, name: str, max_bytes: int) -> None:
    status = os.fstat(file.fileno())
    if not stat.S_ISREG(status.st_mode):
        raise MeshRefused(
            "mesh.unreadable",
            N_("%(name)s cannot be opened (%(reason)s)."),
            name=name,
            reason="not a regular file",
        )
    if status.st_size == 0:
        raise MeshRefused(
            "mesh.empty", N_("%(name)s is empty; copy or export it again."), name=name
        )
    if status.st_size > max_bytes:
        raise too_big(name, max_bytes)


# ---- which format


def _ending(name: str) -> str:
    return os.path.splitext(name)[1][1:].lower()


def _kind(file: BinaryIO, name: str) -> str:
    """Key of `FORMATS`.

    Raises:
        MeshRefused: it is something else.
    """
    kind, other = sniff(file)
    named = _ENDINGS.get(_ending(name))
    if kind is None and (other is None or (other, named) == ("ZIP", "3mf")):
        kind = named
    if kind is not None:
        return kind
    if other == "ZIP":
        raise MeshRefused(
            "mesh.unreadable",
            N_("%(name)s is a ZIP archive without a 3MF model in it; unpack it first."),
            name=name,
        )
    formats = ", ".join(each.upper() for each in FORMATS)
    if other is not None:
        raise MeshRefused(
            "mesh.unreadable" if named else "mesh.unsupported_format",
            N_(
                "%(name)s is no mesh but a %(kind)s file; choose or export one of "
                "%(formats)s."
            ),
            name=name,
            kind=other,
            formats=formats,
        )
    raise MeshRefused(
        "mesh.unsupported_format",
        N_("%(name)s cannot be opened as a mesh; use one of %(formats)s."),
        name=name,
        formats=formats,
    )


def _empty(name: str) -> MeshRefused:
    return MeshRefused(
        "mesh.empty",
        N_("%(name)s has no triangles in it; choose or export another model."),
        name=name,
    )
