"""Relief mode: what it sets, and that both real slicers print the same thing with it."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
from scipy.spatial import cKDTree

from octoprint_img2stl.machine import Machine
from octoprint_img2stl.slicing import relief_mode
from octoprint_img2stl.slicing.cura.engine import CuraEngine
from octoprint_img2stl.slicing.gcode_kinds import OUTER, family
from octoprint_img2stl.slicing.gcode_lines import layer_lines
from octoprint_img2stl.slicing.prusaslicer import PrusaSlicer
from octoprint_img2stl.slicing.settings import SliceSettings
from octoprint_img2stl.slicing.stl import stl_size
from tests.unit.slicing.cura.here import resources

MACHINE = Machine()
LINE = MACHINE.line_width
RELIEF, LITHOPHANE = (100.0, 67.0, 3.0), (100.0, 3.0, 67.0)
DOME, LAMP, KEYCHAIN = (80.0, 80.0, 26.0), (80.0, 80.0, 60.0), (36.0, 40.0, 2.8)
STEP = 0.02  # mm
# Nothing is straightened; walls are of the same kind.
FINE = {
    "prusaslicer": {"resolution": "0", "gcode_resolution": "0", "thin_walls": "0"},
    "curaengine": {"meshfix_maximum_deviation": "0.001"},
}


@pytest.mark.parametrize("nozzle", [0.25, 0.4, 0.6, 0.8])
def test_no_outline_may_leave_the_mesh_by_more_than_a_tenth_of_a_line(nozzle):
    line = Machine(nozzle=nozzle).line_width
    prusa, cura = relief_mode.prusa(line, RELIEF), relief_mode.cura(line)
    both = float(prusa["resolution"]) + float(prusa["gcode_resolution"])
    assert 0.08 * line < both <= 0.1 * line + 1e-4
    assert 0.08 * line < cura["meshfix_maximum_deviation"] <= 0.1 * line


@pytest.mark.parametrize("size", [RELIEF, KEYCHAIN])
def test_what_lies_on_its_back_overhangs_nowhere(size):
    chosen = relief_mode.prusa(LINE, size)
    assert (chosen["overhangs"], chosen["seam_position"]) == ("0", "rear")
    assert chosen["thin_walls"] == "0"


@pytest.mark.parametrize("size", [LITHOPHANE, DOME, LAMP, None])
def test_what_stands_may_overhang_and_keeps_its_seam(size):
    chosen = relief_mode.prusa(LINE, size)
    assert not {"overhangs", "seam_position", "thin_walls"} & chosen.keys()
    assert chosen["perimeter_generator"] == "classic"


@pytest.fixture(scope="module")
def relief(tmp_path_factory):
    """A plate of 13 mm with a rough surface between 0.6 and 2.6 mm, as a binary STL."""
    chance = np.random.default_rng(6)
    nodes, pitch = 66, 0.2
    coarse = chance.random((nodes, nodes))
    for _ in range(6):  # coarser than a line, or nothing of it could be printed
        coarse = sum(np.roll(coarse, move, (0, 1)) for move in AROUND) / len(AROUND)
    coarse -= coarse.min()
    z = 0.6 + 2 * coarse / coarse.max()
    x, y = np.meshgrid(np.arange(nodes) * pitch, np.arange(nodes) * pitch)
    top = np.stack([x, y, z], axis=-1)
    floor = np.stack([x, y, 0 * z], axis=-1)
    parts = [_sheet(top), _sheet(floor)[:, ::-1]]
    for edge in (np.s_[0], np.s_[:, -1], np.s_[-1, ::-1], np.s_[::-1, 0]):
        parts.append(_sheet(np.stack([floor[edge], top[edge]])))
    corners = np.concatenate(parts)
    facets = np.zeros(
        len(corners), [("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("_", "<u2")]
    )
    facets["corners"] = corners
    path = tmp_path_factory.mktemp("relief") / "relief.stl"
    count = len(corners).to_bytes(4, "little")
    path.write_bytes(bytes(80) + count + facets.tobytes())
    return path


AROUND = [(0, 0), (0, 1), (1, 0), (0, -1), (-1, 0)]


def _sheet(points):
    """(rows, columns, 3) points as triangles, seen from above counter-clockwise."""
    a, b, c, d = points[:-1, :-1], points[:-1, 1:], points[1:, 1:], points[1:, :-1]
    halves = [np.stack([a, b, c], axis=2), np.stack([a, c, d], axis=2)]
    return np.concatenate([half.reshape(-1, 3, 3) for half in halves])


@pytest.fixture(params=["prusaslicer", "curaengine"])
def slicer(request):
    name = {"prusaslicer": "prusa-slicer", "curaengine": "CuraEngine"}[request.param]
    path = shutil.which(name) or pytest.fail(f"{name} is not installed")
    if request.param == "curaengine":
        return CuraEngine(path, str(resources()))
    return PrusaSlicer(path)


def test_the_same_is_printed_with_less_gcode(slicer, relief, do_slice):
    walls, facts = {}, {}
    size = stl_size(relief)
    assert relief_mode.is_flat(size)
    chosen = relief_mode.prusa(LINE, size)
    if slicer.name == "curaengine":
        chosen = {key: str(value) for key, value in relief_mode.cura(LINE).items()}
    for mode, values in {"fine": FINE[slicer.name], "relief": chosen}.items():
        result, gcode = do_slice(
            slicer, relief, MACHINE, SliceSettings(), profile=values, relief=False
        )
        facts[mode] = result.facts
        walls[mode] = _outer_walls(gcode, result.facts.layers)

    fine, fast = facts["fine"], facts["relief"]
    assert fast.size_bytes < 0.9 * fine.size_bytes
    assert len(fast.layers) == len(fine.layers)
    assert fast.filament_mm == pytest.approx(fine.filament_mm, rel=0.01)
    # many tiny pieces are slower
    assert fast.print_time_s == pytest.approx(fine.print_time_s, rel=0.08)
    for kind, use in fine.kinds.items():
        if use.filament_mm > 0.05 * fine.filament_mm:
            assert fast.kinds[kind].filament_mm == pytest.approx(
                use.filament_mm, rel=0.03
            )
    # Walls run where they did, but for ends that are thinner than a line.
    off = np.concatenate(
        [
            cKDTree(was).query(now)[0]
            for was, now in zip(walls["fine"], walls["relief"], strict=True)
        ]
    )
    assert len(off) > 5_000
    assert np.mean(off) < 0.03 * LINE
    assert np.quantile(off, 0.98) < 0.1 * LINE + STEP / 2


def _outer_walls(gcode, layers):
    """Places along the outer walls of each layer with such walls, mm."""
    found = []
    for number in range(1, len(layers)):
        places = [np.empty((0, 2))]
        for line in layer_lines(gcode, layers, number):
            if family(line.kind) != OUTER:
                continue
            points = np.array(line.points)
            along = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))])
            at = np.arange(0, along[-1], STEP)
            places.append(
                np.stack([np.interp(at, along, points[:, axis]) for axis in (0, 1)], 1)
            )
        found.append(np.concatenate(places))
    return [places for places in found if len(places)]
