"""The plugin's own driver against this server: neither is a stand-in."""

from __future__ import annotations

from pathlib import Path

import pytest

from octoprint_img2stl.mesh.load import load_any
from octoprint_img2stl.solid3d.driver import DONE, FAILED, LOST, Cancel, JobSpec, View
from octoprint_img2stl.solid3d.drivers.hunyuan import DRIVER
from octoprint_img2stl.solid3d.endpoint import Endpoint
from octoprint_img2stl.solid3d.line import Line
from octoprint_img2stl.solid3d.refused import DriverFailed, ErrorKind
from tests.unit.gpu_server.serving import Running, disc, eventually, running


def driver_for(server: Running, secret: str = ""):
    auth = "bearer" if secret else "none"
    endpoint = Endpoint("own", "Own", "hunyuan", server.url, auth=auth, secret=secret)
    return DRIVER(endpoint, Line(endpoint))


def spec(folder: Path, *roles: str, **more) -> JobSpec:
    views = []
    for role in roles:
        path = folder / f"{role}.png"
        disc(120).save(path)
        views.append(View(role, path, True, (120, 120)))
    given = {"seed": 5, "detail": "draft", "max_faces": 0, **more}
    return JobSpec(views=tuple(views), folder=folder, **given)


def test_from_probe_to_mesh(tmp_path):
    with running(tmp_path / "server") as server:
        driver = driver_for(server)
        able = driver.probe()
        assert able.submit_idempotent and able.survives_disconnect
        assert able.views_max == 5 and able.cancel == "running"
        assert able.progress == "percent" and not able.costs_money
        job = spec(tmp_path, "front", "left", max_faces=2000)
        ref = driver.submit(job, "a" * 32, lambda ref: None)
        assert driver.submit(job, "a" * 32, lambda ref: None) == ref
        assert eventually(lambda: driver.poll(ref), lambda told: told.state == DONE)
        mesh = driver.fetch(ref, tmp_path / "made")
        assert mesh.format == "glb"
        loaded = load_any(mesh.path)
        assert len(loaded.mesh.faces) <= 2000 and loaded.up == "z"
        assert driver.cancel(ref) is Cancel.TOO_LATE
        driver.close()


def test_cancel_and_a_forgotten_job(tmp_path):
    options = ("--backend", "echo", "--echo-seconds", "60")
    with running(tmp_path / "server", *options) as server:
        driver = driver_for(server)
        ref = driver.submit(spec(tmp_path, "front"), "b" * 32, lambda ref: None)
        eventually(lambda: driver.poll(ref), lambda told: (told.progress or 0) > 0)
        assert driver.cancel(ref) is Cancel.STOPPED
        assert driver.poll(ref).error is ErrorKind.CANCELLED
        gone = ref.__class__(ref.driver, ref.endpoint, {**ref.ids, "uid": "f" * 8})
        assert driver.poll(gone).state == LOST
        driver.close()


def test_its_failures_are_understood(tmp_path):
    options = ("--backend", "echo", "--echo-fail", "input")
    with running(tmp_path / "server", *options) as server:
        driver = driver_for(server)
        ref = driver.submit(spec(tmp_path, "front"), "c" * 32, lambda ref: None)
        told = eventually(lambda: driver.poll(ref), lambda told: told.state == FAILED)
        assert told.error is ErrorKind.INPUT and "As asked for" in told.message
        driver.close()


def test_token_and_full_queue(tmp_path):
    options = ("--backend", "echo", "--echo-seconds", "60", "--waiting", "1")
    env = {"IMG2STL_GPU_TOKEN": "right"}
    with running(tmp_path / "server", *options, env=env) as server:
        with pytest.raises(DriverFailed) as failed:
            driver_for(server, "wrong").probe()
        assert failed.value.kind is ErrorKind.AUTH
        driver = driver_for(server, "right")
        job = spec(tmp_path, "front")
        with pytest.raises(DriverFailed) as failed:
            for number in range(3):
                driver.submit(job, f"{number}" * 32, lambda ref: None)
        assert failed.value.kind is ErrorKind.BUSY and failed.value.retry_after_s >= 1
        driver.close()
