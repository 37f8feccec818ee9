"""Whether a solid that was made of a photo looks like it, as far as outlines tell.

The solid's silhouette from the photo's side is laid over the outline that was cut out of the
photo, both brought to the same height: cameras see in perspective and solids have no size
yet. The measure is the intersection over union (Jaccard index) of the two.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from ..problems import INFO, N_, WARNING, Problem
from .draw import nearest_faces, seen_from
from .model import Mesh

SIZE_PX = 128
# How the mesh is turned about z (and tilted) to be seen as the camera saw the subject.
VIEWS_DEG = {
    "front": (0.0, 0.0),
    "left": (90.0, 0.0),
    "back": (180.0, 0.0),
    "right": (270.0, 0.0),
    "top": (0.0, 90.0),
    "other": (0.0, 0.0),
}
TURNS_DEG = (0.0, 90.0, 180.0, 270.0)
# People photograph small things a little from above. Of 44 right solids photographed in
# perspective from 16 degrees above, 20 % would be called unlike from level alone, 5 % so.
DOWNS_DEG = (0.0, 15.0)
STRETCHES = (0.88, 0.94, 1.0, 1.06, 1.12)  # perspective makes near parts wider
SHIFTS = (-0.04, -0.02, 0.0, 0.02, 0.04)  # of the height
ALIKE = 0.75  # unrelated things of one body come to 0.4 to 0.65
MUCH_BETTER = 0.12  # another side than the photo's has to be
THIN = 0.05  # of the longest side
SLAB = 0.2  # a picture on a wall is not thicker than that …
FULL = 0.96  # … and fills its box when seen from the front
RECTANGLE = 0.9  # of its box: the subject itself is one


@dataclass(frozen=True)
class Likeness:
    """How a solid's outline compares with a photo's.

    Attributes:
        overlap: intersection over union, 0 to 1, seen from the photo's side.
        best: the same from the side that fits best.
        turn_deg: by how much the mesh has to be turned about z for that.
        mirrored: it fits best as in a mirror.
        plate: it is a thin plate, or a wall with the picture on it.
        findings: what the owner should know.
    """

    overlap: float
    best: float
    turn_deg: float
    mirrored: bool
    plate: bool
    findings: tuple[Problem, ...]


def silhouette(
    mesh: Mesh, *, turn_deg: float = 0.0, tilt_deg: float = 0.0, size_px: int = SIZE_PX
) -> np.ndarray:
    """(size_px, size_px) bool: where something is, seen as `draw.draw` sees it."""
    seen = seen_from(mesh, turn_deg, tilt_deg, size_px)
    return (nearest_faces(mesh, seen, size_px) >= 0).reshape(size_px, size_px)


def compare(mesh: Mesh, mask: np.ndarray, *, role: str = "front") -> Likeness:
    """Compare a mesh, z up, with what was cut out of a photo.

    Args:
        mesh: the solid, its front towards -y.
        mask: (H, W) in 0..1, row 0 on top, what of the photo is the subject.
        role: from where the photo was taken; see `solid3d.driver.ROLES`.
    """
    wanted = np.asarray(mask) >= 0.5
    if not wanted.any() or not len(mesh.faces):
        return Likeness(1.0, 1.0, 0.0, False, False, ())
    turn, tilt = VIEWS_DEG.get(role, (0.0, 0.0))
    turns = TURNS_DEG if tilt == 0 else (0.0,)
    found: dict[tuple[float, bool], float] = {}
    for more in turns:
        for down in DOWNS_DEG if tilt == 0 else (0.0,):
            outline = silhouette(mesh, turn_deg=turn + more, tilt_deg=tilt + down)
            for mirror in (False, True):
                seen = overlap(outline[:, ::-1] if mirror else outline, wanted)
                found[more, mirror] = max(found.get((more, mirror), 0.0), seen)
    own = found[0.0, False]
    # Of equals the one that needs the least: not mirrored, hardly turned.
    (best_turn, mirrored), best = max(
        found.items(),
        key=lambda entry: (round(entry[1], 2), not entry[0][1], -entry[0][0]),
    )
    if best - own < MUCH_BETTER:
        best, best_turn, mirrored = own, 0.0, False
    plate = _is_plate(mesh, wanted)
    findings = tuple(_findings(own, best, best_turn, mirrored, plate))
    return Likeness(own, best, best_turn, mirrored, plate, findings)


def overlap(one: np.ndarray, other: np.ndarray) -> float:
    """Largest intersection over union of two outlines brought to one height.

    Small stretches in width and small shifts are allowed.
    """
    side = SIZE_PX
    fixed = _framed(other, 1.0)
    most = 0.0
    for stretch in STRETCHES:
        moved = _framed(one, stretch)
        for shift in SHIFTS:
            shifted = np.roll(moved, round(shift * side), axis=1)
            union = np.count_nonzero(fixed | shifted)
            most = max(most, np.count_nonzero(fixed & shifted) / max(union, 1))
    return float(most)


def _framed(outline: np.ndarray, stretch: float) -> np.ndarray:
    """The outline's box as high as the frame, in the middle of a frame 3 times as wide."""
    rows, columns = (np.flatnonzero(outline.any(axis=axis)) for axis in (1, 0))
    box = outline[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    height, width = box.shape
    wide = max(1, round(SIZE_PX * width / height * stretch))
    frame = np.zeros((SIZE_PX, 3 * SIZE_PX), dtype=bool)
    wide = min(wide, frame.shape[1])
    y = ((np.arange(SIZE_PX) + 0.5) * height / SIZE_PX).astype(int)
    x = ((np.arange(wide) + 0.5) * width / wide).astype(int)
    left = (frame.shape[1] - wide) // 2
    frame[:, left : left + wide] = box[np.ix_(y, x)]
    return frame


def _is_plate(mesh: Mesh, wanted: np.ndarray) -> bool:
    """Thin, or a box that is full when seen from the front although the subject is none."""
    extent = np.ptp(mesh.vertices, axis=0).astype(np.float64)
    if extent.min() < THIN * extent.max():
        return True
    if extent.min() > SLAB * extent.max() or _fill(wanted) > RECTANGLE:
        return False
    axis = int(extent.argmin())
    turn, tilt = ((90.0, 0.0), (0.0, 0.0), (0.0, 90.0))[axis]
    return _fill(silhouette(mesh, turn_deg=turn, tilt_deg=tilt)) > FULL


def _fill(outline: np.ndarray) -> float:
    """Share of its box that an outline fills."""
    rows, columns = (np.flatnonzero(outline.any(axis=axis)) for axis in (1, 0))
    box = outline[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return float(box.mean())


def _findings(
    own: float, best: float, turn_deg: float, mirrored: bool, plate: bool
) -> Iterable[Problem]:
    if plate:
        yield Problem(
            "mesh.looks_like_plate",
            WARNING,
            N_(
                "This looks like a flat plate, as if the photo's background became part of "
                "it; cut the subject out, or try another seed."
            ),
        )
    if best >= ALIKE and own < best:
        if mirrored or turn_deg == 180:
            sentence = N_(
                "It fits the photo when seen from behind; turn it around, or check which "
                "side each photo shows."
            )
        else:
            sentence = N_(
                "It fits the photo when seen from another side; turn it, or check which side "
                "each photo shows."
            )
        yield Problem("mesh.turned_away", INFO, sentence)
    elif own < ALIKE:
        yield Problem(
            "mesh.unlike_photo",
            WARNING,
            N_(
                "Its outline agrees with the photo's by only %(percent)s %%; look at it from "
                "all sides, and try another seed or a photo with a plain background."
            ),
            {"percent": round(100 * own)},
        )
