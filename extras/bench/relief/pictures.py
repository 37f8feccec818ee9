"""The test pictures: free photos that are downloaded, and others made with a fixed seed.

* scikit-image's sample data, from its wheel: astronaut, rocket (public domain), camera,
  chelsea, coffee, brick, grass (CC0), coins, moon (no known restrictions).
* Debian's mate-backgrounds: ladybird (Charles Barbin, smooth) and elephants (Wyng
  Stancikaite, texture all over, the worst case), both GPL-2+.
* made here: depth16 (a 16-bit height map), logo (black and white), phone and texture
  (12-megapixel JPEGs, the former smooth like most photos, the latter noisy all over).
"""

from __future__ import annotations

import sys
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from environments import CACHE, call, debian
from job import BASE, RELIEF
from PIL import Image, ImageDraw

SOURCES = CACHE / "pictures"
SEED = 20240229
PHOTO_PX = (4000, 3000)
# Clipped at either end, so that each picture reaches from black to white and automatic
# levels, which clip half a percent, leave it alone.
CLIPPED_PERCENT = 1.0


@dataclass(frozen=True)
class Picture:
    """One test picture.

    Attributes:
        find: returns the file; raises `NotInstalled`.
        fine: whether it has 16 bits.
        photo: whether it is given as it is, a camera's photo, not cut to sizes.
    """

    name: str
    find: Callable[[], Path]
    fine: bool = False
    photo: bool = False


def prepared(picture: Picture, side_px: int, kind: str = "grey") -> Path:
    """A square PNG cut from the middle of a picture, with greys from black to white.

    Args:
        kind: ``grey``, ``rgb`` (three equal channels) or ``negative``.
    """
    path = CACHE / "prepared" / f"{picture.name}-{side_px}-{kind}.png"
    if path.is_file():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    if kind != "grey":
        with Image.open(prepared(picture, side_px)) as grey:
            made = grey.convert("RGB") if kind == "rgb" else grey.point(lambda v: 255 - v)
            made.save(path)
        return path
    with Image.open(picture.find()) as image:
        image = image.convert("F" if picture.fine else "L").convert("F")
    side = min(image.size)
    left, top = ((length - side) // 2 for length in image.size)
    image = image.crop((left, top, left + side, top + side))
    if side != side_px:
        image = image.resize((side_px, side_px), Image.Resampling.LANCZOS)
    grey = np.asarray(image, float)
    low, high = np.percentile(grey, (CLIPPED_PERCENT, 100 - CLIPPED_PERCENT))
    grey = np.clip((grey - low) / (high - low), 0, 1)
    if picture.fine:
        made = Image.fromarray(np.rint(grey * 65535).astype(np.uint16))
    else:
        made = Image.fromarray(np.rint(grey * 255).astype(np.uint8))
    made.save(path)
    return path


def pixel_heights(grey: Path) -> np.ndarray:
    """(rows, columns) float64: what the task asks for at every pixel of a picture, mm."""
    with Image.open(grey) as image:
        white = 65535 if image.mode.startswith("I") else 255
        return BASE + RELIEF * (1 - np.asarray(image, float) / white)


def _sample(name: str) -> Callable[[], Path]:
    def find() -> Path:
        path = SOURCES / name
        if not path.is_file():
            SOURCES.mkdir(parents=True, exist_ok=True)
            pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
            if not list(SOURCES.glob("scikit_image-*.whl")):
                only = ["--only-binary=:all:", "--dest", str(SOURCES)]
                call([*pip, *only, "scikit-image"])
            wheel = next(SOURCES.glob("scikit_image-*.whl"))
            with zipfile.ZipFile(wheel) as archive:
                path.write_bytes(archive.read(f"skimage/data/{name}"))
        return path

    return find


def _debian(name: str) -> Callable[[], Path]:
    def find() -> Path:
        root = debian("mate-backgrounds", "mate-backgrounds")
        return root / "usr/share/backgrounds/mate" / name

    return find


def _made(name: str, make: Callable[[Path], None]) -> Callable[[], Path]:
    def find() -> Path:
        path = SOURCES / name
        if not path.is_file():
            SOURCES.mkdir(parents=True, exist_ok=True)
            make(path)
        return path

    return find


def _waves(size_px: tuple[int, int], octaves: int, fall: float) -> np.ndarray:
    """Smooth random hills, each octave twice as fine and `fall` times as high."""
    random = np.random.default_rng(SEED)
    total = np.zeros(size_px[::-1], np.float32)
    for octave in range(octaves):
        cells = 3 * 2**octave
        coarse = random.standard_normal((cells, cells * 4 // 3)).astype(np.float32)
        fine = Image.fromarray(coarse).resize(size_px, Image.Resampling.BICUBIC)
        total += np.asarray(fine) * np.float32(fall**octave)
    total -= total.min()
    return total / total.max()


def _depth16(path: Path) -> None:
    z = _waves((2048, 2048), octaves=6, fall=0.5)
    Image.fromarray(np.rint(z * 65535).astype(np.uint16)).save(path)


def _logo(path: Path) -> None:
    image = Image.new("L", (2048, 2048), 255)
    draw = ImageDraw.Draw(image)
    draw.ellipse((150, 150, 1898, 1898), fill=0)
    draw.ellipse((350, 350, 1698, 1698), fill=255)
    draw.polygon([(1024, 420), (1560, 1500), (488, 1500)], fill=0)
    draw.rectangle((924, 1150, 1124, 1500), fill=255)
    for x in range(300, 1800, 40):
        draw.line((x, 1560, x + 20, 1660), fill=0, width=6)
    image.save(path)


def _photo(octaves: int, fall: float, noise: float) -> Callable[[Path], None]:
    def make(path: Path) -> None:
        random = np.random.default_rng(SEED)
        grey = 255 * _waves(PHOTO_PX, octaves, fall)
        tint = 30 * (_waves(PHOTO_PX, 3, 0.5) - 0.5)
        planes = []
        for weight in (1, 0, -1):
            grain = noise * random.standard_normal(grey.shape, np.float32)
            planes.append(np.clip(grey + weight * tint + grain, 0, 255).astype(np.uint8))
        Image.fromarray(np.stack(planes, axis=-1)).save(path, "JPEG", quality=90)

    return make


_SAMPLES = (
    "astronaut.png",
    "camera.png",
    "chelsea.png",
    "coffee.png",
    "rocket.jpg",
    "moon.png",
    "coins.png",
    "brick.png",
    "grass.png",
)
PICTURES = (
    *(Picture(name.partition(".")[0], _sample(name)) for name in _SAMPLES),
    Picture("ladybird", _debian("nature/LadyBird.jpg")),
    Picture("elephants", _debian("abstract/Elephants_5640x3172.jpg")),
    Picture("depth16", _made("depth16.png", _depth16), fine=True),
    Picture("logo", _made("logo.png", _logo)),
    Picture("phone", _made("phone.jpg", _photo(10, 0.72, 4)), photo=True),
    Picture("texture", _made("texture.jpg", _photo(10, 0.95, 16)), photo=True),
)
