"""What is said to be needed for supports, against what the real slicers lay."""

import math
from dataclasses import replace

import pytest
from manifold3d import Manifold, OpType

from octoprint_img2stl.jobs import meshes
from octoprint_img2stl.jobs.params import MESH_ROUTE, Params
from octoprint_img2stl.jobs.support_costs import engine_of, facts_of, with_suggestion
from octoprint_img2stl.jobs.support_style import style_of
from octoprint_img2stl.machine import Machine
from octoprint_img2stl.mesh.kernel import from_kernel
from octoprint_img2stl.mesh.stl import write_stl
from octoprint_img2stl.process import Limits
from octoprint_img2stl.slicing.chosen import choose
from octoprint_img2stl.slicing.owner_paths import OwnerPath
from octoprint_img2stl.slicing.saved import SavedProfile
from octoprint_img2stl.slicing.settings import SliceSettings
from tests.unit.slicing.cura.here import resources

from .test_meshes import begin, work

RIGHT_WITHIN = 1.5  # a factor
FILAMENT_MM2 = math.pi * (1.75 / 2) ** 2


def union(*solids):
    return Manifold.batch_boolean(list(solids), OpType.Add)


def cuboid(size, at):
    return Manifold.cube(size).translate(at)


def shape(name):
    if name == "table":
        legs = [cuboid((4, 4, 14), (x, y, 0)) for x in (0, 36) for y in (0, 26)]
        return from_kernel(union(*legs, cuboid((40, 30, 3), (0, 0, 12))))
    if name == "mushroom":
        cap = Manifold.sphere(15, 48) ^ cuboid((40, 40, 20), (-20, -20, 0))
        stem = Manifold.cylinder(16, 4, 4, 48)
        return from_kernel(union(stem, cap.translate((0, 0, 15))))
    if name == "arch":
        block = Manifold.cube((44, 12, 26))
        vault = Manifold.cylinder(30, 16, 16, 48).rotate((90, 0, 0))
        return from_kernel(
            block - vault.translate((22, 20, 6)) - cuboid((32, 30, 6), (6, -5, 0))
        )
    if name == "sphere":
        return from_kernel(Manifold.sphere(12, 48).translate((0, 0, 12)))
    stem, arms = cuboid((8, 8, 21), (16, 0, 0)), cuboid((40, 8, 4), (0, 0, 20))
    return from_kernel(union(stem, arms))


@pytest.mark.parametrize(
    ("engine", "name"),
    [
        *(("prusaslicer", each) for each in ("table", "mushroom", "arch", "sphere", "T")),
        *(("curaengine", each) for each in ("table", "arch", "T")),
    ],
)
def test_the_slicers_lay_about_what_was_said(tmp_path, engine, name):
    settings = SliceSettings(slicer=engine, supports="everywhere", brim=0, infill=0)
    compare(tmp_path, shape(name), settings)


# Each of them is another number than our own configuration would give.
SAID = {
    "loose": (
        "prusaslicer",
        "table",
        {"spacing": "5", "interface_layers": "0", "with_sheath": "0"},
    ),
    "close": ("prusaslicer", "T", {"with_sheath": "0", "style": "snug"}),
    "sparse": ("curaengine", "table", {"infill_rate": "8"}),
    "walls": ("curaengine", "T", {"wall_count": "2"}),
}


@pytest.mark.parametrize("wish", SAID)
def test_what_a_profile_says_of_supports_is_reckoned_with(tmp_path, wish):
    engine, name, said = SAID[wish]
    start = "support_material_" if engine == "prusaslicer" else "support_"
    values = {start + key: value for key, value in said.items()}
    saved = SavedProfile("Mine", engine, values, "x", id="0123456789ab")
    settings = SliceSettings(
        profile=saved.id,
        over=("supports", "brim", "infill"),
        supports="everywhere",
        brim=0,
        infill=0,
    )
    facts = compare(tmp_path, shape(name), settings, saved)
    ours = facts_of(inspected(shape(name), settings, replace(saved, values={})))
    assert abs(math.log(facts["everywhere_cm3"] / ours["everywhere_cm3"])) > 0.15


