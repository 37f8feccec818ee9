"""The way through as people go it, on a desk and on a phone."""

import pytest
from playwright.sync_api import expect

from tests.serving import picture, wait_for

LONG_MS = 180_000


def image(name="photo.png", **size):
    return {"name": name, "mimeType": "image/png", "buffer": picture(**size)}


@pytest.mark.parametrize("width, height", [(1280, 900), (360, 740)])
def test_from_sample_to_print(tab, server, width, height):
    tab = tab(width, height, f"way-{width}", has_touch=width < 500).open()
    sample = tab["img2stl-sample"]
    expect(sample).to_be_visible(timeout=30_000)
    tab.picture("1-photo")
    sample.click()

    make = tab["img2stl-make"]
    expect(make).to_be_enabled(timeout=60_000)  # good defaults: Make is the second click
    expect(tab["img2stl-size"]).to_contain_text("100", timeout=30_000)
    expect(tab["img2stl-viewer-canvas"]).to_be_visible(timeout=30_000)
    tab.no_sideways_scrolling()
    tab.picture("2-shape")
    number = tab["img2stl-width"]
    number.fill("40")
    number.blur()
    expect(tab["img2stl-size"]).to_contain_text("40", timeout=30_000)
    make.click()

    expect(tab["img2stl-progress"]).to_be_visible(timeout=30_000)
    tab.picture("3-progress")
    expect(tab["img2stl-result"]).to_be_visible(timeout=LONG_MS)
    tab["img2stl-step-check"].click()
    expect(tab["img2stl-verdict"]).to_be_visible()
    tab.no_sideways_scrolling()
    tab.picture("4-check")
    tab["img2stl-step-slice"].click()
    layer = tab["img2stl-layer-canvas"]
    expect(layer).to_have_attribute("data-layer", "1", timeout=30_000)
    tab["img2stl-layer-next"].click()
    expect(layer).to_have_attribute("data-layer", "2", timeout=30_000)
    tab.no_sideways_scrolling()
    tab.picture("5-slice")
    with tab.page.expect_download() as download:
        tab["img2stl-download-stl"].click()
    assert download.value.suggested_filename.endswith(".stl")
    with tab.page.expect_download() as download:
        tab["img2stl-download-gcode"].click()
    assert download.value.suggested_filename.endswith(".gcode")

    tab["img2stl-add-queue"].click()
    tab["img2stl-bed-clear"].click()
    tab.picture("6-bed")
    tab["img2stl-bed-clear-yes"].click()
    state = tab["img2stl-item-state"]
    expect(state).to_contain_text("rinting", timeout=60_000)
    tab.no_sideways_scrolling()
    tab.picture("7-print")
    assert tab.errors == []

    admin = server.login("admin")
    assert admin.get("/api/job").json()["state"].startswith("Print")
    admin.post("/api/job", json={"command": "cancel"})
    expect(tab["img2stl-queue-paused"]).to_be_visible(timeout=60_000)
    wait_for(
        lambda: admin.get("/api/connection").json()["current"]["state"] == "Operational",
        60,
        "the printer to be idle",
    )
    tab.picture("8-cancelled")


