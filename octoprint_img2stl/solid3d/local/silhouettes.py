"""The outlines that a solid is made of: one part each, without crumbs, none of them blank."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image
from scipy import ndimage

from ...problems import INFO, N_, Problem
from ..refused import SolidRefused

ALL = 0.995  # of the photo: then nothing was cut out of it
LEAST_PX = 6  # of the outline's longer side
CRUMB = 0.001  # of the largest part: not worth a word when it is dropped
# Cameras by the axes they see, the second of two looks from the other side.
PAIRS = (("front", "back"), ("left", "right"), ("top",))


@dataclass(frozen=True, eq=False)
class Silhouette:
    """What one photo shows of the subject.

    Attributes:
        role: where the camera stood, one of `driver.ROLES`.
        mask: (H, W) float32 in 0..1, how much of each pixel is subject, row 0 on top.
    """

    role: str
    mask: np.ndarray


@dataclass(frozen=True)
class Box:
    """Where an outline begins and ends, in pixels from the mask's upper left corner."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def height(self) -> float:
        return self.bottom - self.top


def usable(views: Sequence[Silhouette]) -> tuple[list[Silhouette], list[Problem]]:
    """The first view of each role that tells something, cleaned, and what was left out.

    Raises:
        SolidRefused: ``solid.no_photo``, ``solid.no_outline``, ``solid.nothing_cut``.
    """
    known = [role for pair in PAIRS for role in pair]
    chosen: dict[str, Silhouette] = {}
    spare = 0
    for view in views:
        if view.role in known and view.role not in chosen:
            chosen[view.role] = view
        else:
            spare += 1
    if not chosen and views:  # a single photo may have been called anything
        chosen, spare = {"front": replace(views[0], role="front")}, spare - 1
    if not chosen:
        raise SolidRefused(
            "solid.no_photo",
            N_(
                "No photo was cut out, so there is no outline to make a solid of; use a photo "
                "before a plain background or one with a transparent background, or choose "
                "another generator."
            ),
            field="solid.cut",
        )
    notices = []
    if spare:
        notices.append(
            Problem(
                "solid.views_unused",
                INFO,
                N_(
                    "%(count)s of the photos were not used here: one photo of each side is, "
                    "and those from other directions are not."
                ),
                {"count": spare},
                field="solid.roles",
            )
        )
    cleaned, dropped = [], 0
    for view in chosen.values():
        mask, parts = _one_part(view)
        cleaned.append(Silhouette(view.role, mask))
        dropped += parts
    if dropped:
        notices.append(parts_dropped(dropped))
    return cleaned, notices


def parts_dropped(count: int) -> Problem:
    return Problem(
        "solid.parts_dropped",
        INFO,
        N_(
            "The solid is one body: %(count)s smaller parts of the outline that stand apart "
            "from the largest were left out."
        ),
        {"count": count},
        field="solid.tolerance",
    )


def nothing_left() -> SolidRefused:
    return SolidRefused(
        "solid.nothing_left",
        N_(
            "Nothing is left of the outlines: they are too thin for this quality, or have "
            "nothing in common; choose a finer quality, and check which photo was taken from "
            "which side."
        ),
        field="solid.roles",
    )


def _one_part(view: Silhouette) -> tuple[np.ndarray, int]:
    """The mask with only its largest part, and how many others worth a word there were."""
    mask = np.clip(np.nan_to_num(np.asarray(view.mask, np.float32)), 0, 1)
    inside = mask > 0.5
    labels, count = ndimage.label(inside)
    sizes = np.bincount(labels.ravel())[1:]
    if not count or max(map(_extent, ndimage.find_objects(labels))) < LEAST_PX:
        raise SolidRefused(
            "solid.no_outline",
            N_(
                "Nothing of the photo from the %(role)s was cut out as the subject; lower "
                "the tolerance, or use a photo in which the subject stands out from a plain "
                "background."
            ),
            field="solid.tolerance",
            role=view.role,
        )
    if inside.mean() >= ALL:
        raise SolidRefused(
            "solid.nothing_cut",
            N_(
                "The photo from the %(role)s was not cut out, so there is no outline to make "
                "a solid of; use a photo before a plain background or one with a transparent "
                "background, or choose another generator."
            ),
            field="solid.cut",
            role=view.role,
        )
    if count > 1:
        main = labels == 1 + sizes.argmax()
        mask = np.where(inside & ~main, 0, mask)
    return mask, int((sizes > CRUMB * sizes.max()).sum()) - 1


def _extent(part: tuple[slice, slice]) -> int:
    return max(side.stop - side.start for side in part)


def box_of(mask: np.ndarray) -> Box:
    """Where coverage passes a half, to fractions of a pixel."""
    columns = _span(mask.max(axis=0))
    rows = _span(mask.max(axis=1))
    return Box(columns[0], rows[0], columns[1], rows[1])


def _span(cover: np.ndarray) -> tuple[float, float]:
    """Where the first and the last edge are, in pixels.

    A pixel at the edge holds as much of the subject as it is covered.
    """
    where = np.flatnonzero(cover > 0.5)
    first, last = int(where[0]), int(where[-1])
    begin = first + 1 - cover[first]
    if first > 0:
        begin -= cover[first - 1]
    end = last + cover[last]
    if last + 1 < len(cover):
        end += cover[last + 1]
    return float(begin), float(end)


def resampled(
    mask: np.ndarray, box: Box, size_px: tuple[int, int], mirrored: bool = False
) -> np.ndarray:
    """The part of a mask within `box`, stretched to a size, (H, W) float32 in 0..1."""
    if size_px[0] > box.width or size_px[1] > box.height:
        mask = softened(mask)  # or its pixels would be seen
    image = Image.fromarray(np.ascontiguousarray(mask, np.float32))
    edges = (box.left, box.top, box.right, box.bottom)
    done = np.array(image.resize(size_px, Image.Resampling.HAMMING, box=edges))
    np.clip(done, 0, 1, out=done)
    return done[:, ::-1].copy() if mirrored else done


def softened(cover: np.ndarray) -> np.ndarray:
    """Coverage blurred with the binomial 1 2 1.

    The 0.5 line of plain coverage wriggles by up to 0.14 pixels along a slanted edge, that
    of blurred coverage by a few hundredths.
    """
    for axis in (0, 1):
        cover = ndimage.convolve1d(cover, [0.25, 0.5, 0.25], axis=axis)
    return cover


def seen_alike(one: Silhouette, other: Silhouette) -> tuple[np.ndarray, float]:
    """The mask that two opposite cameras agree on, in the first's pixels.

    Returns:
        The first's mask, less what the other says is empty; and how much of the two, laid
        over one another, is common to both, 0 to 1.
    """
    box = box_of(one.mask)
    rows = slice(int(box.top), min(int(np.ceil(box.bottom)), one.mask.shape[0]))
    columns = slice(int(box.left), min(int(np.ceil(box.right)), one.mask.shape[1]))
    size = columns.stop - columns.start, rows.stop - rows.start
    theirs = resampled(other.mask, box_of(other.mask), size, mirrored=True)
    mine = one.mask[rows, columns]
    both = np.minimum(mine, theirs)
    mask = np.zeros_like(one.mask)
    mask[rows, columns] = both
    return mask, float(both.sum() / max(np.maximum(mine, theirs).sum(), 1e-6))
