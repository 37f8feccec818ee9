"""The driver of Hunyuan's servers against our own GPU server, as its own process."""

from __future__ import annotations

import time

import pytest

from octoprint_img2stl.solid3d.driver import Cancel, JobSpec, RemoteRef, View
from octoprint_img2stl.solid3d.drivers.hunyuan import DRIVER
from octoprint_img2stl.solid3d.refused import DriverFailed, ErrorKind
from tests.unit.gpu_server.serving import disc, running
from tests.unit.solid3d.handing import KEY, Notes, made

TOKEN = "a-secret-token"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ours")
    with running(folder, "--backend", "silhouette", "--token", TOKEN) as found:
        yield found


def photographed(folder, *roles, blank=False):
    """A job with a picture of a disc for each role."""
    views = []
    for role in roles:
        image, path = disc(64), folder / f"{role}.png"
        if blank:
            image.putalpha(0)
        image.save(path)
        views.append(View(role, path, True, image.size))
    own = folder / "own"
    own.mkdir()
    return JobSpec(tuple(views), 3, "draft", 2000, own)


def ended(driver, ref):
    while (status := driver.poll(ref)).state in ("queued", "running"):
        time.sleep(0.05)
    return status


def test_it_says_what_it_can_do(server):
    found = made(DRIVER, server.url, TOKEN).probe()
    assert found.version.startswith("img2stl GPU server ")
    assert found.views_max > 1 and "front" in found.roles
    assert found.submit_idempotent and found.cancel == "running" and not found.costs_money
    with pytest.raises(DriverFailed) as caught:
        made(DRIVER, server.url, "another").probe()
    assert caught.value.kind is ErrorKind.AUTH


def test_from_photos_to_mesh(server, tmp_path):
    driver = made(DRIVER, server.url, TOKEN)
    job = photographed(tmp_path, "front", "left")
    ref = driver.submit(job, KEY, Notes())
    assert made(DRIVER, server.url, TOKEN).submit(job, KEY, Notes()) == ref
    assert ended(driver, ref).state == "done"
    ref = RemoteRef.from_json(ref.to_json())
    found = made(DRIVER, server.url, TOKEN).fetch(ref, tmp_path / "candidate-1")
    assert (found.format, found.up_axis, found.path.name) == (
        "glb",
        "y",
        "candidate-1.glb",
    )
    assert found.size_bytes > 1000
    assert driver.cancel(ref) is Cancel.TOO_LATE


def test_a_photo_without_a_subject(server, tmp_path):
    driver = made(DRIVER, server.url, TOKEN)
    ref = driver.submit(photographed(tmp_path, "front", blank=True), KEY[::-1], Notes())
    status = ended(driver, ref)
    assert (status.state, status.error) == ("failed", ErrorKind.INPUT)
    assert status.message


def test_a_job_it_does_not_know(server, tmp_path):
    driver = made(DRIVER, server.url, TOKEN)
    ref = RemoteRef("hunyuan", "mine", {"kind": "img2stl", "uid": "0" * 32})
    assert driver.poll(ref).state == "lost"
    assert driver.cancel(ref) is Cancel.TOO_LATE
    with pytest.raises(DriverFailed) as caught:
        driver.fetch(ref, tmp_path / "one")
    assert caught.value.kind is ErrorKind.LOST
