"""What goes over the line: as clients of Tencent's server speak, and as ours do."""

from __future__ import annotations

import base64
import hashlib
import io

import numpy as np
import pytest
import requests
from PIL import Image

from octoprint_img2stl.mesh.load import load_any
from tests.unit.gpu_server.serving import (
    Running,
    disc,
    encoded,
    eventually,
    glb_json,
    picture,
    running,
)

NOBODYS = "00000000-0000-4000-8000-000000000000"


# -- clients of Tencent's server --------------------------------------------------------------


def test_blender_waits_for_the_file(echo: Running):
    """Hunyuan3D-2's blender_addon.py and blender-mcp's addon.py send exactly this."""
    answer = echo.post(
        "/generate",
        {
            "image": encoded(disc(alpha=False), "JPEG"),
            "octree_resolution": 256,
            "num_inference_steps": 20,
            "guidance_scale": 5.5,
            "texture": False,
        },
    )
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "model/gltf-binary"
    document = glb_json(answer.content)
    assert document["meshes"]


def test_old_clients_get_things_of_the_size_they_know(echo: Running, tmp_path):
    answer = echo.post("/generate", {"image": picture()})
    path = tmp_path / "old.glb"
    path.write_bytes(answer.content)
    mesh = load_any(path).mesh
    size = np.ptp(mesh.vertices, axis=0).max()
    assert size == pytest.approx(2000)  # two units: a cube from -1 to 1, as Tencent's
    middle = (mesh.vertices.max(axis=0) + mesh.vertices.min(axis=0)) / 2
    assert middle == pytest.approx(np.zeros(3), abs=1)


def test_blender_is_told_why_not(echo: Running):
    answer = echo.post("/generate", {"text": "a cat", "texture": True})
    assert answer.status_code == 422
    assert "pictures only" in answer.json()["text"]
    answer = echo.post("/generate", {"mesh": "AAAA", "text": "wood", "texture": True})
    assert answer.status_code == 422
    assert "paints none" in answer.json()["text"] and answer.json()["error_code"] == 1


def test_send_and_status_as_of_old(tmp_path):
    with running(tmp_path, "--backend", "echo", "--echo-seconds", "0.6") as server:
        first = server.post("/send", {"image": picture(), "seed": 7}).json()
        second = server.post("/send", {"image": picture()}).json()
        assert set(first) == {"uid"}
        # There is no other word for waiting in Tencent's server.
        assert server.status(second["uid"])["status"] == "processing"
        seen = set()

        def ask() -> dict:
            answer = server.get(f"/status/{second['uid']}").json()
            seen.add(answer["status"])
            return answer

        done = eventually(ask, lambda status: status["status"] == "completed")
        assert seen == {"processing", "completed"}
        glb_json(base64.b64decode(done["model_base64"], validate=True))
        assert server.status(first["uid"])["status"] == "completed"


def test_an_old_client_hears_of_a_failure(tmp_path):
    with running(tmp_path, "--backend", "echo", "--echo-fail", "memory") as server:
        uid = server.post("/send", {"image": picture()}).json()["uid"]
        told = server.ended(uid)
        assert told["status"] == "error" and told["error_kind"] == "memory"
        assert "memory" in told["message"]
        answer = server.post("/generate", {"image": picture()})
        assert answer.status_code == 507 and "memory" in answer.json()["text"]


def test_the_type_that_was_asked_for_arrives(echo: Running):
    # In Tencent's server a job with type stl is never completed.
    uid = echo.post("/send", {"image": picture(), "type": "stl"}).json()["uid"]
    told = eventually(
        lambda: echo.get(f"/status/{uid}").json(), lambda told: "model_base64" in told
    )
    raw = base64.b64decode(told["model_base64"])
    assert len(raw) == 84 + 50 * int.from_bytes(raw[80:84], "little")


def test_a_data_uri_and_line_breaks_are_base64_too(echo: Running):
    text = picture()
    wrapped = "\n".join(text[at : at + 76] for at in range(0, len(text), 76))
    for given in (f"data:image/png;base64,{text}", wrapped):
        assert echo.post("/generate", {"image": given}).status_code == 200


# -- ours -------------------------------------------------------------------------------------


def test_health_says_how_much_there_is_to_do(echo: Running):
    health = echo.get("/health").json()
    assert health["status"] == "healthy" and health["server"] == "img2stl-gpu-server"
    assert health["queue"] == {"running": 0, "waiting": 0, "most": 8}
    assert str(echo.folder) not in echo.get("/health").text


