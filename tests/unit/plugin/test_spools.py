"""The loaded spools, with OctoPrint's real settings and real plugin manager.

The imitated plugins do what these releases do:

- Spoolman: mdziekon/octoprint-spoolman 1.3.0 (c8b2459), settings as in `common/settings.py`
  and `PluginAPI.handleUpdateActiveSpool`; its server: Donkie/Spoolman 0.26.1 (a9e5055),
  `spoolman/api/v1/models.py`, which leaves out what is None;
- SpoolManager: OllisGit/OctoPrint-SpoolManager 1.7.0 (dea8d64) and WildRikku's 1.7.8
  (26af7f3), `api/SpoolManagerAPI.py` and `models/SpoolModel.py`;
- Filament Manager: OllisGit/OctoPrint-FilamentManager 1.8.1 (ab5311b), `data/__init__.py`.
"""

from __future__ import annotations

import json
import logging
import threading
from contextlib import suppress
from types import SimpleNamespace

import pytest

import octoprint.plugin
from octoprint.plugin.core import PluginManager
from octoprint.settings import Settings

from octoprint_img2stl.plugin import spool_sources, spools
from octoprint_img2stl.plugin.spool import Spool, enough
from octoprint_img2stl.plugin.spools import Spools, loaded_spools
from tests.fakes.plain_http import PlainFake, Reply

# A plugin in one file; its implementation does what the test says.
PLUGIN = """
import octoprint.plugin

class Implementation(octoprint.plugin.SettingsPlugin):
    pass

__plugin_name__ = "Imitation"
__plugin_pythoncompat__ = ">=3.7,<4"
__plugin_implementation__ = Implementation()
"""


@pytest.fixture
def settings_of(tmp_path):
    """settings_of(plugin, defaults) -> its settings; all in one real configuration."""
    folder = tmp_path / "octoprint"
    folder.mkdir()
    real = Settings(configfile=str(folder / "config.yaml"), basedir=str(folder))

    def make(plugin, defaults=None):
        return octoprint.plugin.PluginSettings(real, plugin, defaults=defaults or {})

    return make


@pytest.fixture
def ours(settings_of):
    return settings_of("img2stl")


@pytest.fixture
def install(tmp_path):
    """install(name, …) -> OctoPrint's plugin manager with these plugins."""
    folder = tmp_path / "plugins"
    folder.mkdir()

    def make(*names, disabled=()):
        for name in names:
            (folder / f"{name}.py").write_text(PLUGIN)
        manager = PluginManager(
            [str(folder)],
            [octoprint.plugin.OctoPrintPlugin],
            [],
            plugin_disabled_list=list(disabled),
        )
        manager.reload_plugins(startup=True, initialize_implementations=False)
        return manager

    return make


# -- Spoolman -------------------------------------------------------------------------------

FILAMENT = {
    "id": 3,
    "registered": "2026-01-02T03:04:05Z",
    "name": "Galaxy Black",
    "vendor": {
        "id": 1,
        "registered": "2026-01-02T03:04:05Z",
        "name": "Prusament",
        "extra": {},
    },
    "material": "PETG",
    "price": 30.0,
    "density": 1.27,
    "diameter": 1.75,
    "weight": 1000.0,
    "color_hex": "1A2B3CFF",
    "extra": {},
}
SPOOL = {
    "id": 12,
    "registered": "2026-01-02T03:04:05Z",
    "filament": FILAMENT,
    "remaining_weight": 240.5,
    "used_weight": 759.5,
    "used_length": 250000.0,
    "archived": False,
    "extra": {},
}


class Spoolman(PlainFake):
    """A Spoolman server.

    Attributes:
        spools: number -> what it says of it.
        slow: it takes requests and says nothing until it is stopped.
        drips: it answers a blank now and then instead.
        ended: requests that it gave up itself.
    """

    def __init__(self):
        super().__init__()
        self.spools = {12: SPOOL}
        self.slow = False
        self.drips = False
        self.ended = 0

    def take_over(self, asked, handler):
        if self.drips:
            self.drip(handler)
        elif self.slow:
            self.closing.wait(20)
            self.ended += 1
        return self.slow or self.drips

    def drip(self, handler):
        handler.send_response(200)
        handler.end_headers()
        with suppress(OSError):  # who asked went away
            for _ in range(400):
                handler.wfile.write(b" ")
                self.closing.wait(0.05)
            self.ended += 1

    def answer(self, asked):
        number = asked.path.removeprefix("/api/v1/spool/")
        found = self.spools.get(int(number)) if number.isdecimal() else None
        if isinstance(found, Reply):
            return found
        if found is None:
            return Reply(404, {"message": "No spool with this ID."})
        return Reply(200, found)


