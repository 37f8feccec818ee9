"""Full 3D in a job: candidates made on this machine, chosen, made ready, sliced."""

import json

import pytest
from PIL import Image, ImageDraw

from octoprint_img2stl.jobs import candidates, pipeline
from octoprint_img2stl.jobs.engine import Options
from octoprint_img2stl.jobs.generators import GeneratorRefused
from octoprint_img2stl.jobs.model import JobState
from octoprint_img2stl.jobs.params import SOLID_ROUTE, Params
from octoprint_img2stl.jobs.refused import RunnerRefused
from octoprint_img2stl.jobs.runner import Runner
from octoprint_img2stl.jobs.store import JobStore
from octoprint_img2stl.jobs.warm import WarmWorker
from octoprint_img2stl.machine import Machine
from octoprint_img2stl.mesh.kernel import is_strict
from octoprint_img2stl.mesh.load import load
from octoprint_img2stl.solid3d.refused import SolidRefused
from octoprint_img2stl.solid3d.settings import SolidSettings
from tests.serving import wait_for

RESTING = (JobState.DRAFT, JobState.DONE)


def photo(path, shape="pear", size_px=(240, 300)):
    """A thing on a plain background; `blank`: nothing at all."""
    image = Image.new("RGB", size_px, (240, 240, 236))
    draw = ImageDraw.Draw(image)
    if shape != "blank":
        draw.ellipse((60, 140, 180, 270), fill=(40, 90, 60))
        draw.ellipse((85, 60, 155, 190), fill=(60, 110, 60))
    image.save(path)
    return path


class House:
    """A runner with what it needs."""

    def __init__(self, store, folder, slicing=False):
        self.store = store
        self.changes = []
        self.on_change = lambda job: None
        self.held = False
        self.warm = WarmWorker(folder, lambda: 2**31, lambda: 60.0)
        self.runner = Runner(
            store,
            lambda: Options(slicing=slicing),
            self._changed,
            lambda size_px: Params.defaults("relief"),
            lambda: self.held,
            self.warm,
        )
        self.runner.start()

    def _changed(self, job):
        self.changes.append((job.state, job.step))
        self.on_change(job)

    def open(self, file):
        job = self.store.create(file, file.name, "me", move=False)
        self.runner.open(job)
        wait_for(lambda: job.state is JobState.DRAFT, 60, "the photo")
        return job

    def generate(self, job, **solid):
        self.runner.generate(job, params(**solid), Machine())
        return self.rest(job)

    def rest(self, job):
        wait_for(lambda: job.state in RESTING, 90, "the solid")
        return job

    def make(self, job, **mesh):
        chosen = {**job.params, "mesh": {**job.params["mesh"], **mesh}, "slicing": {}}
        self.runner.make(job, Params.from_json(chosen), Machine())
        wait_for(lambda: not job.active, 90, "the job")
        return job


def params(**solid):
    data = {"route": SOLID_ROUTE, "solid": {"detail": "draft", **solid}}
    return Params.from_json(data)


@pytest.fixture(scope="module")
def one_house(tmp_path_factory):
    folder = tmp_path_factory.mktemp("house")
    house = House(JobStore(folder / "jobs"), folder)
    yield house
    house.runner.stop()


@pytest.fixture
def house(one_house):
    """The same one for most tests: every runner starts processes of its own."""
    one_house.held = False
    one_house.on_change = lambda job: None
    one_house.changes.clear()
    return one_house


@pytest.fixture
def job(house, tmp_path):
    return house.open(photo(tmp_path / "pear.png"))


def files(house, job):
    return {file.name for file in house.store.path(job.id).iterdir()}


def test_the_first_solid_is_taken_in_at_once(house, job):
    house.generate(job, size=60)
    (candidate,) = job.candidates
    assert candidate.state == candidates.DONE, candidate.problem
    assert candidate.mesh["format"] == "STL" and candidate.seconds > 0
    assert candidate.views[0]["role"] == "front" and candidate.views[0]["has_alpha"]
    assert job.chosen is candidate and job.state is JobState.DRAFT
    assert job.mesh["size"][2] == pytest.approx(60, abs=0.5)
    assert job.params["mesh"]["size_by"] == "longest"
    assert job.params["mesh"]["size"] == 60
    for side in candidates.SIDES:
        with Image.open(house.store.path(job.id, f"candidate-1-{side}.jpg")) as picture:
            assert min(picture.size) > 100
    assert is_strict(load(house.store.path(job.id, "candidate-1.stl")))
    # the photo stays the job's picture
    with Image.open(house.store.path(job.id, "thumb.jpg")) as thumb:
        assert thumb.size == (205, 256)
    # and all of it survives the disk
    again = JobStore(house.store.folder).get(job.id)
    assert again.candidates == job.candidates and again.mesh == job.mesh


def test_progress_names_every_step(house, job):
    house.changes.clear()
    house.generate(job)
    steps = [step for state, step in house.changes if state is JobState.GENERATING]
    assert {"views", "generate", "look", "load", "repair"} <= set(steps)


