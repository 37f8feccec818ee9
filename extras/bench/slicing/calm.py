"""What a route's own smoothing does to the heights of a picture, all layers together.

Grain makes a relief's layers fall apart into islands and holes; what smoothing that keeps
edges takes away of them must not be what is seen. So it is told how far the heights are
from those with all the grain, and on how much of the area the print then ends in another
layer.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from scipy import ndimage

# What leaves all of the picture's grain in it.
GRAIN: dict[str, Any] = {"edge_smoothing": 0.0}


@dataclass(frozen=True)
class Difference:
    """Heights without grain beside those with it.

    Attributes:
        parts_before, parts: islands and holes of all layers, with grain and without.
        mean, most: of the difference of the heights, mm.
        changed, far: shares of the area that end in another layer, and in one that is not
            the next.
    """

    parts_before: int
    parts: int
    mean: float
    most: float
    changed: float
    far: float


def calmed(route: str) -> bool:
    """Whether a route takes grain away by itself."""
    from octoprint_img2stl.relief import ReliefSettings

    settings = ReliefSettings.defaults(route)
    return any(getattr(settings, name) != value for name, value in GRAIN.items())


def difference(picture: Path, route: str) -> Difference:
    """Compare the heights of a picture, at the layers of the default settings."""
    from octoprint_img2stl.machine import Machine
    from octoprint_img2stl.slicing.choices import first_layer_height, layer_height
    from octoprint_img2stl.slicing.settings import SliceSettings

    machine = Machine()
    layer = layer_height(SliceSettings.defaults(route).quality, machine.nozzle)
    before, after = (_heights(picture, route, changes) for changes in (GRAIN, {}))
    # Slicers cut in the middle of a layer.
    first = first_layer_height(layer, machine.nozzle)
    cuts = np.append(first / 2, np.arange(first + layer / 2, before.max(), layer))
    ended, ends = (np.searchsorted(cuts, heights) for heights in (before, after))
    apart = np.abs(after - before)
    return Difference(
        parts_before=_parts(before, cuts),
        parts=_parts(after, cuts),
        mean=float(apart.mean()),
        most=float(apart.max()),
        changed=float((ended != ends).mean()),
        far=float((np.abs(ended - ends) > 1).mean()),
    )


def _heights(picture: Path, route: str, changes: dict[str, Any]) -> np.ndarray:
    from octoprint_img2stl.machine import Machine
    from octoprint_img2stl.photo import open_photo
    from octoprint_img2stl.relief import (
        Picture,
        ReliefSettings,
        build_bodies,
        photo_side_px,
    )

    machine = Machine()
    settings = replace(ReliefSettings.defaults(route), **changes)
    with Image.open(picture) as image:
        size_px = image.size
    photo = open_photo(picture, max_side_px=photo_side_px(settings, size_px, machine))
    shown = Picture(photo.grey, photo.cropped_px, photo.bits > 8)
    (body,) = build_bodies([shown], settings, machine).bodies
    return np.array(body.upper)


def _parts(heights: np.ndarray, cuts: np.ndarray) -> int:
    return sum(
        ndimage.label(heights > cut)[1] + ndimage.label(heights <= cut)[1] for cut in cuts
    )
