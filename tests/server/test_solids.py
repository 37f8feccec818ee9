"""Full 3D inside a real OctoPrint: on this machine, and by the reference server as its own
process; agreed to, resumed after a crash, never sent twice."""

import base64
import io
import json

import pytest
from PIL import Image, ImageDraw

from tests.serving import PREFIX, wait_for
from tests.unit.gpu_server.serving import running

SECRET = "only-for-the-reference-server"
OVER = ("draft", "done", "failed")


def photo(size_px=(240, 300)):
    """A pear on a plain background, as PNG."""
    image = Image.new("RGB", size_px, (240, 240, 236))
    draw = ImageDraw.Draw(image)
    draw.ellipse((60, 140, 180, 270), fill=(40, 90, 60))
    draw.ellipse((85, 60, 155, 190), fill=(60, 110, 60))
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def params(**solid):
    solid = {"detail": "draft", "size": 30, **solid}
    return {
        "route": "solid3d",
        "solid": solid,
        "slicing": {"quality": "draft", "infill": 5},
    }


def generate(client, job, expect=202, agreed=None, **solid):
    body = {"params": params(**solid), "agreed": agreed}
    return client.api("POST", f"/jobs/{job['id']}/generate", expect, json=body)


def add_endpoint(admin, url, name="My PC", secret=SECRET):
    endpoint = {"name": name, "driver": "hunyuan", "url": url, "auth": "bearer"}
    body = {"endpoint": endpoint, "secret": secret}
    return admin.api("POST", "/endpoints", 201, json=body)["endpoint"]


@pytest.fixture
def admin(server):
    """Whose password was given just now, as changes of endpoints want it."""
    return server.login("admin")


@pytest.fixture(scope="module")
def gpu(tmp_path_factory):
    """The reference server, whose back end takes a while and gives a small mesh."""
    folder = tmp_path_factory.mktemp("gpu")
    token = folder / "token"
    token.write_text(SECRET)
    options = ("--backend", "echo", "--echo-seconds", "3", "--token-file", str(token))
    with running(folder, *options) as server:
        yield server


@pytest.fixture
def endpoint(admin, gpu):
    found = add_endpoint(admin, gpu.url)
    yield found
    admin.api("DELETE", f"/endpoints/{found['id']}")


def over(client, job):
    return client.wait_state(job["id"], *OVER)


def test_the_state_says_what_can_make_a_solid(bob, admin, endpoint):
    state = bob.api("GET", "/state")
    route = state["routes"]["solid3d"]
    assert route["label"] and route["params"]["solid"]["endpoint"] == "local"
    assert state["limits"]["fields"]["solid"]["size"] == [5, 1000]
    roles = {choice["value"] for choice in state["choices"]["solid"]["roles"]}
    assert roles == {"front", "back", "left", "right", "top", "other"}
    local, away = state["generators"]
    assert local["id"] == "local" and local["ready"] and not local["costs_money"]
    assert away["id"] == endpoint["id"] and away["plain"] and away["label"] == "My PC"
    assert not state["permissions"]["remote"]
    assert not away["ready"] and "permission" in away["problem"]["message"]
    of_admin = admin.api("GET", "/state")
    (mine,) = of_admin["generators"][1:]
    assert mine["ready"] and not mine["agreed"]
    # who may send photos there begins with the endpoint
    assert of_admin["routes"]["solid3d"]["params"]["solid"]["endpoint"] == endpoint["id"]
    assert SECRET not in json.dumps(state)


