"""The layers of the G-code as they are drawn in the browser."""

import re

import pytest
from playwright.sync_api import expect

from tests.serving import wait_for

SOON_MS = 30_000


@pytest.fixture(scope="module")
def job(server):
    """A small relief that was sliced for good."""
    return server.login("bob").made()


def opened(tab, job):
    """Shows the layers of the job."""
    tab.open()
    row = tab.page.locator(f"[data-test-id='img2stl-job-{job['id']}']")
    row.locator("[data-test-id='img2stl-job-open']").click()
    tab["img2stl-step-slice"].click()
    return tab


def drawn(tab, number):
    """The pixels of a layer once it is drawn."""
    canvas = tab["img2stl-layer-canvas"]
    expect(canvas).to_have_attribute("data-layer", str(number), timeout=SOON_MS)
    return pixels(tab)


def pixels(tab):
    return tab["img2stl-layer-canvas"].evaluate("canvas => canvas.toDataURL()")


def other_than(tab, *before):
    """The pixels once they are other ones than these, and stay."""

    def other():
        now = pixels(tab)
        tab.page.wait_for_timeout(200)
        return now if now not in before and pixels(tab) == now else None

    return wait_for(other, 30, "the picture to change")


def pinch(tab, canvas, before, after):
    """Two fingers on the canvas go from one distance to another, px."""
    session = tab.page.context.new_cdp_session(tab.page)
    box = canvas.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    def touch(kind, *apart):
        points = [
            {"x": x + side * each / 2, "y": y, "id": number}
            for each in apart
            for number, side in enumerate((-1, 1))
        ]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    touch("touchStart", before)
    for step in range(1, 6):
        touch("touchMove", before + (after - before) * step / 5)
    touch("touchEnd")
    session.detach()


@pytest.mark.once
def test_layers_are_drawn_and_explained(tab, job):
    tab = opened(tab(), job)
    first = drawn(tab, 1)
    expect(tab["img2stl-layer-takes"]).to_contain_text("This layer")
    legend = tab["img2stl-layer-legend"]
    for key in ("outer", "inner", "solid", "skirt"):
        row = tab[f"img2stl-layer-type-{key}"]
        expect(row).to_contain_text(re.compile(r"\d (s|min).*\d m.*\d g", re.DOTALL))
    expect(tab["img2stl-layer-type-skirt"]).not_to_have_class(re.compile("not-here"))
    expect(tab["img2stl-fact-first-layer"]).to_contain_text("min")
    # colours as PrusaSlicer's: what is most of the first layer is seen as such
    colours = tab["img2stl-layer-canvas"].evaluate(
        """canvas => {
            const data = canvas.getContext("2d")
                .getImageData(0, 0, canvas.width, canvas.height).data;
            const found = {};
            for (let at = 0; at < data.length; at += 4) {
                const key = [data[at], data[at + 1], data[at + 2]].join();
                found[key] = (found[key] || 0) + 1;
            }
            return found;
        }"""
    )
    assert colours["150,84,204"] > 1000  # solid infill, #9654cc
    assert colours["255,125,56"] > 50  # outer walls, #ff7d38

    # the next one is there before it is asked for
    tab.page.wait_for_timeout(1000)
    with tab.page.expect_request("**/layers/3.json*"):
        tab["img2stl-layer-next"].click()
    second = drawn(tab, 2)
    assert second != first
    expect(tab["img2stl-layer-type-skirt"]).to_have_class(re.compile("not-here"))

    tab["img2stl-layer-travel"].check()
    travelled = other_than(tab, second)
    tab["img2stl-layer-travel"].uncheck()
    assert other_than(tab, travelled) == second
    legend.get_by_label("Outer walls").uncheck()
    without = other_than(tab, second)
    legend.get_by_label("Outer walls").check()
    assert other_than(tab, without) == second

    # by the keyboard, and back
    tab["img2stl-layer-canvas"].focus()
    for key in ("+", "+", "ArrowRight", "-", "ArrowUp"):
        tab.page.keyboard.press(key)
    close = other_than(tab, second)
    tab["img2stl-layer-next"].click()
    assert drawn(tab, 3) not in (close, second)  # seen as closely
    tab["img2stl-layer-previous"].click()
    assert drawn(tab, 2) == close
    tab["img2stl-layer-canvas"].focus()
    tab.page.keyboard.press("0")
    assert other_than(tab, close) == second
    # the wheel zooms what was clicked, and one drags it
    tab["img2stl-layer-canvas"].click()
    tab.page.mouse.wheel(0, -400)
    wheeled = other_than(tab, second)
    tab.page.mouse.down()
    tab.page.mouse.move(700, 500, steps=3)
    tab.page.mouse.up()
    other_than(tab, wheeled, second)
    tab.picture("close")
    assert tab.errors == []


