"""How far the outline of a solid lies off the mask it was made from."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw
from scipy import ndimage

FINER = 4


def shadow(points: np.ndarray, faces: np.ndarray, size_px: tuple[int, int]) -> np.ndarray:
    """(H, W) bool: what triangles cover of a picture.

    Args:
        points: (V, 2) pixels to the right and down, from the upper left corner.
        faces: (F, 3) into points.
        size_px: (W, H).
    """
    image = Image.new("1", size_px)
    pen = ImageDraw.Draw(image)
    # The middle of the first pixel is at 0.5.
    for triangle in (points - 0.5)[faces].reshape(-1, 6).tolist():
        pen.polygon(triangle, fill=1)
    return np.asarray(image)


def _edge(inside: np.ndarray) -> np.ndarray:
    padded = np.pad(inside, 1)
    return (padded & ~ndimage.binary_erosion(padded))[1:-1, 1:-1]


def _edge_beyond(inside: np.ndarray) -> np.ndarray:
    return ~inside & ndimage.binary_dilation(inside)


def off_px(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Distances of each edge pixel of two (H, W) bool masks from the other's edge."""
    far = []
    for here, there in ((one, other), (other, one)):
        edge = _edge(here)
        # Halfway between the last pixel inside and the first outside.
        within = ndimage.distance_transform_edt(~_edge(there))
        beyond = ndimage.distance_transform_edt(~_edge_beyond(there))
        far.append(np.minimum(within, beyond)[edge])
    return np.concatenate(far)


def outline_off_px(
    mask: np.ndarray, right: np.ndarray, up: np.ndarray, faces: np.ndarray, pixel: float
) -> np.ndarray:
    """How far a solid's outline is off the line where a mask's coverage is a half.

    Args:
        mask: (H, W) coverage.
        right, up: (V,) the solid's vertices as seen, mm; their box is laid over the mask's.
        faces: (F, 3).
        pixel: mm.

    Returns:
        For places all along both outlines, in pixels of the mask.
    """
    from octoprint_img2stl.solid3d.local.silhouettes import box_of

    box = box_of(mask)
    x = (right - (right.min() + right.max()) / 2) / pixel + (box.left + box.right) / 2
    y = (box.top + box.bottom) / 2 - (up - (up.min() + up.max()) / 2) / pixel
    rows, columns = mask.shape
    size = columns * FINER, rows * FINER
    fine = np.asarray(
        Image.fromarray(mask.astype(np.float32)).resize(size, Image.Resampling.BILINEAR)
    )
    seen = shadow(np.stack((x, y), axis=1) * FINER, faces, size)
    return off_px(fine > 0.5, seen) / FINER