def test_on_this_machine_the_whole_way(bob):
    job = bob.draft(photo())
    body = {"params": params()}
    (view,) = bob.api("POST", f"/jobs/{job['id']}/cutout", json=body)["views"]
    picture = base64.b64decode(view["picture"].partition(",")[2])
    with Image.open(io.BytesIO(picture)) as cut:
        assert cut.mode == "RGBA" and max(cut.size) <= 320
        assert cut.getpixel((2, 2))[3] == 0

    answer = generate(bob, job)
    assert answer["candidate"] == 1 and answer["job"]["state"] == "generating"
    job = over(bob, job)
    (candidate,) = job["candidates"]
    assert candidate["state"] == "done" and candidate["chosen"], candidate
    assert any("inflated" in each["code"] for each in candidate["findings"])
    for url in candidate["pictures"]:
        answer = bob.get("/" + url)
        assert answer.headers["Content-Type"] == "image/jpeg"
    assert job["mesh"]["repair"]["strict"] and job["can"]["make"]

    chosen = job["params"]
    url = f"/jobs/{job['id']}/preview"
    seen = bob.api("POST", url, json={"params": chosen})["preview"]
    assert max(seen["size"]) == pytest.approx(30, abs=0.2) and seen["printable"]
    bob.api("POST", f"/jobs/{job['id']}/make", 202, json={"params": chosen})
    job = bob.wait_state(job["id"], "done", "failed")
    assert job["state"] == "done", job["problem"]
    assert job["result"]["watertight"] and job["can"]["queue"]
    item = bob.api("POST", "/queue", 201, json={"job": job["id"]})["item"]
    bob.api("DELETE", f"/queue/{item}")


def test_photos_leave_with_permission_and_only_where_it_was_agreed(bob, admin, endpoint):
    job = bob.draft(photo())
    refused = generate(bob, job, 403, endpoint=endpoint["id"])
    assert refused["problem"]["code"] == "solid.no_permission"

    job = admin.draft(photo())
    refused = generate(admin, job, 409, endpoint=endpoint["id"])
    host = refused["problem"]["suggest"]
    assert refused["problem"]["code"] == "solid.ask_first"
    assert host == endpoint["url"].rpartition("/")[2] and host in refused["error"]
    generate(admin, job, 409, endpoint=endpoint["id"], agreed="elsewhere.example")
    assert admin.job(job["id"])["candidates"] == []
    generate(admin, job, endpoint=endpoint["id"], agreed=host)
    job = over(admin, job)
    assert job["candidates"][0]["state"] == "done", job["candidates"][0]
    # agreed once, the same place is not asked about again
    generate(admin, job, endpoint=endpoint["id"], seed=2)
    admin.api("POST", f"/jobs/{job['id']}/cancel")
    over(admin, job)


@pytest.mark.once
def test_there_and_back_with_progress(admin, endpoint, gpu):
    job = admin.draft(photo())
    tested = admin.api("POST", f"/endpoints/{endpoint['id']}/test")
    assert tested["ok"], tested
    host = endpoint["url"].rpartition("/")[2]
    generate(admin, job, endpoint=endpoint["id"], agreed=host, size=40)

    def progress():
        (candidate,) = admin.job(job["id"])["candidates"]
        return candidate if candidate["away"] and candidate["progress"] else None

    candidate = wait_for(progress, 60, "progress")
    assert candidate["label"] == "My PC" and candidate["host"] == host
    assert candidate["can"]["cancel"] and 0 < candidate["progress"] < 100
    job = over(admin, job)
    (candidate,) = job["candidates"]
    assert candidate["state"] == "done" and candidate["chosen"]
    assert candidate["mesh"]["format"] == "GLB" and job["mesh"]["format"] == "GLB"
    state = admin.api("GET", "/state")
    (away,) = state["generators"][1:]
    assert away["usual_s"]["draft"] > 0 and away["capabilities"]["views_max"] == 6
    # another one, compared and chosen
    generate(admin, job, seed=5)
    job = over(admin, job)
    assert [each["chosen"] for each in job["candidates"]] == [True, False]
    admin.api("POST", f"/jobs/{job['id']}/candidates/2/choose", 202)
    job = over(admin, job)
    assert [each["chosen"] for each in job["candidates"]] == [False, True]
    admin.api("DELETE", f"/jobs/{job['id']}/candidates/2", 422)
    admin.api("DELETE", f"/jobs/{job['id']}/candidates/1")
    assert [each["number"] for each in admin.job(job["id"])["candidates"]] == [2]
    admin.api("POST", f"/jobs/{job['id']}/candidates/1/choose", 404)


