"""How much support a model needs: guessed from its faces, measured from its layers."""

from __future__ import annotations

import numpy as np
from manifold3d import CrossSection, Manifold

STEEP = np.cos(np.radians(45.0))  # faces looking down more than this need support
LEVEL = 0.98  # cosine from straight down of a face that can lie on the bed
TOUCHES = 0.003  # of the size: a face so near to the lowest point lies on the bed
LAYERS = 32
SEGMENTS = 16
REACH = (
    1.1  # of its height, what a layer may reach out: 45 degrees, and what rounding does
)


def of_faces(normals, areas, heights, ways, lows, size: float):
    """Volume under the faces that hang over, mm3, and area that lies on the bed, mm².

    A face that looks down by more than 45 degrees counts with its area seen from above
    times its height over the lowest point; one that lies on the bed does not.

    Args:
        normals, areas: of F faces; heights: (F, N) of their middles along -ways.
        ways: (N, 3) what is down; lows: (N,) the lowest height; size: of the model, mm.

    Returns:
        (N,), (N,)
    """
    down = normals @ ways.T
    above = heights - lows
    lies = above <= TOUCHES * size
    resting = areas @ ((down > LEVEL) & lies)
    above *= down
    above[lies | (down <= STEEP)] = 0.0
    return areas @ above, resting


def layers(solid: Manifold) -> tuple[float, float]:
    """Support volume (mm3) and area of the first layer (mm²), from real slices.

    From the top down: what a layer reaches out over the one below by more than its
    height, and what is already being supported, is support until something of the model
    takes it.
    """
    _, _, low, _, _, high = solid.bounding_box()
    step = (high - low) / LAYERS
    sections = [solid.slice(low + (each + 0.5) * step) for each in range(LAYERS)]
    sections = [section.simplify(step / 30) for section in sections]
    total = 0.0
    held = CrossSection()
    for below, above in zip(sections[-2::-1], sections[:0:-1], strict=True):
        over = above - below.offset(REACH * step, circular_segments=SEGMENTS)
        if not over.is_empty():
            # With the whole strip of the layer it belongs to, not only what is too much.
            strip = over.offset(1.5 * step, circular_segments=SEGMENTS) ^ (above - below)
            held = held + strip
        if not held.is_empty():
            held = held - below
            total += held.area() * step
    return total, float(solid.slice(low + min(0.1, step / 4)).area())
