"""A solid's outline beside the photo's."""

import numpy as np
import pytest

from octoprint_img2stl.mesh.likeness import compare, overlap, silhouette
from octoprint_img2stl.mesh.model import weld
from tests.unit.jobs.shapes import box


def of(*boxes):
    """A mesh of boxes: (size, lowest corner) each, x right, y away, z up."""
    return weld(np.concatenate([box(size, at) for size, at in boxes]).astype(np.float32))


# a chair seen from its side: unlike from every side
CHAIR = of(
    ((20, 20, 4), (0, 0, 16)), ((4, 20, 40), (16, 0, 0)), ((4, 20, 16), (0, 0, 0))
)  # fmt: skip
TOWER = of(((10, 12, 60), (0, 0, 0)), ((30, 12, 8), (0, 0, 0)))


def photo_of(mesh, turn_deg=0.0, tilt_deg=0.0, size_px=256, mirrored=False):
    mask = silhouette(mesh, turn_deg=turn_deg, tilt_deg=tilt_deg, size_px=size_px)
    return (mask[:, ::-1] if mirrored else mask).astype(np.float32)


def codes(likeness):
    return [finding.code for finding in likeness.findings]


@pytest.mark.parametrize("mesh", [CHAIR, TOWER], ids=["chair", "tower"])
@pytest.mark.parametrize(
    ("role", "turn_deg", "tilt_deg"),
    [
        ("front", 0, 0),
        ("left", 90, 0),
        ("back", 180, 0),
        ("right", 270, 0),
        ("top", 0, 90),
        ("other", 0, 0),
    ],
)
def test_its_own_photo_fits_from_every_side(mesh, role, turn_deg, tilt_deg):
    likeness = compare(mesh, photo_of(mesh, turn_deg, tilt_deg), role=role)
    assert likeness.overlap > 0.9 and likeness.turn_deg == 0 and not likeness.mirrored
    assert codes(likeness) == []


def test_the_sides_are_those_of_who_stands_before_the_front():
    """What sticks out to the right (+x) is seen on the right, on the left from behind, and
    hides the rest from the right side; a foot to the front is to the right, seen from left."""
    foot = of(((10, 10, 40), (0, 10, 0)), ((10, 10, 6), (0, 0, 0)))
    left = silhouette(foot, turn_deg=90)
    below, above = left[-30:-8].any(axis=0), left[20:60].any(axis=0)
    assert np.flatnonzero(below).max() > np.flatnonzero(above).max() + 5


def test_a_little_perspective_and_a_ragged_edge_are_forgiven():
    mask = photo_of(CHAIR)
    rng = np.random.default_rng(1)
    rows = [np.roll(row, rng.integers(-2, 3)) for row in mask]
    assert codes(compare(CHAIR, np.array(rows))) == []


def test_something_else_is_told():
    likeness = compare(of(((40, 40, 20), (0, 0, 0))), photo_of(CHAIR))
    assert likeness.overlap < 0.6 and codes(likeness) == ["mesh.unlike_photo"]
    (finding,) = likeness.findings
    assert finding.severity == "warning" and "%" in finding.message


def test_turned_around_and_turned_aside():
    behind = compare(CHAIR, photo_of(CHAIR, 180))
    assert codes(behind) == ["mesh.turned_away"] and behind.overlap < 0.9
    assert "behind" in behind.findings[0].message
    wide = of(((60, 10, 30), (0, 0, 0)), ((60, 10, 10), (0, 8, 0)))
    aside = compare(wide, photo_of(wide, 90))
    assert codes(aside) == ["mesh.turned_away"] and aside.turn_deg in (90, 270)
    assert "another side" in aside.findings[0].message


def test_plates():
    thin = of(((40, 1, 40), (0, 0, 0)))
    assert compare(thin, photo_of(thin)).plate
    # the photo's background became a wall, with the subject on it
    wall = of(((60, 6, 60), (0, 4, 0)), ((20, 5, 40), (20, 0, 0)))
    subject = photo_of(CHAIR)
    likeness = compare(wall, subject)
    assert likeness.plate and "mesh.looks_like_plate" in codes(likeness)
    # a book is no plate, nor is a flat figure
    book = of(((40, 13, 60), (0, 0, 0)))
    assert not compare(book, photo_of(book)).plate
    assert not compare(CHAIR, photo_of(CHAIR)).plate


def test_nothing_to_compare_says_nothing():
    assert codes(compare(CHAIR, np.zeros((50, 50)))) == []


def test_overlap_is_1_for_the_same_and_0_for_nothing_in_common():
    disc = np.hypot(*np.mgrid[-1:1:99j, -1:1:99j]) < 0.9
    assert overlap(disc, disc) == 1
    assert overlap(disc, np.repeat(disc, 2, axis=0)[:, ::1]) < 0.7
