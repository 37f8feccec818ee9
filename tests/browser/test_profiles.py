"""The dialog of the slicer profiles: from the printer's maker, from a file, on a telephone."""

import re

import pytest
from playwright.sync_api import expect

from tests.serving import PREFIX

VIEW = "OctoPrint.coreui.viewmodels.img2StlViewModel"
WIDTHS = [1280, pytest.param(360, marks=pytest.mark.once)]
# OctoPrint's dialogs fade in, which a machine without a graphics card takes long for
expect.set_options(timeout=90_000)
# by us, in the words of PrusaSlicer's exported settings
SETTINGS = """# somebody's own
layer_height = 0.28
fill_density = 22%
filament_type = PETG
temperature = 240
nozzle_diameter = 0.4
bed_shape = 0x0,250x0,250x210,0x210
max_print_height = 210
post_process = /bin/true
start_gcode = G28\\nG29
"""
# two qualities of which neither is said to be the chosen one
BUNDLE = """[print:fine]
layer_height = 0.1
[print:coarse]
layer_height = 0.3
[filament:mine]
filament_type = PLA
[printer:mine]
nozzle_diameter = 0.4
"""


@pytest.fixture(autouse=True)
def tidy(server):
    admin = server.login("admin")
    path = "/api/printerprofiles/_default"
    before = admin.get(path).json()
    yield
    for profile in admin.api("GET", "/profiles")["profiles"]:
        admin.api("DELETE", f"/profiles/{profile['id']}")
    kept = {name: before[name] for name in ("volume", "extruder")}
    assert admin.request("PATCH", path, json={"profile": kept}).status_code == 200


class Dialog:
    """The dialog; `["save"]` is img2stl-profiles-save."""

    def __init__(self, tab, user, view=""):
        self.tab = tab.open(user)
        self.page = tab.page
        self.page.wait_for_function(f"!!{VIEW}.state()")
        self.page.evaluate(f"{VIEW}.profiles.open('{view}')")
        self.modal = self.page.locator("#img2stl_profiles")
        expect(self.modal).to_have_css("opacity", "1")

    def __getitem__(self, name):
        return self.tab[f"img2stl-profiles-{name}"]

    @property
    def rows(self):
        return self.page.locator("[data-test-id='img2stl-profiles-row']")

    def give(self, name, text):
        file = {"name": name, "mimeType": "text/plain", "buffer": text.encode()}
        self.page.locator("[data-test-id='img2stl-profiles-input']").set_input_files(file)

    def picture(self, name):
        self.page.screenshot(path=self.tab.artefact(f"{name}.png"))

    def fits(self, *reachable):
        """Nothing has to be scrolled sideways for, and these are in sight."""
        wide = self.page.evaluate(
            "(() => { const body = document.querySelector('#img2stl_profiles .modal-body');"
            " return body.scrollWidth - body.clientWidth; })()"
        )
        assert wide <= 0
        view = self.page.viewport_size
        for name in reachable:
            box = self[name].bounding_box()
            assert box["x"] >= 0 and box["x"] + box["width"] <= view["width"], name
            assert box["y"] >= 0 and box["y"] + box["height"] <= view["height"], name
            assert box["height"] >= 40, name


@pytest.fixture
def dialog(tab):
    def make(width=1280, user="admin", view=""):
        touch = {"has_touch": True} if width < 500 else {}
        return Dialog(tab(width, 740 if touch else 900, **touch), user, view)

    return make


@pytest.mark.parametrize("width", WIDTHS)
def test_from_the_maker_to_the_default(dialog, server, width):
    page = dialog(width)
    admin = server.login("admin")
    expect(page["none"]).to_contain_text("A profile holds")
    page.fits("vendor", "file", "close")
    page.picture("empty")
    page["vendor"].click()
    search = page["search"]
    expect(search).to_be_focused()
    expect(page["model"]).to_be_visible()

    # a nozzle may be typed as well
    search.fill("mk3s 0.6")
    expect(page["model"]).to_contain_text("MK3S")
    page["model"].click()
    expect(page["printer"]).to_have_value(re.compile("MK3S.* 0.6 nozzle"))
    page.page.keyboard.press("Escape")
    expect(search).to_be_focused()
    page.page.keyboard.press("Escape")
    expect(search).to_have_value("")
    options = page.page.locator("[data-test-id='img2stl-profiles-model']")
    expect(options.first).to_have_attribute("aria-selected", "false")  # all of them

    # with the keyboard alone
    search.fill("mk3s")
    expect(options.first).to_contain_text("MK3S")
    expect(options.first).to_have_attribute("aria-selected", "true")
    search.press("ArrowDown")
    expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    second = options.nth(1).get_attribute("id")
    expect(search).to_have_attribute("aria-activedescendant", second)
    page.fits("back", "close")
    page.picture("found")
    search.press("ArrowUp")
    search.press("Enter")
    expect(page["heading"]).to_be_focused()
    expect(page["heading"]).to_contain_text("MK3S")

    # the maker's defaults, and what else there is
    name = page["name"]
    expect(name).to_have_value(re.compile(r"MK3S.*, 0\.15 mm, Prusament PLA"))
    page["print"].select_option("0.30mm DRAFT @MK3")
    expect(name).to_have_value(re.compile("0.3 mm"))
    page["filament"].select_option("Generic PETG")
    expect(name).to_have_value(re.compile("0.3 mm, Generic PETG"))
    expect(page["facts"]).to_contain_text("PETG · 0.3 mm layers")
    expect(page["differs-bed"]).to_contain_text("250 × 210 mm")
    expect(page["differs-bed"]).to_contain_text("200 × 200 mm")
    page.fits("back", "save")
    page.picture("options")
    assert admin.api("GET", "/profiles")["profiles"] == []
    page["save"].click()
    expect(page.rows).to_have_count(1)
    expect(page["use"]).to_be_focused()
    expect(page["said"]).to_contain_text("is saved")
    saved = admin.api("GET", "/profiles")["profiles"][0]
    assert (saved["material"], saved["layer_height"]) == ("petg", 0.3)
    assert admin.get("/api/printerprofiles/_default").json()["volume"]["width"] == 200

    # OctoPrint's printer profile, only because of this button
    page["details"].click()
    expect(page["differs-height"]).to_contain_text("210 mm")
    page.picture("details")
    page["set-printer"].click()
    expect(page["set"]).to_contain_text("now has the profile's sizes")
    expect(page["comparison"]).to_be_hidden()
    volume = admin.get("/api/printerprofiles/_default").json()["volume"]
    assert [volume[side] for side in ("width", "depth", "height")] == [250, 210, 210]

    page["make-default"].click()
    expect(page["default"]).to_contain_text("default for PETG")
    assert admin.api("GET", "/profiles")["defaults"] == {"petg": saved["id"]}
    with page.page.expect_download() as download:
        page["export"].click()
    assert download.value.suggested_filename.endswith(".ini")
    page.fits("use", "edit", "export", "delete", "close")
    page.picture("list")

    # another dialog on top of this one is left alone
    page["edit"].click()
    above = page.page.locator("#img2stl_profile_edit")
    expect(above).to_be_visible()
    page.page.keyboard.press("Escape")
    expect(above).to_be_hidden()
    expect(page["edit"]).to_be_focused()

    page["delete"].click()
    expect(page["delete-yes"]).to_be_focused()
    page.page.keyboard.press("Escape")
    expect(page["delete"]).to_be_focused()
    page["delete"].click()
    page["delete-yes"].click()
    expect(page["none"]).to_be_visible()
    expect(page["heading"]).to_be_focused()
    page.page.keyboard.press("Escape")
    expect(page.modal).to_be_hidden()
    assert page.tab.errors == []


