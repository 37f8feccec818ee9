"""Gaussian means at any width for about the same price.

A narrow Gaussian is applied as it is. A wide one in two halves, each of sigma / sqrt(2):
after the first, one sample per half's sigma holds all the detail that is left (the alias
is below 1e-8), and the second leads from these few samples back to all the nodes. All of
it is products with banded matrices, block by block, so that BLAS does the work and the
numbers stay in the processor's cache. The outermost nodes are repeated beyond the edges.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

# In sigmas: narrow Gaussians are cut where their weight is below 0.2 % of the middle's.
NARROW_REACH = 3.5
# In the halves of a wide one even such a step would be seen, for it lies elsewhere for
# each node.
WIDE_REACH = 4.5
# In nodes: a Gaussian below it has no weight at the neighbours in 32-bit floats.
LEAST_SIGMA = 0.07
# In nodes: above it the two halves cost less than the whole.
WIDE_SIGMA = 3.0
# Outputs of a block and, unless they are too few then, its inputs.
BLOCK = (4, 32)
BLOCK_INPUTS = 128
# What the three sides of a product may multiply to: with more, OpenBLAS starts threads,
# which would only spin.
MOST_WORK = 262144


@dataclass(frozen=True, eq=False)
class Block:
    """Neighbouring outputs of a `Band`: `weights` @ the inputs.

    Attributes:
        outputs, inputs: which.
        weights: (outputs, inputs) float32; each row's sum is 1.
    """

    outputs: slice
    inputs: slice
    weights: np.ndarray


@dataclass(frozen=True, eq=False)
class Band:
    """Gaussian means of samples along one axis, about `count` places."""

    count: int
    blocks: tuple[Block, ...]

    @classmethod
    def gaussian(
        cls,
        inputs: int,
        sigma: float,
        reach: float,
        places: tuple[float, float, int] | None = None,
    ) -> Band:
        """Weights of a Gaussian.

        Args:
            inputs: number of samples, which lie at 0, 1, 2, ...
            sigma: in samples; 0 gives the nearest sample.
            reach: in sigmas.
            places: first, step and number of the places of the means; None for those of
                the samples.
        """
        start, step, count = places or (0.0, 1.0, inputs)
        far = math.ceil(reach * sigma)
        size = min(max(BLOCK[0], int((BLOCK_INPUTS - 2 * far) / step)), BLOCK[1])
        blocks = []
        for first in range(0, count, size):
            outputs = slice(first, min(first + size, count))
            centres = start + step * np.arange(outputs.start, outputs.stop)
            samples = np.arange(round(centres[0]) - far, round(centres[-1]) + far + 1)
            apart = samples - centres[:, None]
            weights = np.exp(-0.5 * (apart / max(sigma, LEAST_SIGMA)) ** 2)
            weights[np.abs(apart) > far + 0.5] = 0
            weights /= weights.sum(axis=1, keepdims=True)
            # What falls beyond an edge counts for the outermost sample.
            samples = samples.clip(0, inputs - 1)
            low, high = int(samples[0]), int(samples[-1]) + 1
            starts = np.searchsorted(samples, np.arange(low, high))
            weights = np.add.reduceat(weights, starts, axis=1).astype(np.float32)
            blocks.append(Block(outputs, slice(low, high), weights))
        return cls(count, tuple(blocks))

    def across(self, rows: np.ndarray) -> np.ndarray:
        """(rows, count) means within each row, for a few rows."""
        means = np.empty((len(rows), self.count), np.float32)
        for block in self.blocks:
            np.matmul(rows[:, block.inputs], block.weights.T, out=means[:, block.outputs])
        return means

    def down(
        self, picture: np.ndarray, of: Callable[[np.ndarray], np.ndarray] | None = None
    ) -> Iterator[tuple[slice, np.ndarray]]:
        """Means within each column, some rows at a time: which, and their values.

        Rows of `picture` may be overwritten once their means have been handed out.

        Args:
            of: what to take the means of, for some rows of the picture.
        """
        low = high = 0
        window = picture[:0]
        for block in self.blocks:
            start, stop = block.inputs.start, block.inputs.stop
            fresh = picture[max(high, start) : stop]  # not every sample need be used
            window = np.concatenate(
                [window[start - low :], fresh if of is None else of(fresh)]
            )
            low, high = start, stop
            means = np.empty((len(block.weights), picture.shape[1]), np.float32)
            columns = max(1, MOST_WORK // block.weights.size)
            for left in range(0, picture.shape[1], columns):
                part = np.s_[:, left : left + columns]
                np.matmul(block.weights, window[part], out=means[part])
            yield block.outputs, means


@dataclass(frozen=True, eq=False)
class Blur:
    """One Gaussian, prepared for pictures of one shape.

    Attributes:
        thin: to a few samples of the picture, (rows, columns); None for a narrow one.
        spread: to all nodes, (rows, columns).
    """

    thin: tuple[Band, Band] | None
    spread: tuple[Band, Band]

    @classmethod
    def gaussian(cls, shape: tuple[int, int], sigma: tuple[float, float]) -> Blur:
        """A Gaussian over a picture of (rows, columns).

        Args:
            sigma: in rows and in columns.
        """
        if max(sigma) <= WIDE_SIGMA:
            rows, columns = (
                Band.gaussian(length, width, NARROW_REACH)
                for length, width in zip(shape, sigma, strict=True)
            )
            return cls(None, (rows, columns))
        half = tuple(width / math.sqrt(2) for width in sigma)
        return cls.in_halves(shape, half, half)

    @classmethod
    def in_halves(
        cls,
        shape: tuple[int, int],
        thin: tuple[float, float],
        spread: tuple[float, float],
    ) -> Blur:
        """A Gaussian to samples as far apart as its sigma, and one from them to all nodes.

        Args:
            thin, spread: their sigmas, in rows and in columns of the picture.
        """
        bands = []
        for length, first, second in zip(shape, thin, spread, strict=True):
            step = max(1.0, min(first, second))
            # Enough samples for the second to reach beyond the picture's edges, and as
            # far beyond the one as beyond the other.
            count = math.ceil((length - 1 + 2 * WIDE_REACH * second) / step) + 2
            start = (length - 1 - (count - 1) * step) / 2
            bands.append(
                (
                    Band.gaussian(length, first, WIDE_REACH, (start, step, count)),
                    Band.gaussian(
                        count,
                        second / step,
                        WIDE_REACH,
                        (-start / step, 1 / step, length),
                    ),
                )
            )
        (down, up), (in_, out) = bands
        return cls((down, in_), (up, out))

    def thinned(
        self, picture: np.ndarray, of: Callable[[np.ndarray], np.ndarray] | None = None
    ) -> np.ndarray:
        """The few samples of a wide Gaussian's first half.

        Args:
            of: what to blur, for some rows of the picture.
        """
        down, across = self.thin
        samples = np.empty((down.count, across.count), np.float32)
        for rows, means in down.down(picture, of):
            samples[rows] = across.across(means)
        return samples

    def spreaded(self, samples: np.ndarray) -> Iterator[tuple[slice, np.ndarray]]:
        """The second half, or all of a narrow Gaussian, some rows at a time."""
        down, across = self.spread
        for rows, means in down.down(samples):
            yield rows, across.across(means)

    def strips(self, picture: np.ndarray) -> Iterator[tuple[slice, np.ndarray]]:
        """The blurred picture, some rows at a time: which, and their values.

        These rows of `picture` itself may be overwritten then.
        """
        return self.spreaded(picture if self.thin is None else self.thinned(picture))
