"""What every driver is asked for, and the little that several of them need.

A driver runs in the environment of its peer, as
`python by_PEER.py PICTURE OUT.stl WIDTH DEPTH BASE RELIEF MAX_ERROR`, lengths in mm.
"""

from __future__ import annotations

import sys
from typing import NamedTuple


class Task(NamedTuple):
    """One solid to make.

    Attributes:
        picture: grey picture, 8 or 16 bits; dark parts shall become thick.
        out: the STL to write.
        width, depth: of the plate, mm.
        base: thickness where the picture is white, mm.
        relief: what black adds, mm.
        max_error: of the triangles against the heights, mm, for peers that have it.
    """

    picture: str
    out: str
    width: float
    depth: float
    base: float
    relief: float
    max_error: float


def task() -> Task:
    """The task on the command line."""
    picture, out, *numbers = sys.argv[1:8]
    return Task(picture, out, *map(float, numbers))


def heights(job: Task):
    """(rows, columns) float32: a height in mm for every pixel."""
    import numpy as np
    from PIL import Image

    with Image.open(job.picture) as image:
        if image.mode == "RGB":
            image = image.convert("L")
        grey = np.asarray(image, np.float32)
    white = 65535 if image.mode.startswith("I") else 255
    return job.base + job.relief * (1 - grey / np.float32(white))


def write_stl(path: str, corners) -> None:
    """Write (n, 3, 3) corners as a binary STL with unit normals, 64 k triangles at a time."""
    import numpy as np

    facet = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("flags", "<u2")])
    with open(path, "wb") as file:
        file.write(bytes(80) + np.array(len(corners), "<u4").tobytes())
        for start in range(0, len(corners), 1 << 16):
            part = corners[start : start + (1 << 16)]
            normals = np.cross(part[:, 1] - part[:, 0], part[:, 2] - part[:, 0])
            lengths = np.linalg.norm(normals, axis=1, keepdims=True)
            facets = np.zeros(len(part), facet)
            facets["corners"] = part
            facets["normal"] = normals / np.where(lengths > 0, lengths, 1)
            facets.tofile(file)
