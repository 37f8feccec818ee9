"""OctoPrint's own Slice button, with both engines and through OctoPrint's own API."""

from __future__ import annotations

import io
import json
import shutil
import struct
from pathlib import Path

import numpy as np
import pytest

from octoprint_img2stl.mesh.stl import write_stl_into
from octoprint_img2stl.slicing.gcode import read_gcode
from tests.serving import Server, wait_for
from tests.unit.mesh.shapes import ascii_stl, box_corners, relief, stl_bytes
from tests.unit.slicing.cura.here import resources

EVENTS = Path(__file__).parents[1] / "fakes" / "slicing_events_plugin.py"
SLICER = "img2stl"
FOLDER = "things"
ENGINES = ("prusaslicer", "curaengine")
OVER = ("SlicingDone", "SlicingFailed", "SlicingCancelled")


class Button:
    """Somebody who presses it, and what OctoPrint then says."""

    def __init__(self, server):
        self.server = server
        self.client = server.login("admin")
        self.is_2 = self.client.get("/api/version").json()["server"].startswith("2.")
        self._file = server.base / "data" / "slicing_events" / "events"

    def upload(self, name, data, folder=FOLDER):
        answer = self.client.post(
            "/api/files/local", files={"file": (name, data)}, data={"path": folder}
        )
        assert answer.status_code == 201, answer.text

    def press(self, model, gcode, expect=202, folder=FOLDER, **more):
        order = {"command": "slice", "slicer": SLICER, "gcode": gcode, **more}
        if folder:
            order["path"] = folder
        path = f"/api/files/local/{f'{folder}/' if folder else ''}{model}"
        answer = self.client.post(path, json=order)
        assert answer.status_code == expect, answer.text

    def said(self, gcode):
        """All events and progress of slices that become this file."""
        if not self._file.exists():
            return []
        lines = [json.loads(line) for line in self._file.read_text().splitlines()]
        return [each for each in lines if each[1].get("gcode", "").endswith(gcode)]

    def outcome(self, gcode, number=1):
        """The event that ended the slice."""

        def over():
            ends = [each for each in self.said(gcode) if each[0] in OVER]
            return ends[number - 1] if len(ends) >= number else None

        return wait_for(over, 90, f"the end of slicing {gcode}")

    def slice(self, model, gcode, **more):
        self.press(model, gcode, **more)
        return self.outcome(gcode)

    def file(self, gcode, folder=FOLDER):
        folder = f"{folder}/" if folder else ""
        answer = self.client.get(f"/api/files/local/{folder}{gcode}")
        return answer.json() if answer.status_code == 200 else None

    def analysis(self, gcode, folder=FOLDER):
        """What OctoPrint knows of it, which comes a moment after the file.

        Not with 2.0.0rc3, which keeps no analysis of a file that has no entry in its
        metadata, and `FileManager.slice` makes none.
        """

        def known():
            return (self.file(gcode, folder) or {}).get("gcodeAnalysis")

        return wait_for(known, 20, f"the analysis of {gcode}")

    def text(self, gcode):
        return self.client.get(f"/downloads/files/local/{FOLDER}/{gcode}").text


@pytest.fixture(scope="module")
def button(tmp_path_factory):
    folder = tmp_path_factory.mktemp("slicer")
    server = Server(folder, cura_definitions=str(resources()))
    (server.base / "plugins").mkdir()
    shutil.copy(EVENTS, server.base / "plugins" / "slicing_events.py")
    server.start()
    button = Button(server)
    profiles = f"/api/slicing/{SLICER}/profiles"
    wait_for(lambda: len(button.client.get(profiles).json()) == 6, 30, "the profiles")
    # as text, floating, and far beside the bed
    button.upload("box.stl", ascii_stl(box_corners((12, 12, 2), at=(500, -30, 9))))
    yield button
    server.stop()


def test_it_is_offered_with_profiles_of_each_engine(button):
    listed = button.client.get("/api/slicing").json()[SLICER]
    assert listed["configured"] and listed["sameDevice"]
    assert "stl" in listed["extensions"]["source"]
    assert listed["extensions"]["destination"][0] == "gcode"
    profiles = listed["profiles"]
    assert set(profiles) == {
        f"{engine}_{quality}"
        for engine in ENGINES
        for quality in ("draft", "standard", "fine")
    }
    assert [name for name, each in profiles.items() if each["default"]] == [
        "prusaslicer_standard"
    ]
    assert profiles["curaengine_fine"]["displayName"] == (
        "CuraEngine: Fine (slow, smooth)"
    )


