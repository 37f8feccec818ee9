"""What it is to become: presets, their settings, and what is said when they cannot be."""

import pytest
from playwright.sync_api import expect

from tests.serving import picture

pytestmark = pytest.mark.once


def image(name="more.png", **size):
    return {"name": name, "mimeType": "image/png", "buffer": picture(**size)}


def test_each_preset_changes_the_preview(tab):
    tab = tab(name="presets").shaping()
    cards = tab.page.locator("button[aria-pressed][data-test-id^='img2stl-preset-']")
    names = [card.get_attribute("data-test-id") for card in cards.all()]
    assert len(names) >= 10
    chosen = tab.page.locator(
        "button[aria-pressed='true'][data-test-id^='img2stl-preset-']"
    )
    expect(chosen).to_have_count(1)
    first = chosen.get_attribute("data-test-id")
    seen = []
    for name in [name for name in names if name != first] + [first]:
        _, answer = tab.previewed(tab[name].click)
        assert "preview" in answer, (name, answer)
        expect(tab[name]).to_have_attribute("aria-pressed", "true")
        expect(chosen).to_have_count(1)
        size = answer["preview"]["size"]
        expect(tab["img2stl-dimension-width"]).to_have_text(
            f"{size[0]:.1f}".removesuffix(".0")
        )
        look = tab.look()
        assert look not in seen, name
        seen.append(look)
        tab.picture(name.removeprefix("img2stl-preset-"))
    assert tab.errors == []


def test_only_the_options_of_the_chosen_shape_are_shown(tab):
    tab = tab().shaping()
    fold = tab.unfold("shape")
    shape, radius, arc = (
        fold.locator(f"[data-test-id='img2stl-{name}']")
        for name in ("shape-choice", "corner-radius", "angle-deg")
    )
    asked, _ = tab.previewed(lambda: shape.select_option("rounded"))
    assert asked["relief"]["shape"] == "rounded"
    expect(radius).to_be_visible()
    expect(arc).to_have_count(0)
    asked, answer = tab.previewed(lambda: shape.select_option("arc"))
    assert asked["relief"]["shape"] == "arc"
    expect(arc).to_be_visible()
    expect(radius).to_have_count(0)

    def half_a_circle():
        arc.fill("180")

    asked, bent = tab.previewed(half_a_circle)
    assert asked["relief"]["angle_deg"] == 180
    assert bent["preview"]["size"][1] > answer["preview"]["size"][1]
    assert tab.errors == []


def test_settings_kept_under_their_preset(tab):
    """Adjusting keeps the card; going to another one and back keeps what was adjusted."""
    tab = tab().shaping()
    tab.previewed(tab["img2stl-preset-medal"].click)
    expect(tab["img2stl-preset-restore"]).to_have_count(0)
    tab.unfold("shape")
    height = tab["img2stl-relief-height"]
    before = height.input_value()
    tab.previewed(lambda: height.fill("2.7"))
    expect(tab["img2stl-preset-medal"]).to_have_attribute("aria-pressed", "true")
    tab.previewed(tab["img2stl-preset-lithophane"].click)
    assert height.input_value() != "2.7"
    tab.previewed(tab["img2stl-preset-medal"].click)
    expect(height).to_have_value("2.7")
    tab.previewed(tab["img2stl-preset-restore"].click)
    expect(height).to_have_value(before)


def test_chosen_preset_after_a_reload(tab):
    tab = tab().shaping()
    tab.previewed(tab["img2stl-preset-stamp"].click)
    tab["img2stl-width"].fill("31")
    tab["img2stl-make"].click()
    expect(tab["img2stl-progress"]).to_be_visible(timeout=30_000)
    tab["img2stl-cancel"].click()
    expect(tab["img2stl-continue"]).to_be_visible(timeout=30_000)
    tab.page.reload()
    tab.show()
    tab["img2stl-step-shape"].click()
    expect(tab["img2stl-preset-stamp"]).to_have_attribute("aria-pressed", "true")
    expect(tab["img2stl-width"]).to_have_value("31")