@pytest.mark.once
def test_another_filament_and_a_test_print(tab):
    tab = tab(360, 740, has_touch=True).open()
    tab["img2stl-sample"].click()
    expect(tab["img2stl-make"]).to_be_enabled(timeout=60_000)
    tab["img2stl-width"].fill("40")
    tab["img2stl-width"].blur()
    expect(tab["img2stl-size"]).to_contain_text("40", timeout=30_000)
    tab["img2stl-make"].click()
    expect(tab["img2stl-result"]).to_be_visible(timeout=LONG_MS)
    tab["img2stl-step-slice"].click()
    change, apply = tab["img2stl-layer-change"], tab["img2stl-layer-apply"]
    expect(change).to_be_visible(timeout=30_000)
    expect(apply).to_be_hidden()

    # the first layer has nothing below it that could have another colour
    slider, layer = tab["img2stl-layer"], tab["img2stl-layer-canvas"]
    expect(slider).to_have_value("1")
    expect(change).to_be_disabled()
    slider.fill("6")
    expect(layer).to_have_attribute("data-layer", "6", timeout=30_000)
    change.click()
    expect(change).to_be_disabled()
    tab["img2stl-change-command"].select_option("M600")
    with tab.page.expect_request("**/make") as sent:
        apply.click()
    slicing = sent.value.post_data_json["params"]["slicing"]
    assert slicing["changes"] == [1.2] and slicing["change_command"] == "M600"
    expect(tab["img2stl-result"]).to_be_visible(timeout=LONG_MS)
    rows = tab["img2stl-layer-rows"]
    expect(rows).to_contain_text("1.2 mm", timeout=LONG_MS)
    tab.no_sideways_scrolling()
    tab.picture("filament")

    # the layer that was looked at, now of the new G-code
    expect(slider).to_have_value("6", timeout=30_000)
    expect(layer).to_have_attribute("data-layer", "6", timeout=30_000)
    slider.fill("3")
    expect(layer).to_have_attribute("data-layer", "3", timeout=30_000)
    tab["img2stl-layer-cut"].click()
    apply.click()
    expect(tab["img2stl-layer-is-cut"]).to_contain_text("3 layers")
    expect(tab["img2stl-fact-layers"]).to_have_text("3", timeout=LONG_MS)
    tab.picture("cut")
    # both are seen, and can be taken back, where all is made anew
    tab["img2stl-change"].click()
    tab.unfold("slicing")
    expect(rows).to_contain_text("3 layers")
    rows.locator("button").first.click()
    expect(rows).not_to_contain_text("1.2 mm")
    assert tab.errors == []


@pytest.mark.once
def test_own_photo_turned_cropped_and_inverted(tab):
    tab = tab().open()
    tab.page.set_input_files(
        "[data-test-id='img2stl-file']", image("holiday.png", width=400)
    )
    expect(tab["img2stl-make"]).to_be_enabled(timeout=60_000)
    tab["img2stl-step-photo"].click()
    tab["img2stl-turn-right"].click()
    handle = tab["img2stl-crop-w"]
    handle.focus()
    for _ in range(5):
        tab.page.keyboard.press("ArrowRight")
    tab.picture("crop")
    with tab.page.expect_request("**/preview") as sent:
        tab["img2stl-step-shape"].click()
    photo = sent.value.post_data_json["params"]["photo"]
    assert photo["turn_deg"] == 90
    assert photo["crop"][0] > 0 and photo["crop"][2] == 1
    tab["img2stl-preset-lithophane"].click()
    expect(tab["img2stl-preset-lithophane"]).to_have_attribute("aria-pressed", "true")
    tab.picture("lithophane")
    assert tab.errors == []


@pytest.mark.once
def test_too_big_offers_what_fits(tab):
    tab = tab().open()
    tab["img2stl-sample"].click()
    expect(tab["img2stl-make"]).to_be_enabled(timeout=60_000)
    tab["img2stl-width"].fill("900")
    tab["img2stl-width"].blur()
    offer = tab["img2stl-suggest"]
    expect(offer).to_be_visible(timeout=30_000)
    tab.picture("too-big")
    offer.click()
    expect(tab["img2stl-width"]).to_have_value("200")
    expect(tab["img2stl-make"]).to_be_enabled(timeout=30_000)


@pytest.mark.once
def test_not_a_photo(tab):
    tab = tab().open()
    tab.page.set_input_files(
        "[data-test-id='img2stl-file']",
        {
            "name": "x.jpg",
            "mimeType": "image/jpeg",
            "buffer": b"<script>alert(1)</script>",
        },
    )
    problem = tab["img2stl-photo-problem"]
    expect(problem).to_contain_text("not a picture", timeout=60_000)
    tab.picture("not-a-photo")
    assert tab.errors == []