@pytest.fixture
def spoolman():
    with Spoolman() as server:
        yield server


@pytest.fixture
def select(settings_of, spoolman):
    """select({tool: spool}) in the plugin of Spoolman, as its own page does."""
    theirs = settings_of(
        "Spoolman",
        {
            "spoolmanUrl": "",
            "isSpoolmanCertVerifyEnabled": True,
            "spoolmanCertPemPath": "",
            "selectedSpoolIds": {},
        },
    )

    def make(chosen, url=None):
        spools_of = theirs.get(["selectedSpoolIds"])
        for tool, number in chosen.items():
            spools_of[tool] = {"spoolId": number}
        theirs.set(["selectedSpoolIds"], spools_of)
        theirs.set(["spoolmanUrl"], spoolman.url + "/" if url is None else url)

    return make


def test_spoolman(install, ours, spoolman, select):
    manager = install("Spoolman")
    select({0: "12"})
    (found,) = loaded_spools(manager, ours)
    assert found == Spool(
        source="Spoolman",
        tool=0,
        name="Prusament Galaxy Black",
        material="PETG",
        material_key="petg",
        colour_hex="#1a2b3c",
        left_g=240.5,
        diameter=1.75,
        density=1.27,
        cost_per_kg=30.0,
    )
    (asked,) = spoolman.asked
    assert (asked.method, asked.path) == ("GET", "/api/v1/spool/12")
    assert json.loads(json.dumps(found.to_json()))["left_g"] == 240.5


def test_spoolman_with_several_tools(install, ours, spoolman, select):
    bare = {"density": 1.24, "diameter": 2.85, "multi_color_hexes": "FF0000,00FF00"}
    spoolman.spools[7] = {"id": 7, "filament": bare, "used_weight": 0.0}
    spoolman.spools[8] = {**SPOOL, "price": 20.0, "initial_weight": 500.0}
    select({2: "8", 1: None, 0: "7", 3: "99"})
    first, third = loaded_spools(install("Spoolman"), ours)
    assert (first.tool, third.tool) == (0, 2)
    assert first == Spool(
        "Spoolman", 0, "#7", colour_hex="#ff0000", diameter=2.85, density=1.24
    )
    assert third.cost_per_kg == 40.0


def test_spoolman_below_a_path_and_with_a_password(install, ours, spoolman, select):
    host = spoolman.url.removeprefix("http://")
    select({0: "12"}, f"http://pi:s%40fe@{host}/store/")
    assert loaded_spools(install("Spoolman"), ours) == ()
    (asked,) = spoolman.asked
    assert asked.path == "/store/api/v1/spool/12"
    assert asked.headers["authorization"] == "Basic cGk6c0BmZQ=="


@pytest.mark.parametrize(
    ("verify", "pem", "expected"),
    [
        (True, "", (True, "")),  # the defaults, which OctoPrint does not store
        (True, "/home/pi/own.pem", (True, "/home/pi/own.pem")),
        (False, "/home/pi/own.pem", (False, "")),
    ],
)
def test_certificates_are_checked_as_spoolman_was_told(
    verify, pem, expected, settings_of, ours, select
):
    select({0: "12"}, "https://spoolman.lan:7912/")
    defaults = {"isSpoolmanCertVerifyEnabled": True, "spoolmanCertPemPath": ""}
    theirs = settings_of("Spoolman", defaults)
    theirs.set_boolean(["isSpoolmanCertVerifyEnabled"], verify)
    theirs.set(["spoolmanCertPemPath"], pem)
    endpoint = spool_sources._endpoint(ours)
    assert endpoint.url == "https://spoolman.lan:7912"
    assert (endpoint.verify_tls, endpoint.ca_file) == expected


@pytest.mark.parametrize(
    "number",
    ["12/../../x", "12?x=1", "-1", "1e3", "", "9" * 30, ["12"], {"a": 1}, True, 1.5],
)
def test_only_numbers_get_into_an_address(number, install, ours, spoolman, select):
    select({0: number})
    assert loaded_spools(install("Spoolman"), ours) == ()
    assert spoolman.asked == []