@pytest.mark.parametrize("engine", ["prusaslicer", "curaengine"])
@pytest.mark.parametrize("value", ["0", "-3", "1e300", "", "=support_line_width", "100%"])
def test_strange_values_give_no_strange_supports(engine, value):
    keys = (
        "support_material_spacing", "support_material_interface_layers",
        "support_material_interface_spacing", "support_material_extrusion_width",
        "support_infill_rate", "support_wall_count", "support_interface_density",
        "support_line_distance", "support_line_width", "line_width", "extrusion_width",
    )  # fmt: skip
    for key in keys:
        style = style_of(engine, 0.45, 0.2, {key: value})
        assert 0 <= style.density <= 1.2 and style.margin < 100, (key, value)
        assert 0 <= style.sheath < 100 and 0 <= style.dense < 100, (key, value)


def inspected(mesh, settings, saved=None):
    params = Params.from_json({"route": MESH_ROUTE, "slicing": settings.to_json()})
    return meshes.inspect(mesh, params, Machine(), saved=saved)


def compare(tmp_path, mesh, settings, saved=None):
    """What was said of the mesh's supports, which is about what is laid."""
    machine = Machine()
    facts = facts_of(inspected(mesh, settings, saved))
    assert facts["needed"] and facts["suggest"] == "plate"
    assert facts["plate_cm3"] == pytest.approx(facts["everywhere_cm3"], rel=0.02)

    stl, work = tmp_path / "model.stl", tmp_path / "work"
    write_stl(mesh, stl)
    work.mkdir()
    own = {"curaengine": OwnerPath("", str(resources()))}
    chosen = choose(settings, own, saved=saved)
    result = chosen.slicer.slice(
        stl,
        tmp_path / "out.gcode",
        machine,
        chosen.settings,
        work=work,
        limits=Limits(None, 60),
        relief=False,
        profile=chosen.profile,
    )
    laid = result.facts.support.filament_mm * FILAMENT_MM2 / 1000
    assert laid / RIGHT_WITHIN < facts["everywhere_cm3"] < laid * RIGHT_WITHIN
    return facts


def test_whose_supports_are_meant():
    assert engine_of(SliceSettings(slicer="curaengine"), {}) == "curaengine"
    assert engine_of(SliceSettings(), {}) == "prusaslicer"
    # neither is here: the first of all
    gone = {"prusaslicer": OwnerPath("/nowhere/prusa-slicer")}
    assert engine_of(SliceSettings(), gone) == "prusaslicer"


def test_supports_from_the_bed_are_proposed_where_they_are_enough():
    problem = {"field": "slicing.supports", "suggest": "everywhere"}
    other = {"field": "slicing.brim", "suggest": 5.0}
    plate = {"suggest": "plate"}
    found = with_suggestion([problem, other], plate)
    assert found == [{"field": "slicing.supports", "suggest": "plate"}, other]
    for facts in ({"suggest": "everywhere"}, {"suggest": "none"}, None):
        assert with_suggestion([problem, other], facts) == [problem, other]


def test_a_job_and_its_preview_tell_what_supports_cost(store, tmp_path):
    path = tmp_path / "t.stl"
    write_stl(shape("T"), path)
    job = work(store, begin(store, path))
    facts = job.steps["check"].facts
    supports = facts["supports"]
    assert supports["needed"] and supports["suggest"] == "plate"
    assert 0.5 < supports["plate_cm3"] < 5
    fixes = [p["suggest"] for p in facts["problems"] if p["field"] == "slicing.supports"]
    assert fixes and set(fixes) == {"plate"}
    params = Params.from_json(job.params)
    shown = meshes.preview(store.path(job.id), params, Machine())
    assert shown["supports"] == supports
