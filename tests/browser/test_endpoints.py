"""The endpoints in OctoPrint's settings, by mouse, keyboard and on a telephone."""

import json
import re

import pytest
from playwright.sync_api import expect

from tests.fakes import gpu
from tests.serving import PASSWORD, PREFIX

SECRET = "s3cret-key-of-the-owner"
WIDTHS = [1280, pytest.param(360, marks=pytest.mark.once)]
# OctoPrint's dialogs fade in and out, which a machine without a graphics card takes long for
expect.set_options(timeout=90_000)


@pytest.fixture
def gpu_server():
    with gpu.listening() as found:
        found.key = SECRET
        yield found


@pytest.fixture(autouse=True)
def tidy(server):
    yield
    admin = server.login("admin")
    for endpoint in admin.api("GET", "/endpoints")["endpoints"]:
        admin.api("DELETE", f"/endpoints/{endpoint['id']}")


class Settings:
    """The settings dialog at our page; `["add"]` is img2stl-endpoint-add."""

    def __init__(self, tab, user="admin", **options):
        self.tab = tab.open(user, **options)
        self.page = tab.page
        self.show()

    def show(self):
        self.page.evaluate(
            "OctoPrint.coreui.viewmodels.settingsViewModel"
            ".show('settings_plugin_img2stl')"
        )
        part = self.page.locator("#settings_plugin_img2stl_endpoints")
        expect(part).to_be_visible()
        # it fades in, and does not hear the keyboard before
        expect(self.page.locator("#settings_dialog")).to_have_css("opacity", "1")
        part.scroll_into_view_if_needed()

    def __getitem__(self, name):
        return self.tab[f"img2stl-endpoint-{name}"]

    @property
    def rows(self):
        return self.page.locator("[data-test-id='img2stl-endpoint-row']")

    @property
    def tested(self):
        return self.page.locator("[data-test-id='img2stl-endpoint-tested']:visible").first

    def picture(self, name):
        self.page.screenshot(path=self.tab.artefact(f"{name}.png"))

    def fits(self):
        """Nothing has to be scrolled sideways for."""
        wide = self.page.evaluate(
            "(() => { const part = document.querySelector('#settings_dialog_content');"
            " return part.scrollWidth - part.clientWidth; })()"
        )
        assert wide <= 0

    def focused(self):
        return self.page.evaluate(
            "document.activeElement.dataset.testId || document.activeElement.id"
        )


@pytest.fixture
def settings(tab):
    return lambda width=1280, **options: Settings(tab(width, 900), **options)


@pytest.mark.parametrize("width", WIDTHS)
def test_from_nothing_to_a_tested_endpoint(settings, gpu_server, server, width):
    page = settings(width)
    expect(page.tab["img2stl-endpoints-none"]).to_be_visible()
    page.picture("empty")
    page["add"].click()
    expect(page["preset-img2stl-gpu-server"]).to_be_visible()
    page.fits()
    page.picture("presets")
    page["preset-img2stl-gpu-server"].click()
    expect(page.tab["img2stl-endpoints-heading"]).to_be_focused()
    assert page["name"].input_value()
    page["url"].fill(gpu_server.url)
    expect(page["form"]).to_contain_text("the machine OctoPrint runs on")
    page["auth"].select_option("bearer")
    page["secret"].fill("wrong")
    page["secret-seen"].click()
    assert page["secret"].get_attribute("type") == "text"
    page.picture("form")
    page.fits()
    page["save-test"].click()
    expect(page.tested).to_contain_text("Key not accepted")
    page.picture("key-not-accepted")

    page["secret-replace"].click()
    page["secret"].fill(SECRET)
    page["save-test"].click()
    expect(page.tested).to_contain_text("It answers")
    expect(page.tested).to_contain_text("9.8.7")
    expect(page["abilities"]).to_contain_text("1 to 4 photos")
    expect(page["secret-saved"]).to_be_visible()
    page.picture("answers")
    page.fits()
    page["cancel"].click()
    expect(page.rows).to_have_count(1)
    expect(page.rows.first).to_contain_text("key saved")
    expect(page["edit"]).to_be_focused()
    page.picture("list")
    page.fits()
    assert SECRET not in page.page.content()
    assert page.tab.errors == []
    assert {key for _, key in gpu_server.seen} == {"Bearer wrong", f"Bearer {SECRET}"}
    assert server.login("admin").api("GET", "/endpoints")["endpoints"][0]["has_secret"]


@pytest.mark.parametrize(
    "address, problem, says",
    [
        ("192.168.1.20:8081", True, "whole address"),
        ("http://8.8.8.8", True, "only https"),
        ("http://[2001:4860:4860::8888]:80", True, "only https"),
        ("https://me:pw@example.org", True, "user name"),
        ("http://192.168.1.20:8081", False, "unencrypted"),
        ("http://gpu.local:8081", False, "unencrypted"),
        ("http://localhost:8081", False, "the machine"),
        ("https://example.org", False, "is encrypted"),
    ],
)
@pytest.mark.once
def test_addresses_are_judged_while_typed(open_form, address, problem, says):
    open_form["url"].fill(address)
    note = open_form.page.locator("#img2stl_field_endpoint_url_note")
    expect(note).to_contain_text(says)
    assert (open_form["url"].get_attribute("aria-invalid") == "true") is problem


