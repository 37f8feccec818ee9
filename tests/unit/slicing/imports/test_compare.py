from __future__ import annotations

import pytest

from octoprint_img2stl.machine import Machine
from octoprint_img2stl.slicing.imports import Imported, contradictions
from octoprint_img2stl.slicing.vendor.bed import BedSaid

OURS = Machine(x_max=220, y_max=220, height=250, nozzle=0.4)


def said(**facts):
    return Imported("prusaslicer", "x", {}, **facts)


@pytest.mark.parametrize(
    ("facts", "found"),
    [
        ({}, []),
        ({"bed": BedSaid("rectangular", 0, 0, 220.2, 219.8), "nozzle": 0.4}, []),
        ({"nozzle": 0.6}, [("nozzle", "0.6", "0.4")]),
        ({"height": 180.0}, [("height", "180", "250")]),
        (
            {"bed": BedSaid("rectangular", 0, 0, 250, 210)},
            [("bed", "250 x 210", "220 x 220")],
        ),
        (
            {"bed": BedSaid("rectangular", -110, -110, 110, 110)},
            [("origin", "-110, -110", "0, 0")],
        ),
        (
            {"bed": BedSaid("circular", 0, 0, 220, 220)},
            [("form", "circular", "rectangular")],
        ),
    ],
)
def test_what_differs_is_shown_side_by_side(facts, found):
    assert [tuple(each) for each in contradictions(said(**facts), OURS)] == found


def test_a_delta_is_compared_with_a_delta():
    machine = Machine(-90, -90, 90, 90, 300, "circular")
    assert not contradictions(said(bed=BedSaid("circular", -90, -90, 90, 90)), machine)


def test_a_bed_that_octoprint_cannot_say_exactly_is_agreed_on_once_it_is_set():
    bed = BedSaid("rectangular", 3, 3, 228, 228)
    found = contradictions(said(bed=bed), OURS)
    assert [each.what for each in found] == ["bed", "origin"]
    volume = bed.octoprint_volume(250)
    set_so = Machine.from_octoprint_profile({"volume": volume})
    assert set_so.width == 228 and not contradictions(said(bed=bed), set_so)


def test_a_bed_of_a_strange_form_is_agreed_on_by_the_box_around_it():
    bed = BedSaid("custom", 0, 0, 220, 220)
    assert not contradictions(said(bed=bed), OURS)
    assert contradictions(said(bed=BedSaid("custom", 0, 0, 200, 220)), OURS)
