"""Photographs of things before a wall, painted by code, with the true mask of the thing."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

WHITE, BLUE, GREY = (246, 246, 244), (90, 140, 200), (120, 121, 122)
FINER = 4


def drawn(size_px: tuple[int, int], paint) -> np.ndarray:
    """(H, W) float32 coverage of what `paint` draws with a pen four times as fine."""
    width, height = size_px
    image = Image.new("L", (width * FINER, height * FINER))
    paint(ImageDraw.Draw(image), FINER)
    return np.asarray(image.reduce(FINER), np.float32) / 255


def bear(size_px=(480, 400)) -> np.ndarray:
    """A head with ears on a body, a lopsided arm: somebody with a left and a right."""

    def paint(pen, unit):
        for box in (
            (150, 150, 330, 360), (170, 60, 310, 190), (160, 40, 210, 90),
            (270, 40, 320, 90), (310, 200, 400, 240),
        ):  # fmt: skip
            pen.ellipse([edge * unit for edge in box], fill=255)

    return drawn(size_px, paint)


def mug(size_px=(480, 400)) -> np.ndarray:
    """A cup whose handle one can look through."""

    def paint(pen, unit):
        pen.rounded_rectangle(
            [edge * unit for edge in (120, 90, 290, 330)], 20 * unit, fill=255
        )
        pen.ellipse([edge * unit for edge in (250, 130, 390, 290)], fill=255)
        pen.ellipse([edge * unit for edge in (282, 162, 358, 258)], fill=0)
        pen.rectangle([edge * unit for edge in (250, 130, 290, 290)], fill=255)

    return drawn(size_px, paint)


def bust(size_px=(480, 400)) -> np.ndarray:
    """Head and shoulders, cut off by the lower edge."""

    def paint(pen, unit):
        pen.ellipse([edge * unit for edge in (170, 60, 310, 240)], fill=255)
        pen.ellipse([edge * unit for edge in (80, 230, 400, 620)], fill=255)

    return drawn(size_px, paint)


def photographed(
    mask: np.ndarray,
    *,
    wall=WHITE,
    paint=(170, 60, 50),
    shadow: float = 0.0,
    falloff: float = 0.0,
    noise: float = 2.0,
    quality: int = 85,
    seed: int = 1,
) -> np.ndarray:
    """(H, W, 3) uint8 of a shaded thing before a wall.

    Args:
        mask: (H, W) coverage.
        wall, paint: colours.
        shadow: how much darker the wall is in the thing's soft shadow, 0 to 1.
        falloff: how much darker the wall is away from the lamp.
        noise: standard deviation of the sensor, of 255.
        quality: of the JPEG it goes through.
    """
    rows, columns = mask.shape
    y, x = np.mgrid[-1 : 1 : rows * 1j, -1 : 1 : columns * 1j]
    behind = np.ones((rows, columns, 3)) * wall
    behind *= (1 - falloff * ((x + 1) / 4 + (x * x + y * y) / 4))[..., None]
    if shadow:
        thrown = Image.fromarray(np.rint(mask * 255).astype(np.uint8)).transform(
            (columns, rows),
            Image.Transform.AFFINE,
            (1, 0, -columns * 0.06, 0, 1, -rows * 0.04),
        )
        soft = thrown.filter(ImageFilter.GaussianBlur(rows * 0.03))
        behind *= 1 - shadow * np.asarray(soft)[..., None] / 255
    front = np.ones((rows, columns, 3)) * paint
    front *= (0.85 + 0.2 * np.sin(5 * x) * np.cos(4 * y))[..., None]
    seen = mask[..., None] * front + (1 - mask[..., None]) * behind
    seen += np.random.default_rng(seed).normal(0, noise, seen.shape)
    file = io.BytesIO()
    picture = Image.fromarray(np.rint(np.clip(seen, 0, 255)).astype(np.uint8))
    picture.save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(file))


def overlap(one: np.ndarray, other: np.ndarray) -> float:
    """Intersection over union of two masks."""
    return float(np.minimum(one, other).sum() / np.maximum(one, other).sum())
