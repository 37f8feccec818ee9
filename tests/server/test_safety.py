"""Who may do what, and what happens to hostile requests."""

from pathlib import Path

import pytest

from tests.serving import PREFIX, Client, picture, wait_for

NO_JOB = "0123456789abcdef"
NO_PROFILE = "0123456789ab"
# method, path, body, who is let in (admin always is)
ROUTES = [
    ("GET", "/state", "view"),
    ("POST", "/slicers/test", "manage"),
    ("POST", "/uploads", "create"),
    ("POST", "/jobs/sample", "create"),
    ("GET", "/jobs/files", "create"),
    ("POST", "/jobs/from-file", "create"),
    ("GET", f"/jobs/{NO_JOB}", "view"),
    ("DELETE", f"/jobs/{NO_JOB}", "create"),
    ("POST", f"/jobs/{NO_JOB}/photos", "create"),
    ("DELETE", f"/jobs/{NO_JOB}/photos/2", "create"),
    ("POST", f"/jobs/{NO_JOB}/preview", "create"),
    ("POST", f"/jobs/{NO_JOB}/make", "create"),
    ("POST", f"/jobs/{NO_JOB}/orient", "create"),
    ("POST", f"/jobs/{NO_JOB}/export", "create"),
    ("POST", f"/jobs/{NO_JOB}/cancel", "create"),
    ("POST", f"/jobs/{NO_JOB}/continue", "create"),
    ("POST", f"/jobs/{NO_JOB}/copy", "create"),
    ("GET", f"/jobs/{NO_JOB}/layers.json", "view"),
    ("GET", f"/jobs/{NO_JOB}/layers/1.json", "view"),
    ("GET", f"/jobs/{NO_JOB}/layers/1.png", "view"),
    ("POST", f"/jobs/{NO_JOB}/cutout", "create"),
    ("POST", f"/jobs/{NO_JOB}/generate", "create"),
    ("POST", f"/jobs/{NO_JOB}/candidates/1/choose", "create"),
    ("POST", f"/jobs/{NO_JOB}/candidates/1/resend", "create"),
    ("DELETE", f"/jobs/{NO_JOB}/candidates/1", "create"),
    ("GET", "/endpoints", "settings"),
    ("POST", "/endpoints", "settings"),
    ("PUT", "/endpoints/nothing", "settings"),
    ("DELETE", "/endpoints/nothing", "settings"),
    ("POST", "/endpoints/nothing/test", "settings"),
    ("GET", "/profiles", "view"),
    ("GET", "/profiles/models", "view"),
    ("GET", "/profiles/options", "view"),
    ("GET", "/profiles/keys/prusaslicer", "view"),
    ("POST", "/profiles/vendor", "create"),
    ("POST", "/profiles/plain", "create"),
    ("POST", "/profiles/uploads", "create"),
    ("POST", f"/profiles/uploads/{NO_JOB}", "create"),
    ("DELETE", f"/profiles/uploads/{NO_JOB}", "create"),
    ("GET", f"/profiles/{NO_PROFILE}", "view"),
    ("PUT", f"/profiles/{NO_PROFILE}", "create"),
    ("DELETE", f"/profiles/{NO_PROFILE}", "create"),
    ("GET", f"/profiles/{NO_PROFILE}/export", "view"),
    ("PUT", "/profiles/defaults", "settings"),
    ("POST", "/profiles/printer", "settings"),
    ("GET", "/queue", "view"),
    ("POST", "/queue", "queue"),
    ("DELETE", "/queue/nothing", "queue"),
    ("POST", "/queue/nothing/move", "queue"),
    ("POST", "/queue/pause", "queue"),
    ("POST", "/queue/resume", "queue"),
    ("POST", "/queue/clear", "queue"),
    ("POST", "/queue/nothing/bed-clear", "queue"),
    ("POST", "/queue/nothing/start", "queue"),
]
REFUSED = (401, 403)


@pytest.fixture(scope="module")
def eve(server):
    """May look at OctoPrint, but has none of our permissions."""
    return server.login("eve")


@pytest.fixture(scope="module")
def nobody(server):
    return Client(server, None)