def test_it_is_made_and_sliced(store, tmp_path):
    house = House(store, tmp_path, slicing=True)
    try:
        job = house.open(photo(tmp_path / "pear.png"))
        house.generate(job, size=30)
        house.make(job)
        assert job.state is JobState.DONE, job.problem
        assert set(job.steps) == {step.name for step in pipeline.MESH_STEPS}
        assert job.facts("check")["watertight"]
        assert max(job.facts("check")["size"]) == pytest.approx(30, abs=0.3)
        report = json.loads(store.path(job.id, pipeline.REPORT).read_text())
        assert report["route"] == SOLID_ROUTE
        assert report["solid"]["endpoint"] == "local"
        assert report["parameters"]["solid"]["size"] == 30
        codes = {problem["code"] for problem in report["problems"]}
        assert "solid.inflated" in codes, "it must say what it is"
        gcode = store.path(job.id, pipeline.GCODE).read_text()
        assert gcode.count(";LAYER_CHANGE") > 50
    finally:
        house.runner.stop()


def test_another_solid_leaves_the_finished_one_alone_until_it_is_chosen(house, job):
    house.generate(job, size=30)
    house.make(job)
    stl = house.store.path(job.id, pipeline.STL).read_bytes()
    house.generate(job, size=50, thickness=12)
    assert [each.state for each in job.candidates] == [candidates.DONE] * 2
    assert job.state is JobState.DONE and job.chosen.number == 1
    assert house.store.path(job.id, pipeline.STL).read_bytes() == stl
    assert house.store.path(job.id, pipeline.REPORT).is_file()

    house.runner.choose(job, 2)
    house.rest(job)
    assert job.state is JobState.DRAFT and job.chosen.number == 2
    assert not house.store.path(job.id, pipeline.STL).exists()
    assert job.params["mesh"]["size"] == 50
    house.make(job)
    assert job.state is JobState.DONE
    assert min(job.facts("check")["size"]) == pytest.approx(12, abs=1.0)


def test_the_next_wish_may_come_in_the_moment_a_job_rests(house, job):
    house.generate(job, size=30)
    house.generate(job, size=50)
    wishes = [2]

    def at_once(changed):
        if changed.state in RESTING and wishes:
            house.runner.choose(job, wishes.pop())

    house.on_change = at_once  # called by the runner's own thread, before it goes on
    house.runner.choose(job, 1)
    wait_for(lambda: not wishes, 90, "the second wish")
    house.rest(job)
    assert job.problem is None and job.chosen.number == 2
    assert job.state is JobState.DRAFT and job.params["mesh"]["size"] == 50


def test_previews_are_of_the_chosen_solid(house, job):
    house.generate(job, size=30)
    house.generate(job, size=50)
    first = house.runner.preview(job, Params.from_json(job.params), Machine())
    assert max(first["size"]) == pytest.approx(30, abs=0.3)
    house.runner.choose(job, 2)
    house.rest(job)
    second = house.runner.preview(job, Params.from_json(job.params), Machine())
    assert max(second["size"]) == pytest.approx(50, abs=0.3)
    ways = house.runner.orientations(job, Params.from_json(job.params), Machine())
    assert ways


def test_what_cannot_be_made_is_told_by_the_candidate(house, tmp_path):
    job = house.open(photo(tmp_path / "blank.png", "blank"))
    house.generate(job)
    (candidate,) = job.candidates
    assert candidate.state == candidates.FAILED
    assert candidate.problem["code"] == "photo.no_subject"
    assert job.state is JobState.DRAFT and job.problem is None
    assert job.chosen is None and job.mesh is None
    with pytest.raises(RunnerRefused) as refused:
        house.runner.make(job, Params.from_json(job.params), Machine())
    assert refused.value.code == "jobs.no_solid"
    with pytest.raises(RunnerRefused) as refused:
        house.runner.choose(job, 1)
    assert refused.value.code == "jobs.no_mesh_yet"


def test_a_failure_beside_a_chosen_solid_changes_nothing_of_it(house, job):
    house.generate(job)
    house.runner.generate(job, params(tolerance=100.0), Machine())
    house.rest(job)
    assert job.candidates[1].state == candidates.FAILED, job.candidates[1]
    assert job.chosen.number == 1 and job.mesh is not None


def test_deleting_a_solid(house, job):
    house.generate(job)
    house.generate(job)
    with pytest.raises(RunnerRefused) as refused:
        house.runner.remove_candidate(job, 1)
    assert refused.value.code == "jobs.candidate_in_use"
    house.runner.remove_candidate(job, 2)
    assert [each.number for each in job.candidates] == [1]
    assert not [name for name in files(house, job) if name.startswith("candidate-2")]
    with pytest.raises(RunnerRefused) as refused:
        house.runner.remove_candidate(job, 2)
    assert refused.value.code == "jobs.no_such_candidate"
    house.generate(job)
    assert job.candidates[-1].number == 2


def test_a_job_holds_so_many_solids(house, job):
    house.generate(job)
    job.candidates *= candidates.MOST_CANDIDATES
    with pytest.raises(RunnerRefused) as refused:
        house.runner.generate(job, params(), Machine())
    assert refused.value.code == "jobs.too_many_candidates"


