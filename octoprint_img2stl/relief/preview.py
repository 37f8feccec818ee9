"""What the browser shows while the owner chooses: the same bodies, coarser."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ..machine import Machine
from .build import Picture, build_bodies
from .settings import ReliefSettings
from .shapes.canvas import size
from .sizes import arranged, canvas_of, is_bare
from .solid.bodies import BodyMesh
from .write import placed

# Nodes along the longer side, and triangles: enough for the eye, quick to send and draw.
SIDE = 192
TRIANGLES = 18_000
# Outlines, walls and bends take many by themselves, and narrow parts must hold together.
MORE_SIDE = 220
MORE_TRIANGLES = 45_000
# Odd numbers with about as many ones as zeros (the last rounds of MurmurHash3 and xxHash).
MIX = np.array(
    [0xFF51AFD7ED558CCD, 0xC4CEB9FE1A85EC53, 0x9E3779B185EBCA87, 0xC2B2AE3D27D4EB4F],
    np.uint64,
)
ERROR_SHARE = 0.015  # of the relief's height
LEAST_ERROR = 0.02


def coarse_mesh(
    pictures: Sequence[Picture],
    settings: ReliefSettings,
    machine: Machine,
    *,
    side: int | None = None,
    triangles: int | None = None,
) -> dict[str, Any]:
    """The print as a coarse mesh.

    Args:
        side: nodes along the longer side.
        triangles: at most about so many. None of either is what a browser draws quickly.

    Returns:
        ``mesh``: ``vertices`` (base64 of little-endian float32, x, y, z in mm as printed),
        ``faces`` (uint32, three a triangle), and for a lithophane ``thickness`` (float32,
        mm of plastic behind each vertex of the picture side, 0 elsewhere);
        ``triangles``, ``histogram`` (64 shares of the first photo's greys) and ``size``.

    Raises:
        ReliefRefused: settings that do not go together.
    """
    bare = is_bare(settings)
    side = side or (SIDE if bare else MORE_SIDE)
    triangles = triangles or (TRIANGLES if bare else MORE_TRIANGLES)
    built = build_bodies(
        pictures, coarse(settings, pictures[0].aspect, machine, side), machine
    )
    pieces, boxes = [], []
    for body in built.bodies:
        error = max(LEAST_ERROR, ERROR_SHARE * settings.relief_height)
        mesh = BodyMesh(body, error, triangles // len(built.bodies))
        pieces.append(_indexed(mesh))
        vertices = pieces[-1][0]
        boxes.append((vertices.min(axis=0), vertices.max(axis=0)))
    sizes = [tuple((high - low).astype(float).tolist()) for low, high in boxes]
    middles, whole = arranged(sizes, machine.width)
    first = 0
    for (vertices, faces, _), (low, high), middle in zip(
        pieces, boxes, middles, strict=True
    ):
        centre = (low + high) / 2
        vertices += np.float32([*middle, 0]) - np.float32([centre[0], centre[1], low[2]])
        faces += first
        first += len(vertices)
    vertices, faces, thickness = (np.concatenate(k) for k in zip(*pieces, strict=True))
    mesh = {"vertices": _text(vertices, "<f4"), "faces": _text(faces, "<u4")}
    if settings.route == "lithophane":
        mesh["thickness"] = _text(thickness, "<f4")
    return {
        "mesh": mesh,
        "triangles": len(faces),
        "histogram": [round(float(share), 5) for share in built.histogram],
        "size": [round(side, 3) for side in whole],
    }


def coarse(
    settings: ReliefSettings, aspect: float, machine: Machine, side: int
) -> ReliefSettings:
    """The same settings, sampled no finer than a preview shows."""
    canvas = canvas_of(settings, aspect, machine)
    samples = side / max(canvas.width, canvas.depth, *size(canvas.shape))
    if settings.samples_per_mm:
        samples = min(samples, settings.samples_per_mm)
    return replace(settings, samples_per_mm=samples)


def _indexed(mesh: BodyMesh) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Vertices (n, 3), faces (m, 3), and the thickness of the plastic at each vertex."""
    corners, thickness = [], []
    for points, part in placed(mesh):
        corners.append(points)
        depth = np.zeros(points.shape[:2], np.float32)
        if part.is_picture:
            depth[:] = part.points[..., 2] - mesh.body.lower
        thickness.append(depth)
    # Picture side and walls keep corners of their own: the edge between them is sharp.
    flat = np.column_stack(
        [np.concatenate(corners).reshape(-1, 3), np.concatenate(thickness).ravel()]
    )
    _, first, faces = np.unique(_keys(flat), return_index=True, return_inverse=True)
    return flat[first, :3], faces.reshape(-1, 3).astype(np.uint32), flat[first, 3]


def _keys(rows: np.ndarray) -> np.ndarray:
    """One 64-bit number for each row of (n, 4) float32, which sort much faster.

    Two different rows have the same one once in some ten thousand million previews, and
    then one corner of a picture is in the wrong place.
    """
    bits = np.ascontiguousarray(rows).view(np.uint32).astype(np.uint64)
    keys = bits[:, 0] * MIX[0]
    for column in (1, 2, 3):
        keys ^= keys >> np.uint64(29)
        keys += bits[:, column]
        keys *= MIX[column]
    return keys


def _text(values: np.ndarray, kind: str) -> str:
    return base64.b64encode(values.astype(kind).tobytes()).decode("ascii")