@pytest.mark.parametrize(
    "engine, proof", [("prusaslicer", "fill_density = 20%"), ("curaengine", ";LAYER:")]
)
def test_a_model_is_sliced(button, tmp_path, engine, proof):
    gcode = f"{engine}.gcode"
    event, payload = button.slice(
        "box.stl", gcode, profile=f"{engine}_draft", **{"profile.infill": 20}
    )
    assert event == "SlicingDone", payload
    text = button.text(gcode)
    assert text.startswith(";Generated from box.stl") and proof in text
    assert "; thumbnail begin 300x300 " in text
    path = tmp_path / gcode
    path.write_text(text)
    x0, y0, _, x1, y1, z1 = read_gcode(path).bounds
    assert z1 == pytest.approx(2, abs=0.3)
    assert ((x0 + x1) / 2, (y0 + y1) / 2) == pytest.approx((100, 100), abs=1)
    if not button.is_2:
        analysis = button.analysis(gcode)
        assert analysis["printingArea"]["maxZ"] == pytest.approx(z1)
        assert analysis["estimatedPrintTime"] > 30
    told = [data["percent"] for kind, data in button.said(gcode) if kind == "Progress"]
    assert told and max(told) == 100


@pytest.mark.parametrize(
    "name, data, words",
    [
        ("bad.stl", b"solid nothing\nfacet normal 0 0", ""),
        ("cut.stl", stl_bytes(box_corners(), count=12)[:300], ""),
        ("huge.stl", stl_bytes(box_corners((900, 900, 5))), ""),
        (
            "nan.stl",
            b"x" * 80
            + struct.pack("<I", 2)
            + 2 * struct.pack("<12fH", *[np.nan] * 12, 0),
            "not numbers",
        ),
    ],
)
def test_a_bad_model_gives_a_sentence_and_no_gcode(button, name, data, words):
    button.upload(name, data)
    gcode = f"of-{name}.gcode"
    event, payload = button.slice(name, gcode, profile="prusaslicer_draft")
    assert event == "SlicingFailed"
    assert payload["reason"].endswith(".") and words in payload["reason"]
    assert "unexpected" not in payload["reason"]
    assert button.file(gcode) is None


@pytest.mark.parametrize(
    "more, words",
    [
        ({"profile.post_process": "/bin/true"}, "post_process cannot be set"),
        ({"profile.infill": 400}, "400 cannot be used for infill"),
        ({"position": {"x": 10, "y": 10}}, "bed's middle"),
    ],
)
def test_orders_that_cannot_be_carried_out(button, more, words):
    gcode = f"{'-'.join(more)}.gcode"
    event, payload = button.slice("box.stl", gcode, profile="prusaslicer_draft", **more)
    assert event == "SlicingFailed" and words in payload["reason"]
    assert button.file(gcode) is None


def test_an_unknown_profile_is_not_replaced_by_another(button):
    button.press("box.stl", "unknown.gcode", 404, profile="nothing")
    assert button.said("unknown.gcode") == []


def test_profiles_can_be_kept_but_not_bad_ones(button):
    path = f"/api/slicing/{SLICER}/profiles/own"
    bad = button.client.request("PUT", path, json={"data": {"post_process": "x"}})
    assert bad.status_code == 400 and "post_process cannot be set" in bad.text
    assert button.client.get(path).status_code == 404
    own = {"slicer": "prusaslicer", "quality": "draft", "walls": 2}
    good = button.client.request("PUT", path, json={"data": own, "displayName": "Own"})
    assert good.status_code == 201
    assert button.client.get(path).json()["data"] == own
    event, payload = button.slice("box.stl", "own.gcode", profile="own")
    assert event == "SlicingDone", payload
    assert "perimeters = 2" in button.text("own.gcode")
    assert button.client.request("DELETE", path).status_code == 204


def test_in_the_root_of_the_uploads(button):
    """OctoPrint 2.0.0rc3 hands over the folder instead of the file."""
    button.upload("root.stl", stl_bytes(box_corners((12, 12, 1))), folder="")
    button.press("root.stl", "root.gcode", folder="", profile="prusaslicer_draft")
    event, payload = button.outcome("root.gcode")
    assert event == ("SlicingFailed" if button.is_2 else "SlicingDone"), payload
    if button.is_2:
        assert "Move the model into a folder" in payload["reason"]
    else:
        area = button.analysis("root.gcode", folder="")["printingArea"]
        assert area["maxZ"] == pytest.approx(1, abs=0.3)


def test_slicing_into_the_same_file_ends_the_first(button):
    out = io.BytesIO()
    write_stl_into(out, [relief(100, 100, 0.5)])  # takes a minute
    button.upload("rough.stl", out.getvalue())
    button.press("rough.stl", "twice.gcode", profile="prusaslicer_fine")
    wait_for(
        lambda: any(each[0] == "Progress" for each in button.said("twice.gcode")),
        30,
        "the slicer",
        every_s=0.02,
    )
    button.press("box.stl", "twice.gcode", profile="prusaslicer_draft")
    assert button.outcome("twice.gcode")[0] == "SlicingCancelled"
    event, payload = button.outcome("twice.gcode", 2)
    assert event == "SlicingDone" and payload["stl"].endswith("box.stl")
    work = button.server.base / "data" / "img2stl" / "slicing"
    wait_for(lambda: not any(work.iterdir()), 5, "the working folder to be empty")
