"""What keeps a print from starting, against a real OctoPrint."""

import pytest

from tests.serving import wait_for


@pytest.fixture(scope="module")
def job(bob):
    # whoever shares this OctoPrint with us leaves its queue and its printer as they were
    assert bob.queue()["items"] == []
    return bob.made()


@pytest.fixture
def item(bob, job):
    item = bob.api("POST", "/queue", 201, json={"job": job["id"]})["item"]
    yield item
    if any(entry["id"] == item for entry in bob.queue()["items"]):
        bob.api("DELETE", f"/queue/{item}")


def confirm(client, item, generation=None, expect=200):
    if generation is None:
        generation = client.queue()["bed_generation"]
    body = {"bed_generation": generation}
    return client.api("POST", f"/queue/{item}/bed-clear", expect, json=body)


def start(client, item, token, expect=202):
    return client.api("POST", f"/queue/{item}/start", expect, json={"token": token})


def code(answer):
    return answer["problem"]["code"]


def test_nothing_starts_without_a_confirmation(bob, item):
    assert code(start(bob, item, "", 409)) == "queue.not_confirmed"
    assert code(start(bob, item, "guess", 409)) == "queue.not_confirmed"
    bob.api("POST", "/queue/resume")
    wait_for(
        lambda: bob.queue()["items"][0]["state"] == "awaiting_bed_clear",
        20,
        "the question",
    )
    assert bob.get("/api/job").json()["state"] == "Operational"


def test_an_old_page_cannot_confirm(bob, item):
    generation = bob.queue()["bed_generation"]
    assert code(confirm(bob, item, generation - 1, 409)) == "queue.bed_changed"
    assert code(confirm(bob, item, "all", 409)) == "queue.bed_changed"


def test_a_confirmation_is_for_one_person_and_one_item(server, bob, job, item):
    carol = server.login("carol")
    token = confirm(bob, item)["token"]
    assert code(start(carol, item, token, 409)) == "queue.not_confirmed"
    other = bob.api("POST", "/queue", 201, json={"job": job["id"]})["item"]
    assert code(start(bob, other, token, 409)) == "queue.not_confirmed"
    bob.api("DELETE", f"/queue/{other}")


def test_changed_printer_profile(admin, bob, item):
    def nozzle(diameter):
        profile = {"profile": {"extruder": {"nozzleDiameter": diameter}}}
        admin.request("PATCH", "/api/printerprofiles/_default", json=profile)
        wait_for(
            lambda: admin.api("GET", "/state")["machine"]["nozzle"] == diameter,
            10,
            "nozzle",
        )

    token = confirm(bob, item)["token"]
    nozzle(0.6)
    try:
        answer = start(bob, item, token, 409)
    finally:
        nozzle(0.4)
    assert code(answer) == "queue.machine_changed"
    queue = bob.queue()
    assert queue["paused"] and queue["reason"]["code"] == "queue.machine_changed"
    assert queue["items"][0]["state"] == "queued"


def test_changed_or_missing_file(server, bob, job, item):
    folder = server.base / "uploads" / "img2stl"
    (file,) = folder.glob(f"*{job['id'][:8]}.gcode")
    original = file.read_bytes()
    token = confirm(bob, item)["token"]
    file.write_bytes(original + b"G1 X999\n")
    assert code(start(bob, item, token, 409)) == "queue.file_changed"
    token = confirm(bob, item)["token"]
    file.unlink()
    assert code(start(bob, item, token, 409)) == "queue.file_missing"
    file.write_bytes(original)


def test_disconnected_printer(admin, bob, item):
    admin.post("/api/connection", json={"command": "disconnect"})
    state = lambda: admin.get("/api/connection").json()["current"]["state"]  # noqa: E731
    wait_for(lambda: not bob.queue()["printer"]["connected"], 20, "the line to be closed")
    try:
        answer = confirm(bob, item, expect=409)
        assert code(answer) == "queue.printer_not_ready"
    finally:
        admin.post("/api/connection", json={"command": "connect", "port": "VIRTUAL"})
        wait_for(lambda: state() == "Operational", 30, "the printer")


def test_somebody_elses_print_leaves_ours_in_the_queue(admin, bob, job, item):
    token = confirm(bob, item)["token"]
    files = bob.get("/api/files/local/img2stl").json()["children"]
    (path,) = [each["path"] for each in files if job["id"][:8] in each["path"]]
    admin.post(f"/api/files/local/{path}", json={"command": "select", "print": True})
    wait_for(
        lambda: admin.get("/api/job").json()["state"].startswith("Print"), 30, "a print"
    )
    wait_for(lambda: bob.queue()["printer"]["printing"], 10, "the queue to see it")
    assert code(start(bob, item, token, 409)) in ("queue.not_confirmed", "queue.busy")
    assert [entry["state"] for entry in bob.queue()["items"]] == ["queued"]
    admin.post("/api/job", json={"command": "cancel"})
    wait_for(
        lambda: admin.get("/api/job").json()["state"] == "Operational", 60, "idleness"
    )


def test_order(bob, job, item):
    second = bob.api("POST", "/queue", 201, json={"job": job["id"]})["item"]
    moved = bob.api("POST", f"/queue/{second}/move", json={"position": 0})["queue"]
    assert [entry["id"] for entry in moved["items"]] == [second, item]
    assert bob.api("POST", f"/queue/{second}/move", 409, json={"position": "up"})["error"]
    bob.api("DELETE", f"/queue/{second}")


def test_job_that_prints_is_not_deleted(admin, bob, job, item):
    token = confirm(bob, item)["token"]
    start(bob, item, token)
    wait_for(lambda: bob.queue()["items"][0]["state"] == "printing", 30, "the print")
    assert code(bob.api("DELETE", f"/jobs/{job['id']}", 409)) == "queue.item_busy"
    assert code(bob.api("DELETE", f"/queue/{item}", 409)) == "queue.item_busy"
    admin.post("/api/job", json={"command": "cancel"})
    wait_for(lambda: not bob.queue()["items"], 60, "the cancelled print to leave")
    queue = bob.queue()
    assert queue["paused"] and queue["history"][0]["state"] == "cancelled"
    wait_for(
        lambda: admin.get("/api/job").json()["state"] == "Operational", 60, "idleness"
    )
