"""From an uploaded photo to a finished print on the virtual printer."""

import struct
import subprocess

import pytest

from tests.serving import PREFIX, PYTHON, picture, wait_for


@pytest.fixture(scope="module")
def job(bob):
    return bob.made()


def test_result_is_complete(bob, job):
    result = job["result"]
    assert result["watertight"] is True
    assert result["size"][0] == pytest.approx(30, abs=0.01)
    assert result["size"][1] == pytest.approx(22.5, abs=0.2)
    assert result["size"][2] == pytest.approx(2.0, abs=0.01)
    assert result["layers"] >= 6 and result["print_time_s"] > 60
    assert result["filament_mm"] > 100 and result["filament_g"] > 0
    assert result["slicer"]["name"] == "prusaslicer"
    assert not [
        problem for problem in result["problems"] if problem["severity"] == "error"
    ]


def test_downloads(bob, job):
    stl = bob.get("/" + job["result"]["stl_url"])
    assert stl.headers["Content-Disposition"].startswith("attachment")
    assert len(stl.content) == 84 + 50 * struct.unpack("<I", stl.content[80:84])[0]
    gcode = bob.get("/" + job["result"]["gcode_url"]).text
    assert "; thumbnail begin" in gcode and ";LAYER_CHANGE" in gcode
    report = bob.get("/" + job["result"]["report_url"]).json()
    assert report["route"] == "relief" and report["watertight"] is True
    assert {step["step"] for step in report["steps"]} == {
        "photo",
        "relief",
        "check",
        "slice",
        "gcode",
    }
    assert all(step["peak_memory_bytes"] > 2**20 for step in report["steps"])


def test_queue_to_printed(bob):
    job = bob.made(width=15)  # the virtual printer takes its time
    answer = bob.api("POST", "/queue", 201, json={"job": job["id"]})
    item = answer["item"]
    listed = bob.get("/api/files/local/img2stl").json()
    ours = [each for each in listed["children"] if job["id"][:8] in each["path"]]
    analysed = ours[0]["gcodeAnalysis"]
    assert 15 < analysed["dimensions"]["width"] < 25  # the skirt is around it

    generation = bob.queue()["bed_generation"]
    token = bob.api(
        "POST", f"/queue/{item}/bed-clear", json={"bed_generation": generation}
    )["token"]
    bob.api("POST", f"/queue/{item}/start", 202, json={"token": token})
    wait_for(
        lambda: bob.get("/api/job").json()["state"].startswith("Print"), 60, "a print"
    )
    assert bob.get("/api/job").json()["job"]["file"]["path"].startswith("img2stl/photo-")

    def printed():
        return [entry for entry in bob.queue()["history"] if entry["id"] == item]

    # the virtual printer heats and moves faster than life
    done = wait_for(printed, 300, "the print to end")[0]
    assert done["state"] == "done"


def test_remake_with_other_settings_reuses_what_still_holds(bob, job):
    before = bob.get("/" + job["result"]["report_url"]).json()
    params = {**job["params"], "slicing": {**job["params"]["slicing"], "infill": 20}}
    bob.api("POST", f"/jobs/{job['id']}/make", 202, json={"params": params})
    again = bob.wait_state(job["id"], "done", "failed")
    after = bob.get("/" + again["result"]["report_url"]).json()
    seconds = [
        {s["step"]: s["seconds"] for s in report["steps"]} for report in (before, after)
    ]
    assert seconds[0]["relief"] == seconds[1]["relief"]
    assert seconds[0]["slice"] != seconds[1]["slice"]
    assert after["parameters"]["slicing"]["infill"] == 20


def test_sample_photo_and_lithophane(bob):
    job = bob.api("POST", "/jobs/sample", 201)["job"]
    job = bob.wait_state(job["id"], "draft", "failed")
    assert job["photo"]["size_px"][0] > 300
    params = {"route": "lithophane", "relief": {"width": 40, "max_error": 0.1}}
    params["slicing"] = {"quality": "draft"}
    answer = bob.api("POST", f"/jobs/{job['id']}/preview", json={"params": params})
    shown = answer["preview"]
    assert shown["standing"] is True and shown["fits"] is None
    assert shown["size"][0] == pytest.approx(40, abs=0.01)
    bob.api("POST", f"/jobs/{job['id']}/make", 202, json={"params": params})
    job = bob.wait_state(job["id"], "done", "failed", timeout_s=300)
    assert job["state"] == "done", job["problem"]
    width, depth, height = job["result"]["size"]
    assert width == pytest.approx(40, abs=0.01) and depth == pytest.approx(3.0, abs=0.01)
    assert height > 20


