"""A real Chromium on a real OctoPrint; screenshots are kept in tests/artefacts."""

import os
import re
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import expect, sync_playwright

from tests.serving import PASSWORD, Server, wait_for

SLOW_MS = 90_000
ARTEFACTS = Path(__file__).parents[1] / "artefacts"
# Chromium without its own window, which takes a third less of the processor, is a package
# of its own in Debian.
PROGRAMS = ["chromium-headless-shell", "chromium", "chromium-browser"]
# software rendering, so that the 3D view is really drawn
ARGUMENTS = ["--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader"]
ARGUMENTS += ["--enable-unsafe-swiftshader", "--disable-background-networking"]
# but the page itself without the imitated graphics card: a third of the work
ARGUMENTS += ["--disable-gpu-rasterization", "--disable-gpu-compositing"]
# OctoPrint 2.0 asks for something that an ordinary user may not see; that is not ours
FOREIGN = re.compile(r"/api/(?!plugin/img2stl)")


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("octoprint")).start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def chromium():
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    assert program, "run extras/dev test: it installs Chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield browser
        browser.close()


class Tab:
    """Our tab in one browser window."""

    def __init__(self, page, server, name):
        self.page = page
        self.server = server
        self.name = name
        self.errors = []
        # everything is drawn by the processor, which two such browsers share
        page.set_default_timeout(SLOW_MS)
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.previews = []  # requests, in the order in which they were made
        self.finished = []
        page.on("request", self._asked)
        page.on("requestfinished", self._answered)
        page.on("requestfailed", self._answered)

    def _asked(self, request):
        if request.url.endswith("/preview"):
            self.previews.append(request)

    def _answered(self, request):
        self.finished.append(request)

    def _heard(self, message):
        if message.type == "error" and not FOREIGN.search(
            message.location.get("url", "")
        ):
            self.errors.append(f"{message.text} ({message.location.get('url')})")

    def open(self, user="bob", language="en"):
        page = self.page
        page.goto(f"{self.server.url}/?l10n={language}")
        page.fill("#login-user", user)
        page.fill("#login-password", PASSWORD)
        page.click("#login-button")
        self.show()
        return self

    def show(self):
        self.page.wait_for_function(
            "window.OctoPrint && OctoPrint.coreui && OctoPrint.coreui.startedUp"
        )
        # at some widths OctoPrint hides the tabs' handles in a menu
        self.page.evaluate("$('#tab_plugin_img2stl_link a').tab('show')")

    def __getitem__(self, test_id):
        return self.page.locator(f"[data-test-id='{test_id}']:visible").first

    def shaping(self):
        """Opens the tab with the sample photo in the step where it is shaped."""
        self.open()
        self["img2stl-sample"].click()
        expect(self["img2stl-make"]).to_be_enabled(timeout=60_000)
        expect(self["img2stl-size"]).to_be_visible(timeout=30_000)
        return self

    def previewed(self, act):
        """Does something that asks for a preview; what was asked last, and the answer."""
        self._quiet()
        before = len(self.previews)
        act()
        wait_for(self._has_more(before), 60, "a preview")
        self._quiet()
        request = self.previews[-1]
        return request.post_data_json["params"], request.response().json()

    def _has_more(self, before):
        def more():
            self.page.wait_for_timeout(20)
            return len(self.previews) > before

        return more

    def _quiet(self):
        """Waits until every preview that was asked for is there, and drawn."""

        def all_there():
            count = len(self.previews)
            self.page.wait_for_timeout(60)
            under_way = [each for each in self.previews if each not in self.finished]
            return not under_way and count == len(self.previews)

        wait_for(all_there, 60, "the previews to be finished")

    def unfold(self, name):
        fold = self[f"img2stl-fold-{name}"]
        if fold.get_attribute("open") is None:
            fold.locator("summary").click()
        return fold

    def look(self):
        """The preview's pixels, to tell whether it changed."""
        return self["img2stl-viewer"].screenshot()

    def artefact(self, name):
        """Where to keep something that people may want to look at."""
        ARTEFACTS.mkdir(exist_ok=True)
        version = os.environ.get("IMG2STL_TEST_PYTHON", "").split(os.sep)[-3:-2]
        return ARTEFACTS / "-".join([*version, self.name, name])

    def picture(self, name):
        self.page.screenshot(path=self.artefact(f"{name}.png"), full_page=True)

    def no_sideways_scrolling(self):
        width = self.page.evaluate("document.documentElement.scrollWidth")
        assert width <= self.page.viewport_size["width"], width


@pytest.fixture
def tab(chromium, server, request):
    """Opens our tab: tab(width, height, name)."""
    contexts = []

    def make(width=1280, height=900, name=None, **options):
        context = chromium.new_context(
            viewport={"width": width, "height": height}, **options
        )
        contexts.append(context)
        return Tab(context.new_page(), server, name or f"{request.node.name}-{width}")

    yield make
    for context in contexts:
        context.close()
