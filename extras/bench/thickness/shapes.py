"""Combs, pins, wedges and leaning walls of known thickness, each on a plate; mm."""

from __future__ import annotations

import math

import numpy as np

from octoprint_img2stl.mesh.model import Mesh, weld

PLATE = 2.0
HEIGHT = 8.0
LENGTH = 12.0
APART = 8.0
FACES = np.array(
    [
        (0, 2, 1), (0, 3, 2), (4, 5, 6), (4, 6, 7), (0, 1, 5), (0, 5, 4),
        (1, 2, 6), (1, 6, 5), (2, 3, 7), (2, 7, 6), (3, 0, 4), (3, 4, 7),
    ]
)  # fmt: skip


def prism(floor: np.ndarray, low: float, high: float, shift: float = 0.0) -> np.ndarray:
    """(n, 3, 3) corners of an upright prism; its top is moved along x by `shift`."""
    count = len(floor)
    bottom = np.column_stack((floor, np.full(count, low)))
    top = np.column_stack((floor + (shift, 0), np.full(count, high)))
    points = np.concatenate((bottom, top))
    after = (np.arange(count) + 1) % count
    here = np.arange(count)
    sides = np.concatenate(
        (
            np.stack((here, after, after + count), 1),
            np.stack((here, after + count, here + count), 1),
        )
    )
    fan = np.array([(0, k, k + 1) for k in range(1, count - 1)])
    return points[np.concatenate((sides, fan[:, ::-1], fan + count))].astype(np.float32)


def rectangle(x: float, y: float, width: float, length: float) -> np.ndarray:
    return np.array([(x, y), (x + width, y), (x + width, y + length), (x, y + length)])


def plate(width: float, length: float = LENGTH + 8) -> np.ndarray:
    return prism(rectangle(-4, -4, width + 8, length), 0, PLATE)


def _on_plate(parts: list[np.ndarray], width: float) -> Mesh:
    # The parts reach into the plate: bodies that overlap, as models have them.
    return weld(np.concatenate([plate(width), *parts]))


def comb(widths: list[float]) -> Mesh:
    teeth = [
        prism(rectangle(k * APART, 0, width, LENGTH), PLATE / 2, PLATE + HEIGHT)
        for k, width in enumerate(widths)
    ]
    return _on_plate(teeth, APART * len(widths))


def leaning(widths: list[float], lean_deg: float) -> Mesh:
    """Walls whose level width is given, leaning from the vertical."""
    shift = (HEIGHT + PLATE / 2) * math.tan(math.radians(lean_deg))
    walls = [
        prism(rectangle(k * APART, 0, width, LENGTH), PLATE / 2, PLATE + HEIGHT, shift)
        for k, width in enumerate(widths)
    ]
    return _on_plate(walls, APART * len(widths))


def pins(diameters: list[float], sides: int) -> Mesh:
    """Pins with as many sides, the distance of opposite ones given."""
    turn = np.pi / sides + 2 * np.pi * np.arange(sides) / sides
    ring = np.stack((np.cos(turn), np.sin(turn)), 1) / (2 * np.cos(np.pi / sides))
    some = [
        prism(ring * size + (k * APART, 4), PLATE / 2, PLATE + HEIGHT)
        for k, size in enumerate(diameters)
    ]
    return _on_plate(some, APART * len(diameters))


def wedge(thickest: float, length: float = 40.0) -> Mesh:
    """A wall that tapers along y from `thickest` to nothing."""
    floor = np.array([(0, 0), (thickest, 0), (0, length)])
    body = prism(floor, PLATE / 2, PLATE + HEIGHT)
    return weld(np.concatenate((plate(thickest, length + 8), body)))