def test_cancel_reopen_and_delete(tab):
    tab = tab().open()
    tab["img2stl-sample"].click()
    expect(tab["img2stl-make"]).to_be_enabled(timeout=60_000)
    tab["img2stl-preset-lithophane"].click()
    tab["img2stl-make"].click()
    expect(tab["img2stl-cancel"]).to_be_enabled(timeout=30_000)
    tab["img2stl-cancel"].click()
    expect(tab["img2stl-continue"]).to_be_visible(timeout=30_000)
    tab.page.reload()
    tab.show()
    row = tab.page.locator("[data-test-id^='img2stl-job-']:visible").first
    expect(row).to_be_visible(timeout=30_000)
    tab["img2stl-job-open"].click()
    expect(tab["img2stl-continue"]).to_be_visible(timeout=30_000)
    opened = tab.page.locator("li.img2stl-open[data-test-id^='img2stl-job-']")
    gone = tab.page.locator(f"[data-test-id='{opened.get_attribute('data-test-id')}']")
    opened.locator("[data-test-id='img2stl-job-delete']").click()
    tab["img2stl-job-delete-yes"].click()
    expect(gone).to_have_count(0, timeout=30_000)

    # OctoPrint's own dialog has one slicer to choose from
    tab.page.evaluate(
        "OctoPrint.coreui.viewmodels.slicingViewModel.show('local', 'block.stl', true)"
    )
    slicer = tab.page.locator("#slicing_configuration_dialog select").first
    expect(slicer).to_have_value("img2stl", timeout=30_000)
    assert tab.errors == []


def test_german(tab):
    tab = tab().open(language="de")
    sample = tab["img2stl-sample"]
    expect(sample).to_contain_text("Beispiel", timeout=30_000)
    sample.click()
    expect(tab["img2stl-make"]).to_be_enabled(timeout=60_000)
    tab.picture("shape")
    expect(tab["img2stl-preset-lithophane"]).to_contain_text("Lithophanie")
    tab["img2stl-width"].fill("5000")
    tab["img2stl-width"].blur()
    text = tab.page.locator("#tab_plugin_img2stl")
    expect(text).to_contain_text("Breite", timeout=30_000)
    assert tab.errors == []


def test_without_permission_there_is_a_sentence(tab):
    tab = tab().open(user="eve")
    expect(tab["img2stl-refusal"]).to_be_visible(timeout=30_000)
    assert len(tab["img2stl-refusal"].inner_text()) > 20
    tab.picture("refusal")


@pytest.mark.once
def test_keyboard_alone_makes_a_job(tab):
    """Tab and Enter reach the sample photo and Make."""
    tab = tab().open()
    expect(tab["img2stl-sample"]).to_be_visible(timeout=30_000)

    def press_until(test_id):
        for _ in range(150):
            tab.page.keyboard.press("Tab")
            if tab.page.evaluate("document.activeElement.dataset.testId") == test_id:
                tab.page.keyboard.press("Enter")
                return
        raise AssertionError(f"{test_id} cannot be reached with the Tab key")

    press_until("img2stl-sample")
    expect(tab["img2stl-make"]).to_be_enabled(timeout=60_000)
    press_until("img2stl-make")
    expect(tab["img2stl-progress"]).to_be_visible(timeout=30_000)
    tab["img2stl-cancel"].click()


@pytest.mark.once
def test_too_large_a_file_is_not_even_sent(tab, tmp_path):
    tab = tab().open()
    expect(tab["img2stl-sample"]).to_be_visible(timeout=30_000)
    large = tmp_path / "large.jpg"
    with open(large, "wb") as file:
        file.truncate(300 * 2**20)
    sent = []
    tab.page.on("request", lambda request: sent.append(request.url))
    tab.page.set_input_files("[data-test-id='img2stl-file']", large)
    expect(tab["img2stl-photo-problem"]).to_contain_text("50", timeout=30_000)
    assert not [url for url in sent if url.endswith("/uploads")]
    assert tab.errors == []