@pytest.mark.parametrize("width", WIDTHS)
def test_a_file_of_ones_own(dialog, server, width):
    page = dialog(width, "bob", "file")
    expect(page["choose"]).to_be_focused()
    page.fits("choose", "close")
    page.give("shopping.ini", "milk\nbread\n")
    expect(page["file-problem"]).to_contain_text("no profile that can be read")
    expect(page["choose"]).to_be_focused()

    # what is left out is said, and why
    page.give("mine.ini", SETTINGS)
    expect(page["heading"]).to_be_focused()
    expect(page["name"]).to_have_value("mine")
    expect(page["left-out"]).to_contain_text("Left out of the profile: post_process")
    expect(page["left-out"]).to_contain_text("G-code")
    # bob may not change OctoPrint's settings
    expect(page["comparison"]).to_contain_text(
        "Only those who may change OctoPrint's settings"
    )
    expect(page["set-printer"]).to_be_hidden()
    page.fits("back", "save")
    page.picture("draft")
    page.page.keyboard.press("Escape")
    expect(page["choose"]).to_be_focused()

    # by drag and drop, which OctoPrint's own page must not take
    page.page.evaluate(
        """text => {
            const given = new DataTransfer();
            given.items.add(new File([text], "dropped.ini"));
            for (const type of ["dragenter", "drop"]) {
                document.body.dispatchEvent(new DragEvent(type,
                    {bubbles: true, cancelable: true, dataTransfer: given}));
            }
        }""",
        BUNDLE,
    )
    expect(page["undecided"]).to_contain_text("several profiles")
    expect(page["file-print"]).to_have_value("")
    expect(page["save"]).to_be_disabled()
    page.picture("choices")
    page["file-print"].select_option("coarse")
    expect(page["facts"]).to_contain_text("0.3 mm layers")
    page["name"].fill("My coarse one")
    page["file-print"].select_option("fine")
    expect(page["facts"]).to_contain_text("0.1 mm layers")
    expect(page["name"]).to_have_value("My coarse one")
    page["save"].click()
    expect(page.modal).to_be_hidden()  # for what is being made, it is taken at once
    saved = server.login("bob").api("GET", "/profiles")["profiles"]
    assert [each["name"] for each in saved] == ["My coarse one"]
    assert saved[0]["layer_height"] == 0.1 and saved[0]["owner"] == "bob"
    chosen = f"{VIEW}.shape.slicing.toJson().profile"
    assert page.page.evaluate(chosen) == saved[0]["id"]
    (refused,) = page.tab.errors
    assert "422" in refused  # the shopping list


@pytest.mark.once
def test_the_keyboard_stays_in_the_dialog(dialog, server):
    admin = server.login("admin")
    answer = admin.get(f"{PREFIX}/profiles").json()
    page = dialog()
    keys = page.page.keyboard
    # as if PrusaSlicer were here without its makers' profiles
    page.page.route(
        f"**{PREFIX}/profiles",
        lambda route: route.fulfill(json={**answer, "vendors": False}),
    )
    page["close"].focus()
    keys.press("Tab")
    expect(page.modal.locator(".modal-header .close")).to_be_focused()
    keys.press("Shift+Tab")
    expect(page["close"]).to_be_focused()
    keys.press("Escape")
    expect(page.modal).to_be_hidden()
    page.page.evaluate(f"{VIEW}.profiles.open('vendor')")
    expect(page["no-vendors"]).to_contain_text("come with PrusaSlicer")
    page["no-vendors"].locator("button").click()
    expect(page["choose"]).to_be_focused()
