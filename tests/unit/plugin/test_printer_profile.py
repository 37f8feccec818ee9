"""OctoPrint's printer profile after what a slicer profile says of its printer."""

from __future__ import annotations

import copy

import pytest

from octoprint_img2stl.machine import Machine
from octoprint_img2stl.plugin.printer_profile import (
    PrinterProfileRefused,
    changed,
    set_printer,
)
from octoprint_img2stl.problems import Refusal
from octoprint_img2stl.slicing.saved import SavedProfile
from octoprint_img2stl.slicing.vendor.bed import bed_said

CURRENT = {
    "id": "mine",
    "name": "Mine",
    "model": "Any",
    "color": "blue",
    "volume": {
        "width": 200.0,
        "depth": 200.0,
        "height": 200.0,
        "formFactor": "rectangular",
        "origin": "lowerleft",
        "custom_box": False,
    },
    "heatedBed": False,
    "heatedChamber": True,
    "extruder": {"count": 2, "nozzleDiameter": 0.4, "offsets": [(0, 0), (5, 0)]},
    "axes": {"x": {"speed": 3000, "inverted": True}, "y": {"speed": 3000}},
}


class Manager:
    """OctoPrint's, as far as it is asked."""

    def __init__(self):
        self.current = copy.deepcopy(CURRENT)
        self.saved = []

    def get_current_or_default(self):
        return self.current

    def save(self, profile, allow_overwrite=False, trigger_event=False):
        assert allow_overwrite and trigger_event
        self.saved.append(profile)


def profile(bed="0x0,250x0,250x210,0x210", height=210.0, nozzle=0.6):
    said = bed and bed_said(bed)
    facts = {"bed": said, "height": height, "nozzle": nozzle}
    return SavedProfile("MK", "prusaslicer", {}, "vendor", **facts)


def test_bed_height_and_nozzle_are_set_and_all_else_stays():
    manager = Manager()
    set_printer(manager, profile(), busy=False)
    (saved,) = manager.saved
    assert saved["volume"] == {
        "width": 250.0,
        "depth": 210.0,
        "height": 210.0,
        "formFactor": "rectangular",
        "origin": "lowerleft",
        "custom_box": False,
    }
    assert saved["extruder"] == {**CURRENT["extruder"], "nozzleDiameter": 0.6}
    for kept in set(CURRENT) - {"volume", "extruder"}:
        assert saved[kept] == CURRENT[kept]
    assert manager.current == CURRENT  # what OctoPrint holds is not changed behind it


def test_what_the_profile_does_not_say_stays():
    assert changed(CURRENT, profile(bed=None, nozzle=None))["volume"] == {
        **CURRENT["volume"],
        "height": 210.0,
    }
    after = changed(CURRENT, profile(height=None))
    assert after["volume"]["height"] == 200 and after["volume"]["width"] == 250


def test_a_delta_becomes_one():
    corners = ",".join(
        f"{90 * x:.3f}x{90 * y:.3f}"
        for x, y in (
            (1, 0), (0.866, 0.5), (0.5, 0.866), (0, 1), (-0.5, 0.866), (-0.866, 0.5),
            (-1, 0), (-0.866, -0.5), (-0.5, -0.866), (0, -1), (0.5, -0.866), (0.866, -0.5),
        )
    )  # fmt: skip
    volume = changed(CURRENT, profile(bed=corners))["volume"]
    assert (volume["formFactor"], volume["origin"]) == ("circular", "center")
    assert volume["width"] == volume["depth"] == pytest.approx(180)


def test_a_custom_box_reaches_as_far_beyond_the_new_bed():
    box = {"x_min": -4, "y_min": -8, "z_min": 0, "x_max": 200, "y_max": 212, "z_max": 205}
    current = {**CURRENT, "volume": {**CURRENT["volume"], "custom_box": box}}
    after = changed(current, profile())
    assert after["volume"]["custom_box"] == {
        "x_min": -4,
        "y_min": -8,
        "z_min": 0,
        "x_max": 250,
        "y_max": 222,
        "z_max": 215,
    }
    assert Machine.from_octoprint_profile(after).width == 250


@pytest.mark.parametrize(
    "said, busy, code",
    [
        (profile(), True, "profiles.printer_busy"),
        (profile(None, None, None), False, "profiles.says_no_printer"),
        (profile(nozzle=50.0), False, "machine.invalid"),
    ],
)
def test_refused(said, busy, code):
    manager = Manager()
    with pytest.raises(Refusal) as refused:
        set_printer(manager, said, busy=busy)
    assert refused.value.code == code and manager.saved == []


def test_what_octoprint_refuses_is_said(monkeypatch):
    from octoprint.printer.profile import InvalidProfileError

    manager = Manager()

    def refuse(*args, **kwargs):
        raise InvalidProfileError

    monkeypatch.setattr(manager, "save", refuse)
    with pytest.raises(PrinterProfileRefused) as refused:
        set_printer(manager, profile(), busy=False)
    assert refused.value.code == "profiles.printer_unusable"
