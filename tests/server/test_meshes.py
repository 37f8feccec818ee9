"""Meshes inside a real OctoPrint: given, repaired, looked at, made, taken from its files."""

import base64
import io
import struct

import numpy as np
import pytest

from tests.serving import wait_for
from tests.unit.jobs import shapes


def stl(*parts, without=()):
    corners = np.delete(np.concatenate(parts), list(without), axis=0)
    out = io.BytesIO()
    out.write(b"test".ljust(80, b"\0") + struct.pack("<I", len(corners)))
    for triangle in corners:
        out.write(struct.pack("<12fH", 0, 0, 0, *triangle.ravel(), 0))
    return out.getvalue()


OPEN_BOX = stl(shapes.box(), without=(2, 3))


def params(**chosen):
    return {"route": "mesh", "mesh": chosen, "slicing": {"quality": "draft", "infill": 5}}


def draft(client, data=OPEN_BOX, name="Open box.stl"):
    job = client.upload(data, name)["job"]
    assert job["kind"] == "mesh" and job["state"] in ("opening", "draft")
    return client.wait_state(job["id"], "draft", "failed")


def make(client, job, expect=202, **chosen):
    body = {"params": params(**chosen)}
    return client.api("POST", f"/jobs/{job['id']}/make", expect, json=body)


def test_the_state_says_what_a_mesh_can_be(bob):
    state = bob.api("GET", "/state")
    route = state["routes"]["mesh"]
    assert route["params"]["size"] == 100 and route["label"]
    low, high = state["limits"]["fields"]["mesh"]["copies"]
    assert low == 1 and high > 10
    assert state["limits"]["mesh_bytes"] == 200 * 2**20
    assert {"value": "inch", "label": "inches"} in state["choices"]["mesh"]["unit"]


def test_a_broken_mesh_goes_the_whole_way(bob):
    job = draft(bob)
    assert job["state"] == "draft", job["problem"]
    assert job["mesh"]["format"] == "STL" and job["mesh"]["triangles"] == 10
    repair = job["mesh"]["repair"]
    assert repair["strict"] and repair["label"] and repair["changes"][0]["message"]
    assert bob.get("/" + job["thumb_url"]).headers["Content-Type"] == "image/jpeg"

    url = f"/jobs/{job['id']}/preview"
    seen = bob.api("POST", url, json={"params": params(size=150)})["preview"]
    assert seen["size"] == pytest.approx([30, 30, 30], abs=1e-3) and seen["printable"]
    seen = bob.api("POST", url, json={"params": params(repair="off")})["preview"]
    assert not seen["printable"]
    (hole,) = [each for each in seen["findings"] if each["code"] == "mesh.open_edges"]
    assert hole["severity"] == "error" and hole["target"]["normal"]
    flags = np.frombuffer(base64.b64decode(seen["mesh"]["flags"]), "<u4")
    assert ((flags >> np.uint32(hole["bit"])) & 1).any()

    found = bob.api("POST", f"/jobs/{job['id']}/orient", json={"params": params()})
    assert sum(each["current"] for each in found["orientations"]) == 1

    make(bob, job)
    job = bob.wait_state(job["id"], "done", "failed")
    assert job["state"] == "done", job["problem"]
    result = job["result"]
    assert result["watertight"] and result["layers"] > 30 and result["gcode_url"]
    viewed = bob.get("/" + result["view_url"]).json()
    assert set(viewed) == {"vertices", "faces", "flags"}
    for ending in result["exports"]:
        body = {"format": ending}
        made = bob.api("POST", f"/jobs/{job['id']}/export", json=body)
        answer = bob.get("/" + made["url"])
        assert answer.status_code == 200 and len(answer.content) == made["bytes"]
    bob.api("POST", f"/jobs/{job['id']}/export", 422, json={"format": "../../x"})

    added = bob.api("POST", "/queue", 201, json={"job": job["id"]})
    (item,) = [e for e in added["queue"]["items"] if e["id"] == added["item"]]
    assert item["job_id"] == job["id"]
    bob.api("DELETE", f"/queue/{item['id']}")