@pytest.mark.parametrize("method, path, need", ROUTES)
def test_permissions_matrix(admin, bob, eve, nobody, method, path, need):
    body = {} if method == "GET" else {"json": {}}
    for user in (eve, nobody):
        answer = user.request(method, PREFIX + path, **body)
        assert answer.status_code in REFUSED, f"{user} {answer.status_code}"
    answer = bob.request(method, PREFIX + path, **body)
    if need in ("manage", "settings"):
        assert answer.status_code == 403
        answer = admin.request(method, PREFIX + path, **body)
    assert answer.status_code not in (*REFUSED, 500), answer.text


@pytest.mark.parametrize(
    "method, path, need", [route for route in ROUTES if route[0] != "GET"]
)
def test_csrf_is_needed_for_every_change(admin, method, path, need):
    answer = admin.request(method, PREFIX + path, csrf=False, json={})
    assert answer.status_code == 400
    assert "CSRF" in answer.text


def test_every_route_is_in_the_matrix(server):
    from octoprint_img2stl import plugin

    folder = Path(plugin.__path__[0])
    source = "".join(path.read_text() for path in folder.glob("*api.py"))
    assert source.count("@BlueprintPlugin.route(") == len(ROUTES)


def test_jobs_of_others(server, admin, bob):
    carol = server.login("carol")
    job = bob.draft()
    assert job["id"] not in [other["id"] for other in carol.api("GET", "/state")["jobs"]]
    carol.api("GET", f"/jobs/{job['id']}", 404)
    carol.api("DELETE", f"/jobs/{job['id']}", 404)
    carol.make(job, 404)
    url = f"{PREFIX}/files/{job['id']}/photo.jpg"
    assert bob.get(url).status_code == 200
    assert carol.get(url).status_code == 404
    assert Client(server, None).get(url).status_code == 403
    assert admin.get(url).status_code == 200
    assert job["id"] in [other["id"] for other in admin.api("GET", "/state")["jobs"]]
    admin.api("DELETE", f"/jobs/{job['id']}")


@pytest.mark.parametrize(
    "path",
    [
        "job.json",
        "photo.original",
        "../queue/queue.json",
        "log.txt",
        "%2e%2e/x",
        "task.json",
    ],
)
def test_only_results_can_be_downloaded(bob, path):
    job = bob.draft()
    assert bob.get(f"{PREFIX}/files/{job['id']}/{path}").status_code in (403, 404)


def test_starting_needs_the_core_permissions_too(server, admin, bob):
    """Somebody with our QUEUE but without OctoPrint's PRINT cannot start."""
    group = {
        "key": "queuers",
        "name": "Queuers",
        "description": "",
        "permissions": ["STATUS", "PLUGIN_IMG2STL_QUEUE", "PLUGIN_IMG2STL_CREATE"],
        "subgroups": [],
        "default": False,
    }
    admin.post("/api/access/groups", json=group)
    admin.post(
        "/api/access/users",
        json={
            "name": "dave",
            "password": "test-1234",
            "groups": ["queuers"],
            "permissions": [],
            "active": True,
            "admin": False,
        },
    )
    dave = server.login("dave")
    job = dave.made()
    item = dave.api("POST", "/queue", 201, json={"job": job["id"]})["item"]
    for path in ("bed-clear", "start"):
        answer = dave.post(f"{PREFIX}/queue/{item}/{path}", json={})
        assert answer.status_code == 403
    dave.api("DELETE", f"/queue/{item}")


