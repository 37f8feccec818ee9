"""What a print will look like: in light from the side, and before a lamp.

Both show the picture side unrolled, as if it were flat; around an outline all is white.
"""

from __future__ import annotations

import numpy as np
from PIL import Image

from .solid.bodies import BodyMesh

# Where the light comes from: upper left, in front of the plate (x right, y up, z to us).
LIGHT = np.array([-0.5, 0.6, 0.62]) / np.linalg.norm([-0.5, 0.6, 0.62])
# Light from all around: less of it reaches the valleys.
AMBIENT = (0.12, 0.3)
DIRECT = 0.45
PLASTIC = (235, 232, 226)
LAMP = (1.0, 0.86, 0.68)
PAPER = 255


def shade(mesh: BodyMesh, size_px: int = 512) -> Image.Image:
    """The picture side seen from above, in light from the upper left.

    Args:
        size_px: longer side of the picture, RGB.
    """
    small, there = _resized(mesh, size_px)
    rows, columns = small.shape
    down, across = np.gradient(
        small, mesh.body.depth / (rows - 1), mesh.body.width / (columns - 1)
    )
    # The surface's normal is (-dz/dx, -dz/dy, 1); y runs against the rows.
    facing = -across * LIGHT[0] + down * LIGHT[1] + LIGHT[2]
    lambert = np.clip(facing / np.sqrt(across**2 + down**2 + 1), 0, 1)
    low, high = small.min(), small.max()
    ambient = np.interp(small, (low, high if high > low else low + 1), AMBIENT)
    # Level plastic gets 0.75 at the most: room for slopes that face the light.
    light = ambient + DIRECT * lambert / LIGHT[2]
    return _coloured(np.clip(light, 0, 1), PLASTIC, there)


def backlit(
    mesh: BodyMesh, size_px: int = 512, *, transmission: float = 2.3
) -> Image.Image:
    """The print before a warm lamp: thin parts bright, seen from the picture side.

    Transmitted light is 10 ** (-thickness / transmission) (Beer-Lambert; a real plate
    also scatters), relative to the thinnest part, encoded as sRGB.

    Args:
        size_px: longer side of the picture, RGB.
        transmission: mm of the filament that let a tenth of the light through.
    """
    small, there = _resized(mesh, size_px)
    light = 10 ** ((small.min(where=there > 0.5, initial=np.inf) - small) / transmission)
    light = np.clip(light, 0, 1)
    # IEC 61966-2-1, the encoding of linear light.
    encoded = np.where(
        light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055
    )
    return _coloured(encoded, tuple(255 * part for part in LAMP), there)


def _resized(mesh: BodyMesh, side: int) -> tuple[np.ndarray, np.ndarray]:
    """Heights in another number of nodes, and how much of each is within the outline.

    The longer side is `side`, the shorter at least 2. Nodes span the grid from edge to
    edge, so that the first and last of each row stay where they are: the window of an
    output node is centred on its place among the input nodes. (A plain resize would move
    them by half a pixel.)
    """
    z = mesh.heights
    rows, columns = z.shape
    width, depth = mesh.body.width, mesh.body.depth
    size = tuple(
        max(2, round(side * length / max(width, depth))) for length in (width, depth)
    )
    steps = ((columns - 1) / (size[0] - 1), (rows - 1) / (size[1] - 1))
    pads = [int(np.ceil(step / 2)) for step in steps]
    box = []
    for step, pad, count in zip(steps, pads, size, strict=True):
        low = pad + 0.5 - step / 2
        box.append((low, low + step * count))

    def resized(values: np.ndarray) -> np.ndarray:
        padded = np.pad(values, [(pads[1], pads[1]), (pads[0], pads[0])], mode="edge")
        return np.asarray(
            Image.fromarray(padded).resize(
                size,
                Image.Resampling.BILINEAR,
                box=(box[0][0], box[1][0], box[0][1], box[1][1]),
            )
        )

    outside = mesh.outside
    if outside is None:
        return resized(z), np.ones(size[::-1], np.float32)
    # Beyond the outline there is nothing to see a slope of.
    level = np.float32(z.min(where=~outside, initial=np.inf))
    return (
        resized(np.where(outside, level, z).astype(np.float32)),
        resized((~outside).astype(np.float32)),
    )


def _coloured(
    light: np.ndarray, colour: tuple[float, ...], there: np.ndarray
) -> Image.Image:
    planes = [
        np.rint(light * part * there + PAPER * (1 - there)).astype(np.uint8)
        for part in colour
    ]
    return Image.fromarray(np.stack(planes, axis=-1))
