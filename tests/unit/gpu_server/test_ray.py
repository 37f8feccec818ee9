"""Two replicas on Ray Serve, with the deployment file that ships, behind the plain wire."""

from __future__ import annotations

import importlib.util
import os
import platform
import shutil
import signal
import socket
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.unit.gpu_server.cluster import cluster
from tests.unit.gpu_server.serving import Running, eventually, picture

PUBLISHED = (
    sys.platform == "linux"
    and platform.machine() in ("x86_64", "aarch64")
    and platform.libc_ver()[0] == "glibc"
)
pytestmark = pytest.mark.skipif(
    not PUBLISHED,
    reason=f"Ray is not published for {sys.platform} on {platform.machine()} "
    f"({platform.libc_ver()[0] or 'without glibc'}), so its replicas can't be started here",
)


@pytest.fixture(scope="module")
def farm() -> Iterator[Running]:
    """The server on Ray with two replicas of the silhouette; its end is checked as well."""
    assert importlib.util.find_spec("ray"), "ray is missing; extras/dev test installs it"
    # Not pytest's folder: the names of Ray's sockets below it would be too long.
    folder = Path(tempfile.mkdtemp(prefix="ray-"))
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    try:
        with cluster(folder, port) as process:
            server = Running(process, f"http://127.0.0.1:{port}", folder)
            eventually(lambda: answers(server), bool)
            yield server
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def answers(server: Running) -> bool:
    try:
        return server.get("/health").status_code == 200
    except OSError:
        return False


def test_two_replicas_share_the_jobs(farm: Running):
    assert farm.get("/capabilities").json()["backend"]["name"] == "silhouette"
    uids = [farm.send(detail="draft", seed=number) for number in range(8)]
    assert len(set(uids)) == 8
    told = [farm.ended(uid) for uid in uids]
    assert [each["status"] for each in told] == ["completed"] * 8
    workers = {each["worker"] for each in told}
    assert len(workers) == 2, "one replica did everything"
    for uid in uids:
        assert farm.get(f"/result/{uid}?type=glb").content[:4] == b"glTF"


def test_a_replica_that_dies_takes_no_job_with_it(farm: Running):
    images = dict.fromkeys(("front", "left", "top"), picture())
    workers = {farm.ended(farm.send(detail="draft"))["worker"] for _ in range(2)}
    # Two jobs run side by side, so each replica has one.
    uids = [farm.send(images=images) for _ in range(2)]
    for uid in uids:
        farm.until(
            uid, lambda told: told["progress"] > 0 or told["status"] == "completed"
        )
    killed = workers.pop()
    os.kill(int(killed.rpartition(":")[2]), signal.SIGKILL)
    told = [farm.ended(uid) for uid in uids]
    assert [each["status"] for each in told] == ["completed"] * 2
    assert killed not in {each["worker"] for each in told}


def test_who_hangs_up_on_generate_wants_it_no_more(farm: Running):
    images = dict.fromkeys(("front", "left", "top"), picture())
    order = {"api": 1, "images": images, "detail": "fine", "idempotency_key": "hangs up"}
    with pytest.raises(requests.Timeout):
        requests.post(f"{farm.url}/generate", json=order, timeout=0.7)
    uid = farm.send(idempotency_key="hangs up")
    assert farm.ended(uid)["status"] == "cancelled"


def test_old_clients_see_no_difference(farm: Running):
    answer = farm.post("/generate", {"image": picture(), "octree_resolution": 64})
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "model/gltf-binary"
    assert answer.content[:4] == b"glTF" and int.from_bytes(
        answer.content[8:12], "little"
    ) == len(answer.content)


def test_our_additions_are_there_as_well(farm: Running):
    one = farm.send(idempotency_key="once", detail="draft")
    assert farm.send(idempotency_key="once") == one
    slow = farm.send(
        detail="fine", images=dict.fromkeys(("front", "left", "top"), picture())
    )
    assert farm.delete(f"/jobs/{slow}").json()["status"] == "cancelled"
    assert farm.status(slow)["status"] == "cancelled"
    answer = farm.post("/send", {"image": "%%%"})
    assert answer.status_code == 400 and answer.json()["error_kind"] == "input"
    assert farm.get("/status/../../etc/passwd").status_code == 404
    # What was cancelled does end, and the replicas are free again.
    eventually(
        lambda: farm.get("/health").json()["queue"],
        lambda load: load["running"] == load["waiting"] == 0,
    )
