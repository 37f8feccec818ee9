"""The sample photo, as the default relief has it."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
from PIL import Image

from octoprint_img2stl.machine import Machine
from octoprint_img2stl.relief import ReliefSettings
from octoprint_img2stl.relief.build import Picture, build_bodies
from tests.unit.sources import FOLDER

SAMPLE = FOLDER / "data" / "sample" / "cat.jpg"


@cache
def sample_grey() -> np.ndarray:
    """(300, 451) float32 in 0..1."""
    with Image.open(SAMPLE) as image:
        return np.asarray(image.convert("L"), np.float32) / 255


@cache
def sample_plate() -> tuple[np.ndarray, float, float]:
    """(289, 449) heights between 1 and 3 mm, and the width and the depth of their grid.

    With all of the fur.
    """
    settings = replace(ReliefSettings.defaults("relief"), width=44.0, edge_smoothing=0.0)
    (body,) = build_bodies([Picture.of(sample_grey())], settings, Machine()).bodies
    return np.array(body.upper), body.width, body.depth