@pytest.mark.once
def test_layers_on_a_phone(tab, job):
    tab = tab(360, 740, has_touch=True, device_scale_factor=2)
    # somebody else looks at the same print, whose legend was not kept
    asked = []

    def superseded_once(route):
        asked.append(route)
        if len(asked) == 1:
            route.fulfill(status=409)
        else:
            route.continue_()

    tab.page.context.route("**/layers/*.json*", superseded_once)
    bare = {"legend": [], "stops": [], "time_s": [60.0]}
    tab.page.context.route("**/layers.json*", lambda route: route.fulfill(json=bare))
    opened(tab, job)
    drawn(tab, 1)
    expect(tab["img2stl-layer-type-outer"]).to_have_text(re.compile("Outer walls\\s*$"))
    tab.no_sideways_scrolling()
    canvas = tab["img2stl-layer-canvas"]
    box = canvas.bounding_box()
    assert 300 < box["width"] < 360 and box["height"] < 400
    row = tab["img2stl-layer-type-outer"].locator("label")
    assert row.bounding_box()["height"] >= 40
    # as sharp as the screen is
    assert canvas.evaluate("canvas => canvas.width") >= 2 * box["width"] - 6
    # a finger scrolls the page until one looks closer
    touch = "canvas => canvas.style.touchAction"
    assert canvas.evaluate(touch) == "pan-y"
    whole = pixels(tab)
    canvas.scroll_into_view_if_needed()
    pinch(tab, canvas, 60, 140)
    assert canvas.evaluate(touch) == "none"
    close = other_than(tab, whole)
    pinch(tab, canvas, 140, 60)
    other_than(tab, close)
    assert canvas.evaluate(touch) == "pan-y"
    tab["img2stl-layer-closer"].click()
    assert canvas.evaluate(touch) == "none"
    tab["img2stl-layer"].fill(str(job["result"]["layers"]))
    drawn(tab, job["result"]["layers"])
    tab.picture("layers")
    assert [error for error in tab.errors if "409" not in error] == []


@pytest.mark.once
def test_layers_that_are_made_anew_are_waited_for_in_silence(tab, job):
    tab = tab()
    routes = ("**/layers/*.json*", "**/layers.json*")
    for route in routes:
        tab.page.context.route(route, lambda route: route.fulfill(status=204))
    with tab.page.expect_response("**/layers/*.json*"):
        opened(tab, job)
    expect(tab["img2stl-layer-canvas"]).to_be_visible()
    expect(tab["img2stl-layer-picture"]).to_have_count(0)
    for route in routes:
        tab.page.context.unroute(route)
    tab["img2stl-layer"].fill("2")
    drawn(tab, 2)
    assert tab.errors == []


@pytest.mark.once
def test_where_lines_do_not_come_there_is_a_picture(tab, job):
    tab = tab()
    tab.page.context.route("**/layers/*.json*", lambda route: route.fulfill(status=500))
    opened(tab, job)
    picture = tab["img2stl-layer-picture"]
    expect(picture).to_have_attribute("src", re.compile("/layers/1.png"), timeout=SOON_MS)
    tab["img2stl-layer-next"].click()
    expect(picture).to_have_attribute("src", re.compile("/layers/2.png"), timeout=SOON_MS)
    wide = "img => img.complete && img.naturalWidth > 100"
    wait_for(lambda: picture.evaluate(wide), 30, "the layer's picture")
