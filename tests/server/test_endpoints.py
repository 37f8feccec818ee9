"""The owner's endpoints over HTTP: set up, tested, deleted, and no key ever told."""

import json
import re
import zipfile

import pytest

from tests.fakes import gpu
from tests.serving import PREFIX, Client, free_port, wait_for

SECRET = "s3cret-key-of-the-owner"


@pytest.fixture
def admin(server):
    """Whose password was given just now, as changes of endpoints want it."""
    return server.login("admin")


@pytest.fixture
def server_there():
    with gpu.listening() as found:
        yield found


@pytest.fixture(autouse=True)
def tidy(admin):
    yield
    for endpoint in admin.api("GET", "/endpoints")["endpoints"]:
        admin.api("DELETE", f"/endpoints/{endpoint['id']}")


def described(url, **more):
    usual = {"name": "My PC", "driver": "hunyuan", "auth": "bearer"}
    return {**usual, "url": url, **more}


def add(admin, url, secret=SECRET, **more):
    body = {"endpoint": described(url, **more), "secret": secret}
    return admin.api("POST", "/endpoints", 201, json=body)["endpoint"]


def listed(admin):
    return admin.api("GET", "/endpoints")["endpoints"]


@pytest.mark.once
def test_what_is_offered(admin):
    found = admin.api("GET", "/endpoints")
    assert {"endpoints", "presets", "drivers", "auths", "limits", "most"} <= set(found)
    names = {driver["name"] for driver in found["drivers"]}
    assert names == {"hunyuan", "comfyui", "gradio", "queue", "tripo", "meshy"}
    for driver in found["drivers"]:
        assert driver["label"] and driver["description"]
        for option in driver["options"]:
            assert option["kind"] in ("choice", "text", "long", "number", "switch")
            assert bool(option["choices"]) == (option["kind"] == "choice")
    assert len({preset["name"] for preset in found["presets"]}) == len(found["presets"])
    for preset in found["presets"]:
        assert preset["driver"] in names and preset["label"] and preset["help"]
        assert preset["cloud"] or not preset["costs_money"]
    assert found["auths"][0]["value"] == "none"


@pytest.mark.once
def test_every_preset_can_be_saved(admin):
    """With an address where it wants one; the rest is ready as it is."""
    for preset in admin.api("GET", "/endpoints")["presets"]:
        endpoint = {name: preset[name] for name in ("driver", "auth", "options")}
        url = preset["url"] or "http://192.168.1.20:8081"
        body = {"endpoint": {**endpoint, "name": preset["name"][:60], "url": url}}
        answer = admin.post(f"{PREFIX}/endpoints", json=body)
        problem = answer.json().get("problem") or {}
        # what only its owner has: a workflow, the name of a model
        assert answer.status_code == 201 or problem["field"] != "endpoint.url", problem
        assert answer.status_code in (201, 422)
        if answer.status_code == 201:
            assert answer.json()["endpoint"]["costs_money"] == preset["costs_money"]
            admin.api("DELETE", f"/endpoints/{answer.json()['endpoint']['id']}")


def test_life_of_an_endpoint(admin, server_there):
    server_there.key = SECRET
    endpoint = add(admin, server_there.url)
    assert endpoint["has_secret"] and endpoint["tested"] is None
    assert endpoint["capabilities"] is None and endpoint["notices"] == []

    answer = admin.api("POST", f"/endpoints/{endpoint['id']}/test", json={})
    assert answer["ok"] and answer["kind"] == ""
    assert "9.8.7" in answer["message"]
    assert answer["capabilities"]["views_max"] == 4
    assert server_there.seen and all(
        path.startswith("/") for path, _ in server_there.seen
    )
    assert {given for _, given in server_there.seen} == {f"Bearer {SECRET}"}

    found = listed(admin)[0]
    assert found["tested"]["ok"] and found["tested"]["message"] == answer["message"]
    assert found["capabilities"] == answer["capabilities"]

    body = {"endpoint": {**found, "name": "Renamed", "max_mb": 50}}
    changed = admin.api("PUT", f"/endpoints/{endpoint['id']}", json=body)["endpoint"]
    assert (changed["name"], changed["max_mb"]) == ("Renamed", 50)
    assert changed["has_secret"] and changed["id"] == endpoint["id"]
    admin.api("DELETE", f"/endpoints/{endpoint['id']}")
    assert listed(admin) == []
    for method, path in (("DELETE", ""), ("PUT", ""), ("POST", "/test")):
        admin.api(method, f"/endpoints/{endpoint['id']}{path}", 404, json=body)