@pytest.mark.parametrize(
    "reply",
    [
        Reply(500, {"message": "broken"}),
        Reply(200, b"<html>proxy</html>", "text/html"),
        Reply(200, b"{" * 100_000),
        Reply(200, b'{"filament": ' + b"[" * 50_000),
        Reply(200, b"[]"),
        Reply(200, b"null"),
        Reply(200, {"filament": None}),
        Reply(200, {"filament": "PLA"}),
        Reply(200, b" " * 300_000 + b'{"filament": {}}'),
        Reply(200, b'{"filament": {}}', length=1000),
        Reply(302, b"", headers={"Location": "http://example.org/"}),
        Reply(302, b"", headers={"Location": "/api/v1/spool/12"}),
    ],
    ids=range(12),
)
def test_a_bad_answer_is_no_spool(reply, install, ours, spoolman, select):
    spoolman.spools[12] = reply
    select({0: "12"})
    assert loaded_spools(install("Spoolman"), ours) == ()
    assert spoolman.asked


def test_hostile_values_are_cleaned_or_left_out(install, ours, spoolman, select):
    filament = {
        "name": "A\u202ebc\x1b[31m\n<b>" + "x" * 500,
        "vendor": ["no"],
        "material": {"PLA": 1},
        "color_hex": "url(x)",
        "density": -1,
        "diameter": "wide",
        "price": float("inf"),
        "weight": True,
    }
    spoolman.spools[12] = {
        **SPOOL,
        "filament": filament,
        "remaining_weight": float("nan"),
    }
    select({0: "12"})
    (found,) = loaded_spools(install("Spoolman"), ours)
    assert found.name.startswith("Abc <b>xxx") and len(found.name) == 80
    assert found == Spool("Spoolman", 0, found.name)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "spoolman",
        "ftp://127.0.0.1/",
        "http://",
        "http://[::1",
        "http://8.8.8.8/",
        "\x00",
    ],
)
def test_no_usable_address(url, install, ours, spoolman, select):
    select({0: "12"}, url)
    assert loaded_spools(install("Spoolman"), ours) == ()


def test_a_server_that_is_off(install, ours, spoolman, select, caplog):
    select({0: "12"}, spoolman.url.replace("http://", "http://pi:hidden-word@"))
    spoolman.stop()
    with caplog.at_level(logging.DEBUG):
        assert loaded_spools(install("Spoolman"), ours) == ()
    assert "Spoolman" in caplog.text and "hidden-word" not in caplog.text


# -- SpoolManager ---------------------------------------------------------------------------


def row(number, **values):
    """A row of the model; every field may be None."""
    names = (
        "vendor displayName material color totalWeight usedWeight remainingWeight "
        "diameter density cost"
    )
    return SimpleNamespace(
        **{**dict.fromkeys(names.split()), "databaseId": number, **values}
    )


@pytest.fixture
def database(install, settings_of):
    """database(rows, …) -> plugin manager with a SpoolManager that has them selected."""

    def make(rows, source="SpoolManager", *, beside=()):
        manager = install(source, *beside)
        theirs = settings_of(source, {"selectedSpoolsDatabaseIds": []})
        numbers = [each and each.databaseId for each in rows]
        theirs.set(["selectedSpoolsDatabaseIds"], numbers)
        plugin = manager.get_plugin_info(source)
        plugin.implementation.asked = 0

        def load():
            plugin.implementation.asked += 1
            return list(rows)

        plugin.implementation.loadSelectedSpools = load
        return manager

    return make


@pytest.mark.parametrize("source", ["SpoolManager", "SpoolManagerExtended"])
def test_spoolmanager(source, database, ours):
    full = row(
        5,
        vendor="Prusament",
        displayName="Silver",
        material="PLA_plus",
        color="#C0C0C0",
        totalWeight=1000.0,
        usedWeight=950.25,
        remainingWeight=800.0,  # of when it was saved last
        diameter=1.75,
        density=1.24,
        cost=25.0,
    )
    (found,) = loaded_spools(database([None, full], source), ours)
    assert found == Spool(
        source=source,
        tool=1,
        name="Prusament Silver",
        material="PLA_plus",
        material_key="pla",
        colour_hex="#c0c0c0",
        left_g=49.75,
        diameter=1.75,
        density=1.24,
        cost_per_kg=25.0,
    )


