from __future__ import annotations

from itertools import count

import pytest

from octoprint_img2stl.process import NOT_KNOWN, Finished
from octoprint_img2stl.slicing.drivers import Kind, guessed
from octoprint_img2stl.slicing.effort import Effort
from octoprint_img2stl.slicing.pace import Pace
from octoprint_img2stl.slicing.prusa_output import Listener
from octoprint_img2stl.slicing.prusa_pace import COSTS
from octoprint_img2stl.slicing.refused import SlicingRefused, clean_text

# a model whose layers are all the same work
ALIKE = Effort(1000, [(n + 1) / 4 for n in range(4)])

LOG = "[2026-11-22 14:26:40.347079] [0x00007f0697065d80] [%s]   %s Resident memory: 7MB"


def finished(returncode=0, ended="exit"):
    return Finished(returncode, ended, 61.0, 1.0, 1)


def refusal(listener, end, written=False):
    with pytest.raises(SlicingRefused) as caught:
        listener.refuse(end, written)
    assert "%(" not in caught.value.problem.message
    return caught.value


@pytest.mark.parametrize(
    ("returncode", "stream", "text", "code"),
    [
        # as 2.5 and 2.9 word them; the exit code means nothing
        (0, "stdout", "All objects are outside of the print volume.", "off_bed"),
        (134, "stderr", "Objects could not fit on the bed", "off_bed"),
        (
            1,
            "stderr",
            "No layers were detected. You might want to repair your STL file(s).",
            "empty",
        ),
        (1, "stderr", "The print is empty. The model is not printable.", "empty"),
        (
            1,
            "stderr",
            "There is an object with no extrusions in the first layer.",
            "no_first_layer",
        ),
        (1, "stderr", "model.stl: Loading of a model file failed.", "model_unreadable"),
        (1, "stderr", "big.stl: std::bad_alloc", "out_of_memory"),
        (
            -6,
            "stderr",
            "terminate called after throwing an instance of 'std::bad_alloc'",
            "out_of_memory",
        ),
        (1, "stderr", "G-code export to x failed. Is the disk full?", "disk_full"),
        (
            1,
            "stderr",
            'Error while reading config file "x.ini": Invalid value provided for x',
            "bad_profile",
        ),
        (
            0,
            "stderr",
            "Layer height can't be greater than nozzle diameter",
            "bad_profile",
        ),
        (
            1,
            "stderr",
            "G-code export failed due to invalid custom G-code sections:",
            "bad_profile",
        ),
        (-11, "stderr", "", "crashed"),
        (139, "stderr", "", "crashed"),
        (-4, "stderr", "something else", "crashed"),
        (1, "stderr", "Something nobody knows", "failed"),
        (1, "stdout", "Something nobody knows", "failed"),
        (127, "stderr", "/opt/x: Exec format error", "not_started"),
        (0, "stdout", "Continue(Y/N) ?", "no_output"),
        (0, "stdout", "", "no_output"),
        (NOT_KNOWN, "stdout", "", "no_output"),
    ],
)
def test_failures_are_told_apart(returncode, stream, text, code):
    listener = Listener(10)
    listener.line("stdout", "10 => Processing triangulated mesh")
    listener.line(stream, text)
    found = refusal(listener, finished(returncode))
    assert found.code == f"slicing.{code}"


@pytest.mark.parametrize(
    ("ended", "code"),
    [
        ("cancelled", "slicing.cancelled"),
        ("timeout", "slicing.timeout"),
        ("memory", "slicing.out_of_memory"),
        ("killed", "slicing.out_of_memory"),
    ],
)
def test_how_it_was_ended_counts_more_than_what_was_said(ended, code):
    listener = Listener(10)
    listener.line("stderr", "No layers were detected.")
    assert refusal(listener, finished(-9, ended), written=True).code == code


def test_a_nonzero_exit_code_is_a_failure_even_with_a_file():
    listener = Listener(1)
    listener.line("stderr", "Half of it is missing")
    found = refusal(listener, finished(1), written=True)
    assert found.code == "slicing.failed"
    assert "Half of it is missing" in found.problem.message