def test_what_would_fail_is_seen_and_can_be_made_anyway(bob):
    job = draft(bob)
    make(bob, job, repair="off")
    job = bob.wait_state(job["id"], "done", "failed")
    assert job["state"] == "failed" and job["problem"]["code"] == "mesh.open_edges"
    codes = [each["code"] for each in job["result"]["problems"]]
    assert "mesh.open_edges" in codes and job["result"]["view_url"]
    assert not job["result"]["gcode_url"] and job["can"]["make"]
    make(bob, job)  # repaired after all
    assert bob.wait_state(job["id"], "done", "failed")["state"] == "done"


def test_a_photo_and_a_mesh_are_not_mixed_up(bob):
    job = draft(bob)
    body = {"params": {"route": "relief"}}
    bob.api("POST", f"/jobs/{job['id']}/make", 422, json=body)
    photo = bob.draft()
    bob.api("POST", f"/jobs/{photo['id']}/make", 422, json={"params": params()})
    bob.api("POST", f"/jobs/{photo['id']}/orient", 422, json={"params": params()})


def test_what_is_no_mesh_fails_with_a_sentence(bob):
    job = draft(bob, b"\0" * 90, "broken.stl")
    assert job["state"] == "failed" and job["mesh"] is None
    assert job["problem"]["code"].startswith("mesh.")
    bob.api("POST", f"/jobs/{job['id']}/preview", 422, json={"params": params()})


def test_a_mesh_from_octoprints_own_files(server, bob):
    admin = server.login("admin")
    files = {"file": ("box.stl", OPEN_BOX)}
    answer = admin.post("/api/files/local", files=files)
    assert answer.status_code == 201, answer.text
    listed = bob.api("GET", "/jobs/files")["files"]
    (found,) = [each for each in listed if each["name"] == "box.stl"]
    assert found["size"] == len(OPEN_BOX)
    job = bob.api("POST", "/jobs/from-file", 201, json={"path": found["path"]})["job"]
    assert bob.wait_state(job["id"], "draft", "failed")["state"] == "draft"
    # the file stays where it was
    assert found in bob.api("GET", "/jobs/files")["files"]


@pytest.mark.parametrize(
    "path", ["../config.yaml", "../../etc/passwd", "/etc/passwd", "", "nothing.stl"]
)
def test_nothing_else_is_taken_from_the_disk(bob, path):
    bob.api("POST", "/jobs/from-file", 404, json={"path": path})


def test_who_may_only_look_gives_no_mesh(server):
    eve = server.login("eve")
    files = {"file": ("box.stl", OPEN_BOX)}
    assert eve.post("/plugin/img2stl/uploads", files=files).status_code == 403
    assert eve.get("/plugin/img2stl/jobs/files").status_code == 403


def test_others_do_not_see_a_mesh(server, bob):
    job = draft(bob)
    carol = server.login("carol")
    carol.api("POST", f"/jobs/{job['id']}/preview", 404, json={"params": params()})
    carol.api("POST", f"/jobs/{job['id']}/export", 404, json={"format": "obj"})
    assert carol.get("/" + job["thumb_url"]).status_code == 404


def test_opening_can_be_cancelled_and_continued(bob):
    # large enough for the repair to take a while
    rng = np.random.default_rng(1)
    heap = [
        shapes.box((5.0, 5.0, 5.0), tuple(rng.uniform(0, 100, 3))) for _ in range(3000)
    ]
    job = bob.upload(stl(*heap, without=(2, 3)), "heap.stl")["job"]
    job = bob.api("POST", f"/jobs/{job['id']}/cancel")["job"]
    job = bob.wait_state(job["id"], "cancelled", "draft")
    if job["state"] == "draft":
        pytest.fail("the opening was over before it could be cancelled")
    assert job["can"]["continue"]
    bob.api("POST", f"/jobs/{job['id']}/continue")
    assert bob.job(job["id"])["state"] == "opening"
    bob.api("DELETE", f"/jobs/{job['id']}")
    wait_for(
        lambda: all(each["id"] != job["id"] for each in bob.api("GET", "/state")["jobs"])
    )
