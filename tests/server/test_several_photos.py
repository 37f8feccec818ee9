"""A job with several photos: they arrive, are shown, are taken out again."""

import io
import random

import pytest
from PIL import Image

from tests.serving import PREFIX, Client, picture


def noisy(side=400):
    """A PNG of half a megabyte, five times what OctoPrint takes where nobody asked for more."""
    pixels = random.Random(1).randbytes(3 * side * side)
    out = io.BytesIO()
    Image.frombytes("RGB", (side, side), pixels).save(out, "PNG")
    assert len(out.getvalue()) > 400_000
    return out.getvalue()


def add(client, job, data, name="further.png", expect=201):
    path = f"/jobs/{job['id']}/photos"
    return client.api("POST", path, expect, files={"file": (name, data)})


def remove(client, job, number, expect=200):
    return client.api("DELETE", f"/jobs/{job['id']}/photos/{number}", expect)


def size_of(client, url):
    answer = client.get("/" + url)
    assert answer.status_code == 200
    return Image.open(io.BytesIO(answer.content)).size


def folder_of(server, job):
    """Names of its files, but for a description that is just being written."""
    names = {path.name for path in (server.jobs_folder / job["id"]).iterdir()}
    return {name for name in names if not name.startswith(".job.json.")}


@pytest.fixture
def job(bob):
    job = bob.draft()
    yield job
    bob.api("DELETE", f"/jobs/{job['id']}")


def test_they_come_and_go(server, bob, job):
    assert bob.api("GET", "/state")["limits"]["photos"] == 6
    assert job["photos"] == [] and job["can"]["change_photos"]
    before = folder_of(server, job)
    answer = add(bob, job, noisy(), "My dog.png")
    assert answer["photo"] == 2
    add(bob, job, picture(300, 200, "JPEG"), "cow.jpg")
    dog, cow = bob.job(job["id"])["photos"]
    assert (dog["name"], dog["format"], dog["size_px"]) == ("My dog", "PNG", [400, 400])
    assert (cow["number"], cow["format"], cow["size_px"]) == (3, "JPEG", [300, 200])
    assert cow["notices"][0]["code"] == "photo.low_resolution" and dog["notices"] == []
    assert size_of(bob, dog["url"]) == (400, 400)
    assert size_of(bob, dog["thumb_url"]) == (256, 256)
    assert size_of(bob, cow["url"]) == (300, 200)
    assert size_of(bob, job["photo"]["url"]) == tuple(job["photo"]["size_px"])
    numbers = [each["number"] for each in bob.job(job["id"])["params"]["photos"]]
    assert numbers == [2, 3]

    left = remove(bob, job, 2)["job"]
    assert [each["number"] for each in left["photos"]] == [3]
    assert [each["number"] for each in left["params"]["photos"]] == [3]
    assert bob.get("/" + dog["url"]).status_code in (403, 404)
    assert folder_of(server, job) == before | {
        f"{name}-3.{ending}"
        for name, ending in (
            ("photo", "original"),
            ("photo", "json"),
            ("photo", "jpg"),
            ("thumb", "jpg"),
        )
    }


def test_pictures_are_named_after_their_job(bob, job):
    url = add(bob, job, picture())["job"]["photos"][0]["url"]
    disposition = bob.get("/" + url).headers["Content-Disposition"]
    assert disposition.startswith("attachment") and "photo_photo-2.jpg" in disposition


def test_a_job_with_several_is_made_and_copied(bob, job):
    add(bob, job, picture(90, 120), "dog.png")
    params = {
        **{"route": "relief", "relief": {"width": 30}, "slicing": {"quality": "draft"}},
        "photos": [{"number": 2, "turn_deg": 90, "crop": [0, 0, 1, 0.5]}],
    }
    bob.api("POST", f"/jobs/{job['id']}/make", 202, json={"params": params})
    done = bob.wait_state(job["id"], "done", "failed")
    assert done["state"] == "done", done["problem"]
    assert done["params"]["photos"] == params["photos"]
    report = bob.get("/" + done["result"]["report_url"]).json()
    assert report["photos"][0]["size_px"] == [90, 120]
    assert report["parameters"]["photos"] == params["photos"]

    copy = bob.api("POST", f"/jobs/{job['id']}/copy", 201)["job"]
    copy = bob.wait_state(copy["id"], "draft", "failed")
    assert copy["params"] == done["params"]
    assert copy["photos"][0]["name"] == "dog"
    bob.api("DELETE", f"/jobs/{job['id']}/photos/2")
    assert size_of(bob, copy["photos"][0]["url"]) == (90, 120)
    bob.api("DELETE", f"/jobs/{copy['id']}")


