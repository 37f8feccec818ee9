"""What CuraEngine shares with every slicer: `slicing.running` and `slicing.room`."""

from __future__ import annotations

import errno
import os

import pytest

from octoprint_img2stl.machine import CIRCULAR, Machine
from octoprint_img2stl.slicing.refused import SlicingRefused
from octoprint_img2stl.slicing.room import fitting_brim, refuse_size
from octoprint_img2stl.slicing.running import publish, scaled
from octoprint_img2stl.slicing.settings import SliceSettings

PLAIN = SliceSettings()


@pytest.mark.parametrize("far", [False, True])
def test_a_file_is_published_in_one_step(tmp_path, monkeypatch, far):
    """Also where the target is on another file system; nothing else is left there."""
    output, folder = tmp_path / "out.gcode", tmp_path / "target"
    folder.mkdir()
    output.write_text("new")
    (folder / "model.gcode").write_text("old")
    replace = os.replace

    def moved(source, target):
        if far and os.fspath(source) == os.fspath(output):
            raise OSError(errno.EXDEV, "another file system")
        replace(source, target)

    monkeypatch.setattr(os, "replace", moved)
    publish(output, folder / "model.gcode")
    assert (folder / "model.gcode").read_text() == "new"
    assert [path.name for path in folder.iterdir()] == ["model.gcode"]


def test_other_errors_stay_and_leave_the_old_file(tmp_path, monkeypatch):
    def refuse(source, target):
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(os, "replace", refuse)
    (tmp_path / "model.gcode").write_text("old")
    with pytest.raises(OSError):
        publish(tmp_path / "out.gcode", tmp_path / "model.gcode")
    assert (tmp_path / "model.gcode").read_text() == "old"


def test_a_disk_that_is_full_in_the_middle_of_the_copy(tmp_path, monkeypatch):
    output, target = tmp_path / "out.gcode", tmp_path / "target" / "model.gcode"
    target.parent.mkdir()
    output.write_text("new")
    target.write_text("old")

    def moved(source, target):
        raise OSError(errno.EXDEV, "another file system")

    def copied(source, target, length):
        target.write(b"n")
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(os, "replace", moved)
    monkeypatch.setattr("shutil.copyfileobj", copied)
    with pytest.raises(OSError, match="full"):
        publish(output, target)
    assert target.read_text() == "old" and list(target.parent.iterdir()) == [target]


def test_a_part_of_the_progress():
    seen = []
    scaled(seen.append, 0.5, 1.0)(0.5)
    assert seen == [0.75] and scaled(None, 0, 1) is None


@pytest.mark.parametrize(
    ("machine", "size", "brim"),
    [
        (Machine(), None, 0),
        (Machine(), (20, 20, 20), 0),
        (Machine(), (3, 30, 30), 5),  # slim and standing
        (Machine(x_max=8), (3, 30, 30), 2.5),
        (Machine(x_max=4), (3, 30, 30), 0),  # half a millimetre is no brim
        (Machine(-16, -16, 16, 16, form=CIRCULAR), (3, 28, 30), 1.9),
    ],
)
def test_an_automatic_brim_gives_way(machine, size, brim):
    assert fitting_brim(machine, PLAIN, size) == pytest.approx(brim, abs=0.05)


def test_a_brim_that_was_asked_for_does_not():
    settings = SliceSettings(brim=8)
    assert fitting_brim(Machine(x_max=21), settings, (20, 20, 20)) == 8
    with pytest.raises(SlicingRefused) as caught:
        refuse_size(Machine(x_max=21), (20, 20, 20), 8)
    assert caught.value.code == "slicing.off_bed"
    refuse_size(Machine(x_max=21), (21.0005, 20, 20), 0)  # single precision
