from __future__ import annotations

import pytest

from octoprint_img2stl.slicing.chosen import choose
from octoprint_img2stl.slicing.owner_paths import OwnerPath
from octoprint_img2stl.slicing.refused import SlicingRefused
from octoprint_img2stl.slicing.saved import SavedProfile
from octoprint_img2stl.slicing.settings import SliceSettings

ID = "0123456789ab"


@pytest.fixture
def own(tmp_path):
    """Programs that are never started."""
    paths = {}
    for name in ("prusaslicer", "curaengine"):
        program = tmp_path / name
        program.write_text("")
        program.chmod(0o755)
        paths[name] = OwnerPath(str(program))
    return paths


def saved(engine="curaengine", material=""):
    return SavedProfile("Mine", engine, {"layer_height": "0.1"}, "x", material=material)


@pytest.mark.parametrize("engine", ["prusaslicer", "curaengine"])
@pytest.mark.parametrize("slicer", ["auto", "its own"])
def test_a_saved_profile_decides_the_slicer(own, engine, slicer):
    wanted = engine if slicer == "its own" else slicer
    settings = SliceSettings(profile=ID, slicer=wanted)
    chosen = choose(settings, own, "no such file", saved=saved(engine))
    assert chosen.slicer.name == engine
    assert chosen.profile == {"layer_height": "0.1"} and chosen.problems == ()
    assert chosen.settings == settings


def test_another_slicer_cannot_use_it(own):
    settings = SliceSettings(profile=ID, slicer="prusaslicer")
    with pytest.raises(SlicingRefused) as caught:
        choose(settings, own, saved=saved())
    problem = caught.value.problem
    assert (problem.code, problem.field) == (
        "slicing.profile_of_another",
        "slicing.slicer",
    )
    assert problem.suggest == "curaengine"


@pytest.mark.parametrize(
    ("material", "over", "expected"),
    [("petg", (), "petg"), ("", (), "abs"), ("petg", ("material",), "abs")],
)
def test_the_profiles_material_is_printed_where_it_is_known(
    own, material, over, expected
):
    settings = SliceSettings(profile=ID, material="abs", over=over)
    chosen = choose(settings, own, saved=saved(material=material))
    assert chosen.settings.material == expected


def test_without_a_profile_nothing_is_changed(own):
    settings = SliceSettings(slicer="curaengine")
    chosen = choose(settings, own)
    assert (chosen.settings, chosen.profile) == (settings, None)
