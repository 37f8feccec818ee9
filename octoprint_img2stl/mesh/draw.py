"""A picture of a mesh without any graphics hardware.

For the thumbnails of jobs and G-code, `check --picture`, and browsers without WebGL. Every
triangle is laid over the pixels of the box around it, all of about one size at once; of
what covers a pixel the nearest stays (a z-buffer). Only then, once a pixel, is it shaded.
"""

from __future__ import annotations

import math

import numpy as np
from PIL import Image

from .model import CHUNK, Mesh

PLASTIC = (235, 232, 226)
PAPER = (255, 255, 255)
# Towards the light, in the picture: upper left, in front (x right, y up, z to us) …
LIGHT = np.array([-0.45, 0.65, 0.62]) / np.linalg.norm([-0.45, 0.65, 0.62])
# … and a weaker one from the right, so that no side is without shape.
FILL = np.array([0.8, 0.1, 0.6]) / np.linalg.norm([0.8, 0.1, 0.6])
AMBIENT, DIRECT, INDIRECT = 0.34, 0.5, 0.2
INSIDE = 0.55  # how bright the back of a face is: an open mesh shows it
MARGIN = 0.04  # of the picture, on each side
FINE = 2  # pixels drawn for one that is shown, each way, against stairs on edges
WORK = 2**19  # pixels looked at at a time: some 30 MB
DEPTHS = 2**31 - 1


def draw(
    mesh: Mesh,
    size_px: int = 640,
    *,
    shades: np.ndarray | None = None,
    turn_deg: float = 30.0,
    tilt_deg: float = 25.0,
) -> Image.Image:
    """The mesh from the front, a little from above, in parallel projection.

    Args:
        size_px: width and height of the picture, RGB.
        shades: (F, 3) uint8 colours of the faces, None: plastic.
        turn_deg: turns the mesh about z before, to the right seen from above.
        tilt_deg: how far above the horizon we look down from, -90 to 90.
    """
    fine = size_px * FINE
    seen = seen_from(mesh, turn_deg, tilt_deg, fine)
    nearest = nearest_faces(mesh, seen, fine)
    picture = _shaded(mesh, seen, nearest, shades).reshape(fine, fine, 3)
    # The mean of each square of fine pixels.
    picture = picture.reshape(size_px, FINE, size_px, FINE, 3).mean(axis=(1, 3))
    return Image.fromarray(np.rint(picture).astype(np.uint8))


def seen_from(mesh: Mesh, turn_deg: float, tilt_deg: float, fine: int) -> np.ndarray:
    """(V, 3) float32: fine pixels to the right and up, and in the same unit towards us."""
    turn, tilt = math.radians(turn_deg), math.radians(tilt_deg)
    right = np.array([math.cos(turn), -math.sin(turn), 0])
    back = np.array([math.sin(turn), math.cos(turn), 0])  # away from us
    up = back * math.sin(tilt) + np.array([0, 0, math.cos(tilt)])
    near = -back * math.cos(tilt) + np.array([0, 0, math.sin(tilt)])
    axes = np.stack((right, up, near), axis=1)
    low, high = mesh.vertices.min(axis=0), mesh.vertices.max(axis=0)
    centre = (low.astype(np.float64) + high) / 2
    seen = np.empty((len(mesh.vertices), 3), dtype=np.float32)
    extent = max(float(np.max(high.astype(np.float64) - low)), 1e-30)
    for start in range(0, len(seen), CHUNK):
        some = slice(start, start + CHUNK)
        seen[some] = (mesh.vertices[some] - centre) / extent @ axes
    low, high = seen.min(axis=0), seen.max(axis=0)
    scale = fine * (1 - 2 * MARGIN) / max(float((high - low)[:2].max()), 1e-6)
    seen -= (low + high) / 2
    seen *= np.float32(scale)
    seen[:, :2] += fine / 2
    return seen


