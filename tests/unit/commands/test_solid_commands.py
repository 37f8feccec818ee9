"""make --route solid3d, as it is typed."""

import json
import os
import threading

import pytest

from tests.fakes.tencent import Ours
from tests.unit.jobs.test_solids import photo

from .test_cli import ENV, command

QUICK = ("--route", "solid3d", "--set", "detail=draft", "--quality", "draft")


def endpoint_file(folder, url, **more):
    path = folder / "endpoint.json"
    path.write_text(json.dumps({"driver": "hunyuan", "url": url, **more}))
    return path


def test_a_photo_becomes_gcode(tmp_path):
    photo(tmp_path / "pear.png")
    finished = command(
        *("make", "pear.png", *QUICK, "--set", "size=25", "--set", "thickness=9"),
        *("--out", "out", "--json"),
        cwd=tmp_path,
    )
    assert finished.returncode == 0, finished.stderr
    report = json.loads(finished.stdout)
    assert report["route"] == "solid3d" and report["watertight"]
    assert max(report["size"]) == pytest.approx(25, abs=0.2)
    assert min(report["size"]) == pytest.approx(9, abs=0.6)
    assert report["solid"]["endpoint"] == "local" and report["layers"] > 10
    for name in ("model.stl", "model.gcode", "preview.png", "report.json"):
        assert (tmp_path / "out" / name).stat().st_size > 1000


def test_mesh_settings_go_along_and_roles(tmp_path):
    for name in ("a.png", "b.png"):
        photo(tmp_path / name)
    finished = command(
        *("make", "a.png", "b.png", *QUICK, "--role", "back", "--role", "right"),
        *("--set", "base_cut=2", "--no-slice", "--out", "out", "--json"),
        cwd=tmp_path,
    )
    assert finished.returncode == 0, finished.stderr
    report = json.loads(finished.stdout)
    assert [view["role"] for view in report["solid"]["views"]] == ["back", "right"]
    assert report["parameters"]["mesh"]["base_cut"] == 2


def test_by_an_endpoint_whose_key_is_in_the_environment(tmp_path, monkeypatch):
    photo(tmp_path / "pear.png")
    monkeypatch.setitem(ENV, "IMG2STL_SECRET", "key-of-mine")
    with Ours() as server:
        file = endpoint_file(tmp_path, server.url, auth="bearer")
        done = threading.Event()

        def finish():
            while not server.jobs and not done.wait(0.05):
                pass
            server.says = {"status": "completed"}

        threading.Thread(target=finish, daemon=True).start()
        finished = command(
            *("make", "pear.png", *QUICK, "--endpoint", file, "--no-slice"),
            *("--set", "seed=9", "--out", "out", "--json"),
            cwd=tmp_path,
        )
        done.set()
        assert finished.returncode == 0, finished.stderr
        assert f"photos go to {server.url.rpartition('/')[2]}" in finished.stderr
        (sent,) = server.jobs.values()
        assert sent["seed"] == 9
        assert all(
            asked.headers["authorization"] == "Bearer key-of-mine"
            for asked in server.asked
        )
    assert "key-of-mine" not in finished.stdout + finished.stderr
    report = json.loads(finished.stdout)
    assert report["mesh"]["format"] == "GLB" and max(report["size"]) == pytest.approx(80)
    assert os.listdir(tmp_path / "out")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--route", "solid3d", "--width", "50"), "command.only_for_reliefs"),
        (("--role", "back"), "command.only_for_full_3d"),
        (("--route", "solid3d", "--set", "colour=red"), "solid.unknown_setting"),
        (
            ("--route", "solid3d", "--endpoint", "none.json"),
            "command.endpoint_unreadable",
        ),
        (("--route", "solid3d", "--endpoint", "http.json"), "solid.plain_http"),
    ],
)
def test_refused_in_one_sentence(tmp_path, arguments, code):
    photo(tmp_path / "pear.png")
    endpoint_file(tmp_path, "http://8.8.8.8").rename(tmp_path / "http.json")
    finished = command("make", "pear.png", *arguments, "--out", "out", cwd=tmp_path)
    assert finished.returncode == 1 and finished.stderr.count("\n") == 1
    assert f"[{code}]" in finished.stderr
    assert not (tmp_path / "out").exists()


def test_a_blank_photo_fails_with_its_sentence(tmp_path):
    photo(tmp_path / "blank.png", "blank")
    finished = command("make", "blank.png", *QUICK, "--out", "out", cwd=tmp_path)
    assert finished.returncode == 1 and "[photo.no_subject]" in finished.stderr
    assert not (tmp_path / "out").exists()
