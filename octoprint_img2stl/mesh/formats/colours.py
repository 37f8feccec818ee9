"""Colours as files have them, and as we keep them: one of 8 bit sRGB a face."""

from __future__ import annotations

import numpy as np

from ..model import CHUNK


def of_faces(colours: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """(F, 3) uint8: the mean of each face's corners, from (P, 3) uint8 of the points."""
    found = np.empty((len(faces), 3), dtype=np.uint8)
    for start in range(0, len(faces), CHUNK):
        part = slice(start, start + CHUNK)
        found[part] = np.rint(colours[faces[part]].mean(axis=1))
    return found


def to_bytes(colours: np.ndarray) -> np.ndarray:
    """Numbers from 0 to 1 as uint8; what is beyond or none is brought within."""
    return np.rint(np.clip(np.nan_to_num(colours), 0, 1) * 255).astype(np.uint8)


def to_srgb(linear: np.ndarray) -> np.ndarray:
    """Linear light as sRGB, both 0 to 1 (IEC 61966-2-1)."""
    linear = np.clip(np.nan_to_num(linear), 0, 1)
    return np.where(
        linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055
    )


def to_linear(encoded: np.ndarray) -> np.ndarray:
    """The inverse of `to_srgb`."""
    return np.where(
        encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4
    )


def distinct(colours: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The different ones of (F, 3) uint8, (C, 3), and (F,) which of them each is."""
    red, green, blue = colours.astype(np.int32).T
    found, index = np.unique(red << 16 | green << 8 | blue, return_inverse=True)
    parts = [found >> 16, found >> 8 & 255, found & 255]
    return np.stack(parts, axis=1).astype(np.uint8), index.reshape(-1)
