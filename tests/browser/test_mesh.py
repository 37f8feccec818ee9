"""From a 3D model to a print: giving it, getting it ready, making it."""

import io
import math
import struct

import pytest
from playwright.sync_api import expect

from tests.serving import wait_for

LONG_MS = 180_000
TURNED = [math.sqrt(0.5), -math.sqrt(0.5), 0, 0]  # a quarter turn back, about x

PRESS = """(id) => {
    const button = document.querySelector(`[data-test-id='${id}']`);
    if (!button || !button.offsetParent) return false;
    button.click();
    return true;
}"""


# -- models, as files -------------------------------------------------------------------------


def stl(*bodies):
    """Binary STL of lists of triangles."""
    triangles = [triangle for body in bodies for triangle in body]
    out = io.BytesIO()
    out.write(b"test".ljust(80) + struct.pack("<I", len(triangles)))
    for triangle in triangles:
        out.write(struct.pack("<3f", 0, 0, 0))
        for corner in triangle:
            out.write(struct.pack("<3f", *corner))
        out.write(b"\0\0")
    return out.getvalue()


def box(size=(20, 30, 10), at=(0, 0, 0), without=()):
    """The twelve triangles of a box; `without` names sides that are open: "top"."""
    low = [at[k] - size[k] / 2 for k in range(3)]
    high = [at[k] + size[k] / 2 for k in range(3)]

    def corner(x, y, z):
        return ((low, high)[x][0], (low, high)[y][1], (low, high)[z][2])

    sides = {
        "bottom": [(0, 0, 0), (0, 1, 0), (1, 1, 0), (1, 0, 0)],
        "top": [(0, 0, 1), (1, 0, 1), (1, 1, 1), (0, 1, 1)],
        "front": [(0, 0, 0), (1, 0, 0), (1, 0, 1), (0, 0, 1)],
        "back": [(0, 1, 0), (0, 1, 1), (1, 1, 1), (1, 1, 0)],
        "left": [(0, 0, 0), (0, 0, 1), (0, 1, 1), (0, 1, 0)],
        "right": [(1, 0, 0), (1, 1, 0), (1, 1, 1), (1, 0, 1)],
    }
    for name, loop in sides.items():
        if name not in without:
            a, b, c, d = (corner(*each) for each in loop)
            yield (a, b, c)
            yield (a, c, d)


def gem(radius=12, height=30):
    """A double pyramid, which stands on its tip."""
    ring = [
        (radius * math.cos(k * math.pi / 3), radius * math.sin(k * math.pi / 3), 0)
        for k in range(6)
    ]
    for k in range(6):
        yield (ring[k], ring[(k + 1) % 6], (0, 0, height / 2))
        yield (ring[(k + 1) % 6], ring[k], (0, 0, -height / 2))


def given(tab, data, name="part.stl"):
    """Gives a model in an open tab and waits until it can be made ready."""
    expect(tab["img2stl-sample"]).to_be_visible(timeout=30_000)
    tab.page.set_input_files(
        "[data-test-id='img2stl-file']",
        {"name": name, "mimeType": "model/stl", "buffer": data},
    )
    expect(tab["img2stl-ready-size"]).to_be_visible(timeout=LONG_MS)
    tab._quiet()
    return tab


def turn_of(params):
    return params["mesh"]["turn"]


# -- the way through --------------------------------------------------------------------------