@pytest.mark.parametrize(
    ("values", "left"),
    [
        ({}, None),
        ({"totalWeight": 750.0}, 750.0),
        ({"totalWeight": 750.0, "usedWeight": 800.0}, 0.0),
        ({"remainingWeight": 33.0}, 33.0),
        ({"remainingWeight": -3.0}, None),
        ({"usedWeight": 10.0}, None),
        ({"totalWeight": "750"}, 750.0),
        ({"totalWeight": ""}, None),
        ({"totalWeight": 10**400}, None),
    ],
)
def test_what_is_left_by_spoolmanager(values, left, database, ours):
    (found,) = loaded_spools(database([row(5, **values)]), ours)
    assert (found.left_g, found.name) == (left, "#5")


def test_spoolmanager_is_not_asked_where_nothing_is_selected(database, ours):
    """Its answer fires events, and tells about a database that is off."""
    manager = database([None, None])
    assert loaded_spools(manager, ours) == ()
    assert manager.get_plugin_info("SpoolManager").implementation.asked == 0


def test_the_names_key_counts_where_the_material_is_missing(database, ours):
    (found,) = loaded_spools(database([row(5, displayName="Black ASA")]), ours)
    assert found.material_key == "asa"
    (found,) = loaded_spools(
        database([row(5, displayName="Black ASA", material="PVA")]), ours
    )
    assert found.material_key is None


# -- Filament Manager -----------------------------------------------------------------------


def selection(tool, **values):
    spool = {
        "id": 4,
        "name": "Red",
        "cost": 20.0,
        "weight": 800.0,
        "used": 300.0,
        "temp_offset": 0,
        "profile": {
            "id": 2,
            "vendor": "Some Maker",
            "material": "ABS",
            "density": 1.04,
            "diameter": 2.85,
        },
    }
    return {"tool": tool, "client_id": "this one", "spool": {**spool, **values}}


@pytest.fixture
def filament_manager(install):
    def make(selections):
        manager = install("filamentmanager")
        plugin = manager.get_plugin_info("filamentmanager").implementation
        plugin.client_id = "this one"
        kept = {"this one": selections, "another printer": [selection(3)]}
        plugin.filamentManager = SimpleNamespace(
            get_all_selections=lambda client_id: kept[client_id]
        )
        return manager

    return make


def test_filament_manager(filament_manager, ours):
    unknown = {"weight": 0.0, "cost": 0.0}
    second, first = selection(1, **unknown), selection(0)
    found = loaded_spools(filament_manager([second, first]), ours)
    assert found[0] == Spool(
        source="filamentmanager",
        tool=0,
        name="Some Maker Red",
        material="ABS",
        material_key="abs",
        left_g=500.0,
        diameter=2.85,
        density=1.04,
        cost_per_kg=25.0,
    )
    assert (found[1].tool, found[1].left_g, found[1].cost_per_kg) == (1, None, None)
    assert loaded_spools(filament_manager([]), ours) == ()


# -- which one ------------------------------------------------------------------------------


def test_no_such_plugin(install, ours):
    assert loaded_spools(install(), ours) == ()


def test_a_plugin_that_is_disabled_says_nothing(install, ours, spoolman, select):
    select({0: "12"})
    assert loaded_spools(install("Spoolman", disabled=["Spoolman"]), ours) == ()
    assert spoolman.asked == []


def test_the_first_with_a_selection_counts(install, ours, spoolman, select, database):
    manager = database([row(5, displayName="Old one")], beside=["Spoolman"])
    assert [each.source for each in loaded_spools(manager, ours)] == ["SpoolManager"]
    select({0: "12"})
    assert [each.source for each in loaded_spools(manager, ours)] == ["Spoolman"]
    spoolman.spools.clear()  # what it has is not known, but it is not the old one
    assert loaded_spools(manager, ours) == ()


@pytest.mark.parametrize(
    "implementation",
    [
        None,
        SimpleNamespace(),
        SimpleNamespace(loadSelectedSpools=lambda: None),
        SimpleNamespace(loadSelectedSpools=lambda: [object()]),
        SimpleNamespace(loadSelectedSpools=lambda: 1 / 0),
    ],
)
def test_a_plugin_of_tomorrow_breaks_nothing(implementation, database, ours, caplog):
    manager = database([row(5)])
    plugin = manager.get_plugin_info("SpoolManager")
    plugin.instance.__plugin_implementation__ = implementation
    with caplog.at_level(logging.INFO):
        assert loaded_spools(manager, ours) == ()
    assert "SpoolManager did not tell its spools" in caplog.text


