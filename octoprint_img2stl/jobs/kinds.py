"""What a file is, as far as its first bytes and its name tell: a photo or a mesh.

Nothing is decoded here: this runs inside OctoPrint's process. What the file really holds is
found out in the worker.
"""

from __future__ import annotations

from pathlib import Path

from .model import MESH, PHOTO

MESH_SUFFIXES = (
    ".stl", ".obj", ".ply", ".off", ".glb", ".gltf", ".3mf", ".scad", ".step", ".stp",
)  # fmt: skip
HEAD_BYTES = 64
# A picture is a picture, whatever it is called.
_PICTURES = (
    b"\x89PNG\r\n",
    b"\xff\xd8\xff",
    b"GIF8",
    b"II*\0",
    b"MM\0*",
    b"RIFF",
    b"BM",
)
_MESHES = (
    b"glTF",
    b"ply\n",
    b"ply\r",
    b"OFF",
    b"solid ",
    b"PK\x03\x04",
    b"ISO-10303-21;",
)


def suffix_of(name: str) -> str:
    """The ending of a client's file name, if it is one of a mesh, else nothing."""
    suffix = Path(name.replace("\\", "/")).suffix.lower()
    return suffix if suffix in MESH_SUFFIXES else ""


def kind_of(path: Path, name: str) -> str:
    """`PHOTO` or `MESH`.

    Args:
        path: the file.
        name: what its sender calls it.
    """
    with open(path, "rb") as file:
        head = file.read(HEAD_BYTES)
    # An STL may begin with anything, even with the two letters of a bitmap.
    if head.startswith(_PICTURES) and not (head.startswith(b"BM") and suffix_of(name)):
        return PHOTO
    return MESH if suffix_of(name) or head.startswith(_MESHES) else PHOTO
