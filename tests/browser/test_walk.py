"""The whole way of full 3D with an endpoint: set up in the settings, tested, four photos sent to
the reference server (its own process), the solid turned, repaired, sliced and queued."""

import re

import pytest
from playwright.sync_api import expect

from tests.unit.gpu_server.serving import running

from .test_endpoints import Settings
from .test_solid import SLOW_MS, Solid, figure

TOKEN = "token-of-the-reference-server"


@pytest.fixture(scope="module")
def reference(tmp_path_factory):
    folder = tmp_path_factory.mktemp("gpu")
    token = folder / "token"
    token.write_text(TOKEN)
    with running(folder, "--backend", "silhouette", "--token-file", str(token)) as found:
        yield found


@pytest.fixture(autouse=True)
def tidy(server):
    yield
    admin = server.login("admin")
    for endpoint in admin.api("GET", "/endpoints")["endpoints"]:
        admin.api("DELETE", f"/endpoints/{endpoint['id']}")


def begun(window):
    """Full 3D of a photo that is given now."""
    solid = Solid.__new__(Solid)
    solid.tab, solid.page = window, window.page
    solid.page.set_input_files("[data-test-id='img2stl-file']", [figure()])
    solid["solid3d"].click(timeout=SLOW_MS)
    expect(solid["place-front"]).to_be_visible()
    return solid


@pytest.mark.once
def test_from_the_settings_to_the_queue(tab, reference):
    window = tab(1280, 1000)
    settings = Settings(window, "admin")
    settings["add"].click()
    settings["preset-img2stl-gpu-server"].click()
    settings["url"].fill(reference.url)
    settings["auth"].select_option("bearer")
    settings["secret"].fill(TOKEN)
    settings["save-test"].click()
    expect(settings.tested).to_contain_text("It answers")
    expect(settings["abilities"]).to_contain_text("1 to 5 photos")
    window.page.keyboard.press("Escape")
    window.page.evaluate("$('#settings_dialog').modal('hide')")

    solid = begun(window)
    for side in ("back", "left", "right"):
        solid.add(side)
    solid.small()
    radio = solid.page.locator(
        "[data-test-id^='img2stl-generator-']:not([data-test-id$=local])"
    )
    radio.check()
    expect(solid["generators"]).to_contain_text("up to 5 photos")
    solid["generate"].click()
    host = reference.url.removeprefix("http://")
    expect(solid["solid-question"]).to_contain_text(host)
    solid.tab.picture("asked")
    solid["solid-agree"].click()
    expect(solid["generating"]).to_be_visible()
    card = solid["candidate-1"]
    expect(card.locator("img").first).to_be_visible(timeout=SLOW_MS)
    (order,) = (reference.folder / "jobs").rglob("job.json")
    sent = order.read_text()
    assert all(f'"{role}"' in sent for role in ("front", "back", "left", "right"))

    view = solid.page.locator("[data-test-id='img2stl-solid-view']:visible")
    expect(solid["solid-look-size"]).to_have_text(re.compile("24 mm"), timeout=SLOW_MS)
    before = view.screenshot()
    solid["solid-view-back"].click()
    solid.page.wait_for_timeout(500)
    assert view.screenshot() != before, "it is seen from behind"
    solid.tab.picture("turned")

    solid["solid-go-on"].click()
    expect(solid["repair-stage"]).to_be_visible(timeout=SLOW_MS)
    expect(solid["ready-size"]).to_have_text(re.compile("24 mm"), timeout=SLOW_MS)
    solid["make"].click(timeout=SLOW_MS)
    solid["add-queue"].click(timeout=180_000)
    expect(solid["step-print"]).to_have_attribute("aria-current", "step")
    assert TOKEN not in solid.page.content()
    assert solid.tab.errors == []