def test_a_written_file_and_a_good_end_is_no_failure():
    for returncode in (0, NOT_KNOWN):
        listener = Listener(1)
        listener.line("stderr", "The print is empty, it said, and printed.")
        listener.refuse(finished(returncode), True)


def test_progress_is_mapped_by_text_and_never_falls():
    seen, clock = [], count(1)
    stages = guessed(COSTS, ALIKE, Kind())
    pace = Pace(seen.append, stages, lambda: float(next(clock)))
    listener = Listener(4, pace)
    lines = [
        LOG % ("trace", "Initializing StaticPrintConfigs"),
        LOG % ("info", "Starting the slicing process."),
        "10 => Processing triangulated mesh",
        LOG % ("info", "Slicing volumes..."),
        LOG % ("info", "Generating perimeters..."),
        *[
            LOG % ("trace", f"Generating perimeters for layer {n} - Done")
            for n in (0, 3, 1, 2)
        ],
        "70 => Infilling layers",
        "30 => Preparing infill",
        LOG % ("info", "Detecting solid surfaces..."),
        LOG % ("info", "Processing external surfaces..."),
        LOG % ("info", "Discovering vertical shells..."),
        LOG % ("debug", "Filling layers in parallel - start"),
        "88 => Generating skirt and brim",
        "90 => Exporting G-code to /tmp/x",
        LOG % ("info", "Exporting G-code..."),
        LOG % ("info", "Slicing volumes..."),  # said again: nothing happens
        *[LOG % ("trace", f"Exported layer {n} print_z 1") for n in range(9)],
    ]
    for line in lines:
        listener.line("stdout", line)
    assert len(seen) >= 6
    assert all(a < b for a, b in zip(seen, seen[1:], strict=False))
    assert seen[-1] <= pace.ended() < 1.0


def test_warnings_become_problems():
    listener = Listener(10)
    for line in (
        "print warning: Empty layer between 5 and 10.2.",
        "",
        "Object name: model.stl",
        "",
        "Make sure the object is printable.",
        '\tkey = "fill_pattern"\t loaded = "lightningx\tsubstituted = "stars"',
        "90 => Exporting G-code to /tmp/x",
        "print warning: Detected print stability issues:",
        "tee.stl",
        "Consider enabling supports.",
        "Slicing result exported to /tmp/x.gcode",
        '\tkey = "fill_pattern"\t loaded = "lightningx\tsubstituted = "stars"',
    ):
        listener.line("stdout", line)
    gap, stability, replaced = listener.warnings()
    assert gap.code == "slicing.empty_layer" and gap.values == {"low": 5.0, "high": 10.2}
    assert stability.code == "slicing.slicer_warns"
    assert stability.message.endswith(
        "stability issues: tee.stl Consider enabling supports."
    )
    assert replaced.code == "slicing.value_replaced"
    assert replaced.values == {
        "key": "fill_pattern",
        "value": "lightningx",
        "taken": "stars",
    }


def test_hostile_output_is_tamed():
    listener = Listener(10)
    for _ in range(1000):
        listener.line(
            "stderr", "\x1b[31mBOOM\x1b[0m \x07\u202e /home/pi/.octoprint/x " * 50
        )
        listener.line("stdout", "print warning: " + "A" * 16_000)
    assert len(listener.log) < 200_000
    assert len(listener.warnings()) <= 8
    found = refusal(listener, finished(1))
    for text in (found.problem.message, listener.log, listener.warnings()[0].message):
        assert not any(char in text for char in "\x1b\x07\u202e")
        assert "/home/pi" not in text
    assert len(found.problem.message) < 400


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("export to /tmp/a b/out.gcode failed", "export to a b/out.gcode failed"),
        ('"/home/pi/x.ini": bad', '"x.ini": bad'),
        ("10/20 done", "10/20 done"),
        ("a\tb\nc\rd\x00e", "a b c de"),
        ("\x1b]0;title\x07text\x1b[1;31m!", "text!"),
        ("x\u200b\u202e\ufeffy", "xy"),
        ("Grüße, 日本", "Grüße, 日本"),
    ],
)
def test_clean_text(text, expected):
    assert clean_text(text) == expected


def test_clean_text_is_short():
    assert len(clean_text("word " * 10_000)) == 300
    assert clean_text("abcdef", 4) == "abc…"
