"""The bench's pictures: the sample photo, and two drawn with a fixed seed."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

ROOT = Path(__file__).resolve().parents[3]
CAT = ROOT / "octoprint_img2stl/data/sample/cat.jpg"
SEED = 20240229
TEXTURE_PX = (1200, 900)
LOGO_PX = 1000


@dataclass(frozen=True)
class Picture:
    """What is made of which file."""

    name: str
    file: str
    route: str = "relief"


PICTURES = (
    Picture("cat", "cat.jpg"),
    Picture("texture", "texture.png"),
    Picture("logo", "logo.png"),
    Picture("lithophane", "cat.jpg", "lithophane"),
)


def draw(folder: Path) -> None:
    """Put all files into a folder."""
    shutil.copyfile(CAT, folder / "cat.jpg")
    _texture().save(folder / "texture.png")
    _logo().save(folder / "logo.png")


def _texture() -> Image.Image:
    """Hills of nine octaves and a camera's grain: thousands of small islands."""
    chance = np.random.default_rng(SEED)
    total = np.zeros(TEXTURE_PX[::-1], np.float32)
    for octave in range(9):
        cells = 3 * 2**octave
        coarse = chance.standard_normal((cells, cells * 4 // 3)).astype(np.float32)
        fine = Image.fromarray(coarse).resize(TEXTURE_PX, Image.Resampling.BICUBIC)
        total += np.asarray(fine) * np.float32(0.8**octave)
    total -= total.min()
    grain = 8 * chance.standard_normal(total.shape)
    grey = 255 * total / total.max() + grain
    return Image.fromarray(np.clip(grey, 0, 255).astype(np.uint8))


def _logo() -> Image.Image:
    """Black and white; its edges become steep slopes, its dashes thin walls."""
    image = Image.new("L", (LOGO_PX, LOGO_PX), 255)
    pen = ImageDraw.Draw(image)
    pen.ellipse((73, 73, 927, 927), fill=0)
    pen.ellipse((171, 171, 829, 829), fill=255)
    pen.polygon([(500, 205), (762, 732), (238, 732)], fill=0)
    pen.rectangle((451, 562, 549, 732), fill=255)
    for x in range(146, 879, 20):
        pen.line((x, 762, x + 10, 811), fill=0, width=3)
    return image