@pytest.fixture(scope="module")
def open_form(chromium, server):
    """A form that several tests may type into, saving nothing."""
    from tests.browser.conftest import Tab

    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    page = Settings(Tab(context.new_page(), server, "form"))
    page["add"].click()
    page["preset-img2stl-gpu-server"].click()
    yield page
    context.close()


@pytest.mark.once
def test_what_cannot_be_saved_is_said_at_its_field(settings):
    page = settings()
    page["add"].click()
    page["preset-img2stl-gpu-server"].click()
    assert page["url"].get_attribute("aria-invalid") == "false"  # not yet
    page["save"].click()
    expect(page["url"]).to_be_focused()
    expect(page["form"]).to_contain_text("Say where it is.")
    page["url"].fill("http://192.168.1.20:8081")
    page["fold-options"].locator("summary").click()
    page["option-steps"].fill("7000")
    page["fold-options"].locator("summary").click()
    page["save"].click()
    # the server's own words, with the fold open and the focus in it
    expect(page["option-steps"]).to_be_focused()
    expect(page["option-steps"]).to_have_attribute("aria-invalid", "true")
    page["option-steps"].fill("5")
    page["save"].click()
    expect(page.rows).to_have_count(1)
    expect(page.rows.first).to_contain_text("Not tested yet")


@pytest.mark.once
def test_change_keep_clear_and_delete(settings, gpu_server, server):
    admin = server.login("admin")
    endpoint = {"name": "My PC", "driver": "hunyuan", "auth": "bearer"}
    endpoint["url"] = gpu_server.url
    body = {"endpoint": endpoint, "secret": SECRET}
    made = admin.api("POST", "/endpoints", 201, json=body)["endpoint"]

    def saved():
        return admin.api("GET", "/endpoints")["endpoints"]

    page = settings()
    page["edit"].click()
    expect(page["save"]).to_be_disabled()  # nothing is changed yet
    page["name"].fill("Renamed")
    expect(page["form"]).to_contain_text("what is tested is what is saved")
    page["save"].click()
    expect(page.rows.first).to_contain_text("Renamed")
    assert saved()[0]["has_secret"] and saved()[0]["id"] == made["id"]

    page["edit"].click()
    page["url"].fill("http://127.0.0.1:9")
    expect(page["form"]).to_contain_text("The address has changed")
    page["save"].click()
    assert saved()[0]["url"] == gpu_server.url
    page["secret-clear"].click()
    expect(page["secret-saved"]).not_to_be_visible()
    page["secret-keep"].click()
    expect(page["secret-saved"]).to_be_visible()
    page["secret-clear"].click()
    page["save"].click()
    expect(page.rows.first).to_contain_text("key missing")
    assert not saved()[0]["has_secret"]
    page["test"].click()
    expect(page.tested).to_contain_text("Not reached")

    page["edit"].click()
    page["delete"].click()
    expect(page["delete-yes"]).to_be_focused()
    page.picture("delete")
    page.page.keyboard.press("Escape")
    expect(page["delete"]).to_be_focused()
    assert len(saved()) == 1
    page["delete"].click()
    page["delete-yes"].click()
    expect(page.rows).to_have_count(0)
    expect(page.page.locator("#settings_dialog")).to_be_visible()
    assert saved() == [] and page.tab.errors == []


@pytest.mark.once
def test_with_the_keyboard_alone(settings, gpu_server):
    page = settings()
    gpu_server.key = ""
    keys = page.page.keyboard
    page["add"].focus()
    keys.press("Enter")
    expect(page.tab["img2stl-endpoints-heading"]).to_be_focused()
    keys.press("Tab")
    keys.press("Enter")
    expect(page.tab["img2stl-endpoints-heading"]).to_be_focused()
    keys.press("Tab")
    while page.focused() != "img2stl-endpoint-url":
        keys.press("Tab")
    keys.type(gpu_server.url)
    while page.focused() != "img2stl-endpoint-save":
        keys.press("Tab")
    keys.press("Enter")
    expect(page.rows).to_have_count(1)
    expect(page["edit"]).to_be_focused()
    keys.press("Shift+Tab")
    keys.press("Enter")
    expect(page.tab["img2stl-endpoints-said"]).to_have_text(re.compile("9.8.7"))
    keys.press("Tab")
    keys.press("Enter")
    expect(page["form"]).to_be_visible()
    keys.press("Escape")  # back to the list, not out of the settings
    expect(page.rows.first).to_be_visible()
    expect(page.page.locator("#settings_dialog")).to_be_visible()