def test_capabilities(echo: Running):
    found = echo.get("/capabilities").json()
    assert found["api"] == 1 and found["backend"]["name"] == "echo"
    assert found["views"]["max"] == 6 and "front" in found["views"]["roles"]
    assert found["formats"] == ["glb", "stl", "obj", "3mf"]
    # Here is no rembg: a plain background is all it removes.
    assert found["needs_alpha"] is True and found["removes_background"] is False
    assert found["cancel"] == "running" and found["progress"] == "percent"
    assert found["max_upload_bytes"] == 64 * 2**20


def test_the_life_of_a_job(tmp_path):
    with running(tmp_path, "--backend", "echo", "--echo-seconds", "1") as server:
        before = server.send()
        uid = server.send(seed=5, detail="draft")
        assert server.status(uid)["status"] == "queued"
        assert server.status(uid)["queue_position"] == 1
        shares = []

        def ask() -> dict:
            told = server.status(uid)
            if told["status"] == "processing":
                shares.append(told["progress"])
            return told

        told = eventually(ask, lambda told: told["status"] == "completed")
        assert told["progress"] == 1 and told["triangles"] == 4
        assert shares == sorted(shares) and len(set(shares)) > 3
        assert server.status(before)["status"] == "completed"
        assert server.get("/capabilities").json()["typical_s"] >= 1
        assert "model_base64" not in told


@pytest.mark.parametrize("format", ["glb", "stl", "obj", "3mf"])
def test_results_in_every_format(echo: Running, tmp_path, format):
    uid = echo.send(size=50)
    echo.ended(uid)
    answer = echo.get(f"/result/{uid}?type={format}")
    assert answer.status_code == 200
    assert int(answer.headers["Content-Length"]) == len(answer.content)
    assert answer.headers["X-Sha256"] == hashlib.sha256(answer.content).hexdigest()
    path = tmp_path / f"result.{format}"
    path.write_bytes(answer.content)
    loaded = load_any(path)
    vertices = loaded.mesh.vertices
    if format == "obj":  # y up, and no file of this kind says so
        vertices = np.stack((vertices[:, 0], -vertices[:, 2], vertices[:, 1]), axis=1)
    assert np.ptp(vertices, axis=0).max() == pytest.approx(50, rel=1e-5)
    assert vertices[:, 2].min() == pytest.approx(0, abs=1e-4)
    # The tip of the echo's tetrahedron is above, its broad side before.
    tip = vertices[vertices[:, 2].argmax()]
    assert tip[0] == pytest.approx(0, abs=1e-3)
    assert np.sum(np.isclose(vertices[:, 1], vertices[:, 1].min(), atol=1e-3)) == 2


def test_a_result_that_is_not_there(tmp_path):
    with running(tmp_path, "--backend", "echo", "--echo-seconds", "30") as server:
        uid = server.send()
        answer = server.get(f"/result/{uid}")
        assert answer.status_code == 409 and answer.json()["message"]
        assert server.get(f"/result/{NOBODYS}").status_code == 404
        assert server.get(f"/result/{uid}?type=exe").status_code == 400


def test_an_unknown_job_is_an_error_at_once(echo: Running):
    answer = echo.get(f"/status/{NOBODYS}")
    assert answer.status_code == 404
    assert answer.json()["status"] == "error" and answer.json()["message"]
    assert echo.delete(f"/jobs/{NOBODYS}").status_code == 404


def test_the_same_key_makes_one_job(tmp_path):
    with running(tmp_path, "--backend", "echo", "--echo-seconds", "30") as server:
        one = server.send(idempotency_key="a" * 32)
        assert server.send(idempotency_key="a" * 32) == one
        assert server.send(idempotency_key="b" * 32) != one
        assert server.send() != server.send()
        load = server.get("/health").json()["queue"]
        assert load["running"] + load["waiting"] == 4


def test_cancel_while_it_waits_and_while_it_runs(tmp_path):
    with running(tmp_path, "--backend", "echo", "--echo-seconds", "40") as server:
        runs, waits = server.send(), server.send()
        server.until(runs, lambda told: told["status"] == "processing")
        assert server.delete(f"/jobs/{waits}").json()["status"] == "cancelled"
        assert server.delete(f"/jobs/{runs}").json()["status"] == "cancelled"
        assert (
            server.status(runs)["status"] == server.status(waits)["status"] == "cancelled"
        )
        # It does stop: the next one begins long before 40 s are over.
        server.until(server.send(), lambda told: told["status"] == "processing")
        assert server.get(f"/result/{runs}").status_code == 409
        assert not list(server.folder.glob(f"jobs/jobs/{runs}/*.png"))


