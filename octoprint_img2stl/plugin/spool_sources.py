"""How each of the plugins that keep spools is asked which are loaded.

None of these plugins offers helpers to others (``__plugin_helpers__``), so each is asked the
way its own pages ask it. What was read for this, on 2026-11-27:

- Spoolman (github.com/mdziekon/octoprint-spoolman, 1.3.0 and 990a2d8): which spool is in
  which tool stands in its settings, ``selectedSpoolIds`` = ``{"0": {"spoolId": "12"}}``; all
  else is asked of the server at ``spoolmanUrl`` (github.com/Donkie/Spoolman, 0.26.1),
  ``GET /api/v1/spool/<id>``.
- SpoolManager (github.com/OllisGit/OctoPrint-SpoolManager, 1.7.0, and the fork that is kept
  alive, github.com/WildRikku/OctoPrint-SpoolManager, 1.7.8 and 1.8.0a3) and
  SpoolManagerExtended (github.com/Ajimaru/OctoPrint-SpoolManagerExtended, 128d2cf): the
  implementation's ``loadSelectedSpools()`` returns one database row or None per tool. Its
  ``api_getSelectedSpoolInformations()`` does not say what is left. Up to 1.8 each of these
  calls fires the event ``plugin_spoolmanager_spool_selected``, and a pop-up where the
  database is off, so they are made only where a spool is selected (``selectedSpoolsDatabaseIds``)
  and not often. Nothing here may be read anew because of that event.
- Filament Manager (github.com/malnvenshorn/OctoPrint-FilamentManager, 0.5.3, and the fork for
  Python 3, github.com/OllisGit/OctoPrint-FilamentManager, 1.8.1): the implementation's
  ``filamentManager.get_all_selections(client_id)`` returns dictionaries.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit

from ..problems import Refusal
from ..solid3d.endpoint import Endpoint, check_url
from ..solid3d.line import Line
from .spool import GRAMS, Spool, checked

LIMIT_S = 2.0  # for a server that may be off
MOST_BYTES = 256 * 1024  # of its answer about one spool
MOST_TOOLS = 16
_ID = re.compile(r"[0-9]{1,9}")

_log = logging.getLogger(__name__)


# -- what is selected, as the settings say --------------------------------------------------


def _of(settings: Any, source: str, key: str) -> Any:
    """A setting of another plugin; None if it was never changed from its default."""
    return settings.global_get(["plugins", source, key])


def _spoolman_ids(settings: Any) -> dict[int, int]:
    """tool -> number of its spool."""
    found: dict[int, int] = {}
    said = _of(settings, "Spoolman", "selectedSpoolIds")
    for tool, entry in said.items() if isinstance(said, dict) else ():
        number = str(entry.get("spoolId")) if isinstance(entry, dict) else ""
        if _ID.fullmatch(str(tool)) and _ID.fullmatch(number) and int(tool) < MOST_TOOLS:
            found[int(tool)] = int(number)
    return found


def _database_ids(settings: Any, source: str) -> list[Any]:
    """Number of its spool, or None, of each tool; empty where no tool has one."""
    said = _of(settings, source, "selectedSpoolsDatabaseIds")
    if not isinstance(said, list) or all(each is None for each in said):
        return []
    return said[:MOST_TOOLS]


def selected(settings: Any) -> str:
    """A text that is another one as soon as another spool is selected."""
    databases = [_database_ids(settings, source) for source in DATABASES]
    return repr((sorted(_spoolman_ids(settings).items()), databases))


# -- what each plugin says ------------------------------------------------------------------


def _from_spoolman(source: str, plugin: Any, settings: Any) -> list[Spool] | None:
    chosen = _spoolman_ids(settings)
    if not chosen:
        return None
    try:
        line = Line(_endpoint(settings), connect_s=LIMIT_S)
    except (Refusal, ValueError) as error:
        _log.info("Spoolman cannot be asked (%s)", type(error).__name__)
        return []
    until = time.monotonic() + LIMIT_S
    found = []
    for tool, number in chosen.items():
        spool = _asked(line, f"api/v1/spool/{number}", until - time.monotonic())
        filament = spool.get("filament")
        if not isinstance(filament, dict):
            continue
        vendor = filament.get("vendor")
        price, full = spool.get("price"), spool.get("initial_weight")
        found.append(
            Spool.of_foreign(
                source,
                tool,
                number,
                vendor=vendor.get("name") if isinstance(vendor, dict) else None,
                name=filament.get("name"),
                material=filament.get("material"),
                colours=(
                    filament.get("color_hex"),
                    *str(filament.get("multi_color_hexes")).split(",", 8),
                ),
                left=spool.get("remaining_weight"),
                diameter=filament.get("diameter"),
                density=filament.get("density"),
                price=filament.get("price") if price is None else price,
                full=filament.get("weight") if full is None else full,
            )
        )
    return found


def _endpoint(settings: Any) -> Endpoint:
    """The Spoolman server, with name and password if they stand in its URL.

    Raises:
        SolidRefused, ValueError: the URL is none, or would show them on the internet.
    """
    parts = urlsplit(str(_of(settings, "Spoolman", "spoolmanUrl") or "").strip())
    login, _, host = parts.netloc.rpartition("@")
    user, _, secret = login.partition(":")
    url = urlunsplit((parts.scheme, host, parts.path.rstrip("/"), "", ""))
    check_url(url)
    verified = _of(settings, "Spoolman", "isSpoolmanCertVerifyEnabled") is not False
    ca_file = _of(settings, "Spoolman", "spoolmanCertPemPath") if verified else ""
    return Endpoint(
        id="spoolman",
        name="Spoolman",
        driver="spoolman",
        url=url,
        auth="basic" if login else "none",
        user=unquote(user),
        secret=unquote(secret),
        verify_tls=verified,
        ca_file=str(ca_file or ""),
    )


def _asked(line: Line, path: str, left_s: float) -> dict[str, Any]:
    """What the server says, empty if it does not within the time."""
    if left_s <= 0:
        return {}
    try:
        answer = line.get(path, read_s=left_s, total_s=left_s, most_bytes=MOST_BYTES)
        said = answer.json() if answer.ok else None
    except Refusal as refusal:
        _log.info("Spoolman did not tell its spools (%s)", refusal.code)
        return {}
    return said if isinstance(said, dict) else {}


def _from_database(source: str, plugin: Any, settings: Any) -> list[Spool] | None:
    if not _database_ids(settings, source):
        return None
    found = []
    rows = plugin.implementation.loadSelectedSpools()
    for tool, row in enumerate(rows[:MOST_TOOLS]):
        if row is None:
            continue
        # `remainingWeight` is that of when the row was last saved; the plugin's own warning
        # works it out anew, too.
        full = checked(row.totalWeight, GRAMS)
        left = row.remainingWeight
        if full is not None:
            left = max(full - (checked(row.usedWeight, GRAMS) or 0.0), 0.0)
        found.append(
            Spool.of_foreign(
                source,
                tool,
                row.databaseId,
                vendor=row.vendor,
                name=row.displayName,
                material=row.material,
                colours=(row.color,),
                left=left,
                diameter=row.diameter,
                density=row.density,
                price=row.cost,
                full=full,
            )
        )
    return found


def _from_filamentmanager(source: str, plugin: Any, settings: Any) -> list[Spool] | None:
    implementation = plugin.implementation
    selections = implementation.filamentManager.get_all_selections(
        implementation.client_id
    )
    found = []
    for selection in selections[:MOST_TOOLS]:
        spool, profile = selection["spool"], selection["spool"]["profile"]
        # 0 stands for what was not filled in.
        full = checked(spool["weight"], GRAMS) or None
        left = full and max(full - (checked(spool["used"], GRAMS) or 0.0), 0.0)
        found.append(
            Spool.of_foreign(
                source,
                int(selection["tool"]),
                spool["id"],
                vendor=profile["vendor"],
                name=spool["name"],
                material=profile["material"],
                colours=(),
                left=left,
                diameter=profile["diameter"],
                density=profile["density"],
                price=spool["cost"],
                full=full,
            )
        )
    return found or None


Reader = Callable[[str, Any, Any], "list[Spool] | None"]  # None: no spool is selected
SOURCES: dict[str, Reader] = {
    "Spoolman": _from_spoolman,
    "SpoolManagerExtended": _from_database,
    "SpoolManager": _from_database,
    "filamentmanager": _from_filamentmanager,
}
DATABASES = ("SpoolManagerExtended", "SpoolManager")
NOTHING_SELECTED = repr(([], [[] for _ in DATABASES]))