def nearest_faces(mesh: Mesh, seen: np.ndarray, fine: int) -> np.ndarray:
    """(fine * fine,) int64 of the pixels, row by row from above: the nearest face, or -1."""
    depth = float(np.abs(seen[:, 2]).max()) or 1.0
    buffer = np.full(fine * fine, -1, dtype=np.int64)
    # In one number the depth and, below it, the face: the largest is the nearest.
    for start in range(0, len(mesh.faces), CHUNK):
        corners = seen[mesh.faces[start : start + CHUNK]]
        flat = corners[:, :, :2]
        low = np.ceil(flat.min(axis=1) - 0.5).astype(np.int32)
        high = np.floor(flat.max(axis=1) - 0.5).astype(np.int32)
        wide, tall = (high - low + 1).clip(0).T
        # Boxes of about one size together: 1, 2, 4 … pixels wide, and as tall.
        sides = np.maximum(wide, tall)
        hits = (wide > 0) & (tall > 0)
        steps = np.ceil(np.log2(np.maximum(sides, 1))).astype(np.int32)
        for step in np.unique(steps[hits]):
            which = np.flatnonzero(hits & (steps == step))
            side = 1 << int(step)
            if side * side > WORK:
                for face in which:
                    _cover_large(buffer, corners[face], start + face, depth, fine)
                continue
            at_once = max(1, WORK // (side * side))
            for first in range(0, len(which), at_once):
                some = which[first : first + at_once]
                _cover(buffer, corners[some], low[some], start + some, side, depth, fine)
    found = buffer & (2**31 - 1)
    return np.where(buffer < 0, -1, found)


def _cover_large(
    buffer: np.ndarray, corners: np.ndarray, face: int, depth: float, fine: int
) -> None:
    """A triangle that fills much of the picture, in squares."""
    side = int(math.isqrt(WORK))
    low = np.ceil(corners[:, :2].min(axis=0) - 0.5).astype(np.int32)
    high = np.floor(corners[:, :2].max(axis=0) - 0.5).astype(np.int32)
    for x in range(low[0], high[0] + 1, side):
        for y in range(low[1], high[1] + 1, side):
            corner = np.array([[x, y]], dtype=np.int32)
            _cover(buffer, corners[None], corner, np.array([face]), side, depth, fine)


def _cover(
    buffer: np.ndarray,
    corners: np.ndarray,
    low: np.ndarray,
    faces: np.ndarray,
    side: int,
    depth: float,
    fine: int,
) -> None:
    """Enter into the buffer those of (n, 3, 3) triangles that are nearest.

    A pixel belongs to a triangle if its middle has three barycentric coordinates of one
    sign; they also give its depth.
    """
    steps = np.arange(side, dtype=np.int32)
    x = (low[:, :1] + steps)[:, None, :]
    y = (low[:, 1:] + steps)[:, :, None]
    px, py = x + np.float32(0.5), y + np.float32(0.5)
    (ax, ay, az), (bx, by, bz), (cx, cy, cz) = (
        corners[:, k].T[:, :, None, None] for k in range(3)
    )
    area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
    with np.errstate(all="ignore"):
        one = ((by - cy) * (px - cx) + (cx - bx) * (py - cy)) / area
        two = ((cy - ay) * (px - cx) + (ax - cx) * (py - cy)) / area
        inside = (one >= 0) & (two >= 0) & (one + two <= 1)
    inside &= (x >= 0) & (x < fine) & (y >= 0) & (y < fine)
    which, row, column = np.nonzero(inside)
    if not len(which):
        return
    one, two = one[inside], two[inside]
    z = one * az.ravel()[which] + two * bz.ravel()[which]
    z += (1 - one - two) * cz.ravel()[which]
    level = ((z.astype(np.float64) / depth + 1) / 2).clip(0, 1) * DEPTHS
    key = level.astype(np.int64) << 31 | faces[which]
    pixel = (fine - 1 - (low[which, 1] + row)) * fine + low[which, 0] + column
    np.maximum.at(buffer, pixel, key)


def _shaded(
    mesh: Mesh, seen: np.ndarray, nearest: np.ndarray, shades: np.ndarray | None
) -> np.ndarray:
    """(pixels, 3) uint8."""
    picture = np.empty((len(nearest), 3), dtype=np.uint8)
    picture[:] = PAPER
    covered = np.flatnonzero(nearest >= 0)
    faces, index = np.unique(nearest[covered], return_inverse=True)
    colours = np.empty((len(faces), 3), dtype=np.uint8)
    for start in range(0, len(faces), CHUNK):
        some = faces[start : start + CHUNK]
        a, b, c = (seen[mesh.faces[some, k]].astype(np.float64) for k in range(3))
        normals = np.cross(b - a, c - a)
        lengths = np.linalg.norm(normals, axis=1, keepdims=True)
        normals /= np.where(lengths > 0, lengths, 1)
        behind = normals[:, 2] < 0
        normals[behind] *= -1
        light = AMBIENT + DIRECT * np.clip(normals @ LIGHT, 0, 1)
        light += INDIRECT * np.clip(normals @ FILL, 0, 1)
        light[behind] *= INSIDE
        base = np.array(PLASTIC) if shades is None else shades[some].astype(np.float64)
        colours[start : start + CHUNK] = np.rint(np.clip(light[:, None] * base, 0, 255))
    picture[covered] = colours[index.reshape(-1)]
    return picture
