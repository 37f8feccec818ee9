"""Flat levels for logos and line art: where they are cut, and nothing too narrow to print."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from .strips import strips


def thresholds_for(steps: int, threshold: float) -> list[float]:
    """The shares of the height at which a relief of flat levels is cut, rising.

    Args:
        steps: number of levels; below 2 the relief is continuous.
        threshold: the cut between two levels; more levels are spaced evenly.
    """
    if steps == 2:
        return [threshold]
    return [cut / steps for cut in range(1, steps)]


def heights(steps: int) -> list[float]:
    """The share of the relief's height of each level, from 0 to 1."""
    return [step / (steps - 1) for step in range(steps)]


def clean_steps(
    picture: np.ndarray,
    thresholds: Sequence[float],
    min_width: float,
    pitch: tuple[float, float],
) -> np.ndarray:
    """Remove whatever is narrower than `min_width`, high or low.

    Afterwards, for each threshold, every node above it and every node below it lies in a
    disc of that diameter all of whose nodes are on the same side.

    An opening by the disc takes away specks and thin lines, a closing fills thin gaps
    (Serra, Image Analysis and Mathematical Morphology, 1982). On greys both commute with
    the thresholds and leave edges where they are between the nodes. The closing may,
    however, join two parts by a neck that is itself too narrow, and no number of
    openings and closings would settle that. Such nodes get a disc around them, and what
    gaps arise are closed again; as the parts only grow then, this ends.

    Args:
        picture: (rows, columns) float32.
        thresholds: where the picture is cut; nothing else of it needs to be sound.
        min_width: mm, e.g. the width of an extruded line.
        pitch: mm per column and mm per row.

    Returns:
        A new array; `picture` itself if the disc is a single node. Beyond its edges the
        picture goes on as its mirror image.
    """
    disc = _disc(min_width, pitch)
    if disc.size == 1:
        return picture
    clean = closed(opened(picture, disc), disc)
    around = _around(disc)
    while True:
        sound = opened(clean, disc)
        narrow = np.zeros(picture.shape, bool)
        for threshold in thresholds:
            narrow |= (clean > threshold) & (sound <= threshold)
        if not narrow.any():
            return clean
        # A node without a disc above one threshold has none above any higher one: its
        # whole height may go to its surroundings.
        sound.fill(-np.inf)
        np.copyto(sound, clean, where=narrow)
        sound = _picked(sound, (around, np.maximum))
        np.maximum(clean, sound, out=sound)
        clean = closed(sound, disc)


def opened(picture: np.ndarray, disc: np.ndarray) -> np.ndarray:
    """Grey-scale opening: the greatest picture below it in which all that is high is wide.

    Args:
        picture: (rows, columns) float32.
        disc: (rows, columns) bool, each row without gaps.
    """
    return _picked(picture, (disc, np.minimum), (disc, np.maximum))


def closed(picture: np.ndarray, disc: np.ndarray) -> np.ndarray:
    """Grey-scale closing: the opening of the negative."""
    return _picked(picture, (disc, np.maximum), (disc, np.minimum))


def _disc(diameter: float, pitch: tuple[float, float]) -> np.ndarray:
    """(rows, columns) bool: the nodes of a disc at least as wide, counting half a pitch around."""
    nodes = [max(1, math.ceil(diameter / step - 1e-6)) for step in reversed(pitch)]
    down, across = (((2 * np.arange(count) + 1) / count - 1) ** 2 for count in nodes)
    return down[:, None] + across <= 1


def _around(disc: np.ndarray) -> np.ndarray:
    """Discs around a node, the same to all sides: one or, of even width, all next to it."""
    rows, columns = (1 - length % 2 for length in disc.shape)
    around = np.zeros((disc.shape[0] + rows, disc.shape[1] + columns), bool)
    for down in range(rows + 1):
        for across in range(columns + 1):
            place = np.s_[down : down + disc.shape[0], across : across + disc.shape[1]]
            around[place] |= disc
    return around


def _picked(picture: np.ndarray, *passes: tuple[np.ndarray, np.ufunc]) -> np.ndarray:
    """The least or greatest value around each node, in one or more passes.

    Args:
        passes: neighbourhoods and `np.minimum` or `np.maximum`; their sizes less 1 must
            add up to even numbers of rows and of columns.
    """
    beyond = [sum(area.shape[axis] - 1 for area, _ in passes) // 2 for axis in (0, 1)]
    rows_of, columns_of = (
        np.pad(np.arange(length), pad, mode="symmetric")
        for length, pad in zip(picture.shape, beyond, strict=True)
    )
    out = np.empty_like(picture)
    for rows in strips(picture.shape):
        window = picture[rows_of[rows.start : rows.stop + 2 * beyond[0]]][:, columns_of]
        for area, pick in passes:
            window = _pass(window, area, pick)
        out[rows] = window
    return out


def _pass(values: np.ndarray, area: np.ndarray, pick: np.ufunc) -> np.ndarray:
    """One pass, at the places where the whole neighbourhood lies within `values`."""
    rows, columns = (
        whole - part + 1 for whole, part in zip(values.shape, area.shape, strict=True)
    )
    runs = _runs(values, sorted(set(area.sum(axis=1).tolist())), pick)
    result = None
    for row, nodes in enumerate(area):
        start = int(nodes.argmax())
        run = runs[int(nodes.sum())][row : row + rows, start : start + columns]
        result = run.copy() if result is None else pick(result, run, out=result)
    return result


def _runs(values: np.ndarray, widths: list[int], pick: np.ufunc) -> dict[int, np.ndarray]:
    """The least or greatest of each `width` neighbours in a row, for rising widths."""
    runs, run, have = {}, values, 1
    for width in widths:
        while have < width:
            # Two runs side by side or overlapping make a longer one.
            by = min(have, width - have)
            run = pick(run[:, :-by], run[:, by:])
            have += by
        runs[width] = run
    return runs
