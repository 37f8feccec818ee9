"""Connected parts of a mask, by runs along its rows. 4-connected throughout."""

from __future__ import annotations

import numpy as np


def components(mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Number the connected parts of a mask.

    The runs of each row are joined to those they touch in the next one by repeated
    hooking to the smaller number and pointer jumping (Shiloach and Vishkin, Journal of
    Algorithms 3, 1982), which is union-find for whole arrays.

    Args:
        mask: (H, W) bool.

    Returns:
        labels (H, W) int32, 0 outside and 1 ... n inside in the order of the parts' first
        pixels; sizes (n + 1,) in pixels, the outside's first.
    """
    rows, columns = mask.shape
    stride = columns + 1
    # With a False column after each row no run goes on in the next one.
    flat = np.zeros((rows, stride), np.int8)
    flat[:, :columns] = mask
    steps = np.diff(flat.ravel(), prepend=np.int8(0))
    starts, ends = np.flatnonzero(steps == 1), np.flatnonzero(steps == -1)

    # Runs of the next row that overlap: they end after this starts, start before it ends.
    first = np.searchsorted(ends, starts + stride, side="right")
    counts = np.maximum(np.searchsorted(starts, ends + stride) - first, 0)
    upper = np.repeat(np.arange(len(starts)), counts)
    lower = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    lower += np.repeat(first, counts)
    roots = _roots(len(starts), upper, lower)

    _, number = np.unique(roots, return_inverse=True)
    lengths = ends - starts
    inside = np.bincount(number, weights=lengths).astype(np.int64)
    # A run's number is switched on at its start and off at its end.
    marks = np.zeros(rows * stride + 1, np.int32)
    marks[starts] = number + 1
    marks[ends] -= (number + 1).astype(np.int32)
    labels = np.cumsum(marks[:-1], dtype=np.int32).reshape(rows, stride)[:, :columns]
    return labels, np.concatenate([[rows * columns - inside.sum()], inside])


def _roots(count: int, one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """(count,) for each thing the first of all that it is connected with.

    Args:
        one, other: pairs of things that are connected.
    """
    root = np.arange(count)
    while True:
        low = np.minimum(root[one], root[other])
        high = np.maximum(root[one], root[other])
        apart = low < high
        if not apart.any():
            return root
        np.minimum.at(root, high[apart], low[apart])
        while True:
            jumped = root[root]
            if (jumped == root).all():
                break
            root = jumped


def largest(mask: np.ndarray) -> np.ndarray:
    """(H, W) bool: the largest connected part, the first of equals; empty stays empty."""
    labels, sizes = components(mask)
    if len(sizes) == 1:
        return mask
    return labels == 1 + sizes[1:].argmax()


def without_holes(mask: np.ndarray) -> np.ndarray:
    """(H, W) bool: `mask` and all that cannot be reached from the picture's edge."""
    labels, sizes = components(~np.pad(mask, 1))
    return (labels != labels[0, 0])[1:-1, 1:-1] if len(sizes) > 2 else mask


def without_specks(mask: np.ndarray, least: float) -> np.ndarray:
    """(H, W) bool without parts of fewer than `least` pixels, then without such holes."""
    for inside in (True, False):
        labels, sizes = components(mask == inside)
        small = sizes < least
        small[0] = False
        if small.any():
            mask = mask != small[labels]
    return mask
