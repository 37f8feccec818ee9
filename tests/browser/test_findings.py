"""What was found on a mesh: the list, the colours in the 3D view, and what mends it."""

import io
import re
import struct

import manifold3d
import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.browser.test_preview import NO_WEBGL
from tests.serving import wait_for

BROWSERS = pytest.mark.parametrize("width, height", [(1280, 900), (360, 740)])
VIEW = "ko.dataFor(document.querySelector('[data-test-id=img2stl-check]'))"
RED, AMBER, BLUE = (176, 18, 44), (250, 178, 20), (66, 143, 222)


def table():
    """A plate on one leg, which overhangs, with a pin on it that is too thin; binary STL."""
    cube = manifold3d.Manifold.cube
    solid = (
        cube((6, 6, 31)).translate((-3, -3, 0))
        + cube((50, 36, 4)).translate((-25, -18, 30))
        + cube((0.3, 0.3, 12)).translate((17, 10, 33))
    )
    mesh = solid.refine_to_length(3).to_mesh()
    corners = np.asarray(mesh.vert_properties)[np.asarray(mesh.tri_verts), :3]
    out = io.BytesIO()
    out.write(b"table".ljust(80, b"\0") + struct.pack("<I", len(corners)))
    for triangle in corners:
        out.write(struct.pack("<12fH", 0, 0, 0, *triangle.ravel(), 0))
    return out.getvalue()


@pytest.fixture(scope="module")
def checked(server):
    """A mesh job of bob's that was made, with what was found."""
    bob = server.login("bob")
    job = bob.upload(table(), "Table.stl")["job"]
    job = bob.wait_state(job["id"], "draft", "failed")
    assert job["state"] == "draft", job["problem"]
    params = {"route": "mesh", "mesh": {}, "slicing": {"quality": "draft", "infill": 5}}
    bob.api("POST", f"/jobs/{job['id']}/make", 202, json={"params": params})
    job = bob.wait_state(job["id"], "done", "failed")
    assert job["state"] == "done", job["problem"]
    return job


def open_check(tab, job):
    tab.open()
    tab[f"img2stl-job-{job['id']}"].locator("[data-test-id='img2stl-job-open']").click()
    step = tab["img2stl-step-check"]
    expect(step).to_be_enabled(timeout=30_000)
    step.click()
    expect(tab["img2stl-check-light"]).to_be_visible()
    return tab


def view_of(tab):
    """Once the mesh is drawn."""
    view = tab["img2stl-check"]
    expect(view).to_be_visible(timeout=30_000)
    expect(view.locator(".img2stl-overlay-label").first).to_be_visible(timeout=30_000)
    return view


def seen(view):
    # whole pages are kept as artefacts; those move the page, and this does not
    return np.asarray(Image.open(io.BytesIO(view.screenshot())).convert("RGB"), float)


def share_of(view, color):
    """Share of the view's pixels that have this colour, in whatever light."""
    pixels = seen(view)
    length = np.linalg.norm(pixels, axis=2) + 1e-9
    own = np.array(color) / np.linalg.norm(color)
    return float(((pixels @ own / length > 0.985) & (length > 60)).mean())


def calm(tab, view):
    """Waits until the camera has arrived."""
    before = [None]

    def still():
        tab.page.wait_for_timeout(120)
        now = seen(view).tobytes()
        same, before[0] = now == before[0], now
        return same

    wait_for(still, 20, "the camera to arrive")


def row(tab, code):
    return tab[f"img2stl-show-{code}"]


