"""The printer as every room sees it."""

import math

import pytest

from octoprint_img2stl.machine import CIRCULAR, Machine, MachineRefused

PROFILE = {
    "id": "_default",
    "name": "Default",
    "volume": {
        "width": 220.0,
        "depth": 210.0,
        "height": 250.0,
        "formFactor": "rectangular",
        "origin": "lowerleft",
        "custom_box": False,
    },
    "heatedBed": False,
    "extruder": {"nozzleDiameter": 0.6},
    "axes": {"x": {"speed": 6000}, "y": {"speed": 4800}},
}


def profile(**volume):
    return {**PROFILE, "volume": {**PROFILE["volume"], **volume}}


def test_ordinary_profile():
    machine = Machine.from_octoprint_profile(PROFILE)
    assert (machine.width, machine.depth, machine.height) == (220, 210, 250)
    assert machine.centre == (110, 105)
    assert (machine.nozzle, machine.heated_bed, machine.travel_speed) == (0.6, False, 80)
    assert machine.profile == "_default"


def test_centre_origin():
    machine = Machine.from_octoprint_profile(profile(origin="center"))
    assert (machine.x_min, machine.x_max, machine.centre) == (-110, 110, (0, 0))


def test_circular_bed_is_centred_and_uses_its_diameter():
    machine = Machine.from_octoprint_profile(
        profile(formFactor="circular", width=180, depth=180, origin="lowerleft")
    )
    assert machine.form == CIRCULAR
    assert machine.centre == (0, 0)
    assert machine.contains(0, 89.9) and not machine.contains(70, 70)
    side = 180 / math.sqrt(2)
    assert machine.fits(side - 0.1, side - 0.1, 10)
    assert not machine.fits(side + 0.1, side + 0.1, 10)


def test_custom_box_only_narrows():
    box = {"x_min": -10, "y_min": 5, "z_min": 0, "x_max": 230, "y_max": 200, "z_max": 180}
    machine = Machine.from_octoprint_profile(profile(custom_box=box))
    assert (machine.x_min, machine.x_max) == (0, 220)
    assert (machine.y_min, machine.y_max, machine.height) == (5, 200, 180)


@pytest.mark.parametrize(
    "size, margin, scale",
    [
        ((110, 50, 10), 0, 2.0),
        ((220, 50, 10), 0, 1.0),
        ((440, 50, 10), 0, 0.5),
        ((10, 10, 500), 0, 0.5),
        ((200, 50, 10), 10, 1.0),
    ],
)
def test_fit_scale(size, margin, scale):
    assert Machine().fit_scale(*size, margin) == pytest.approx(scale)


def test_bed_from_text():
    machine = Machine.from_bed("200x180.5x150", 0.25)
    assert (machine.width, machine.depth, machine.height) == (200, 180.5, 150)
    assert machine.nozzle == 0.25


@pytest.mark.parametrize(
    "bed", ["", "220", "220x220", "axbxc", "-1x2x3", "1x2x3x4", "nanx1x1"]
)
def test_unreadable_bed(bed):
    with pytest.raises(MachineRefused) as refused:
        Machine.from_bed(bed)
    assert refused.value.code == "machine.bed_unreadable"


@pytest.mark.parametrize(
    "volume", [{"width": 0}, {"height": -5}, {"depth": float("nan")}]
)
def test_impossible_profile(volume):
    with pytest.raises(MachineRefused) as refused:
        Machine.from_octoprint_profile(profile(**volume))
    assert refused.value.code == "machine.invalid"


def test_fingerprint_changes_with_what_matters_only():
    machine = Machine()
    assert machine.fingerprint() == Machine(name="other", profile="x").fingerprint()
    assert machine.fingerprint() != Machine(nozzle=0.6).fingerprint()
    assert machine.fingerprint() != Machine(x_max=221).fingerprint()
    assert Machine.from_json(machine.to_json()) == machine