def test_server_problem_opens_its_fold(tab):
    tab = tab().shaping()
    tab.unfold("shape")
    tab.previewed(lambda: tab["img2stl-border"].fill("40"))
    fold = tab["img2stl-fold-shape"]
    fold.locator("summary").click()
    expect(fold).not_to_have_attribute("open", "")
    tab["img2stl-width"].fill("60")
    expect(fold).to_have_attribute("open", "", timeout=30_000)
    offer = fold.locator("[data-test-id='img2stl-suggest']")
    expect(offer).to_be_visible()
    tab.picture("problem")

    fold.locator("summary").click()
    tab["img2stl-make"].click()
    expect(tab["img2stl-border"]).to_be_focused(timeout=30_000)
    _, answer = tab.previewed(offer.click)
    assert "preview" in answer
    expect(offer).to_have_count(0)


def test_curve_by_keyboard(tab):
    tab = tab().shaping()
    tab.unfold("picture")
    points = tab.page.locator("[data-test-id='img2stl-curve-point']:visible")
    expect(points).to_have_count(2)
    line = tab["img2stl-curve-line"]
    straight = line.get_attribute("d")
    tab["img2stl-curve-add"].focus()
    tab.page.keyboard.press("Enter")
    expect(points).to_have_count(3)
    expect(points.nth(1)).to_be_focused()
    asked, _ = tab.previewed(lambda: tab.page.keyboard.press("Shift+ArrowUp"))
    assert asked["relief"]["curve"] == [[0, 0], [0.5, 0.55], [1, 1]]
    asked, _ = tab.previewed(lambda: tab.page.keyboard.press("ArrowLeft"))
    assert asked["relief"]["curve"] == [[0, 0], [0.49, 0.55], [1, 1]]
    assert "49" in points.nth(1).get_attribute("aria-valuetext")
    assert line.get_attribute("d") != straight
    tab.page.keyboard.press("Delete")
    expect(points).to_have_count(2)
    expect(points.nth(1)).to_be_focused()
    asked, _ = tab.previewed(tab["img2stl-curve-reset"].click)
    assert asked["relief"]["curve"] is None


def test_curve_by_pointer(tab):
    tab = tab().shaping()
    tab.unfold("picture")
    points = tab.page.locator("[data-test-id='img2stl-curve-point']:visible")
    stage = tab["img2stl-curve"]
    stage.scroll_into_view_if_needed()
    box = stage.bounding_box()

    def at(x, y):
        return box["x"] + x * box["width"], box["y"] + (1 - y) * box["height"]

    mouse = tab.page.mouse

    def drag():
        mouse.move(*at(0.3, 0.5))
        mouse.down()
        mouse.move(*at(0.25, 0.75), steps=3)
        mouse.up()

    tab.previewed(drag)
    expect(points).to_have_count(3)
    asked, _ = tab.previewed(tab["img2stl-invert"].click)
    x, y = asked["relief"]["curve"][1]
    assert abs(x - 0.25) < 0.02 and abs(y - 0.75) < 0.02
    points.nth(1).dblclick()
    expect(points).to_have_count(2)


def test_levels_by_keyboard_and_pointer(tab):
    tab = tab().shaping()
    tab.unfold("picture")
    assert tab["img2stl-histogram"].locator("path").get_attribute("d").startswith("M0")
    tab["img2stl-levels-black"].focus()
    asked, _ = tab.previewed(lambda: tab.page.keyboard.press("Shift+ArrowRight"))
    assert asked["relief"]["black"] == 0.05
    handle = tab["img2stl-levels-gamma"].bounding_box()
    x, y = handle["x"] + handle["width"] / 2, handle["y"] + handle["height"] - 12

    def drag():
        tab.page.mouse.move(x, y)
        tab.page.mouse.down()
        tab.page.mouse.move(x - 30, y, steps=3)
        tab.page.mouse.up()

    tab.previewed(drag)
    assert float(tab["img2stl-gamma"].input_value()) > 1.1
    tab.picture("levels")
    tab.previewed(tab["img2stl-levels-reset"].click)
    expect(tab["img2stl-black"]).to_have_value("0")
    expect(tab["img2stl-gamma"]).to_have_value("1")


