"""Meshes with one fault each, made from nothing."""

from __future__ import annotations

import numpy as np

from octoprint_img2stl.mesh.model import Mesh, weld
from octoprint_img2stl.mesh.repair.model import Surface


def ball(radius: float = 20.0, at=(0, 0, 0), rings: int = 16) -> np.ndarray:
    """(F, 3, 3) float64 corners of a closed ball, wound outward."""
    height = np.pi * np.arange(rings + 1) / rings
    turn = 2 * np.pi * np.arange(2 * rings) / (2 * rings)
    points = radius * np.stack(
        (
            np.sin(height)[:, None] * np.cos(turn),
            np.sin(height)[:, None] * np.sin(turn),
            np.repeat(np.cos(height)[:, None], 2 * rings, axis=1),
        ),
        axis=2,
    )
    points[0], points[-1] = (0, 0, radius), (0, 0, -radius)
    a, b = points[:-1], points[1:]
    c, d = np.roll(b, -1, axis=1), np.roll(a, -1, axis=1)
    quads = np.concatenate((np.stack((a, b, c), 2), np.stack((a, c, d), 2)))
    corners = quads.reshape(-1, 3, 3)
    area = np.linalg.norm(
        np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1
    )
    return corners[area > 1e-6] + np.array(at, dtype=float)


def turned(corners: np.ndarray) -> np.ndarray:
    """Inside out."""
    return corners[:, ::-1]


def mesh(*corners: np.ndarray) -> Mesh:
    return weld(np.concatenate(corners).astype(np.float32))


def surface(*corners: np.ndarray) -> Surface:
    return Surface.of(mesh(*corners))


def sheet(height=lambda x, y: 0 * x, size: int = 20, pitch: float = 2.0) -> np.ndarray:
    """Corners of an open sheet over a square, seen from above."""
    x, y = np.mgrid[: size + 1, : size + 1] * pitch
    points = np.stack((x, y, height(x, y)), axis=2).astype(float)
    a, b, c, d = points[:-1, :-1], points[1:, :-1], points[1:, 1:], points[:-1, 1:]
    quads = np.concatenate((np.stack((a, b, c), 2), np.stack((a, c, d), 2)))
    return quads.reshape(-1, 3, 3)


def strip(turns: int, width: float = 8.0, steps: int = 60, across: int = 4) -> np.ndarray:
    """Corners of a band closed to a ring after that many half turns (1: Moebius)."""
    angle = 2 * np.pi * np.arange(steps + 1) / steps
    side = width * (np.arange(across + 1) / across - 0.5)
    reach = 30 + side * np.cos(turns * angle / 2)[:, None]
    points = np.stack(
        (
            reach * np.cos(angle)[:, None],
            reach * np.sin(angle)[:, None],
            side * np.sin(turns * angle / 2)[:, None],
        ),
        axis=2,
    )
    points[-1] = points[0][::-1] if turns % 2 else points[0]
    a, b, c, d = points[:-1, :-1], points[1:, :-1], points[1:, 1:], points[:-1, 1:]
    quads = np.concatenate((np.stack((a, b, c), 2), np.stack((a, c, d), 2)))
    return quads.reshape(-1, 3, 3)


def volume(corners: np.ndarray) -> float:
    a, b, c = corners.astype(float).transpose(1, 0, 2)
    return float(np.einsum("ij,ij->", a, np.cross(b, c))) / 6


def volume_of(made: Mesh) -> float:
    return volume(made.vertices[made.faces])
