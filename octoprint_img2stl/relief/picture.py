"""What a plate will look like: in light from the side, before a lamp, and in 3D."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
from PIL import Image

from .heightmap import Heightmap

# Where the light comes from: upper left, in front of the plate (x right, y up, z to us).
LIGHT = np.array([-0.5, 0.6, 0.62]) / np.linalg.norm([-0.5, 0.6, 0.62])
# Light from all around: less of it reaches the valleys.
AMBIENT = (0.12, 0.3)
DIRECT = 0.45
PLASTIC = (235, 232, 226)
# Thickness of white PLA through which a tenth of the light passes: about 2.3 mm for usual
# brands (Beer-Lambert; a real plate also scatters, so a picture is all this is good for).
TENTH_THICKNESS = 2.3
LAMP = (1.0, 0.86, 0.68)
STEPS = 65535


def shade(heightmap: Heightmap, size_px: int = 512) -> Image.Image:
    """The plate lying flat, seen from above, in light from the upper left.

    Args:
        size_px: longer side of the picture, RGB.
    """
    small = _resized(heightmap, size_px)
    rows, columns = small.shape
    down, across = np.gradient(
        small, heightmap.depth / (rows - 1), heightmap.width / (columns - 1)
    )
    # The surface's normal is (-dz/dx, -dz/dy, 1); y runs against the rows.
    facing = -across * LIGHT[0] + down * LIGHT[1] + LIGHT[2]
    lambert = np.clip(facing / np.sqrt(across**2 + down**2 + 1), 0, 1)
    low, high = small.min(), small.max()
    ambient = np.interp(small, (low, high if high > low else low + 1), AMBIENT)
    # Level plastic gets 0.75 at the most: room for slopes that face the light.
    light = ambient + DIRECT * lambert / LIGHT[2]
    return _coloured(np.clip(light, 0, 1), PLASTIC)


def backlit(heightmap: Heightmap, size_px: int = 512) -> Image.Image:
    """The plate before a warm lamp: thin parts bright, seen from the picture side.

    Transmitted light is 10 ** (-thickness / `TENTH_THICKNESS`), relative to the thinnest
    part, encoded as sRGB.

    Args:
        size_px: longer side of the picture, RGB.
    """
    small = _resized(heightmap, size_px)
    light = 10 ** ((small.min() - small) / TENTH_THICKNESS)
    # IEC 61966-2-1, the encoding of linear light.
    encoded = np.where(
        light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055
    )
    return _coloured(encoded, tuple(255 * part for part in LAMP))


def preview_grid(heightmap: Heightmap, max_side: int = 200) -> dict[str, Any]:
    """The heights for a 3D view in the browser, small enough to send at every change.

    Returns:
        ``columns``, ``rows`` (the longer at most `max_side`), ``width``, ``depth``,
        ``z_min``, ``z_max`` in mm, and ``z16``: base64 of the heights as little-endian
        unsigned 16-bit numbers, row by row from the photo's top left, 0 for ``z_min`` and
        65535 for ``z_max``.
    """
    small = heightmap.z
    if max(small.shape) > max_side:
        small = _resized(heightmap, max_side)
    low, high = float(small.min()), float(small.max())
    steps = np.rint((small - low) * (STEPS / ((high - low) or 1.0))).astype("<u2")
    return {
        "columns": small.shape[1],
        "rows": small.shape[0],
        "width": heightmap.width,
        "depth": heightmap.depth,
        "z_min": low,
        "z_max": high,
        "z16": base64.b64encode(steps.tobytes()).decode("ascii"),
    }


def _resized(heightmap: Heightmap, side: int) -> np.ndarray:
    """Heights in another number of nodes, the longer side `side`, the shorter at least 2.

    Nodes span the plate from edge to edge, so that the first and last of each row stay
    where they are: the window of an output node is centred on its place among the input
    nodes. (A plain resize would move them by half a pixel.)
    """
    rows, columns = heightmap.z.shape
    longer = max(heightmap.width, heightmap.depth)
    size = tuple(
        max(2, round(side * length / longer))
        for length in (heightmap.width, heightmap.depth)
    )
    steps = ((columns - 1) / (size[0] - 1), (rows - 1) / (size[1] - 1))
    pads = [int(np.ceil(step / 2)) for step in steps]
    padded = np.pad(heightmap.z, [(pads[1], pads[1]), (pads[0], pads[0])], mode="edge")
    box = []
    for step, pad, count in zip(steps, pads, size, strict=True):
        low = pad + 0.5 - step / 2
        box.append((low, low + step * count))
    image = Image.fromarray(padded).resize(
        size,
        Image.Resampling.BILINEAR,
        box=(box[0][0], box[1][0], box[0][1], box[1][1]),
    )
    return np.asarray(image)


def _coloured(light: np.ndarray, colour: tuple[float, ...]) -> Image.Image:
    planes = [np.rint(light * part).astype(np.uint8) for part in colour]
    return Image.fromarray(np.stack(planes, axis=-1))