def test_extras_bring_their_own_settings(tab):
    tab = tab().shaping()
    tab.unfold("extras")
    expect(tab["img2stl-hole-diameter"]).to_have_count(0)
    before = tab.look()
    asked, answer = tab.previewed(lambda: tab["img2stl-holes"].select_option("two"))
    assert asked["relief"]["holes"] == "two" and "preview" in answer
    expect(tab["img2stl-hole-diameter"]).to_be_visible()
    assert tab.look() != before
    asked, answer = tab.previewed(lambda: tab["img2stl-text"].fill("Minka"))
    assert asked["relief"]["text"].startswith("M")
    expect(tab["img2stl-font"]).to_be_visible()
    assert tab["img2stl-font"].locator("option").count() >= 1
    tab.picture("extras")
    assert tab.errors == []


def test_fineness_buttons(tab):
    tab = tab().shaping()
    tab.unfold("advanced")
    usual, fine = tab["img2stl-max-error-default"], tab["img2stl-max-error-fine"]
    expect(usual).to_have_attribute("aria-pressed", "true")
    fine.click()
    expect(fine).to_have_attribute("aria-pressed", "true")
    expect(tab["img2stl-max-error"]).to_have_value("0.02")
    tab["img2stl-budget"].fill("100000")
    expect(tab["img2stl-fold-advanced"]).to_contain_text("4.8MB")


@pytest.mark.parametrize("width, height", [(1280, 900), (360, 740)])
def test_several_photos(tab, width, height):
    tab = tab(width, height).shaping()
    tab.unfold("photos")
    shown = tab.page.locator("[data-test-id='img2stl-strip-photo']:visible")
    expect(shown).to_have_count(1)
    files = "[data-test-id='img2stl-more-files']"
    pictures = [image("b.png", width=200), image("c.png", width=90, height=120)]
    tab.page.set_input_files(files, pictures)
    expect(shown).to_have_count(3, timeout=60_000)
    asked, answer = tab.previewed(tab["img2stl-preset-light_box"].click)
    assert [photo["number"] for photo in asked["photos"]] == [2, 3]
    assert "preview" in answer
    expect(shown.nth(2)).to_contain_text("Rear side")
    tab.no_sideways_scrolling()
    tab.picture("box")

    # turned by itself
    shown.nth(1).locator("[data-test-id='img2stl-strip-show']").click()
    tab["img2stl-turn-right"].click()
    tab.picture("turned")
    asked, _ = tab.previewed(tab["img2stl-step-shape"].click)
    assert asked["photo"]["turn_deg"] == 0
    assert [photo["turn_deg"] for photo in asked["photos"]] == [90, 0]

    shown.nth(1).locator("[data-test-id='img2stl-strip-remove']").click()
    expect(shown).to_have_count(2, timeout=30_000)
    assert tab.errors == []


def test_more_photos_that_are_none(tab):
    tab = tab().shaping()
    tab.unfold("photos")
    file = {"name": "x.png", "mimeType": "image/png", "buffer": b"not a picture"}
    tab.page.set_input_files("[data-test-id='img2stl-more-files']", file)
    expect(tab["img2stl-photos-problem"]).to_be_visible(timeout=60_000)


def test_everything_unfolded_on_a_phone(tab):
    tab = tab(360, 740, has_touch=True).shaping()
    for name in ("shape", "picture", "extras", "photos", "advanced", "slicing"):
        tab.unfold(name)
    tab.no_sideways_scrolling()
    tab.picture("unfolded")
    # the preview stays in sight while settings far below are changed
    tab["img2stl-samples-per-mm"].scroll_into_view_if_needed()
    assert tab["img2stl-viewer"].bounding_box()["y"] >= 0
