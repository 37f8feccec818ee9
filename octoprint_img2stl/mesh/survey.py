"""One pass over the layers of a mesh, from which several checks draw.

What a slicer prints of a layer is what an opening by the width of a line leaves (shrink by
half the width, grow by as much): so walls too thin are what such an opening removes, and gaps
that fuse are what a closing fills. Shrinking by a little less than half keeps walls of exactly
the width; corners are grown back mitred, so that they are not lost.

Opening and closing cost most, so they are done on evenly spread layers, not over 250 and
few enough that some 200,000 edges are worked on; a wall worth a word is many layers high.
Where the surface begins in mid-air or roofs something over is known from its faces, and only
those layers are looked at, with the one below.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
from manifold3d import CrossSection, JoinType

from .layers import Slicer
from .measure import MeshFacts
from .model import Mesh
from .patches import patches
from .pieces import Loops, Piece, Place, link, pieces_of
from .spans import span
from .topology import connected

SLACK = 0.008  # mm by which less is shrunk than grown
FLATTEN = 0.008  # mm: corners that stand out less are straightened first
MOST_LAYERS = 600  # in all: 100 mm at 0.2 mm has 500
MOST_OPENED = 250
MOST_EDGES = 200_000  # of all opened layers together
LEAST_OPENED = 24
MOST_IN_ONE = 20_000  # edges of one layer: more are the roughness of a relief
SLIVER = 1 / 8  # line widths: narrower leftovers are not walls but rounding
FLAT = math.cos(math.radians(20))  # undersides nearer to level than this are bridged
SHORT_BRIDGE = 8.0  # mm, less needs no looking at
HANGING_LINES = 1.5  # what sticks out less is held by its neighbours
SMALL_UNDERSIDE = 5.0  # mm2
MOST_PILLARS = 100  # in one layer; more are the tips of a rough surface
MOST_FLOATING = 40  # islands followed at a time
THIN_PILLAR = 5.0  # nozzles: rule of printing services for pins (arti90: 2 mm at 0.4)


@dataclass(eq=False)
class Survey:
    """What the layers show; lengths in mm.

    Attributes:
        layer: height of a layer as looked at; more than asked for in a very tall mesh.
        pitch: distance of the layers that were opened.
        area: of all opened layers together, mm2.
        lost: of that, what an opening by one line removes.
        below_one, below_two: places thinner than one and than two lines.
        gaps: places narrower than the nozzle between walls.
        pillars: parts of layers that stand alone and are narrow.
        islands: parts of layers that begin in mid-air.
        bridges: undersides held at two ends; `width` is the length to be bridged.
    """

    layer: float
    pitch: float
    area: float = 0.0
    lost: float = 0.0
    below_one: list[Place] = field(default_factory=list)
    below_two: list[Place] = field(default_factory=list)
    gaps: list[Place] = field(default_factory=list)
    pillars: list[Place] = field(default_factory=list)
    islands: list[Island] = field(default_factory=list)
    bridges: list[Piece] = field(default_factory=list)


@dataclass(eq=False)
class Island:
    """A part that begins in mid-air.

    Attributes:
        vertex: of the mesh, where it begins.
        z: of its first layer, mm.
        region: in the layer last seen.
        layers: how many it stayed apart from what stands on the bed.
        area: the largest so far, mm2.
        pieces: its outlines.
    """

    vertex: int
    z: float
    region: CrossSection
    layers: int = 0
    area: float = 0.0
    pieces: list[Piece] = field(default_factory=list)


def survey(
    slicer: Slicer,
    facts: MeshFacts,
    *,
    layer: float,
    first_layer: float,
    line: float,
    nozzle: float,
    progress: Callable[[float], None] = lambda fraction: None,
) -> Survey:
    """Look through the layers.

    Args:
        slicer: of a closed mesh with positive volume.
        layer, first_layer: heights of the layers, mm.
        line: width of an extruded line, mm.
        nozzle: diameter, mm.
        progress: told the share done, 0 to 1.
    """
    height = facts.size[2]
    layer = max(layer, height / MOST_LAYERS)
    planes = _planes(facts.low[2], height, layer, first_layer)
    opened = _opened(slicer.crossings(planes))
    starts = _starts(slicer.mesh, facts.low[2] + first_layer, planes)
    roofed = _roofed(slicer.mesh, planes)
    found = Survey(layer, layer * max(1.0, len(planes) / max(1, opened.sum())))
    thin: dict[str, list[Piece]] = {"one": [], "two": [], "gap": [], "pillar": []}
    floating: list[Island] = []
    below, cut_at = CrossSection(), -1
    for k, z in enumerate(planes.tolist()):
        if not (opened[k] or k in starts or roofed[k] or floating):
            continue
        if cut_at != k - 1 and (k in starts or roofed[k]) and k:
            below = slicer.at(planes[k - 1])
        now = slicer.at(z).simplify(FLATTEN)
        if k in starts or floating:
            floating = _float(found, floating, now, below, starts.get(k, []), k, z)
        if roofed[k] and k:
            found.bridges += _bridges(now, below, k, z, line)
        if opened[k]:
            _open(found, thin, now, k, z, line, nozzle)
            progress(k / len(planes))
        below, cut_at = now, k
    found.islands += floating
    stride = max(1, -(-len(planes) // max(1, int(opened.sum()))))
    found.below_one = link(thin["one"], found.pitch, stride)
    found.below_two = link(thin["two"], found.pitch, stride)
    found.gaps = link(thin["gap"], found.pitch, stride)
    found.pillars = link(thin["pillar"], found.pitch, stride)
    return found


def _planes(low: float, height: float, layer: float, first_layer: float) -> np.ndarray:
    """Middles of the layers, where slicers cut; at least one, within the mesh."""
    rest = max(0, math.ceil((height - first_layer) / layer - 0.5))
    planes = first_layer + (np.arange(rest) + 0.5) * layer
    planes = np.concatenate(([min(first_layer, height) / 2], planes[planes < height]))
    # As float32, like the vertices: what lies exactly in a plane is seen by the next.
    return (low + planes).astype(np.float32).astype(np.float64)


def _opened(crossings: np.ndarray) -> np.ndarray:
    """(L,) bool: evenly spread layers that are not too much work together."""
    most = min(MOST_OPENED, len(crossings))
    mean = crossings.mean() if len(crossings) else 0.0
    if mean:
        most = min(most, max(LEAST_OPENED, int(MOST_EDGES / mean)))
    chosen = np.zeros(len(crossings), dtype=bool)
    stride = -(-len(crossings) // max(1, most))
    chosen[::stride] = True
    chosen[-1:] = True  # a thin top
    # Straightening takes away most of the corners of a smooth layer, none of a rough one.
    return chosen & (crossings < 4 * MOST_IN_ONE)


def _starts(mesh: Mesh, floor: float, planes: np.ndarray) -> dict[int, list[int]]:
    """Layer -> vertices above `floor` where a part of the solid begins.

    Such a vertex has no lower neighbour (nor has the level patch it belongs to), and the
    surface there looks down.
    """
    z = mesh.vertices[:, 2]
    lower = np.zeros(len(z), dtype=bool)
    down = np.zeros(len(z))
    level = []
    for part, corners in mesh.corner_chunks():
        faces = mesh.faces[part]
        one, other = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
        up = one[:, 0] * other[:, 1] - one[:, 1] * other[:, 0]
        for side in range(3):
            start, end = faces[:, side], faces[:, (side + 1) % 3]
            lower[start[z[end] < z[start]]] = True
            lower[end[z[start] < z[end]]] = True
            same = z[start] == z[end]
            level.append(np.stack((start[same], end[same], start[same]), axis=1))
            down += np.bincount(start, weights=up, minlength=len(z))
    patch = connected(np.concatenate(level), len(z))
    high = np.zeros(len(z), dtype=bool)
    high[patch[lower]] = True
    down = np.bincount(patch, weights=down, minlength=len(z))
    vertices = np.flatnonzero(
        (patch == np.arange(len(z))) & ~high & (down < 0) & (z > floor)
    )
    layers = np.searchsorted(planes, z[vertices], side="right")
    found: dict[int, list[int]] = {}
    for layer, vertex in zip(layers.tolist(), vertices.tolist(), strict=True):
        found.setdefault(layer, []).append(vertex)
    found.pop(0, None)
    return {
        layer: [(vertex, *mesh.vertices[vertex, :2].tolist()) for vertex in some]
        for layer, some in found.items()
    }


def _roofed(mesh: Mesh, planes: np.ndarray) -> np.ndarray:
    """(L,) bool: layers just above a large and nearly level underside."""
    faces, areas, heights = [], [], []
    for part, corners in mesh.corner_chunks():
        doubled = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        length = np.linalg.norm(doubled, axis=1)
        flat = (-doubled[:, 2] > FLAT * length) & (
            corners[:, :, 2].max(axis=1) > planes[0]
        )
        faces.append(mesh.faces[part][flat])
        areas.append(length[flat] / 2)
        heights.append(corners[flat][:, :, 2].max(axis=1))
    roofed = np.zeros(len(planes), dtype=bool)
    some = np.concatenate(faces)
    if len(some):
        patch, low, high = patches(mesh, some)
        long = np.hypot(*(high - low)[:, :2].T) > SHORT_BRIDGE
        large = np.bincount(patch, weights=np.concatenate(areas)) > SMALL_UNDERSIDE
        z = np.concatenate(heights)[(long & large)[patch]]
        layers = np.unique(np.searchsorted(planes, z, side="right"))
        roofed[layers[(layers > 0) & (layers < len(planes))]] = True
    return roofed


def _float(
    found: Survey,
    floating: list[Island],
    now: CrossSection,
    below: CrossSection,
    starts: list[tuple[int, float, float]],
    k: int,
    z: float,
) -> list[Island]:
    """Follow the islands of the layer below into this one, and find new ones.

    Returns:
        Those still afloat. One that has joined what stands on the bed is put into `found`.
    """
    parts = now.decompose()
    boxes = np.array([part.bounds() for part in parts]).reshape(-1, 4)
    held = below
    for island in floating:
        held = held - island.region
    still = []
    for island in floating:
        part = _part_over(parts, boxes, island.region)
        if part is None:  # it ended without ever touching anything
            found.islands.append(island)
        elif _meet(part, held):
            found.islands.append(island)
        else:
            _grow(island, part, k, z, found.layer)
            still.append(island)
    for vertex, x, y in starts:
        if len(still) >= MOST_FLOATING:
            break
        inside = (
            (boxes[:, 0] <= x + found.layer)
            & (boxes[:, 1] <= y + found.layer)
            & (boxes[:, 2] >= x - found.layer)
            & (boxes[:, 3] >= y - found.layer)
        )
        for number in np.flatnonzero(inside).tolist():
            part = parts[number]
            if _meet(part, below) or any(_meet(part, each.region) for each in still):
                continue
            island = Island(vertex, z, part)
            _grow(island, part, k, z, found.layer)
            still.append(island)
    return still


def _meet(one: CrossSection, other: CrossSection) -> bool:
    return not (one ^ other).is_empty()


def _part_over(
    parts: list[CrossSection], boxes: np.ndarray, region: CrossSection
) -> CrossSection | None:
    low_x, low_y, high_x, high_y = region.bounds()
    near = (
        (boxes[:, 0] <= high_x)
        & (boxes[:, 1] <= high_y)
        & (boxes[:, 2] >= low_x)
        & (boxes[:, 3] >= low_y)
    )
    for number in np.flatnonzero(near).tolist():
        if _meet(parts[number], region):
            return parts[number]
    return None


def _grow(island: Island, part: CrossSection, k: int, z: float, layer: float) -> None:
    island.region = part
    island.layers += 1
    island.area = max(island.area, part.area())
    if island.layers <= 12:  # enough to show where it is
        island.pieces += pieces_of(part, k, z, layer, least=0.0)


def _bridges(
    now: CrossSection, below: CrossSection, k: int, z: float, line: float
) -> Iterator[Piece]:
    """Parts of a layer with nothing below that hang between two ends."""
    half, anchor = HANGING_LINES * line / 2, 2 * line
    over = (now - below).offset(-half, JoinType.Miter)
    if over.is_empty():
        return
    for part in over.offset(half, JoinType.Miter).decompose():
        low_x, low_y, high_x, high_y = part.bounds()
        size = high_x - low_x, high_y - low_y
        if math.hypot(*size) < SHORT_BRIDGE:
            continue
        around = CrossSection.square((size[0] + 2 * anchor, size[1] + 2 * anchor))
        held = below ^ around.translate((low_x - anchor, low_y - anchor))
        length = span(part, held, pitch=line, anchor=anchor)
        if length is not None:
            for piece in pieces_of(part, k, z, 0.0, least=0.0):
                yield piece.with_width(length)


def _open(
    found: Survey,
    thin: dict[str, list[Piece]],
    now: CrossSection,
    k: int,
    z: float,
    line: float,
    nozzle: float,
) -> None:
    if now.num_vert() > MOST_IN_ONE:
        return
    parts = Loops.of(now)
    found.area += now.area()
    two = _lost(now, 2 * line, line)
    if not two.is_empty():
        thin["two"] += pieces_of(two, k, z, found.pitch, (line / 4) ** 2, parts)
        one = _lost(now, line, line)
        if not one.is_empty():
            pieces = pieces_of(one, k, z, found.pitch, (line / 4) ** 2, parts)
            thin["one"] += pieces
            found.lost += sum(piece.area for piece in pieces)
    gaps = _filled(now, nozzle, line)
    if not gaps.is_empty():
        thin["gap"] += pieces_of(gaps, k, z, found.pitch, line**2)
    narrow = 1.5 * THIN_PILLAR * nozzle
    slim = ((parts.high - parts.low).max(axis=1) < narrow) & (parts.area > 0)
    if 0 < np.count_nonzero(slim) <= MOST_PILLARS:
        alone = CrossSection([parts.lines[k] for k in np.flatnonzero(slim)])
        thin["pillar"] += pieces_of(alone, k, z, found.pitch, (line / 4) ** 2, parts)


def _lost(shape: CrossSection, width: float, line: float) -> CrossSection:
    """What of a layer is narrower than `width`, mm, rounding left out."""
    shrunk = shape.offset(SLACK - width / 2, JoinType.Miter)
    return _no_slivers(shape - shrunk.offset(width / 2, JoinType.Miter), line)


def _filled(shape: CrossSection, width: float, line: float) -> CrossSection:
    """What between the parts of a layer is narrower than `width`, mm."""
    grown = shape.offset(width / 2 - SLACK, JoinType.Miter)
    return _no_slivers(grown.offset(-width / 2, JoinType.Miter) - shape, line)


def _no_slivers(shape: CrossSection, line: float) -> CrossSection:
    if shape.is_empty():
        return shape
    core = shape.offset(-SLIVER * line / 2, JoinType.Miter)
    return core.offset(SLIVER * line / 2, JoinType.Miter)
