"""Full 3D: photos by their sides, what makes the solid, solids to choose from, to the queue."""

import io
import re
import socket

import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import expect

from tests.fakes import gpu
from tests.serving import wait_for

pytestmark = pytest.mark.once

SLOW_MS = 90_000


def figure(side="front", size_px=(540, 780)):
    """A figure on a plain background; it has eyes in front and is narrower from the side."""
    width, height = size_px
    image = Image.new("RGB", size_px, (238, 238, 232))
    draw = ImageDraw.Draw(image)
    half = {"front": 135, "back": 135}.get(side, 90)
    middle = width / 2
    draw.ellipse((middle - 90, 75, middle + 90, 285), fill=(180, 90, 60))
    draw.rectangle((middle - half, 255, middle + half, height - 75), fill=(60, 110, 170))
    if side == "front":
        draw.ellipse((middle - 48, 150, middle - 24, 174), fill=(20, 20, 20))
        draw.ellipse((middle + 24, 150, middle + 48, 174), fill=(20, 20, 20))
    out = io.BytesIO()
    image.save(out, "PNG")
    return {"name": f"{side}.png", "mimeType": "image/png", "buffer": out.getvalue()}


class Solid:
    """The step in which photos become a solid; `["generate"]` is img2stl-generate."""

    def __init__(self, tab, user="bob"):
        self.tab = tab.open(user)
        self.page = tab.page
        expect(self["choose"]).to_be_enabled(timeout=SLOW_MS)
        self.page.set_input_files("[data-test-id='img2stl-file']", [figure()])
        self["solid3d"].click(timeout=SLOW_MS)
        expect(self["place-front"]).to_be_visible()

    def __getitem__(self, name):
        return self.tab[f"img2stl-{name}"]

    def add(self, side, picture=None):
        """Gives a further photo at the place of its side; the number it got."""
        expect(self.page.locator("[data-photo]:visible").first).to_be_visible()
        before = self.page.locator("[data-photo]:visible").count()
        with self.page.expect_file_chooser() as chooser:
            self[f"place-{side}-add"].click()
        chooser.value.set_files([picture or figure(side)])
        expect(self.page.locator("[data-photo]:visible")).to_have_count(
            before + 1, timeout=SLOW_MS
        )
        return self.at(side).last.get_attribute("data-photo")

    def at(self, side):
        return self.page.locator(f"[data-role='{side}'] [data-photo]:visible")

    def cut_out(self, side):
        """Waits for the subject to be cut out, which changes how much room a photo takes."""
        expect(self.at(side).locator("img")).to_have_attribute(
            "src", re.compile("^data:image/png"), timeout=SLOW_MS
        )

    def small(self):
        """What is quickly made."""
        self["solid-detail"].select_option("draft")
        self["solid-size"].fill("24")

    def generate(self, number, button="generate"):
        """Has one more made, and waits for it."""
        self[button].click()
        card = self[f"candidate-{number}"]
        expect(card).to_be_visible(timeout=SLOW_MS)
        expect(card.locator("img").first).to_be_visible(timeout=SLOW_MS)
        return card

    def asked(self, act):
        """What was sent to have a solid made."""
        with self.page.expect_request(re.compile(r"/generate$")) as found:
            act()
        return found.value.post_data_json

    def focused(self):
        return self.page.evaluate(
            "document.activeElement.dataset.testId || document.activeElement.id"
        )


@pytest.fixture
def solid(tab):
    def make(user="bob", **options):
        return Solid(tab(**options), user)

    return make


@pytest.fixture
def endpoint(server):
    """Makes an endpoint of the server's: endpoint(url)."""
    admin = server.login("admin")
    made = []

    def make(url, name="My PC"):
        body = {"endpoint": {"name": name, "driver": "hunyuan", "url": url}}
        made.append(admin.api("POST", "/endpoints", 201, json=body)["endpoint"])
        return made[-1]

    yield make
    for each in made:
        admin.api("DELETE", f"/endpoints/{each['id']}")


