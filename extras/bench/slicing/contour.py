"""How far the printed contour is from the mesh.

The outer walls of a layer should run half a line's width inside the mesh's own section in
the middle of that layer, which is where slicers cut. So each place on an outer wall should
be just that far from the nearest place of the section; what it is more or less is the
deviation. Both are sampled much more finely than the tolerance.

Not everything that deviates is the simplification's: where the section is thinner than a
line both slicers leave it out, draw a single line along its middle, or round its end, and
gaps below 0.1 mm are closed. That is why the deviation is also given for the same mesh
sliced without any simplification: only what is beyond that is the setting's doing.

It is also given the other way round, from the contour to the nearest wall, and there only
for the part of the contour that a line can follow at all: a disc as wide as the line that
touches the contour from within must have room in the section. In sharp corners and thin
places it has none. Where even two lines side by side have room, nothing is left that could
excuse a wall.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.spatial import cKDTree

from octoprint_img2stl.machine import Machine
from octoprint_img2stl.slicing.gcode import read_gcode
from octoprint_img2stl.slicing.gcode_kinds import OUTER, OVERHANG, family
from octoprint_img2stl.slicing.gcode_lines import layer_lines

FACET = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("flags", "<u2")])
SECTION_STEP, WALL_STEP = 0.01, 0.02  # mm
TOLERANCE = 0.1  # line widths
ROUNDING = 0.012  # mm; of a disc's room, for the contour is only sampled


@dataclass(frozen=True)
class Deviation:
    """Lengths in mm, weighted by the length of the walls.

    Attributes:
        mean, most_of, most: the mean, the 99th percentile and the greatest deviation.
        beyond: share of the walls that deviate by more than a tenth of a line's width.
        bare: share of the mesh's contour that has no outer wall within a line's width.
        drawable, roomy: shares of the contour that one line, and that two side by side,
            have room to follow.
        drawable_beyond, roomy_beyond: shares of these whose nearest outer wall is more
            than a tenth of a line's width from where it should be, or missing.
        walls: length of all outer walls.
    """

    mean: float
    most_of: float
    most: float
    beyond: float
    bare: float
    drawable: float
    drawable_beyond: float
    roomy: float
    roomy_beyond: float
    walls: float


def deviation(stl: Path, gcode: Path, machine: Machine, every: int = 1) -> Deviation:
    """Compare a G-code file with the mesh it was made from.

    Args:
        stl: binary STL, mm; its box stands in the middle of the bed.
        every: only each so many layers. The first one is always left out: it is pressed
            wider than it should be, and so drawn narrower.
    """
    triangles = _placed(stl, machine)
    line = machine.line_width
    facts = read_gcode(gcode)
    of_walls, of_contour = [], []
    for number, height in list(enumerate(facts.heights))[1::every]:
        middle = facts.layers[number].z - height / 2
        contour, inward = _section(triangles, middle)
        walls, widths = _outer_walls(gcode, facts.layers, number, line)
        if not len(contour) or not len(walls):
            continue
        nearest = cKDTree(_sampled(contour, SECTION_STEP)[0])
        places, length, wall = _sampled(walls, WALL_STEP)
        apart = np.abs(nearest.query(places)[0] - widths[wall] / 2)
        of_walls.append(np.stack([length, apart]))
        along, length, piece = _sampled(contour, WALL_STEP)
        to_wall, which = cKDTree(places).query(along)
        apart = np.abs(to_wall - widths[wall[which]] / 2)
        room = [
            nearest.query(along + radius * inward[piece])[0] > radius - ROUNDING
            for radius in (line / 2, line)
        ]
        of_contour.append(np.stack([length, apart, to_wall > line, *room]))
    length, apart = np.concatenate(of_walls, axis=1)
    order = np.argsort(apart)
    share = np.cumsum(length[order]) / length.sum()
    contour, off, bare, drawable, roomy = np.concatenate(of_contour, axis=1)
    beyond = off > TOLERANCE * line
    return Deviation(
        mean=float(apart @ length / length.sum()),
        most_of=float(apart[order][np.searchsorted(share, 0.99)]),
        most=float(apart.max()),
        beyond=float(length[apart > TOLERANCE * line].sum() / length.sum()),
        bare=_share(contour, bare),
        drawable=_share(contour, drawable),
        drawable_beyond=_share(contour * drawable, beyond),
        roomy=_share(contour, roomy),
        roomy_beyond=_share(contour * roomy, beyond),
        walls=float(length.sum()),
    )


def _share(length: np.ndarray, where: np.ndarray) -> float:
    return float(length @ where / length.sum())


def _placed(stl: Path, machine: Machine) -> np.ndarray:
    """(n, 3, 3) corners where the slicer puts them."""
    with open(stl, "rb") as file:
        count = int.from_bytes(file.read(84)[80:], "little")
        corners = np.fromfile(file, FACET, count)["corners"].astype(float)
    low, high = corners.reshape(-1, 3).min(axis=0), corners.reshape(-1, 3).max(axis=0)
    x, y = (low[:2] + high[:2]) / 2 - machine.centre
    return corners - [x, y, low[2]]


def _section(triangles: np.ndarray, z: float) -> tuple[np.ndarray, np.ndarray]:
    """(n, 2, 2): where a plane cuts the triangles; (n, 2) unit vectors into the solid."""
    above = triangles[:, :, 2] > z
    cut = np.isin(above.sum(axis=1), (1, 2))
    corners, above = triangles[cut], above[cut]
    # the corner that is alone on its side of the plane
    alone = np.where(above.sum(axis=1) == 1, above.argmax(axis=1), above.argmin(axis=1))
    row = np.arange(len(corners))
    start = corners[row, alone]
    ends = []
    for step in (1, 2):
        to = corners[row, (alone + step) % 3] - start
        ends.append((start + ((z - start[:, 2]) / to[:, 2])[:, None] * to)[:, :2])
    sides = corners[:, 1:] - corners[:, :1]
    outward = np.cross(sides[:, 0], sides[:, 1])[:, :2]
    steep = np.hypot(*outward.T)
    whole = steep > 0  # the others are no triangles
    pieces, steep = np.stack(ends, axis=1)[whole], steep[whole]
    return pieces, -outward[whole] / steep[:, None]


def _outer_walls(
    gcode: Path, layers, number: int, line_width: float
) -> tuple[np.ndarray, np.ndarray]:
    """(n, 2, 2) pieces of the outer walls and their widths; of overhangs also inner ones."""
    pieces, widths = [np.empty((0, 2, 2))], [np.empty(0)]
    for line in layer_lines(gcode, layers, number):
        if family(line.kind) in (OUTER, OVERHANG):
            points = np.array(line.points)
            pieces.append(np.stack([points[:-1], points[1:]], axis=1))
            widths.append(np.full(len(points) - 1, line.width or line_width))
    return np.concatenate(pieces), np.concatenate(widths)


def _sampled(
    pieces: np.ndarray, step: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Places along pieces, at most `step` apart, the length each stands for, its piece."""
    along = pieces[:, 1] - pieces[:, 0]
    length = np.hypot(*along.T)
    count = np.maximum(1, np.ceil(length / step).astype(int))
    of = np.repeat(np.arange(len(pieces)), count)
    nth = np.arange(len(of)) - np.repeat(np.cumsum(count) - count, count)
    places = pieces[of, 0] + ((nth + 0.5) / count[of])[:, None] * along[of]
    return places, (length / count)[of], of