@pytest.mark.once
@pytest.mark.parametrize(
    "mode, kind, says",
    [
        ("wrong key", "auth", "key"),
        ("page", "bad_result", "127.0.0.1"),
        ("broken", "remote", "CUDA out of memory"),
        ("nobody", "offline", "Nothing answers"),
        ("silent", "timeout", "did not"),
    ],
)
def test_what_a_test_finds(admin, server_there, mode, kind, says):
    url = server_there.url
    if mode == "nobody":
        url = f"http://127.0.0.1:{free_port()}"
    elif mode == "wrong key":
        server_there.key = "another"
    else:
        server_there.mode = mode
    endpoint = add(admin, url)
    answer = admin.api("POST", f"/endpoints/{endpoint['id']}/test", json={})
    assert (answer["ok"], answer["kind"]) == (False, kind), answer
    assert says in answer["message"] and "<" not in answer["message"]
    assert answer["capabilities"] is None
    assert SECRET not in json.dumps(answer)
    tested = listed(admin)[0]["tested"]
    assert (tested["ok"], tested["kind"]) == (False, kind)
    assert SECRET not in json.dumps(tested)


def test_a_key_is_kept_replaced_cleared_and_never_moved(admin, server_there):
    endpoint = add(admin, server_there.url)
    path = f"/endpoints/{endpoint['id']}"

    def put(expect=200, secret=(), url=server_there.url):
        body = {"endpoint": described(url)}
        if secret != ():
            body["secret"] = secret
        return admin.api("PUT", path, expect, json=body)

    def used():
        server_there.seen.clear()
        admin.api("POST", f"{path}/test", json={})
        return {given for _, given in server_there.seen}

    put(), put(secret="")
    assert used() == {f"Bearer {SECRET}"}
    put(secret="another")
    assert used() == {"Bearer another"}
    with gpu.listening() as elsewhere:
        problem = put(422, url=elsewhere.url)["problem"]
        assert problem["field"] == "endpoint.secret"
        assert listed(admin)[0]["url"] == server_there.url
        put(url=elsewhere.url, secret=SECRET)
        admin.api("POST", f"{path}/test", json={})
        assert {given for _, given in elsewhere.seen} == {f"Bearer {SECRET}"}
    assert put(secret=None)["endpoint"]["has_secret"] is False
    assert listed(admin)[0]["notices"][0]["code"] == "solid.key_missing"
    assert used() == {None}


@pytest.mark.parametrize(
    "more, field",
    [
        ({"url": "http://8.8.8.8"}, "endpoint.url"),
        ({"url": "file:///etc/passwd"}, "endpoint.url"),
        ({"url": "https://user:pw@example.org"}, "endpoint.url"),
        ({"name": ""}, "endpoint.name"),
        ({"auth": "header", "user": "a b"}, "endpoint.user"),
        ({"max_mb": 10**9}, "endpoint.max_mb"),
        ({"driver": "nonsense"}, "endpoint.driver"),
        ({"options": {"kind": "nonsense"}}, "endpoint.kind"),
    ],
)
@pytest.mark.once
def test_problems_are_at_their_field(admin, more, field):
    endpoint = {**described("http://192.168.1.20:8081"), **more}
    body = {"endpoint": endpoint, "secret": SECRET}
    answer = admin.api("POST", "/endpoints", 422, json=body)
    assert answer["problem"]["field"] == field
    assert SECRET not in json.dumps(answer) and listed(admin) == []


@pytest.mark.once
@pytest.mark.parametrize(
    "body", [None, [], {"endpoint": 5}, {"endpoint": {"name": {}}}, {"secret": ["a"]}]
)
def test_bodies_that_are_none(admin, body):
    answer = admin.post(f"{PREFIX}/endpoints", json=body)
    assert answer.status_code == 422 and answer.json()["problem"]["message"]


def test_a_long_workflow_is_taken(admin):
    """OctoPrint takes 100 kB by itself."""
    comfy = {"name": "Comfy", "url": "http://127.0.0.1:1", "driver": "hunyuan"}
    options = {"steps": 5, "note": '"' * 300_000}
    body = {"endpoint": {**comfy, "options": options}}
    made = admin.api("POST", "/endpoints", 201, json=body)["endpoint"]
    assert made["options"] == options
    admin.api("PUT", f"/endpoints/{made['id']}", 200, json=body)


