#!/usr/bin/env python3
"""Draw the README's picture of all shapes: `extras/readme_pictures.py extras/pictures/shapes.jpg`.

Each is the coarse mesh of the plugin's own preview, from the sample photo.
"""

from __future__ import annotations

import base64
import math
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from octoprint_img2stl.machine import Machine  # noqa: E402
from octoprint_img2stl.photo import open_photo  # noqa: E402
from octoprint_img2stl.relief import Picture, ReliefSettings, coarse_mesh  # noqa: E402
from octoprint_img2stl.relief.fonts import font_path  # noqa: E402

SAMPLE = ROOT / "octoprint_img2stl/data/sample/cat.jpg"
# What is shown: a preset, what is changed about it, and how it is called.
THINGS = [
    ("plaque", {"text": "Minka", "border": 5.0}, "plaque with text"),
    ("lithophane", {"stand": "foot"}, "lithophane with a foot"),
    ("medal", {}, "medal"),
    ("keychain", {}, "keychain"),
    ("sign", {}, "sign: two flat levels"),
    ("coaster", {}, "coaster"),
    ("plaque", {"shape": "oval", "border": 4.0}, "oval"),
    ("plaque", {"shape": "heart", "border": 3.0, "holes": "one"}, "heart with a hole"),
    ("silhouette", {}, "outline of the subject"),
    ("arc", {}, "curved lithophane"),
    ("lamp", {}, "lamp with floor and socket"),
    ("lithophane", {"shape": "dome", "width": 90.0}, "dome"),
    ("light_box", {"lid_slot": True}, "box with a slot for its lid"),
    ("cutter", {}, "cookie cutter"),
    ("stencil", {}, "stencil"),
    (
        "plaque",
        {"keyhole": True, "magnets": 4, "base": 5.0},
        "the back: keyhole, magnets",
    ),
]
COLUMNS, WIDTH, HEIGHT, SCALE = 4, 300, 230, 3
PLASTIC, PAPER, INK = (236, 226, 208), (255, 255, 255), (60, 60, 60)
LIGHT = np.array([-0.55, -0.45, 0.7]) / np.linalg.norm([-0.55, -0.45, 0.7])


def drawn(preset: str, changes: dict, title: str) -> Image.Image:
    photo = open_photo(SAMPLE, max_side_px=500)
    settings = replace(ReliefSettings.preset(preset), **changes)
    picture = Picture(photo.grey, photo.cropped_px)
    found = coarse_mesh([picture], settings, Machine(), side=500, triangles=400_000)
    mesh = found["mesh"]
    vertices = np.frombuffer(base64.b64decode(mesh["vertices"]), "<f4").reshape(-1, 3)
    faces = np.frombuffer(base64.b64decode(mesh["faces"]), "<u4").reshape(-1, 3)
    back = title.startswith("the back")
    upright = settings.upright
    tilt = math.radians(20 if upright else 52)
    turn = math.radians(28 if upright else 18)
    spun = vertices @ _around_z(turn)
    if back:
        spun = spun * [1, -1, -1]
    seen = spun @ _tilted(tilt)
    corners = seen[faces]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    towards = normals[:, 2] > 0
    corners, normals = corners[towards], normals[towards]
    order = np.argsort(corners[..., 2].mean(axis=1))
    low, high = seen[:, :2].min(axis=0), seen[:, :2].max(axis=0)
    room = np.array([WIDTH - 24, HEIGHT - 50])
    scale = SCALE * float((room / (high - low)).min())
    middle = SCALE * np.array([WIDTH / 2, (HEIGHT - 26) / 2])
    flat = (corners[..., :2] - (low + high) / 2) * [scale, -scale] + middle
    light = 0.25 + 0.85 * np.clip(normals @ (_tilted(tilt).T @ LIGHT), 0, 1)
    image = Image.new("RGB", (WIDTH * SCALE, HEIGHT * SCALE), PAPER)
    draw = ImageDraw.Draw(image)
    for index in order.tolist():
        colour = tuple(min(255, int(part * light[index])) for part in PLASTIC)
        draw.polygon([tuple(point) for point in flat[index].tolist()], fill=colour)
    font = ImageFont.truetype(str(font_path("")), 12 * SCALE)
    place = (WIDTH * SCALE / 2, (HEIGHT - 14) * SCALE)
    draw.text(place, title, fill=INK, font=font, anchor="mm")
    return image.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)


def _around_z(angle: float) -> np.ndarray:
    c, s = math.cos(angle), math.sin(angle)
    return np.array([[c, s, 0], [-s, c, 0], [0, 0, 1]])


def _tilted(elevation: float) -> np.ndarray:
    """From x, y, z to right, up, towards the eye, which looks from the front and above."""
    c, s = math.cos(elevation), math.sin(elevation)
    return np.array([[1, 0, 0], [0, s, -c], [0, c, s]])


def main(path: str) -> None:
    rows = math.ceil(len(THINGS) / COLUMNS)
    sheet = Image.new("RGB", (COLUMNS * WIDTH, rows * HEIGHT), PAPER)
    for place, thing in enumerate(THINGS):
        row, column = divmod(place, COLUMNS)
        sheet.paste(drawn(*thing), (column * WIDTH, row * HEIGHT))
    Path(path).parent.mkdir(exist_ok=True)
    sheet.save(path, quality=80, optimize=True)


if __name__ == "__main__":
    main(sys.argv[1])