def test_six_are_the_most(server, bob, job):
    for _ in range(5):
        add(bob, job, picture())
    before = folder_of(server, job)
    refused = add(bob, job, picture(), expect=422)
    assert (
        refused["problem"]["code"] == "jobs.too_many_photos" and "6" in refused["error"]
    )
    assert folder_of(server, job) == before
    remove(bob, job, 4)
    assert add(bob, job, picture())["photo"] == 4


@pytest.mark.parametrize(
    "name, data, code",
    [
        ("empty.jpg", b"", "photo.empty"),
        ("text.jpg", b"this is no picture at all", "photo.not_an_image"),
        ("cut.png", picture(800, 600)[:3000], "photo.truncated"),
        ("dot.png", picture(1, 1), "photo.too_small"),
    ],
)
def test_a_bad_one_is_refused_and_the_job_stays(server, bob, job, name, data, code):
    before = folder_of(server, job)
    refused = add(bob, job, data, name, expect=422)
    assert refused["problem"]["code"] == code
    after = bob.job(job["id"])
    assert after["state"] == "draft" and after["photos"] == []
    assert folder_of(server, job) == before


def test_refusals(server, bob, job):
    empty = bob.api("POST", f"/jobs/{job['id']}/photos", 422, json={})
    assert empty["problem"]["code"] == "upload.missing"
    assert remove(bob, job, 2, 404)["problem"]["code"] == "jobs.no_such_photo"
    assert remove(bob, job, 1, 422)["problem"]["code"] == "jobs.first_photo"
    assert bob.job(job["id"])["photo"] is not None


def test_forged_path(server, bob, job, tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("do not read")
    answer = bob.post(
        f"{PREFIX}/jobs/{job['id']}/photos",
        data={"file.path": str(secret), "file.name": "x.jpg"},
    )
    assert answer.status_code in (400, 422)
    assert secret.exists() and bob.job(job["id"])["photos"] == []


def test_a_busy_job_keeps_its_photos(bob, job):
    add(bob, job, picture())
    bob.make(job, width=60, max_error=0.02)
    assert remove(bob, job, 2, 409)["problem"]["code"] == "jobs.busy"
    assert add(bob, job, picture(), expect=409)["problem"]["code"] == "jobs.busy"
    busy = bob.api("POST", f"/jobs/{job['id']}/cancel")["job"]
    assert len(busy["photos"]) == 1
    bob.wait_state(job["id"], "cancelled", "done")


def test_photos_of_others(server, admin, bob, job):
    carol = server.login("carol")
    url = "/" + add(bob, job, picture())["job"]["photos"][0]["url"]
    add(carol, job, picture(), expect=404)
    remove(carol, job, 2, 404)
    assert carol.get(url).status_code == 404
    assert Client(server, None).get(url).status_code == 403
    assert bob.get(url).status_code == admin.get(url).status_code == 200
    for name in ("photo-2.original", "photo-2.json", "photo-7.jpg", "photo-1.jpg"):
        path = f"{PREFIX}/files/{job['id']}/{name}"
        assert bob.get(path).status_code in (403, 404)
    assert len(add(admin, job, picture())["job"]["photos"]) == 2


def test_they_survive_the_power_plug(own_server):
    bob = own_server.login("bob")
    job = bob.draft()
    add(bob, job, picture(300, 200), "dog.png")
    own_server.kill()
    half = own_server.jobs_folder / job["id"] / "photo-3.original"
    half.write_bytes(b"of an upload that was cut off")
    bob = own_server.start().login("bob")
    again = bob.job(job["id"])
    assert again["state"] == "draft"
    assert [each["name"] for each in again["photos"]] == ["dog"]
    assert size_of(bob, again["photos"][0]["url"]) == (300, 200)
    assert not half.exists()