def test_a_password_that_was_given_long_ago_does_not_do(server, tmp_path):
    """Who finds a screen that was left open may look, and test, but not change."""
    config = server.base / "users.yaml"
    assert config.exists()
    remembered = Client(server, None)
    login = {"user": "admin", "pass": "test-1234", "remember": True}
    assert remembered.post("/api/login", json=login).status_code == 200
    # the session ends with the browser; what is left is "remember me"
    for name in list(remembered.session.cookies.keys()):
        if name.startswith("session"):
            del remembered.session.cookies[name]
    assert remembered.api("GET", "/endpoints")["endpoints"] == []
    body = {"endpoint": described("http://127.0.0.1:1")}
    answer = remembered.api("POST", "/endpoints", 403, json=body)
    assert answer["problem"]["code"] == "solid.password_needed"
    for method in ("PUT", "DELETE"):
        answer = remembered.api(method, "/endpoints/nothing", 403, json=body)
        assert answer["problem"]["code"] == "solid.password_needed"


def test_a_settings_permission_alone_may_look_but_not_change(server, admin):
    group = {
        "key": "setters",
        "name": "Setters",
        "description": "",
        "permissions": ["STATUS", "SETTINGS"],
        "subgroups": [],
        "default": False,
    }
    user = {"name": "sue", "password": "test-1234", "groups": ["setters"]}
    admin.post("/api/access/groups", json=group)
    admin.post(
        "/api/access/users",
        json={**user, "permissions": [], "active": True, "admin": False},
    )
    sue = server.login("sue")
    assert sue.api("GET", "/endpoints")["may_change"] is False
    body = {"endpoint": described("http://127.0.0.1:1")}
    answer = sue.api("POST", "/endpoints", 403, json=body)
    assert answer["problem"]["code"] == "solid.admin_needed"


def test_no_secret_anywhere(server, admin, bob, server_there):
    """Not in answers, events, logs, settings, backups, nor in any file but the keys'."""
    server_there.key = "another"  # its refusal repeats the key it was given
    endpoint = add(admin, server_there.url)
    path = f"/endpoints/{endpoint['id']}"
    told = [
        admin.api("POST", f"{path}/test", json={}),
        admin.api("PUT", path, json={"endpoint": endpoint}),
        admin.api("GET", "/endpoints"),
        admin.api("GET", "/state"),
        bob.api("GET", "/state"),
        admin.get("/api/settings").json(),
    ]
    assert SECRET not in json.dumps(told)
    assert SECRET not in "".join(
        file.read_text(errors="replace")
        for file in (server.base / "logs").iterdir()
        if file.is_file()
    )
    assert SECRET not in (server.folder / "octoprint.out").read_text(errors="replace")
    data = server.base / "data" / "img2stl"
    holding = [
        file.relative_to(data).as_posix()
        for file in data.rglob("*")
        if file.is_file() and SECRET.encode() in file.read_bytes()
    ]
    assert holding == ["private/secrets.json"]
    assert (data / "private").stat().st_mode & 0o077 == 0
    assert (data / "private" / "secrets.json").stat().st_mode & 0o077 == 0


def test_backups_have_the_endpoints_but_not_their_keys(server, admin):
    add(admin, "http://192.168.1.20:8081")
    folder = server.base / "data" / "backup"
    before = set(folder.glob("*.zip"))
    assert admin.post("/plugin/backup/backup", json={"exclude": []}).ok

    def made():
        found = set(folder.glob("*.zip")) - before
        return [path for path in found if not path.name.startswith(".")]

    backup = wait_for(made, 60, "a backup")[0]
    with zipfile.ZipFile(backup) as file:
        names = [name for name in file.namelist() if "data/img2stl" in name]
        assert any(re.search(r"data/img2stl/endpoints\.json$", name) for name in names)
        assert not [name for name in names if "private" in name]
        for name in file.namelist():
            assert SECRET.encode() not in file.read(name), name


def test_a_restart_keeps_endpoints_and_a_restored_backup_asks_for_keys(own_server):
    admin = own_server.login("admin")
    endpoint = add(admin, "http://192.168.1.20:8081")
    own_server.stop()
    own_server.start()
    admin = own_server.login("admin")
    found = listed(admin)[0]
    assert found["id"] == endpoint["id"] and found["has_secret"]
    own_server.stop()
    (own_server.base / "data" / "img2stl" / "private" / "secrets.json").unlink()
    own_server.start()
    found = listed(own_server.login("admin"))[0]
    assert found["id"] == endpoint["id"] and not found["has_secret"]
    assert "solid.key_missing" in [notice["code"] for notice in found["notices"]]