def test_copy_and_delete(bob, job):
    copy = bob.api("POST", f"/jobs/{job['id']}/copy", 201)["job"]
    copy = bob.wait_state(copy["id"], "draft")
    assert copy["params"] == bob.job(job["id"])["params"]
    assert bob.api("DELETE", f"/jobs/{copy['id']}")["deleted"]
    bob.api("GET", f"/jobs/{copy['id']}", 404)
    assert bob.get(f"{PREFIX}/files/{copy['id']}/photo.jpg").status_code in (403, 404)


def test_other_printer_profiles(admin):
    """Circular bed and centre origin: the print lies around the origin."""
    profile = {
        "profile": {
            "id": "delta",
            "name": "Delta",
            "volume": {
                "formFactor": "circular",
                "width": 120,
                "depth": 120,
                "height": 150,
                "origin": "center",
            },
            "extruder": {"nozzleDiameter": 0.4, "count": 1},
        }
    }
    admin.post("/api/printerprofiles", json=profile)
    admin.request(
        "PATCH", "/api/printerprofiles/delta", json={"profile": {"default": True}}
    )
    admin.post("/api/connection", json={"command": "disconnect"})
    connect = {"command": "connect", "port": "VIRTUAL", "printerProfile": "delta"}
    try:
        admin.post("/api/connection", json=connect)
        wait_for(
            lambda: (
                (admin.api("GET", "/state")["machine"] or {}).get("form") == "circular"
            ),
            30,
            "the delta profile",
        )
        job = admin.draft(picture(100, 100))
        refused = admin.make(job, 422, width=110)["problem"]
        assert refused["code"] == "relief.too_big_for_bed"
        assert 70 < refused["suggest"] < 85  # inscribed square of 120 mm, less the margin
        admin.make(job, width=refused["suggest"])
        job = admin.wait_state(job["id"], "done", "failed")
        assert job["state"] == "done", job["problem"]
        report = admin.get("/" + job["result"]["report_url"]).json()
        x0, y0, _, x1, y1, _ = report["bounds"]
        assert x0 == pytest.approx(-x1, abs=0.5) and y0 == pytest.approx(-y1, abs=0.5)
    finally:
        admin.request(
            "PATCH", "/api/printerprofiles/_default", json={"profile": {"default": True}}
        )
        admin.post("/api/connection", json={"command": "disconnect"})
        admin.post("/api/connection", json={**connect, "printerProfile": "_default"})
        wait_for(
            lambda: (
                admin.get("/api/connection").json()["current"]["state"] == "Operational"
            ),
            30,
            "the default profile",
        )


def test_state_and_events(admin):
    state = admin.api("GET", "/state")
    assert state["slicers"][0]["version"] and state["slicers"][0]["problem"] is None
    assert set(state["routes"]) == {"relief", "lithophane", "mesh", "solid3d"}
    assert len(state["presets"]) > 10 and len(state["shapes"]) > 10
    assert state["queue"]["items"] == []
    assert state["storage"]["used_bytes"] > 0


def test_commands_of_octoprint(tmp_path):
    """The same commands as without OctoPrint."""
    (tmp_path / "photo.png").write_bytes(picture())
    octoprint = [PYTHON, "-m", "octoprint", "-b", str(tmp_path / "base"), "plugins"]
    make = [
        "img2stl:make",
        "photo.png",
        "--width",
        "20",
        "--out",
        "out",
        "--quality",
        "draft",
    ]
    subprocess.run([*octoprint, *make], cwd=tmp_path, check=True, timeout=120)
    assert (tmp_path / "out" / "model.gcode").exists()
    check = [*octoprint, "img2stl:check", "out/model.stl", "--bed", "10x10x10"]
    assert subprocess.run(check, cwd=tmp_path, timeout=120).returncode == 1
    cut = ["img2stl:slice", "out/model.stl", "-o", "again.gcode"]
    subprocess.run([*octoprint, *cut], cwd=tmp_path, check=True, timeout=120)
    assert (tmp_path / "again.gcode").exists()