def test_forged_upload_path(bob, tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("do not read")
    answer = bob.post(
        f"{PREFIX}/uploads", data={"file.path": str(secret), "file.name": "x.jpg"}
    )
    assert answer.status_code in (400, 422)
    assert secret.exists()


def test_no_file(bob):
    assert (
        bob.api("POST", "/uploads", 422, json={})["problem"]["code"] == "upload.missing"
    )


def test_too_big_an_upload_is_refused_while_it_arrives(server, bob):
    class Endless:
        def __init__(self):
            self.left = 60 * 2**20

        def __len__(self):
            return self.left

        def read(self, size=-1):
            size = min(self.left, 65536 if size < 0 else size)
            self.left -= size
            return bytes(size)

    before = bob.api("GET", "/state")["jobs"]
    try:
        answer = bob.post(
            f"{PREFIX}/uploads",
            data=Endless(),
            headers={"Content-Type": "multipart/form-data; boundary=x"},
        )
        assert answer.status_code in (400, 413)
    except OSError:
        pass  # the connection is cut, which is as good
    assert bob.api("GET", "/state")["jobs"] == before


@pytest.mark.parametrize(
    "name, data, code",
    [
        ("empty.jpg", b"", "photo.empty"),
        ("text.jpg", b"this is no picture at all", "photo.not_an_image"),
        ("vector.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "photo.svg"),
        ("cut.jpg", picture(800, 600, "JPEG")[:4000], "photo.truncated"),
        ("cut.png", picture(800, 600)[:3000], "photo.truncated"),
        ("dot.png", picture(1, 1), "photo.too_small"),
        ("line.png", picture(4000, 12), "photo."),
        ("iphone.heic", b"\0\0\0\x18ftypheic\0\0\0\0heicmif1" + bytes(400), "photo.heic"),
    ],
)
def test_bad_photos_get_one_sentence(bob, name, data, code):
    job = bob.upload(data, name)["job"]
    job = bob.wait_state(job["id"], "failed", "draft", timeout_s=60)
    assert job["state"] == "failed"
    assert job["problem"]["code"].startswith(code)
    assert "Traceback" not in str(job)
    bob.api("DELETE", f"/jobs/{job['id']}")


@pytest.mark.parametrize(
    "name", ["../../evil.jpg", "--help.stl", "<b>x</b>.png", "a\u202eb.png"]
)
def test_names_are_only_names(bob, server, name):
    job = bob.upload(picture(), name)["job"]
    job = bob.wait_state(job["id"], "draft")
    assert not set(job["name"]) & set("<>/\\.-")
    assert sorted(server.base.rglob("evil*")) == []
    bob.api("DELETE", f"/jobs/{job['id']}")


@pytest.mark.parametrize(
    "relief, code",
    [
        ({"width": 0}, "relief."),
        ({"width": -5}, "relief."),
        ({"width": float("nan")}, "relief."),
        ({"width": 1e9}, "relief."),
        ({"width": "wide"}, "relief."),
        ({"width": 300}, "relief.too_big_for_bed"),
        ({"unknown": 1}, "relief."),
    ],
)
def test_bad_values_name_their_field(bob, relief, code):
    job = bob.draft()
    problem = bob.make(job, 422, **relief)["problem"]
    assert problem["code"].startswith(code)
    assert problem["field"].startswith("relief.")
    if code == "relief.too_big_for_bed":
        assert 180 < problem["suggest"] < 220
    bob.api("DELETE", f"/jobs/{job['id']}")


def test_sentences_in_german(bob):
    job = bob.draft()
    answer = bob.post(
        f"{PREFIX}/jobs/{job['id']}/make?l10n=de",
        json={"params": {"relief": {"width": 900}}},
        headers={"Accept-Language": "de"},
    )
    english = bob.make(job, 422, width=900)
    assert answer.json()["error"] != english["error"]
    assert answer.json()["problem"]["code"] == english["problem"]["code"]


def test_slicer_path_needs_an_administrator_and_an_executable(server, admin, bob):
    def path():
        settings = admin.get("/api/settings").json()
        return settings["plugins"]["img2stl"]["prusaslicer_path"]

    def save(client, value):
        plugins = {"plugins": {"img2stl": {"prusaslicer_path": value}}}
        return client.post("/api/settings", json=plugins)

    assert save(bob, "/bin/sh").status_code == 403
    save(admin, "/etc/passwd")  # not executable
    assert path() == ""
    save(admin, "bin/sh")  # not absolute
    assert path() == ""
    save(admin, "/bin/true")  # fresh login, an executable file
    assert path() == "/bin/true"
    wait_for(
        lambda: admin.api("GET", "/state")["slicers"][0]["problem"],
        20,
        "the probe to notice",
    )
    save(admin, "")
    assert path() == ""
    assert bob.get("/api/settings").json()["plugins"].get("img2stl", {}).get(
        "prusaslicer_path"
    ) in (None, "")
