"""Fixtures: one OctoPrint for most tests; those that kill it start their own."""

import shutil
from pathlib import Path

import pytest

from tests.serving import Server

SPOOLMAN = Path(__file__).parents[1] / "fakes" / "spoolman_plugin.py"


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("octoprint"))
    plugins = server.base / "plugins"
    plugins.mkdir()
    shutil.copy(SPOOLMAN, plugins / "Spoolman.py")
    server.start()
    yield server
    server.stop()


# OctoPrint ends a session that was not used for 15 minutes, so each file has its own.
@pytest.fixture(scope="module")
def admin(server):
    return server.login("admin")


@pytest.fixture(scope="module")
def bob(server):
    return server.login("bob")


@pytest.fixture
def own_server(tmp_path):
    """An OctoPrint that the test may kill."""
    server = Server(tmp_path / "octoprint").start()
    yield server
    server.stop()