@BROWSERS
def test_a_finding_is_shown_and_mended(tab, checked, width, height):
    tab = open_check(tab(width, height, f"findings-{width}"), checked)
    view = view_of(tab)
    light = tab["img2stl-check-light"]
    expect(light).to_have_attribute("data-light", "yellow")
    expect(light).to_contain_text("May fail")
    expect(light).to_contain_text(re.compile(r"\d warnings"))
    expect(tab["img2stl-check-legend"]).to_contain_text("Warning")
    expect(tab["img2stl-preview"]).to_have_count(0)  # it gave way to the view
    calm(tab, view)
    tab.picture("1-all")
    tab.no_sideways_scrolling()

    overhang = row(tab, "mesh.overhang")
    expect(overhang).to_have_attribute("aria-pressed", "false")
    before = share_of(view, AMBER)
    overhang.click()
    expect(overhang).to_have_attribute("aria-pressed", "true")
    calm(tab, view)
    # from below the plate is amber nearly all over
    assert share_of(view, AMBER) > max(0.12, 2 * before)
    expect(tab["img2stl-check-legend"]).to_contain_text("Here")
    tab.picture("2-overhang")

    pin = row(tab, "mesh.thin_walls")
    pin.click()
    expect(pin).to_have_attribute("aria-pressed", "true")
    expect(overhang).to_have_attribute("aria-pressed", "false")
    calm(tab, view)
    tab.picture("3-pin")
    pin.click()
    expect(pin).to_have_attribute("aria-pressed", "false")
    expect(tab["img2stl-check-legend"]).to_contain_text("Warning")

    fix = tab["img2stl-fix-mesh.overhang"]
    expect(fix).to_contain_text("Switch supports on")
    fix.click()
    expect(tab["img2stl-step-shape"]).to_have_attribute("aria-current", "step")
    chosen = tab.page.evaluate(
        "ko.dataFor(document.querySelector('.img2stl')).meshShape.toJson().slicing"
    )
    assert chosen["supports"] == "plate"  # the bed is below all that overhangs
    assert tab.errors == []


@pytest.mark.once
def test_keys_and_readers_find_all_of_it(tab, checked):
    tab = open_check(tab(name="findings-keys"), checked)
    view = view_of(tab)
    calm(tab, view)
    overhang = row(tab, "mesh.overhang")
    expect(overhang).to_contain_text("Warning")  # for those who do not see the sign
    overhang.focus()
    before = seen(view).tobytes()
    tab.page.keyboard.press("Enter")
    expect(overhang).to_have_attribute("aria-pressed", "true")
    expect(overhang).to_be_focused()
    calm(tab, view)
    assert seen(view).tobytes() != before
    tab.page.keyboard.press("Space")
    expect(overhang).to_have_attribute("aria-pressed", "false")
    canvas = view.locator("canvas[role=img]:visible")
    assert "mm" in canvas.get_attribute("aria-label")
    canvas.focus()
    before = seen(view).tobytes()
    tab.page.keyboard.press("ArrowLeft")
    calm(tab, view)
    assert seen(view).tobytes() != before
    tab["img2stl-check-reset"].click()
    calm(tab, view)
    assert tab.errors == []


@pytest.mark.once
def test_no_flight_for_those_who_want_stillness(tab, checked):
    tab = open_check(tab(name="findings-still", reduced_motion="reduce"), checked)
    view = view_of(tab)
    calm(tab, view)
    poses = tab.page.evaluate(
        f"""async () => {{
            const view = {VIEW};
            const frame = () => new Promise((done) => requestAnimationFrame(done));
            const labels = () => document.querySelector(
                "[data-test-id=img2stl-check] .img2stl-overlay-lines"
            ).outerHTML;
            const before = labels();
            document.querySelector("[data-test-id='img2stl-show-mesh.overhang']").click();
            await frame(); await frame();
            const after = labels();
            for (let k = 0; k < 20; k++) await frame();
            return [before, after, labels()];
        }}"""
    )
    assert poses[0] != poses[1]  # it turned
    assert poses[1] == poses[2]  # at once


@pytest.mark.once
def test_a_face_is_chosen_by_pressing_it(tab, checked):
    tab = open_check(tab(name="findings-pick"), checked)
    view = view_of(tab)
    calm(tab, view)
    pick = f"() => {{ window.picked = []; {VIEW}.pick((n) => picked.push(n)); }}"
    tab.page.evaluate(pick)
    box = view.bounding_box()
    top = (box["x"] + 0.42 * box["width"], box["y"] + 0.42 * box["height"])
    plain = share_of(view, (0, 140, 126))
    tab.page.mouse.move(*top)
    tab.page.wait_for_timeout(300)
    # the plate's whole top, of which each triangle is small
    assert share_of(view, (0, 140, 126)) > plain + 0.03
    tab.page.screenshot(path=tab.artefact("marked.png"))

    # a drag turns the mesh and chooses nothing
    tab.page.mouse.down()
    tab.page.mouse.move(top[0] + 60, top[1], steps=4)
    tab.page.mouse.up()
    assert tab.page.evaluate("picked") == []
    tab.page.mouse.click(*top)
    (normal,) = tab.page.evaluate("picked")
    assert normal == pytest.approx([0, 0, 1], abs=1e-4)
    assert tab.page.evaluate(f"{VIEW}.isPicking()") is False

    tab.page.evaluate(pick)
    tab.page.keyboard.press("Escape")
    assert tab.page.evaluate(f"{VIEW}.isPicking()") is False
    tab.page.mouse.click(*top)
    assert tab.page.evaluate("picked") == []
    assert tab.errors == []