def test_the_password_is_asked_for_again(settings, server, gpu_server):
    page = settings()
    page["add"].click()
    page["preset-img2stl-gpu-server"].click()
    page["url"].fill(gpu_server.url)
    # as if it had been given long ago: the server answers so once
    refusal = {"code": "solid.password_needed", "message": "Again.", "severity": "error"}
    answered = []

    def answer(route):
        if route.request.method == "POST" and not answered:
            answered.append(1)
            route.fulfill(status=403, json={"error": "Again.", "problem": refusal})
        else:
            route.continue_()

    page.page.route(f"**{PREFIX}/endpoints", answer)
    page["save"].click()
    dialog = page.page.locator("#reauthenticate_dialog")
    expect(dialog).to_be_visible()
    page.picture("password")
    dialog.locator("input[type=password]").fill(PASSWORD)
    dialog.locator("input[type=password]").press("Enter")
    expect(page.rows).to_have_count(1)
    assert answered == [1]


@pytest.mark.once
def test_what_was_typed_survives_the_dialog_but_not_as_a_key(settings):
    page = settings()
    page["add"].click()
    page["preset-img2stl-gpu-server"].click()
    page["url"].fill("http://192.168.1.20:8081")
    page["auth"].select_option("bearer")
    page["secret"].fill(SECRET)
    dialog = page.page.locator("#settings_dialog")
    dialog.locator("> .modal-header .close").click()
    expect(dialog).not_to_be_visible()
    page.show()
    expect(page["url"]).to_have_value("http://192.168.1.20:8081")
    expect(page["secret"]).to_have_value("")


@pytest.mark.once
def test_words_of_servers_are_only_words(settings, server, gpu_server):
    gpu_server.mode = "broken"
    admin = server.login("admin")
    endpoint = {"name": "<img src=x onerror=alert(1)>", "driver": "hunyuan"}
    endpoint["url"] = gpu_server.url
    admin.api("POST", "/endpoints", 201, json={"endpoint": endpoint})
    page = settings()
    page["test"].click()
    expect(page.tested).to_contain_text("CUDA out of memory")
    expect(page.rows.first).to_contain_text("<img src=x")
    assert page.page.locator("#settings_plugin_img2stl_endpoints img").count() == 0
    assert page.tab.errors == []


@pytest.mark.once
def test_a_workflow_from_a_file(settings, server, tmp_path):
    page = settings()
    page["add"].click()
    page["preset-comfyui-own"].click()
    page["url"].fill("http://127.0.0.1:8188")
    file = tmp_path / "workflow.json"
    file.write_text('{"nodes": [], "links": [], "version": 0.4}')
    chooser = page.page.locator("[data-test-id='img2stl-endpoint-option-workflow-file']")
    chooser.set_input_files(file)
    expect(page["option-workflow"]).to_have_value(file.read_text())
    expect(page["form"]).to_contain_text("Taken from workflow.json")
    page["save"].click()  # not the format that can be sent: the server says so
    expect(page["option-workflow"]).to_be_focused()
    expect(page["option-workflow"]).to_have_attribute("aria-invalid", "true")
    page.picture("workflow")
    file.write_text(" " * 500_000)
    chooser.set_input_files(file)
    expect(page["form"]).to_contain_text("too large")
    assert server.login("admin").api("GET", "/endpoints")["endpoints"] == []


@pytest.mark.once
def test_who_may_not_change_is_not_offered_to(settings, server, gpu_server):
    admin = server.login("admin")
    group = {
        "key": "lookers",
        "name": "Lookers",
        "description": "",
        "permissions": ["STATUS", "SETTINGS", "PLUGIN_IMG2STL_VIEW"],
        "subgroups": [],
        "default": False,
    }
    user = {"name": "lou", "password": PASSWORD, "groups": ["users", "lookers"]}
    admin.post("/api/access/groups", json=group)
    admin.post(
        "/api/access/users",
        json={**user, "permissions": [], "active": True, "admin": False},
    )
    endpoint = {"name": "My PC", "driver": "hunyuan", "url": gpu_server.url}
    admin.api("POST", "/endpoints", 201, json={"endpoint": endpoint})
    page = settings(user="lou")
    expect(page["test"]).to_be_visible()
    expect(page["add"]).not_to_be_visible()
    expect(page["edit"]).not_to_be_visible()


@pytest.mark.once
def test_every_field_has_a_name(open_form):
    """What a screen reader says of each field and button."""
    for fold in ("fold-options", "fold-rare"):
        open_form[fold].evaluate("fold => fold.open = true")
    unnamed = open_form.page.evaluate(
        """() => Array.from(document.querySelectorAll(
            "#settings_plugin_img2stl_endpoints :is(input, select, textarea, button)"))
            .filter((each) => each.getClientRects().length
                && !each.closest(".img2stl-hidden") && !each.matches(".img2stl-hidden"))
            .filter((each) => !(each.labels && each.labels.length
                && each.labels[0].innerText.trim())
                && !each.innerText.trim() && !each.getAttribute("aria-label"))
            .map((each) => each.outerHTML.slice(0, 120))"""
    )
    assert unnamed == []
    ids = open_form.page.evaluate(
        "Array.from(document.querySelectorAll('[id]')).map((each) => each.id)"
        ".filter((id) => id.startsWith('img2stl'))"
    )
    doubles = {each for each in ids if ids.count(each) > 1}
    assert doubles == set(), json.dumps(sorted(doubles))