@pytest.mark.parametrize("width, height", [(1280, 900), (360, 740)])
def test_from_model_to_layers(tab, width, height):
    """An open box with a speck beside it: repaired, made ready, sliced, changed again."""
    tab = tab(width, height, f"mesh-{width}", has_touch=width < 500).open()
    data = stl(box(without=("top",)), box((0.5, 0.5, 0.5), (40, 0, 0)))
    given(tab, data, "tray.stl")
    expect(tab["img2stl-step-photo"]).to_contain_text("Model")
    expect(tab["img2stl-repair-warnings"]).to_contain_text("closed")
    expect(tab["img2stl-repair-figures"]).to_contain_text("mm")
    expect(tab["img2stl-ready-light"]).to_be_visible()
    expect(tab["img2stl-ready-size"]).to_contain_text("20 × 30 × 10 mm")
    tab.no_sideways_scrolling()
    tab.picture("1-ready")
    tab.unfold("more")
    tab.unfold("ready-slicing")
    tab.unfold("turn")
    tab.no_sideways_scrolling()
    tab.picture("2-more")

    tab["img2stl-mesh-copies"].fill("2")
    expect(tab["img2stl-ready-whole"]).to_be_visible(timeout=60_000)
    make = tab["img2stl-make"]
    expect(make).to_be_enabled(timeout=30_000)
    make.click()
    expect(tab["img2stl-progress"]).to_be_visible(timeout=30_000)
    tab.picture("3-progress")
    expect(tab["img2stl-result"]).to_be_visible(timeout=LONG_MS)
    tab.no_sideways_scrolling()
    tab.picture("4-result")
    state = tab["img2stl-job-state"]
    expect(state).to_have_text("Finished")
    tab["img2stl-change"].click()
    expect(tab["img2stl-mesh-copies"]).to_have_value("2")
    assert tab.errors == []


@pytest.mark.once
def test_copy_of_a_job_has_its_settings(tab):
    tab = given(tab().open(), stl(box()))
    tab.previewed(lambda: tab["img2stl-mesh-size-percent"].fill("50"))
    tab["img2stl-make"].click()
    expect(tab["img2stl-result"]).to_be_visible(timeout=LONG_MS)
    first = tab.page.locator("li.img2stl-open").get_attribute("id")
    tab["img2stl-job-copy"].click()
    expect(tab["img2stl-ready-size"]).to_contain_text("10 × 15 × 5 mm", timeout=60_000)
    assert tab.page.locator("li.img2stl-open").get_attribute("id") != first
    assert tab.errors == []


# -- giving one -------------------------------------------------------------------------------


def test_from_octoprints_files(tab, server):
    admin = server.login("admin")
    for name in ("hook.stl", "vase.stl"):
        answer = admin.post(
            "/api/files/local", files={"file": (name, stl(box((10, 20, 30))))}
        )
        assert answer.status_code == 201, answer.text
    tab = tab(360, 740, has_touch=True).open()
    tab["img2stl-files-open"].click()
    rows = tab.page.locator("[data-test-id='img2stl-files-row']:visible")
    expect(rows).to_have_count(2, timeout=30_000)
    search = tab["img2stl-files-search"]
    expect(search).to_be_focused()
    tab.picture("files")
    search.fill("nothing like it")
    expect(tab["img2stl-files-empty"]).to_be_visible()
    search.fill("ho .stl")
    expect(rows).to_have_count(1)
    search.press("Escape")
    expect(tab["img2stl-files-open"]).to_be_focused()
    tab["img2stl-files-open"].click()
    tab["img2stl-files-take"].click()
    expect(tab["img2stl-ready-size"]).to_contain_text("10 × 20 × 30", timeout=LONG_MS)
    tab.no_sideways_scrolling()
    assert tab.errors == []


def test_dropped_into_the_tab_it_is_ours(tab, server):
    tab = tab().open()
    expect(tab["img2stl-sample"]).to_be_visible(timeout=30_000)
    tab.page.evaluate(
        """(bytes) => {
            const transfer = new DataTransfer();
            const file = new File([new Uint8Array(bytes)], "dropped.stl");
            transfer.items.add(file);
            const target = document.querySelector("[data-test-id='img2stl-photo']");
            for (const kind of ["dragenter", "dragover", "drop"]) {
                target.dispatchEvent(new DragEvent(kind, {
                    dataTransfer: transfer, bubbles: true, cancelable: true
                }));
            }
        }""",
        list(stl(box())),
    )
    expect(tab["img2stl-ready-size"]).to_be_visible(timeout=LONG_MS)
    files = server.login("admin").get("/api/files/local").json()["files"]
    assert "dropped.stl" not in [each["name"] for each in files]
    assert tab.errors == []