@pytest.mark.once
def test_without_webgl_it_is_coloured_too(tab, checked):
    tab = tab(name="findings-flat")
    tab.page.add_init_script(NO_WEBGL)
    open_check(tab, checked)
    flat = tab["img2stl-check-flat"]
    expect(flat).to_be_visible(timeout=30_000)
    view = view_of(tab)
    before = share_of(view, AMBER)
    row(tab, "mesh.overhang").click()
    tab.page.wait_for_timeout(300)
    assert share_of(view, AMBER) > max(0.12, 2 * before)
    flat.focus()
    for key in ("ArrowLeft", "ArrowUp", "+", "Home"):
        drawn = seen(view).tobytes()
        tab.page.keyboard.press(key)
        tab.page.wait_for_timeout(200)
        assert seen(view).tobytes() != drawn, key
    tab.picture("overhang")
    assert tab.errors == []


@pytest.mark.once
def test_the_picture_stays_where_the_mesh_does_not_come(tab, checked):
    tab = tab(name="findings-picture")
    tab.page.route(re.compile(r"/view\.json"), lambda route: route.abort())
    open_check(tab, checked)
    picture = tab["img2stl-preview"]
    expect(picture).to_be_visible()
    wait_for(
        lambda: picture.evaluate("img => img.complete && img.naturalWidth > 100"),
        30,
        "the picture",
    )
    tab.page.wait_for_timeout(500)
    expect(picture).to_be_visible()
    # the list works all the same
    row(tab, "mesh.overhang").click()
    expect(row(tab, "mesh.overhang")).to_have_attribute("aria-pressed", "true")


def test_other_formats(tab, checked):
    tab = open_check(tab(name="findings-formats"), checked)
    for ending in ("3mf", "obj", "ply", "glb"):
        button = tab[f"img2stl-download-{ending}"]
        with tab.page.expect_download(timeout=60_000) as download:
            button.click()
        assert download.value.suggested_filename.endswith(f".{ending}")
        expect(button).to_be_enabled()
        expect(button).to_have_attribute("aria-busy", "false")
    assert tab.errors == []


@pytest.mark.once
def test_a_relief_is_mended_where_its_setting_is(tab, server):
    job = server.login("bob").made()
    problems = [
        {
            "code": "mesh.small",
            "severity": "error",
            "message": "It is too small; make it 60 mm wide.",
            "field": "relief.width",
            "suggest": 60,
            "bit": None,
            "target": None,
        },
        # nothing that can be set here
        {
            "code": "mesh.other",
            "severity": "info",
            "message": "It has many triangles.",
            "field": "mesh.simplify",
            "suggest": True,
            "bit": None,
            "target": None,
        },
    ]

    def with_problems(route):
        answer = route.fetch()
        data = answer.json()
        data["job"]["result"]["problems"] = problems
        route.fulfill(response=answer, json=data)

    tab = tab(name="findings-relief")
    tab.page.route(re.compile(rf"/jobs/{job['id']}$"), with_problems)
    open_check(tab, job)
    view_of(tab)
    expect(tab["img2stl-check-light"]).to_have_attribute("data-light", "red")
    expect(tab["img2stl-check-light"]).to_contain_text("Will not print")
    expect(tab["img2stl-problem-mesh.other"]).to_be_visible()
    assert tab["img2stl-fix-mesh.other"].count() == 0
    assert row(tab, "mesh.small").count() == 0  # it has no place to show
    tab.picture("check")
    fix = tab["img2stl-fix-mesh.small"]
    expect(fix).to_have_text(re.compile("60 mm"))
    fix.click()
    width = tab["img2stl-width"]
    expect(width).to_have_value("60")
    expect(width).to_be_focused()
    assert tab.errors == []
