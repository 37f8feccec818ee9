"""What of a model real slicers leave out without a word, and what of it is found."""

from __future__ import annotations

import shutil

import pytest

from octoprint_img2stl.machine import Machine
from octoprint_img2stl.slicing import missing as module
from octoprint_img2stl.slicing import pieces as pieces_module
from octoprint_img2stl.slicing.cura.engine import CuraEngine
from octoprint_img2stl.slicing.gcode import read_gcode, verify
from octoprint_img2stl.slicing.missing import missing
from octoprint_img2stl.slicing.pieces import stl_pieces
from octoprint_img2stl.slicing.refused import SlicingRefused
from octoprint_img2stl.slicing.settings import SliceSettings
from tests.unit.slicing.conftest import boxes_stl
from tests.unit.slicing.cura.here import resources

PLAIN = SliceSettings()
BODY = (-30, -10, 0, -10, 10, 4)
OTHER = (10, -10, 0, 30, 10, 4)
THIN = (20, 12, 0, 20.05, 20, 4)  # a wall of 0.05 mm, apart from both
FIN = (30, -0.02, 0, 38, 0.02, 4)  # one that sticks out on the right of the other
OFF = Machine(
    x_min=-100, y_min=-60, x_max=80, y_max=90
)  # a bed whose middle is elsewhere


@pytest.fixture(params=["prusaslicer", "curaengine"])
def slicer(request):
    if request.param == "prusaslicer":
        return request.getfixturevalue("prusaslicer")
    path = shutil.which("CuraEngine") or pytest.fail("CuraEngine is not installed")
    return CuraEngine(path, str(resources()))


def codes(result):
    return [problem.code for problem in result.warnings]


@pytest.mark.parametrize(
    "settings",
    [PLAIN, SliceSettings(brim=5, supports="everywhere")],
    ids=["plain", "brim and supports"],
)
def test_all_is_there(slicer, do_slice, make_stl, settings):
    stl = make_stl(BODY, OTHER)
    result, _ = do_slice(slicer, stl, OFF, settings, relief=False)
    assert codes(result) == []


def test_what_juts_out_at_a_layers_edge_is_there(slicer, do_slice, make_stl):
    stl = make_stl((-5, -5, 0, 5, 5, 4), (-8, -5, 4, 8, 5, 6))
    result, _ = do_slice(slicer, stl, OFF, PLAIN, relief=False)
    assert "slicing.side_missing" not in codes(result)


def test_a_piece_that_is_too_thin(slicer, do_slice, make_stl):
    stl = make_stl(BODY, OTHER, THIN)
    result, _ = do_slice(slicer, stl, OFF, PLAIN, relief=False)
    assert codes(result) == ["slicing.pieces_missing"]
    values = result.warnings[0].values
    assert (values["count"], values["of"]) == (1, 3)
    assert (values["width"], values["depth"], values["height"]) == (0.05, 8, 4)
    # the model's box is 60 x 30 mm around X0 Y5, and the bed's middle X-10 Y15
    assert (values["x"], values["y"]) == pytest.approx((10.0, 26.0), abs=0.06)


def test_a_piece_that_is_lower_than_a_layer(slicer, do_slice, make_stl):
    stl = make_stl(BODY, (10, -5, 0, 20, 5, 0.05))
    result, _ = do_slice(slicer, stl, Machine(), PLAIN, relief=False)
    assert codes(result) == ["slicing.pieces_missing"]


def test_a_side_that_is_too_thin(slicer, do_slice, make_stl):
    stl = make_stl(BODY, OTHER, FIN)
    result, _ = do_slice(slicer, stl, Machine(), SliceSettings(brim=8), relief=False)
    assert codes(result) == ["slicing.side_missing"]
    problem = result.warnings[0]
    assert problem.values["lack"] == pytest.approx(8, abs=0.3)
    assert "right" in problem.message


def test_a_top_that_is_too_thin(slicer, do_slice, make_stl):
    stl = make_stl((-5, -5, 0, 5, 5, 3), (-0.02, -0.02, 3, 0.02, 0.02, 9))
    result, _ = do_slice(slicer, stl, Machine(), PLAIN, relief=False)
    assert codes(result) == ["slicing.top_missing"]
    assert result.warnings[0].values == {"top": 3.0, "height": 9.0}


def test_all_stands_on_a_raft(prusaslicer, do_slice, make_stl):
    own = {"raft_layers": "3"}
    stl = make_stl(BODY, OTHER, (0, 0, 0, 3, 3, 1.0))
    result, _ = do_slice(prusaslicer, stl, Machine(), PLAIN, relief=False, profile=own)
    assert result.facts.bounds[5] > 4.5 and codes(result) == []


def test_supports_without_a_model_are_no_print(tmp_path):
    """As CuraEngine 5.0 does around walls that are thinner than a line."""
    path = tmp_path / "x.gcode"
    lines = "M109 S200\nG28\n;LAYER:0\n;TYPE:{}\nG1 Z0.2\nG1 X100 Y100\nG1 X110 Y100 E1\n"
    for kind in ("SKIRT", "SUPPORT", "Support material interface", "Skirt/Brim"):
        path.write_text(lines.format(kind))
        facts = read_gcode(path)
        with pytest.raises(SlicingRefused) as caught:
            verify(facts, Machine(), model=True)
        assert caught.value.code == "slicing.empty"
        verify(facts, Machine())  # the first layers of a longer print may be just that
    for kind in ("WALL-OUTER", "External perimeter", "of a slicer that nobody knows"):
        path.write_text(lines.format("SKIRT") + lines.format(kind).replace("E1", "E2"))
        verify(read_gcode(path), Machine(), model=True)
    path.write_text(lines.replace(";TYPE:{}\n", ""))
    verify(read_gcode(path), Machine(), model=True)


# -- pieces --------------------------------------------------------------------------------


def test_pieces(tmp_path):
    stl = boxes_stl(tmp_path / "x.stl", BODY, THIN, OTHER, FIN)
    boxes = [piece.box for piece in stl_pieces(stl)]
    assert boxes[0] == pytest.approx((10, -10, 0, 38, 10, 4))
    assert boxes[1] == pytest.approx(BODY) and boxes[2] == pytest.approx(THIN)
    assert len(boxes) == 3
    wide = stl_pieces(stl)[0]
    assert (wide.left[0], wide.front[0], wide.right[0], wide.back[0]) == (10, -10, 38, 10)


def test_shells_that_only_a_third_one_joins(tmp_path):
    apart = [(0, 0, 0, 1, 1, 1), (4, 0, 0, 5, 1, 1), (8, 0, 0, 9, 1, 1)]
    bridge = (0.5, 0.5, 0.5, 8.5, 0.6, 0.6)
    assert len(stl_pieces(boxes_stl(tmp_path / "x.stl", *apart))) == 3
    assert len(stl_pieces(boxes_stl(tmp_path / "x.stl", *apart, bridge))) == 1


def test_too_much_to_know(tmp_path, monkeypatch, prusaslicer, do_slice, make_stl):
    """Then nothing is said, rather than something wrong."""
    stl = make_stl(BODY, OTHER, THIN)
    result, path = do_slice(prusaslicer, stl, OFF, PLAIN, relief=False)
    assert codes(result) == ["slicing.pieces_missing"]
    for where, name in (
        (pieces_module, "MOST_TRIANGLES"),
        (pieces_module, "MOST_SHELLS"),
        (module, "MOST_BYTES"),
    ):
        with monkeypatch.context() as patched:
            patched.setattr(where, name, 2)
            assert missing(path, result.facts, stl, OFF) == []
    assert len(missing(path, result.facts, stl, OFF)) == 1