@pytest.fixture
def nobody():
    """An address of this machine where nothing answers."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # but does not listen
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"


# -- on this machine ----------------------------------------------------------------------


@pytest.mark.parametrize("width", [1280, 360])
def test_from_two_photos_to_the_queue(solid, width):
    solid = solid(width=width, name=f"solid-{width}")
    expect(solid["step-shape"]).to_have_attribute("aria-current", "step")
    solid.cut_out("front")
    # of one photo the thickness can be chosen, of two it is known
    expect(solid["solid-thickness"]).to_be_visible()
    assert solid.add("left") == "2"
    expect(solid["solid-thickness"]).to_have_count(0)
    solid.cut_out("left")
    # not while a field has the focus: after a whole page Chromium scrolls back to it
    solid.tab.picture("setup")
    solid.tab.no_sideways_scrolling()
    solid.small()

    with solid.page.expect_request(re.compile(r"/generate$")) as asked:
        card = solid.generate(1)
    sent = asked.value.post_data_json
    assert sent["params"]["solid"]["roles"] == {"1": "front", "2": "left"}
    assert sent["params"]["solid"]["size"] == 24 and sent["agreed"] is None
    expect(card.locator("img")).to_have_count(3)
    expect(card.get_by_text("chosen")).to_be_visible()
    expect(solid["solid-look-size"]).to_have_text(re.compile("24 mm"), timeout=SLOW_MS)
    solid.tab.picture("made")
    solid.tab.no_sideways_scrolling()

    solid["solid-go-on"].click()
    expect(solid["step-shape"]).to_have_text(re.compile("Get ready"))
    heading = solid.page.locator("#img2stl_heading_ready")
    expect(heading).to_be_focused()
    expect(solid["ready-size"]).to_have_text(re.compile("24 mm"), timeout=SLOW_MS)
    expect(solid["ready-view"]).to_be_visible()
    solid["to-candidates"].click()
    expect(card).to_be_visible()
    solid["solid-go-on"].click()
    solid["make"].click(timeout=SLOW_MS)
    solid["add-queue"].click(timeout=180_000)
    expect(solid["step-print"]).to_have_attribute("aria-current", "step")
    assert solid.tab.errors == []


def test_compare_choose_and_delete(solid):
    solid = solid()
    solid.small()
    solid.generate(1)
    solid["solid-back"].select_option("flat")
    # what is typed while it is made stays as it is
    solid["generate"].click()
    # where it is made, or at once where it then stands: this machine is quick
    places = "#img2stl_generating:focus, #img2stl_heading_candidates:focus"
    expect(solid.page.locator(places)).to_be_visible()
    solid["solid-thickness"].fill("7.5")
    expect(solid["candidate-2"]).to_be_visible(timeout=SLOW_MS)
    expect(solid["solid-thickness"]).to_have_value("7.5")
    expect(solid["solid-back"]).to_have_value("flat")

    # the first one stays chosen until another one is
    first, second = solid["candidate-1"], solid["candidate-2"]
    chosen = "[data-test-id='img2stl-candidate-chosen']"
    expect(first.locator(chosen)).to_be_visible()
    expect(second.locator(chosen)).to_be_hidden()
    second.locator("[data-test-id='img2stl-candidate-choose']").click()
    expect(second.locator(chosen)).to_be_visible(timeout=SLOW_MS)
    expect(first.locator(chosen)).to_be_hidden()

    delete = first.locator("[data-test-id='img2stl-candidate-delete']")
    delete.click()
    solid.page.keyboard.press("Escape")
    expect(delete).to_be_focused()
    delete.click()
    first.locator("[data-test-id='img2stl-candidate-delete-yes']").click()
    expect(first).to_have_count(0)

    solid.page.reload()
    solid.tab.show()
    expect(second.locator(chosen)).to_be_visible(timeout=SLOW_MS)
    expect(solid["solid3d"]).to_have_attribute("aria-pressed", "true")
    # there is something to see, so the settings are folded; they are the last ones sent
    expect(solid["solid-summary"]).to_have_text(re.compile("24 mm"))
    solid["fold-solid"].locator("> summary").click()
    expect(solid["solid-back"]).to_have_value("flat")
    assert solid.tab.errors == []


def test_a_relief_after_all_and_back(solid):
    """Choosing another card leaves full 3D as it was set up."""
    solid = solid()
    solid.small()
    answered = solid.tab.previewed(solid["preset-medal"].click)
    assert answered[0]["route"] == "relief"
    expect(solid["place-front"]).to_have_count(0)
    solid["solid3d"].click()
    expect(solid["solid-size"]).to_have_value("24")
    solid.page.reload()
    solid.tab.show()
    expect(solid["place-front"]).to_be_visible(timeout=SLOW_MS)


# -- photos by their sides ------------------------------------------------------------------


def test_sides_by_keyboard_and_by_pointer(solid):
    solid = solid(height=1700)
    solid.add("left")
    solid.cut_out("left")
    role = solid["view-2-role"]
    role.focus()
    role.select_option("back")
    expect(solid.at("back")).to_have_attribute("data-photo", "2")
    expect(solid["view-2-role"]).to_be_focused()

    def drag(number, side, let_go=True):
        start = solid[f"view-{number}"].locator("img").bounding_box()
        end = solid[f"place-{side}"].bounding_box()
        mouse = solid.page.mouse
        mouse.move(start["x"] + start["width"] / 2, start["y"] + start["height"] / 2)
        mouse.down()
        mouse.move(end["x"] + end["width"] / 2, end["y"] + end["height"] / 2, steps=5)
        if let_go:
            mouse.up()

    drag(2, "right")
    expect(solid.at("right")).to_have_attribute("data-photo", "2")
    # who was there goes to where the other came from
    drag(2, "front")
    expect(solid.at("front")).to_have_attribute("data-photo", "2")
    expect(solid.at("right")).to_have_attribute("data-photo", "1")
    drag(2, "top", let_go=False)
    expect(solid["place-top"]).to_have_class(re.compile("img2stl-over"))
    solid.page.keyboard.press("Escape")
    solid.page.mouse.up()
    expect(solid.at("front")).to_have_attribute("data-photo", "2")

    sent = solid.asked(solid["generate"].click)
    assert sent["params"]["solid"]["roles"] == {"1": "right", "2": "front"}
    expect(solid["candidate-1"]).to_be_visible(timeout=SLOW_MS)
    solid["view-2-remove"].click()
    expect(solid["view-2"]).to_have_count(0)
    assert solid.tab.errors == []


def test_sides_by_a_finger(solid):
    solid = solid(width=360, height=740, has_touch=True)
    solid.add("back")
    solid.cut_out("back")
    solid["place-back"].scroll_into_view_if_needed()
    grip = solid.page.locator("[data-test-id='img2stl-view-2-grip']")
    start, end = grip.bounding_box(), solid["place-left"].bounding_box()
    finger = solid.page.context.new_cdp_session(solid.page)

    def touch(kind, *points):
        points = [{"x": x, "y": y} for x, y in points]
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    x, y = start["x"] + 15, start["y"] + 15
    to_x, to_y = end["x"] + end["width"] / 2, end["y"] + 20
    touch("touchStart", (x, y))
    for step in range(1, 6):
        touch("touchMove", (x + (to_x - x) * step / 5, y + (to_y - y) * step / 5))
    touch("touchEnd")
    expect(solid.at("left")).to_have_attribute("data-photo", "2")


def test_the_cut_out_is_asked_for_again(solid, endpoint, nobody):
    made = endpoint(nobody)
    solid = solid("admin")
    picture = solid.at("front").locator("img")
    solid.cut_out("front")
    before = picture.get_attribute("src")
    # here nothing can be made of a whole photo, elsewhere perhaps
    solid["generator-local"].check()  # who has an endpoint begins with that
    expect(solid["solid-cut"]).to_have_count(0)
    solid[f"generator-{made['id']}"].check()
    with solid.page.expect_request(re.compile(r"/cutout$")) as asked:
        solid["solid-cut"].click()
    assert asked.value.post_data_json["params"]["solid"]["cut"] == "keep"
    expect(picture).not_to_have_attribute("src", before, timeout=SLOW_MS)
    expect(solid["fold-cut"]).to_have_count(0)
    solid["solid-cut"].click()
    solid.tab.unfold("cut")
    with solid.page.expect_request(re.compile(r"/cutout$")) as asked:
        solid["solid-tolerance"].fill("30")
    assert asked.value.post_data_json["params"]["solid"]["tolerance"] == 30


def test_what_cannot_be_is_said_where_it_is_set(solid):
    solid = solid()
    solid["solid-size"].fill("2")
    solid["fold-solid"].locator("> summary").click()
    solid["generate"].click()
    expect(solid["solid-size"]).to_be_focused()
    expect(solid["suggest"]).to_be_visible()
    solid["suggest"].click()
    expect(solid["solid-size"]).to_have_value("5")


# -- endpoints ------------------------------------------------------------------------------


def test_nobody_is_asked_to_send_what_he_may_not(solid, endpoint, nobody):
    made = endpoint(nobody)
    solid = solid("bob")
    radio = solid[f"generator-{made['id']}"]
    expect(radio).to_be_disabled()
    expect(solid["generators"]).to_contain_text("permission")
    expect(solid["endpoints-link"]).to_have_count(0)


def test_the_first_time_it_asks_and_then_it_waits(solid, endpoint, nobody):
    made = endpoint(nobody)
    solid = solid("admin")
    host = nobody.removeprefix("http://")
    solid[f"generator-{made['id']}"].check()
    expect(solid["generators"]).to_contain_text("Not encrypted")
    solid["generate"].focus()
    solid.page.keyboard.press("Enter")
    question = solid["solid-question"]
    expect(question).to_contain_text(host)
    expect(question).to_be_focused()
    solid.page.keyboard.press("Escape")
    expect(question).to_have_count(0)
    expect(solid["generate"]).to_be_focused()

    solid.page.keyboard.press("Enter")
    expect(question).to_be_focused()
    solid.page.keyboard.press("Tab")
    assert solid.focused() == "img2stl-solid-agree"
    sent = solid.asked(lambda: solid.page.keyboard.press("Enter"))
    assert sent["agreed"] == host
    expect(solid["generating"]).to_be_focused()
    expect(solid["generating-waiting"]).to_contain_text(host, timeout=SLOW_MS)
    expect(solid.page.locator(".img2stl [aria-live]").first).to_contain_text(host)
    solid.tab.picture("waiting")
    solid["generating-cancel"].click()
    expect(solid["candidate-1"]).to_contain_text("Cancelled", timeout=SLOW_MS)
    expect(solid.page.locator("#img2stl_heading_candidates")).to_be_focused()

    # said once
    sent = solid.asked(solid["generate-other"].click)
    assert sent["agreed"] is None and sent["params"]["solid"]["seed"] > 0
    solid["generating-cancel"].click()
    expect(solid["candidate-2"]).to_be_visible(timeout=SLOW_MS)
    assert solid.tab.errors == []


def test_what_an_endpoint_can_do_is_said(solid, endpoint, server):
    with gpu.listening() as found:
        found.key = ""
        made = endpoint(found.url)
        server.login("admin").api("POST", f"/endpoints/{made['id']}/test")
        solid = solid("admin")
        solid[f"generator-{made['id']}"].check()
        generators = solid["generators"]
        for words in ("up to 4 photos", "sides apart", "each seed", "triangles"):
            expect(generators).to_contain_text(words)
        solid.add("top")
        expect(solid["view-2-unused"]).to_contain_text("no use for this side")
        solid["view-2-role"].select_option("left")
        expect(solid["view-2-unused"]).to_have_count(0)
        solid.tab.unfold("solid-advanced")
        expect(solid["solid-seed"]).to_be_visible()
        expect(solid["solid-max-faces"]).to_be_visible()
        solid["endpoints-link"].click()
        settings = solid.page.locator("#settings_plugin_img2stl")
        expect(settings).to_be_visible()


def test_news_of_endpoints_come_by_themselves(solid, endpoint, nobody):
    solid = solid("admin")
    made = endpoint(nobody, "Late comer")
    radio = solid[f"generator-{made['id']}"]
    expect(radio).to_be_visible(timeout=30_000)
    wait_for(radio.is_enabled, 10, "the endpoint")
