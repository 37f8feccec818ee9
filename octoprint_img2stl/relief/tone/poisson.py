"""The surface whose slopes come nearest to given ones."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .strips import strips


def surface_of(
    across: np.ndarray, down: np.ndarray, pitch: tuple[float, float]
) -> np.ndarray:
    """Least squares fit of a surface to its slopes; nothing is asked for beyond its edges.

    The normal equations are a Poisson equation with natural (Neumann) borders, which the
    discrete cosine transform solves directly.

    Args:
        across: (rows, columns - 1) slopes between neighbours in a row.
        down: (rows - 1, columns) slopes between neighbours in a column.
        pitch: mm per column and mm per row.

    Returns:
        (rows, columns) float32, of mean 0.
    """
    rows, columns = across.shape[0], down.shape[1]
    sources = np.zeros((rows, columns))
    sources[:, 1:] += across / pitch[0]
    sources[:, :-1] -= across / pitch[0]
    sources[1:] += down / pitch[1]
    sources[:-1] -= down / pitch[1]
    waves = _in_rows(_in_rows(sources, _cosines).T.copy(), _cosines)
    waves[0, 0] = 0
    stiffness = _stiffness(columns, pitch[0])[:, None] + _stiffness(rows, pitch[1])
    stiffness[0, 0] = 1
    waves /= stiffness
    del stiffness, sources
    return _in_rows(_in_rows(waves, _values).T.copy(), _values).astype(np.float32)


def _in_rows(
    values: np.ndarray, transform: Callable[[np.ndarray], np.ndarray]
) -> np.ndarray:
    """Transform each row, in place, some at a time."""
    for rows in strips(values.shape):
        values[rows] = transform(values[rows])
    return values


def _stiffness(count: int, pitch: float) -> np.ndarray:
    """What the second difference makes of each of the cosines."""
    return (2 - 2 * np.cos(np.pi * np.arange(count) / count)) / pitch**2


def _cosines(values: np.ndarray) -> np.ndarray:
    """DCT-II of each row by one FFT of the same length (Makhoul 1980).

    Without a factor: the k-th is twice the sum of values * cos(pi k (2 n + 1) / (2 N)).
    """
    length = values.shape[1]
    half = length // 2 + 1
    packed = np.concatenate([values[:, ::2], values[:, 1::2][:, ::-1]], axis=1)
    turned = np.fft.rfft(packed)
    turned *= 2 * np.exp(-0.5j * np.pi * np.arange(half) / length)
    cosines = np.empty_like(values)
    cosines[:, :half] = turned.real
    cosines[:, half:] = -turned.imag[:, length - half : 0 : -1]
    return cosines


def _values(cosines: np.ndarray) -> np.ndarray:
    """The inverse of `_cosines`."""
    length = cosines.shape[1]
    half = length // 2 + 1
    turned = np.empty((len(cosines), half), np.complex128)
    turned.real = cosines[:, :half]
    turned.imag[:, 0] = 0
    turned.imag[:, 1:] = -cosines[:, : length - half : -1]
    turned *= 0.5 * np.exp(0.5j * np.pi * np.arange(half) / length)
    packed = np.fft.irfft(turned, length)
    values = np.empty_like(cosines)
    evens = (length + 1) // 2
    values[:, ::2] = packed[:, :evens]
    values[:, 1::2] = packed[:, evens:][:, ::-1]
    return values
