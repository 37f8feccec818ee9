"""A solid from one outline or several, in millimetres, ready for the bed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from ...problems import INFO, N_, Problem
from ..settings import SolidSettings
from .cubes import surface
from .hull import ALIKE, hull, views_differ
from .inflate import doubled, heights, roundness
from .plane import plane
from .silhouettes import (
    PAIRS,
    Silhouette,
    nothing_left,
    parts_dropped,
    seen_alike,
    usable,
)

CELLS = {"draft": 64, "normal": 128, "fine": 192}
LEAST_THICKNESS = 0.4  # mm: about a printed line


@dataclass(frozen=True, eq=False)
class Solid:
    """A closed, manifold surface of one body.

    Attributes:
        vertices: (V, 3) float32, mm: x to the right, y away from the viewer of the front, z
            up; it stands on z = 0 and is centred in x and y.
        faces: (F, 3) int32, counter-clockwise seen from outside.
        notices: what the owner should know.
    """

    vertices: np.ndarray
    faces: np.ndarray
    notices: tuple[Problem, ...]


def solid_from(
    views: Sequence[Silhouette],
    settings: SolidSettings,
    progress: Callable[[float], None] = lambda fraction: None,
) -> Solid:
    """Make a solid of outlines.

    One photo, or two from opposite sides, is inflated: its outline is the mask's, within
    half of a pixel of the mask as it was given. With photos along two axes or three the hull
    is carved over a grid of cells; its outlines are those of the masks within half a cell.
    The detail says how many cells the longest side has.

    With a flat back the solid of one photo lies on it, the front up; all others stand.

    Args:
        views: what the photos show.
        settings: `detail`, `size` (of the longest side), and for one photo `thickness` and
            `back`.
        progress: told how much is done, 0 to 1.

    Raises:
        SolidRefused: ``solid.no_photo``, ``solid.no_outline``, ``solid.nothing_cut``,
            ``solid.nothing_left``.
    """
    chosen, notices = usable(views)
    cells = CELLS[settings.detail]
    progress(0.05)
    by_role = {view.role: view for view in chosen}
    axes = [pair for pair in PAIRS if any(role in by_role for role in pair)]
    if len(axes) > 1:
        vertices, faces, more = _carved(chosen, cells, progress)
        vertices *= settings.size / cells
    else:
        view, alike = chosen[0], 1.0
        if len(chosen) > 1:
            mask, alike = seen_alike(*chosen)
            if not (mask > 0.5).any():
                raise nothing_left()
            (view,), _ = usable([Silhouette(view.role, mask)])
        vertices, faces, more = _inflated(view, settings, cells, progress)
        more += [views_differ()] if alike < ALIKE else []
    low, high = vertices.min(axis=0), vertices.max(axis=0)
    vertices -= [(low[0] + high[0]) / 2, (low[1] + high[1]) / 2, low[2]]
    progress(1.0)
    return Solid(vertices.astype(np.float32), faces.astype(np.int32), (*notices, *more))


def _inflated(
    view: Silhouette,
    settings: SolidSettings,
    cells: int,
    progress: Callable[[float], None],
) -> tuple[np.ndarray, np.ndarray, list[Problem]]:
    outline = plane(view.mask, cells)
    progress(0.4)
    longest = max(outline.box.width, outline.box.height)
    pixel = settings.size / longest
    height = heights(outline)
    progress(0.8)
    flat = settings.back == "flat"
    thickness = settings.thickness
    if not thickness:
        thickness = roundness(outline) * pixel * (1 if flat else 2)
    thickness = max(min(thickness, settings.size), LEAST_THICKNESS)
    front = height * thickness / (1 if flat else 2) / pixel
    back = np.zeros_like(front) if flat else front
    points, faces = doubled(outline, front, back)
    right, up, near = (points * pixel).T
    vertices = np.stack((right, up, near) if flat else (right, -near, up), axis=1)
    notices = [_says_inflated()]
    if outline.dropped:
        notices.append(parts_dropped(outline.dropped))
    return vertices, faces, notices


def _carved(
    views: Sequence[Silhouette], cells: int, progress: Callable[[float], None]
) -> tuple[np.ndarray, np.ndarray, list[Problem]]:
    inside, fields, notices = hull(views, cells, lambda part: progress(0.05 + 0.6 * part))
    inside, dropped = _one_body(inside)
    progress(0.75)
    vertices, faces = surface(inside, fields)
    notices.insert(0, _says_hull())
    if dropped:
        notices.append(parts_dropped(dropped))
    return vertices, faces, notices


def _one_body(inside: np.ndarray) -> tuple[np.ndarray, int]:
    """The largest part of (X, Y, Z) bool, without cavities and nothing at the grid's ends.

    Returns:
        That, and how many other parts there were that are worth a word.
    """
    core = np.zeros_like(inside)
    core[1:-1, 1:-1, 1:-1] = inside[1:-1, 1:-1, 1:-1]
    # Parts that touch along an edge or in a corner are apart, here as in `cubes`.
    labels, count = ndimage.label(core)
    dropped = 0
    if count > 1:
        sizes = np.bincount(labels.ravel())[1:]
        core = labels == 1 + sizes.argmax()
        dropped = int((sizes > max(8, 0.001 * sizes.max())).sum()) - 1
    labels, count = ndimage.label(~core, np.ones((3, 3, 3)))
    return labels != labels[0, 0, 0], dropped


def _says_inflated() -> Problem:
    return Problem(
        "solid.inflated",
        INFO,
        N_(
            "This is the outline of the photo, inflated to a rounded body; it is no "
            "reconstruction, and what the photo shows within the outline is not in it."
        ),
    )


def _says_hull() -> Problem:
    return Problem(
        "solid.hull",
        INFO,
        N_(
            "This is the body that the outlines of the photos leave, with rounded "
            "cross-sections; it is no reconstruction, and hollows that no outline shows are "
            "filled."
        ),
    )
