"""A real Chromium on a real OctoPrint; screenshots are kept in tests/artefacts."""

import os
import re
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from tests.serving import PASSWORD, Server

ARTEFACTS = Path(__file__).parents[1] / "artefacts"
# software rendering, so that the 3D view is really drawn
ARGUMENTS = ["--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader"]
ARGUMENTS += ["--enable-unsafe-swiftshader", "--disable-background-networking"]
# OctoPrint 2.0 asks for something that an ordinary user may not see; that is not ours
FOREIGN = re.compile(r"/api/(?!plugin/img2stl)")


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("octoprint")).start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def chromium():
    program = shutil.which("chromium") or shutil.which("chromium-browser")
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
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.errors.append(str(error)))

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

    def picture(self, name):
        ARTEFACTS.mkdir(exist_ok=True)
        version = os.environ.get("IMG2STL_TEST_PYTHON", "").split(os.sep)[-3:-2]
        prefix = "-".join([*version, self.name])
        self.page.screenshot(path=ARTEFACTS / f"{prefix}-{name}.png", full_page=True)

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