@pytest.mark.once
def test_several_photos_go_by_their_roles(admin, endpoint, gpu):
    job = admin.draft(photo())
    files = {"file": ("left.png", photo())}
    url = f"/jobs/{job['id']}/photos"
    admin.api("POST", url, 201, files=files)
    host = endpoint["url"].rpartition("/")[2]
    roles = {"1": "right", "2": "front"}
    generate(admin, job, endpoint=endpoint["id"], agreed=host, roles=roles)
    job = over(admin, job)
    assert job["candidates"][0]["state"] == "done", job["candidates"][0]
    # which it asked the endpoint about, having never been told
    (known,) = admin.api("GET", "/endpoints")["endpoints"]
    assert known["capabilities"]["views_max"] == 6
    newest = max((gpu.folder / "jobs").rglob("job.json"), key=lambda f: f.stat().st_mtime)
    roles = {role for role, _, _ in json.loads(newest.read_text())["views"]}
    assert roles == {"front", "right"}


@pytest.mark.once
def test_cancel_stops_it_there_too(admin, endpoint, gpu):
    job = admin.draft(photo())
    host = endpoint["url"].rpartition("/")[2]
    generate(admin, job, endpoint=endpoint["id"], agreed=host)
    wait_for(
        lambda: admin.job(job["id"])["candidates"][0]["remote_state"] == "submitted",
        60,
        "it to be there",
    )
    admin.api("POST", f"/jobs/{job['id']}/cancel")
    job = over(admin, job)
    assert job["candidates"][0]["state"] == "cancelled" and not job["mesh"]
    wait_for(
        lambda: gpu.get("/health").json()["queue"]["running"] == 0, 60, "it to stop there"
    )


@pytest.mark.once
def test_octoprint_is_killed_while_the_endpoint_works(own_server, gpu):
    """It goes on asking for the same job; nothing is sent twice."""
    server = own_server
    admin = server.login("admin")
    endpoint = add_endpoint(admin, gpu.url)
    job = admin.draft(photo())
    host = endpoint["url"].rpartition("/")[2]
    known = {path.name for path in (gpu.folder / "jobs").rglob("*") if path.is_dir()}
    generate(admin, job, endpoint=endpoint["id"], agreed=host)
    wait_for(
        lambda: admin.job(job["id"])["candidates"][0]["remote_state"] == "submitted",
        60,
        "it to be there",
    )
    server.kill()
    for file in (server.base / "data").rglob("*"):
        if file.is_file() and file.name != "secrets.json":
            assert SECRET.encode() not in file.read_bytes(), file
    server.start()
    admin = server.login("admin")
    job = over(admin, job)
    assert job["candidates"][0]["state"] == "done", job["candidates"][0]
    now = {path.name for path in (gpu.folder / "jobs").rglob("*") if path.is_dir()}
    assert len(now - known) == 1, "one job at the endpoint"
    assert SECRET not in (server.base / "logs" / "octoprint.log").read_text()


def test_pictures_of_others(admin, bob, server):
    job = bob.draft(photo())
    generate(bob, job)
    over(bob, job)
    url = f"{PREFIX}/files/{job['id']}/candidate-1-front.jpg"
    assert bob.get(url).status_code == 200
    assert server.login("carol").get(url).status_code == 404
    for name in ("candidate-1.stl", "candidate-1-front.jpg.part", "candidate-1-x.jpg"):
        assert bob.get(f"{PREFIX}/files/{job['id']}/{name}").status_code == 404


@pytest.mark.once
@pytest.mark.parametrize(
    ("solid", "field"),
    [
        ({"detail": "best"}, "solid.detail"),
        ({"size": 1e9}, "solid.size"),
        ({"endpoint": "nowhere"}, "solid.endpoint"),
        ({"roles": {"1": "inside"}}, "solid.roles"),
    ],
)
def test_hostile_settings(bob, solid, field):
    job = bob.draft(photo())
    refused = generate(bob, job, 422, **solid)
    assert refused["problem"]["field"] == field
    assert bob.job(job["id"])["state"] == "draft"
