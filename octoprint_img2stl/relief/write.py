"""Bodies as one binary STL file, side by side, written as they are meshed.

Besides the heights and errors of one body only some thousand triangles are in memory.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from ..machine import Machine
from ..problems import N_
from .refused import ReliefRefused
from .sizes import arranged
from .solid.bend import FLAT, STANDING
from .solid.bodies import BodyMesh, Part
from .solid.body import Body

HEADER = b"Relief by OctoPrint-Img2STL, millimetres".ljust(80)
FACET = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("extra", "<u2")])
START_BYTES = len(HEADER) + 4
SHIFT_CHUNK = 1 << 16
# What one body is of all there is to do, until it is written.
MAPPED = 0.4


@dataclass(frozen=True)
class Written:
    """What was written.

    Attributes:
        triangles: how many.
        size: (x, y, z) of all bodies together.
        max_error: greatest distance of the mesh from the heights at any node, mm.
        budget_met: whether there are as few triangles as was asked for.
        bodies: how many.
    """

    triangles: int
    size: tuple[float, float, float]
    max_error: float
    budget_met: bool
    bodies: int


def write_stl(
    bodies: Sequence[Body],
    path: str | os.PathLike[str],
    machine: Machine,
    *,
    max_error: float = 0.05,
    budget: int | None = None,
    progress: Callable[[float], None] | None = None,
    seen: Callable[[BodyMesh], None] | None = None,
) -> Written:
    """Mesh bodies and write them.

    Args:
        bodies: their heights are used up.
        path: appears complete or not at all.
        machine: bodies stand side by side on its bed.
        max_error: greatest distance of the mesh from the heights, mm; 0 for every node.
        budget: most triangles of all bodies together, or None. Where it takes more to
            keep `max_error`, the error grows.
        progress: is called with 0..1 and may raise to cancel.
        seen: is called with each body's mesh, e.g. to draw it.

    Raises:
        ReliefRefused: ``relief.parts_do_not_fit``.
        ValueError: heights that no caller should pass.
    """
    report = progress or (lambda share: None)
    report(0.0)
    path = Path(path)
    part = path.with_name(path.name + ".part")
    areas = [body.upper.size for body in bodies]
    shares = [area / sum(areas) for area in areas]
    ranges, boxes = [], []
    worst = 0.0
    try:
        with open(part, "wb+") as file:
            file.write(HEADER + bytes(4))
            count = 0
            for place, body in enumerate(bodies):
                share = _share_of(report, place, len(bodies))
                most = None if budget is None else int(budget * shares[place])
                mesh = BodyMesh(
                    body,
                    max_error,
                    most,
                    progress=lambda x, share=share: share(MAPPED * x),
                )
                if seen:
                    seen(mesh)
                added, low, high = _write(file, mesh, share)
                worst = max(worst, mesh.max_error)
                ranges.append((count, count + added))
                boxes.append((low, high))
                count += added
            size = _arrange(file, ranges, boxes, machine)
            file.seek(len(HEADER))
            file.write(np.array(count, "<u4").tobytes())
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
    report(1.0)
    met = budget is None or count <= budget
    return Written(count, size, worst, met, len(bodies))


def _share_of(
    report: Callable[[float], None], place: int, count: int
) -> Callable[[float], None]:
    return lambda share: report((place + share) / (count + 0.01))


def placed(mesh: BodyMesh) -> Iterator[tuple[np.ndarray, Part]]:
    """The triangles of a mesh in space, (n, 3, 3) float32, each with its part."""
    bend = mesh.body.bend
    for part in mesh.parts():
        points = part.points
        if bend is FLAT:
            corners = points.astype(np.float32, copy=False)
        elif bend is STANDING:
            corners = np.empty(points.shape, np.float32)
            corners[..., 0], corners[..., 2] = points[..., 0], points[..., 1]
            np.negative(points[..., 2], out=corners[..., 1], casting="same_kind")
        else:
            u, v, h = (np.ascontiguousarray(points[..., k]).ravel() for k in range(3))
            corners = bend.points(u, v, h).astype(np.float32).reshape(-1, 3, 3)
        if part.loose:
            a, b, c = corners.transpose(1, 0, 2)
            flat = (a == b).all(axis=1) | (b == c).all(axis=1) | (c == a).all(axis=1)
            if flat.any():
                keep = ~flat
                corners, points = corners[keep], points[keep]
                part = Part(points, False, part.is_picture)
        yield corners, part


def _write(
    file: BinaryIO, mesh: BodyMesh, report: Callable[[float], None]
) -> tuple[int, np.ndarray, np.ndarray]:
    """Append a body's triangles with their unit normals; how many, and their box."""
    count = 0
    low, high = np.full(3, np.inf, np.float32), np.full(3, -np.inf, np.float32)
    total = max(1, mesh.estimate)
    for corners, _ in placed(mesh):
        if not len(corners):
            continue
        facets = np.zeros(len(corners), FACET)
        facets["corners"] = corners
        a, b, c = corners.transpose(1, 2, 0)
        facets["normal"] = _normals(b - a, c - a).T
        facets.tofile(file)
        for axis in range(3):
            # One number after the other: numpy is slow at whole columns.
            values = corners[..., axis].ravel()
            low[axis] = min(low[axis], values.min())
            high[axis] = max(high[axis], values.max())
        count += len(facets)
        report(MAPPED + (1 - MAPPED) * min(1.0, count / total))
    return count, low, high


def _normals(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Unit vectors at right angles to two sides, all (3, n)."""
    normal = np.empty_like(first)
    for k in range(3):
        i, j = (k + 1) % 3, (k + 2) % 3
        np.multiply(first[i], second[j], out=normal[k])
        normal[k] -= first[j] * second[i]
    length = np.sqrt(normal[0] ** 2 + normal[1] ** 2 + normal[2] ** 2)
    # So thin that its normal is lost in rounding: any is as good.
    length[length == 0] = 1
    normal /= length
    return normal


def _arrange(
    file: BinaryIO,
    ranges: list[tuple[int, int]],
    boxes: list[tuple[np.ndarray, np.ndarray]],
    machine: Machine,
) -> tuple[float, float, float]:
    """Move the bodies to their places, in the file; the size of the whole."""
    sizes = [tuple((high - low).astype(float).tolist()) for low, high in boxes]
    middles, whole = arranged(sizes, machine.width)
    if len(boxes) > 1 and not machine.fits(*whole):
        raise ReliefRefused(
            "relief.parts_do_not_fit",
            N_(
                "The parts side by side need %(width)s x %(depth)s mm and do not fit on "
                "the bed (%(bed_width)s x %(bed_depth)s mm); make them smaller, or print "
                "fewer at once."
            ),
            field="relief.width",
            width=round(whole[0], 1),
            depth=round(whole[1], 1),
            bed_width=round(machine.width, 1),
            bed_depth=round(machine.depth, 1),
        )
    for (start, end), (low, high), middle in zip(ranges, boxes, middles, strict=True):
        centre = (low[:2].astype(float) + high[:2]) / 2
        move = np.array([middle[0] - centre[0], middle[1] - centre[1], -low[2]])
        if np.abs(move).max() > 1e-9:
            _move(file, start, end, move.astype(np.float32))
    return whole


def _move(file: BinaryIO, start: int, end: int, move: np.ndarray) -> None:
    for first in range(start, end, SHIFT_CHUNK):
        last = min(end, first + SHIFT_CHUNK)
        place = START_BYTES + first * FACET.itemsize
        file.seek(place)
        facets = np.fromfile(file, FACET, last - first)
        facets["corners"] += move
        file.seek(place)
        facets.tofile(file)
