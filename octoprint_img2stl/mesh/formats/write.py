"""Write meshes in the formats that other programs open."""

from __future__ import annotations

import os
from collections.abc import Sequence

import numpy as np

from ...files import written_at_once
from ..model import Mesh
from ..stl import write_stl_into
from .gltf import write_glb
from .obj import write_obj
from .package import write_3mf
from .part import Part
from .ply import write_ply

FORMATS = ("stl", "3mf", "obj", "ply", "glb")


def write(
    mesh_or_parts: Mesh | Sequence[Mesh | Part],
    path: str | os.PathLike[str],
    format: str,
    *,
    name: str = "",
    picture_png: bytes | None = None,
    colours: np.ndarray | Sequence | None = None,
) -> None:
    """Write a mesh or several; a reader sees all of the file or nothing of it.

    Sizes are exact: whoever reads the file again gets every float32 as it was. STL and OBJ
    have no colours, STL no several objects.

    Args:
        mesh_or_parts: in millimetres, z up, where they stand; `Part` for names and colours.
        format: one of `FORMATS`.
        name: title of the whole; line breaks and the like are dropped.
        picture_png: shown for the file where the format can have that (3MF).
        colours: of a mesh, (3,) or (F, 3) uint8 sRGB; for several a list of those or None.

    Raises:
        ValueError: an unknown format or colours of another shape.
        OSError: the folder is missing or the disk full; no half-written file stays.
    """
    if format not in FORMATS:
        raise ValueError(f"unknown format {format}")
    parts = _parts(mesh_or_parts, name, colours)
    title = "".join(each for each in name if each.isprintable())
    with written_at_once(path) as file:
        if format == "stl":
            write_stl_into(file, [part.mesh for part in parts])
        elif format == "3mf":
            write_3mf(file, parts, title, picture_png)
        elif format == "obj":
            write_obj(file, parts, title)
        elif format == "ply":
            write_ply(file, parts, title)
        else:
            write_glb(file, parts, title)


def _parts(given: Mesh | Sequence[Mesh | Part], name: str, colours) -> list[Part]:
    if isinstance(given, Mesh):
        return [Part(given, name, colours)]
    colours = [None] * len(given) if colours is None else colours
    return [
        each if isinstance(each, Part) else Part(each, "", tint)
        for each, tint in zip(given, colours, strict=True)
    ]