@pytest.mark.once
def test_what_is_no_model_says_so(tab):
    tab = tab().open()
    expect(tab["img2stl-sample"]).to_be_visible(timeout=30_000)
    tab.page.set_input_files(
        "[data-test-id='img2stl-file']",
        {"name": "x.stl", "mimeType": "model/stl", "buffer": b"not a model at all" * 9},
    )
    problem = tab["img2stl-photo-problem"]
    expect(problem).to_be_visible(timeout=60_000)
    assert len(problem.inner_text()) > 30
    expect(tab["img2stl-choose"]).to_be_enabled()
    tab.picture("not-a-model")


@pytest.mark.once
def test_opening_is_cancelled_and_tried_again(tab):
    tab = tab().open()
    expect(tab["img2stl-sample"]).to_be_visible(timeout=30_000)
    boxes = [box((1, 1, 1), (2 * (k % 30), 2 * (k // 30), 0)) for k in range(900)]
    tab.page.set_input_files(
        "[data-test-id='img2stl-file']",
        {"name": "crowd.stl", "mimeType": "model/stl", "buffer": stl(*boxes)},
    )
    # at once, for a small model is open within seconds
    tab.page.wait_for_function(PRESS, arg="img2stl-opening-cancel", polling="raf")
    expect(tab["img2stl-photo-problem"]).to_contain_text("cancelled", timeout=30_000)
    expect(tab["img2stl-step-check"]).to_be_disabled()
    tab["img2stl-open-again"].click()
    expect(tab["img2stl-ready-size"]).to_be_visible(timeout=LONG_MS)
    assert tab.errors == []


@pytest.mark.once
def test_a_model_may_be_larger_than_a_photo_but_not_too_large(tab, tmp_path):
    tab = tab().open()
    expect(tab["img2stl-sample"]).to_be_visible(timeout=30_000)
    sent = []
    tab.page.on("request", lambda request: sent.append(request.url))
    large = tmp_path / "large.stl"
    with open(large, "wb") as file:
        file.truncate(300 * 2**20)
    tab.page.set_input_files("[data-test-id='img2stl-file']", large)
    expect(tab["img2stl-photo-problem"]).to_contain_text("200", timeout=30_000)
    assert not [url for url in sent if url.endswith("/uploads")]
    assert tab.errors == []


# -- how large --------------------------------------------------------------------------------


@pytest.mark.once
def test_size_by_percent_by_a_side_and_by_the_bed(tab):
    tab = given(tab().open(), stl(box((20, 30, 10))))
    size = tab["img2stl-ready-size"]
    tab.previewed(lambda: tab["img2stl-mesh-size-percent"].fill("50"))
    expect(size).to_contain_text("10 × 15 × 5 mm")
    # another way to say it changes nothing
    by = tab["img2stl-mesh-size-by"]
    params, _ = tab.previewed(lambda: by.select_option("y"))
    assert (params["mesh"]["size_by"], params["mesh"]["size"]) == ("y", 15)
    expect(size).to_contain_text("10 × 15 × 5 mm")
    tab.previewed(lambda: tab["img2stl-mesh-size"].fill("60"))
    expect(size).to_contain_text("40 × 60 × 20 mm")
    params, _ = tab.previewed(lambda: by.select_option("percent"))
    assert params["mesh"]["size"] == 200
    tab.previewed(lambda: by.select_option("bed"))
    expect(tab["img2stl-size-live"]).not_to_contain_text("40 × 60")
    assert tab.errors == []


@pytest.mark.once
def test_too_large_offers_what_fits(tab):
    tab = given(tab().open(), stl(box((20, 30, 10))))
    tab.previewed(lambda: tab["img2stl-mesh-size-percent"].fill("2000"))
    expect(tab["img2stl-ready-light"]).to_have_attribute("data-light", "red")
    expect(tab["img2stl-make"]).to_be_disabled()
    tab.picture("too-large")
    fix = tab.page.locator("[data-test-id^='img2stl-fix-mesh.too']:visible").first
    tab.previewed(fix.click)
    expect(tab["img2stl-ready-light"]).not_to_have_attribute("data-light", "red")
    expect(tab["img2stl-make"]).to_be_enabled()


@pytest.mark.once
def test_a_bad_number_is_told_at_its_field(tab):
    tab = given(tab().open(), stl(box()))
    tab.unfold("more")
    copies = tab["img2stl-mesh-copies"]
    copies.fill("900")
    expect(copies).to_have_attribute("aria-invalid", "true")
    tab["img2stl-suggest"].click()
    expect(copies).to_have_value("200")
    copies.fill("1")
    # what only the server can know
    tab.previewed(lambda: tab["img2stl-mesh-base-cut"].fill("9.9"))
    cut = tab["img2stl-mesh-base-cut"]
    expect(cut).to_have_attribute("aria-invalid", "true", timeout=30_000)
    tab["img2stl-suggest"].click()
    expect(cut).to_have_attribute("aria-invalid", "false", timeout=30_000)
    expect(tab["img2stl-cut-notes"]).to_be_visible(timeout=30_000)


# -- how it stands ----------------------------------------------------------------------------


@pytest.mark.once
def test_turned_by_hand_is_seen_at_once(tab):
    tab = given(tab().open(), stl(box((20, 30, 10))))
    before = tab["img2stl-ready-view"].screenshot()
    # no answer comes as long as this holds it
    held = []
    tab.page.route("**/preview", lambda route: held.append(route))
    tab["img2stl-turn-back"].click()
    wait_for(
        lambda: (
            tab.page.wait_for_timeout(50)
            or tab["img2stl-ready-view"].screenshot() != before
        ),
        10,
        "the view to turn",
    )
    wait_for(lambda: tab.page.wait_for_timeout(20) or held, 10, "a preview to be asked")
    held[0].continue_()
    tab.page.unroute("**/preview")
    expect(tab["img2stl-ready-size"]).to_contain_text("20 × 10 × 30 mm", timeout=30_000)
    assert turn_of(tab.previews[-1].post_data_json["params"]) == pytest.approx(
        TURNED, abs=1e-6
    )
    params, _ = tab.previewed(tab["img2stl-turn-reset"].click)
    assert turn_of(params) == [1, 0, 0, 0]
    expect(tab["img2stl-ready-size"]).to_contain_text("20 × 30 × 10 mm")
    assert tab.errors == []


@pytest.mark.once
def test_turned_by_other_angles_and_by_sides_with_the_keyboard(tab):
    tab = given(tab().open(), stl(box((20, 30, 10))))
    tab.unfold("turn")
    tab["img2stl-turn-degrees"].fill("45")
    button = tab["img2stl-turn-round-left"]
    button.focus()
    params, _ = tab.previewed(lambda: tab.page.keyboard.press("Enter"))
    eighth = math.pi / 8
    assert turn_of(params) == pytest.approx(
        [math.cos(eighth), 0, 0, math.sin(eighth)], abs=1e-6
    )
    expect(tab["img2stl-ready-size"]).to_contain_text("35.4 × 35.4 × 10 mm")
    tab["img2stl-turn-reset"].click()
    tab["img2stl-lay-left"].focus()
    tab.previewed(lambda: tab.page.keyboard.press("Enter"))
    expect(tab["img2stl-ready-size"]).to_contain_text("10 × 30 × 20 mm", timeout=30_000)


@pytest.mark.once
def test_laid_flat_on_the_face_that_is_pressed(tab):
    tab = given(tab().open(), stl(box((20, 30, 10))))
    tab["img2stl-lay-flat"].click()
    expect(tab["img2stl-lay-flat"]).to_have_attribute("aria-pressed", "true")
    tab.picture("picking")
    tab.page.keyboard.press("Escape")
    expect(tab["img2stl-lay-flat"]).to_have_attribute("aria-pressed", "false")
    tab["img2stl-lay-flat"].click()
    view = tab["img2stl-ready-view"].bounding_box()
    # the middle of the view is on the box, from above or from the side
    params, _ = tab.previewed(
        lambda: tab.page.mouse.click(
            view["x"] + view["width"] / 2, view["y"] + view["height"] / 2
        )
    )
    assert abs(turn_of(params)[0]) < 0.9
    expect(tab["img2stl-lay-flat"]).to_have_attribute("aria-pressed", "false")
    assert tab.errors == []


@pytest.mark.once
def test_best_orientation_is_offered_as_cards(tab):
    tab = given(tab().open(), stl(box((10, 10, 60)), box((40, 10, 6), (0, 0, 27))))
    tab["img2stl-orient"].click()
    expect(tab["img2stl-way-1"]).to_be_visible(timeout=60_000)
    now = tab.page.locator("[data-test-id^='img2stl-way-'][aria-pressed=true]:visible")
    expect(now).to_have_count(1)
    assert now.get_attribute("data-test-id") != "img2stl-way-1"
    expect(tab["img2stl-way-1"]).to_contain_text("less support")
    tab.page.wait_for_timeout(400)
    tab.picture("ways")
    params, answer = tab.previewed(tab["img2stl-way-1"].click)
    assert turn_of(params) != [1, 0, 0, 0]
    assert answer["preview"]["size"][2] < 30
    expect(now).to_have_attribute("data-test-id", "img2stl-way-1")
    assert tab.errors == []


# -- what is found, and mended ----------------------------------------------------------------


@pytest.mark.once
def test_base_cut_is_offered_and_tells_its_gain(tab):
    tab = given(tab().open(), stl(gem()))
    offer = tab["img2stl-cut-offer-use"]
    expect(offer).to_be_visible(timeout=30_000)
    params, _ = tab.previewed(offer.click)
    first = params["mesh"]["base_cut"]
    assert first > 0
    expect(tab["img2stl-cut-notes"]).to_contain_text("mm²")
    tab.picture("cut")
    # it may not be enough: more is cut from what is left
    if tab.page.locator("[data-test-id='img2stl-cut-offer-use']:visible").count():
        params, _ = tab.previewed(tab["img2stl-cut-offer-use"].click)
        assert params["mesh"]["base_cut"] > first


@pytest.mark.once
def test_supports_are_switched_on_by_a_finding(tab):
    tab = given(tab().open(), stl(box((10, 10, 40)), box((60, 10, 4), (0, 0, 22))))
    fix = tab.page.locator("[data-test-id^='img2stl-fix-']:visible", has_text="upports")
    params, _ = tab.previewed(fix.first.click)
    assert params["slicing"]["supports"] != "none"


@pytest.mark.once
def test_repair_is_undone_and_done_again(tab):
    tab = given(tab().open(), stl(box(without=("top",))))
    tab.previewed(tab["img2stl-repair-undo"].click)
    expect(tab["img2stl-ready-light"]).to_have_attribute("data-light", "red")
    tab.picture("undone")
    params, answer = tab.previewed(tab["img2stl-repair-again"].click)
    assert params["mesh"]["repair"] == "auto"
    assert answer["preview"]["repair"]["strict"]
    expect(tab["img2stl-repair-warnings"]).to_contain_text("closed")


@pytest.mark.once
def test_loose_parts_are_kept_on_request(tab):
    tab = given(tab().open(), stl(box(), box((0.5, 0.5, 0.5), (40, 0, 1))))
    expect(tab["img2stl-ready-size"]).to_contain_text("20 ×")
    params, _ = tab.previewed(tab["img2stl-floaters-keep"].click)
    assert params["mesh"]["keep_floaters"] is True
    expect(tab["img2stl-ready-size"]).not_to_contain_text("20 ×")
    tab.previewed(tab["img2stl-floaters-drop"].click)
    expect(tab["img2stl-ready-size"]).to_contain_text("20 ×")


@pytest.mark.once
def test_a_size_that_cannot_be_meant_is_told_and_asked_about(tab):
    tab = given(tab().open(), stl(box((0.8, 1.2, 0.4))))
    expect(tab["img2stl-ready-size"]).to_contain_text("66.7 × 100 × 33.3 mm")
    expect(tab.page.get_by_text("hardly meant").first).to_be_visible()
    tab.picture("guessed")
    # who wants the file's numbers is asked for their unit
    tab.previewed(lambda: tab["img2stl-mesh-size-by"].select_option("percent"))
    fix = tab["img2stl-fix-mesh.tiny"]
    expect(fix).to_be_visible(timeout=30_000)
    params, _ = tab.previewed(fix.click)
    assert params["mesh"]["unit"] == "inch"
    expect(tab["img2stl-ready-size"]).to_contain_text("20.3 × 30.5 × 10.2 mm")