@pytest.mark.parametrize(
    "said", ["text", 5, [1], {"x": {"spoolId": "1"}}, {"99": 1}, None]
)
def test_settings_of_tomorrow_break_nothing(said, install, settings_of, ours):
    settings_of("Spoolman", {}).set(["selectedSpoolIds"], said, force=True)
    settings_of("SpoolManager", {}).set(["selectedSpoolsDatabaseIds"], said, force=True)
    assert loaded_spools(install("Spoolman", "SpoolManager"), ours) == ()


# -- remembered -----------------------------------------------------------------------------


def test_asked_once_in_a_while_and_anew_for_another_spool(
    install, ours, spoolman, select, monkeypatch
):
    select({0: "12"})
    remembered = Spools(install("Spoolman"), ours)
    assert remembered.loaded()[0].left_g == 240.5
    spoolman.spools[12] = {**SPOOL, "remaining_weight": 100.0}
    spoolman.spools[7] = {**SPOOL, "remaining_weight": 900.0}
    assert remembered.loaded()[0].left_g == 240.5
    assert len(spoolman.asked) == 1
    select({0: "7"})
    assert remembered.loaded()[0].left_g == 900.0
    select({0: "12"})
    assert remembered.loaded()[0].left_g == 100.0
    monkeypatch.setattr(spools, "KEEP_S", 0.0)
    select({0: "7"})
    remembered.loaded()
    remembered.loaded()
    assert len(spoolman.asked) == 5


@pytest.mark.parametrize("how", ["slow", "drips"])
def test_a_server_that_hangs_is_let_go(how, install, ours, spoolman, select, monkeypatch):
    monkeypatch.setattr(spool_sources, "LIMIT_S", 0.3)
    setattr(spoolman, how, True)
    select({0: "12", 1: "7"})
    assert loaded_spools(install("Spoolman"), ours) == ()
    assert spoolman.ended == 0
    assert len(spoolman.asked) == 1  # there was no time left for the second


def test_nothing_that_was_learnt_is_remembered_longer(
    install, ours, spoolman, select, monkeypatch
):
    monkeypatch.setattr(spools, "KEEP_S", 0.0)
    spoolman.spools.clear()
    select({0: "12"})
    remembered = Spools(install("Spoolman"), ours)
    assert remembered.loaded() == () and remembered.loaded() == ()
    assert len(spoolman.asked) == 1


def test_a_database_that_hangs_is_asked_by_one_thread_only(database, ours):
    manager = database([row(5, displayName="Late")])
    plugin = manager.get_plugin_info("SpoolManager").implementation
    load, go, entered = plugin.loadSelectedSpools, threading.Event(), []

    def slowly():
        entered.append(threading.current_thread())
        go.wait(20)
        return load()

    plugin.loadSelectedSpools = slowly
    remembered = Spools(manager, ours)
    for _ in range(5):
        assert remembered.loaded(wait_s=0.05) == ()
    go.set()
    entered[0].join(20)
    assert [each.name for each in remembered.loaded()] == ["Late"]
    assert len(entered) == 1


def test_what_was_known_serves_while_news_are_awaited(
    install, ours, spoolman, select, monkeypatch
):
    monkeypatch.setattr(spools, "KEEP_S", 0.0)
    select({0: "12"})
    remembered = Spools(install("Spoolman"), ours)
    assert remembered.loaded()[0].left_g == 240.5
    spoolman.slow = True
    assert remembered.loaded(wait_s=0)[0].left_g == 240.5


def test_it_never_raises(caplog):
    assert Spools(None, None).loaded() == ()
    assert loaded_spools(None, None) == ()


# -- is it enough ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("left", "need"),
    [
        (None, 10.0),
        (10.0, None),
        (10.0, 10.0),
        (10.0, 0.0),
        (0.0, 0.0),
        (5.0, float("nan")),
    ],
)
def test_enough(left, need):
    assert enough(Spool("Spoolman", 0, "Red", left_g=left), need) is None


@pytest.mark.parametrize(
    ("left", "need", "said"),
    [
        (40.0, 52.34, ("40.0", "52.4")),
        (0.0, 0.01, ("0.0", "0.1")),
        (49.94, 49.96, ("49.9", "50.0")),
        (49.9, 50.3, ("49.9", "50.3")),
    ],
)
def test_not_enough_says_both(left, need, said):
    problem = enough(Spool("Spoolman", 0, "100% Red", left_g=left), need)
    assert (problem.code, problem.severity) == ("slicing.spool_short", "warning")
    assert problem.message.startswith(f"100% Red has {said[0]} g of filament left")
    assert f"needs {said[1]} g" in problem.message
    assert json.loads(json.dumps(problem.to_json()))["values"]["name"] == "100% Red"