def test_cancelling_while_it_waits_and_while_it_works(house, job):
    house.held = True
    house.runner.generate(job, params(), Machine())
    assert job.state is JobState.GENERATING
    house.runner.cancel(job)
    assert job.state is JobState.DRAFT
    assert job.candidates[0].state == candidates.CANCELLED
    house.held = False
    house.runner.generate(job, params(detail="fine"), Machine())
    wait_for(lambda: job.step is not None, 30, "the work to begin")
    house.runner.cancel(job)
    house.rest(job)
    assert job.candidates[1].state == candidates.CANCELLED
    assert job.chosen is None
    house.generate(job)
    assert job.candidates[2].state == candidates.DONE and job.chosen.number == 3


def test_it_waits_while_a_print_must_not_be_disturbed(house, job):
    house.held = True
    house.runner.generate(job, params(), Machine())
    wait_for(lambda: job.problem, 30, "the reason")
    assert job.problem["code"] == "jobs.held" and job.state is JobState.GENERATING
    house.held = False
    house.rest(job)
    assert job.candidates[0].state == candidates.DONE and job.problem is None


@pytest.mark.parametrize("step", ["views", "look"])
def test_a_restart_goes_on(store, tmp_path, step):
    house = House(store, tmp_path)
    job = house.open(photo(tmp_path / "pear.png"))
    house.runner.generate(job, params(detail="normal"), Machine())
    wait_for(lambda: (JobState.GENERATING, step) in house.changes, 60, step)
    house.runner.stop()
    store = JobStore(house.store.folder)
    again = store.get(job.id)
    if again.state is JobState.GENERATING:  # it was not quicker than we
        assert again.candidates[0].state in (candidates.PENDING, candidates.DONE)
    second = House(store, tmp_path)
    try:
        second.rest(again)
        assert again.candidates[0].state == candidates.DONE, again.candidates[0].problem
        assert again.chosen.number == 1 and again.mesh is not None
    finally:
        second.runner.stop()


def test_a_copy_begins_without_solids(house, job):
    house.generate(job)
    copy = house.store.copy(job, "you")
    assert copy.candidates == [] and copy.chosen is None
    house.runner.open(copy)
    wait_for(lambda: copy.state is JobState.DRAFT, 60, "the photo")
    assert copy.params["route"] == SOLID_ROUTE
    house.generate(copy)
    assert copy.chosen.number == 1


def test_cut_outs_are_shown_before_anything_is_made(house, job):
    (view,) = house.runner.cut_outs(job, params(), needs_alpha=True)
    assert view["number"] == 1 and view["role"] == "front" and not view["problem"]
    assert view["picture"].startswith("data:image/png;base64,")
    assert 0.1 < view["coverage"] < 0.6
    (whole,) = house.runner.cut_outs(job, params(cut="keep"), needs_alpha=False)
    assert whole["how"] == "whole" and whole["coverage"] == 1


def test_photos_with_roles_give_a_hull(house, job, tmp_path):
    for name in ("left.png", "back.png"):
        house.runner.add_photo(job, photo(tmp_path / name), name, move=False)
    roles = {"1": "front", "2": "left", "3": "back"}
    house.generate(job, roles=roles)
    assert job.candidates[0].state == candidates.DONE, job.candidates[0].problem
    assert [view["role"] for view in job.candidates[0].views] == ["front", "left", "back"]
    codes = {problem["code"] for problem in job.candidates[0].findings}
    assert "solid.hull" in codes and "solid.inflated" not in codes


def test_an_endpoint_that_is_not_there(house, job):
    with pytest.raises(GeneratorRefused) as refused:
        house.runner.generate(job, params(endpoint="gone"), Machine())
    assert refused.value.code == "solid.endpoint_gone"
    assert job.candidates == [] and job.state is JobState.DRAFT


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("detail", "best"),
        ("seed", -1),
        ("seed", 1.5),
        ("seed", 2**31),
        ("max_faces", 10),
        ("size", float("nan")),
        ("size", "80"),
        ("thickness", -1),
        ("roles", {"1": "inside"}),
        ("roles", {"7": "front"}),
        ("endpoint", ""),
        ("candidate", True),
        ("colour", "red"),
    ],
)
def test_settings_that_cannot_be(name, value):
    with pytest.raises(SolidRefused) as refused:
        SolidSettings.from_json({name: value})
    assert refused.value.problem.field == f"solid.{name}"
    assert "%(" not in refused.value.problem.message


def test_settings_survive_json():
    chosen = SolidSettings(seed=7, roles={2: "left"}, detail="fine")
    again = SolidSettings.from_json(json.loads(json.dumps(chosen.to_json())))
    assert again == chosen and again.role_of(2) == "left"
    assert [again.role_of(n, n - 1) for n in (1, 3)] == ["front", "left"]
    plain = Params.defaults(SOLID_ROUTE)
    assert Params.from_json(plain.to_json()) == plain and plain.route == SOLID_ROUTE