def test_cancel_comes_too_late(echo: Running):
    uid = echo.send()
    echo.ended(uid)
    assert echo.delete(f"/jobs/{uid}").json()["status"] == "completed"
    assert echo.get(f"/result/{uid}").status_code == 200


def test_an_old_client_sees_a_cancelled_job_as_failed(tmp_path):
    with running(tmp_path, "--backend", "echo", "--echo-seconds", "40") as server:
        uid = server.post("/send", {"image": picture()}).json()["uid"]
        server.delete(f"/jobs/{uid}")
        assert server.status(uid)["status"] == "error"


def test_who_hangs_up_on_generate_wants_it_no_more(tmp_path):
    with running(tmp_path, "--backend", "echo", "--echo-seconds", "40") as server:
        with pytest.raises(requests.Timeout):
            requests.post(
                f"{server.url}/generate", json={"image": picture()}, timeout=0.5
            )
        eventually(
            lambda: server.get("/health").json()["queue"],
            lambda load: load["running"] == load["waiting"] == 0,
        )


def test_a_full_queue_says_when_to_come_back(tmp_path):
    options = ("--backend", "echo", "--echo-seconds", "40", "--waiting", "2")
    with running(tmp_path, *options) as server:
        first = server.send()
        server.until(first, lambda told: told["status"] == "processing")
        second = server.send(idempotency_key="k")
        server.send()
        for path in ("/send", "/generate"):
            answer = server.post(path, {"image": picture()})
            assert answer.status_code == 503
            assert int(answer.headers["Retry-After"]) >= 1
            assert answer.json()["error_code"] == 1 and "full" in answer.json()["text"]
        # Who asks for what is in the queue already is not turned away.
        assert server.send(idempotency_key="k") == second
        server.delete(f"/jobs/{second}")
        server.send()


def test_the_token(tmp_path):
    env = {"IMG2STL_GPU_TOKEN": "sésame"}
    with running(tmp_path, "--backend", "echo", env=env) as server:
        assert server.get("/health").status_code == 200
        for given in (
            {},
            {"Authorization": "Bearer no"},
            {"Authorization": "Basic sésame"},
        ):
            given = {name: each.encode() for name, each in given.items()}
            answer = server.get("/capabilities", headers=given)
            assert answer.status_code == 401 and answer.json()["message"]
            assert server.post("/send", {}, headers=given).status_code == 401
        good = {"Authorization": "Bearer sésame".encode("latin-1")}
        assert server.get("/capabilities", headers=good).status_code == 200
        assert "sésame" not in (tmp_path / "log").read_text()
        assert "sésame" not in server.get("/capabilities", headers=good).text


def test_a_token_in_a_file(tmp_path):
    (tmp_path / "token").write_text("open\n")
    options = ("--backend", "echo", "--token-file", str(tmp_path / "token"))
    with running(tmp_path / "server", *options) as server:
        assert server.get("/capabilities").status_code == 401
        good = {"Authorization": "Bearer open"}
        assert server.get("/capabilities", headers=good).status_code == 200


def test_web_pages_may_not_use_it(echo: Running):
    headers = {"Origin": "https://example.org", "Content-Type": "text/plain"}
    answer = echo.post("/send", {"image": picture()}, headers=headers)
    assert answer.status_code == 403
    assert "Access-Control-Allow-Origin" not in answer.headers
    answer = requests.options(f"{echo.url}/send", headers=headers, timeout=10)
    assert answer.status_code >= 400


def test_pictures_by_role(tmp_path):
    """Each lies in the job's folder as what it was sent as, without what it told of its owner."""
    colours = {"front": (250, 0, 0), "left": (0, 250, 0), "back": (0, 0, 250)}
    images = {}
    for role, colour in colours.items():
        exif = Image.Exif()
        exif[0x010F] = "Secret Camera Maker"
        exif[0x0112] = 6  # lies on its side
        images[role] = encoded(Image.new("RGB", (60, 40), colour), "JPEG", exif=exif)
    with running(tmp_path, "--backend", "echo", "--echo-seconds", "40") as server:
        uid = server.send(images=images)
        folder = server.folder / "jobs" / "jobs" / uid
        found = sorted(folder.glob("view-*.png"))
        assert len(found) == 3
        for path, colour in zip(found, colours.values(), strict=True):
            raw = path.read_bytes()
            assert b"Secret" not in raw
            with Image.open(io.BytesIO(raw)) as image:
                assert image.size == (40, 60)
                assert np.allclose(image.getpixel((5, 5)), colour, atol=12)
