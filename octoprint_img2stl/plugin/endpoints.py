"""The endpoints that the owner set up, kept on disk, and what was learned of each of them.

Three files: the list, the keys apart from it (in a folder of their own that nobody else can
enter and that no backup takes along), and what was learned, which may be lost without harm.
"""

from __future__ import annotations

import logging
import secrets
import statistics
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ..problems import N_, WARNING, Problem
from ..solid3d.driver import DETAILS, Capabilities
from ..solid3d.endpoint import MOST_ENDPOINTS, Endpoint
from ..solid3d.refused import SolidRefused
from . import kept

LIST_FILE = "endpoints.json"
LEARNED_FILE = "endpoints-learned.json"
PRIVATE_FOLDER = "private"
SECRETS_FILE = "secrets.json"
LOCAL = (
    "local"  # the generator without an endpoint, of which usual times are learned as well
)
LONGEST_SECRET = 4000
DURATIONS = 20
KEEP, CLEAR = "", None  # what may be said instead of a new key

_log = logging.getLogger(__name__)


class Endpoints:
    """All endpoints; may be used from several threads.

    Args:
        folder: the plugin's data folder.
        check: what else an endpoint must be like (`solid3d.registry.check`); raises SolidRefused.
        changed: called after the owner changed the list, or a test told something new.
        clock: seconds since 1970.
    """

    def __init__(
        self,
        folder: Path,
        check: Callable[[Endpoint], None] = lambda endpoint: None,
        changed: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._check = check
        self._changed = changed
        self._clock = clock
        self._lock = threading.RLock()
        self._list_file = folder / LIST_FILE
        self._learned_file = folder / LEARNED_FILE
        folder.mkdir(parents=True, exist_ok=True)
        self._secrets_file = kept.private_folder(folder / PRIVATE_FOLDER) / SECRETS_FILE
        self.notices: list[Problem] = []
        self._list = self._load_list()
        self._secrets = self._load_secrets()
        self._learned, _ = kept.load(self._learned_file, _read_learned, {})

    # -- the list ---------------------------------------------------------------------------

    def all(self) -> list[Endpoint]:
        """In the order in which they were added; without their secrets."""
        with self._lock:
            return list(self._list.values())

    def get(self, endpoint_id: str) -> Endpoint:
        """An endpoint with its secret, if it has one for where it is now.

        Raises:
            SolidRefused: `solid.unknown_endpoint`.
        """
        with self._lock:
            endpoint = self._known(endpoint_id)
            return endpoint.with_secret(self._secret_of(endpoint))

    def has_secret(self, endpoint_id: str) -> bool:
        return bool(self.get(endpoint_id).secret)

    def add(self, data: Mapping[str, Any], secret: str | None = CLEAR) -> Endpoint:
        """Add what the owner filled in.

        Args:
            data: as `Endpoint.from_json`; its id is made here.
            secret: its key or password, if it has one.

        Raises:
            SolidRefused: with the field that is not good (``endpoint.url``).
        """
        with self._lock:
            if len(self._list) >= MOST_ENDPOINTS:
                raise SolidRefused(
                    "solid.too_many_endpoints",
                    N_("There are %(most)s endpoints already; delete one first."),
                    most=MOST_ENDPOINTS,
                )
            endpoint = self._checked({**data, "id": secrets.token_hex(6)})
            self._put(endpoint, _good_secret(secret))
            return endpoint

    def change(
        self, endpoint_id: str, data: Mapping[str, Any], secret: str | None = KEEP
    ) -> Endpoint:
        """Replace an endpoint's description.

        Args:
            endpoint_id: which.
            data: the whole new description.
            secret: the new key; `KEEP` leaves the old one, `CLEAR` deletes it.

        Raises:
            SolidRefused: with the field that is not good. A key is never kept for another
                origin than the one it was given for: ``endpoint.secret``.
        """
        with self._lock:
            old = self.get(endpoint_id)
            endpoint = self._checked({**data, "id": old.id})
            if secret is not CLEAR and not secret.strip() and endpoint.auth != "none":
                if old.secret and old.origin != endpoint.origin:
                    raise key_for_other_address(old.host)
                secret = old.secret
            self._put(endpoint, _good_secret(secret))
            self._forget_what_changed(old, endpoint)
            return endpoint

    def remove(self, endpoint_id: str) -> None:
        """Delete an endpoint, its key and what was learned of it. Raises SolidRefused."""
        with self._lock:
            self._known(endpoint_id)
            self._save_list({k: v for k, v in self._list.items() if k != endpoint_id})
            self._save_secret(endpoint_id, None)
            if self._learned.pop(endpoint_id, None):
                self._save_learned()
        self._changed()

    def _known(self, endpoint_id: str) -> Endpoint:
        endpoint = self._list.get(endpoint_id)
        if endpoint is None:
            raise SolidRefused(
                "solid.unknown_endpoint",
                N_("This endpoint does not exist any more; reload the page."),
            )
        return endpoint

    def _checked(self, data: Mapping[str, Any]) -> Endpoint:
        endpoint = Endpoint.from_json(data)
        names = {e.name.casefold() for e in self._list.values() if e.id != endpoint.id}
        if endpoint.name.casefold() in names:
            raise SolidRefused(
                "solid.endpoint_name_taken",
                N_("There is an endpoint called %(name)s already; choose another name."),
                field="endpoint.name",
                name=endpoint.name,
            )
        self._check(endpoint)
        return endpoint

    def _put(self, endpoint: Endpoint, secret: str) -> None:
        # The key first: should the second write fail, it is for an origin nobody asks for.
        kept_secret = secret if endpoint.auth != "none" else ""
        if kept_secret:
            self._save_secret(endpoint.id, (endpoint.origin, kept_secret))
        self._save_list({**self._list, endpoint.id: endpoint})
        if not kept_secret:
            self._save_secret(endpoint.id, None)
        self._changed()

    # -- what was learned -------------------------------------------------------------------

    def capabilities(self, endpoint_id: str) -> Capabilities | None:
        """What the endpoint said it can do; None: it was never asked, as it is set up now."""
        with self._lock:
            found = self._learned.get(endpoint_id, {}).get("capabilities")
        return None if found is None else Capabilities.from_json(found)

    def remember_capabilities(self, endpoint_id: str, found: Capabilities) -> None:
        self._learn(endpoint_id, capabilities=found.to_json())

    def tested(self, endpoint_id: str) -> dict[str, Any] | None:
        """The last test: ``ok``, ``kind`` (of failure), ``problem`` (as JSON) and ``at``."""
        with self._lock:
            return self._learned.get(endpoint_id, {}).get("tested")

    def note_test(
        self, endpoint: Endpoint, problem: Problem, kind: str, found: Capabilities | None
    ) -> None:
        """Remember how a test went, unless the endpoint was changed or deleted meanwhile.

        Args:
            endpoint: as it was tested.
            problem: what it came to, in words.
            kind: of failure; empty: it answered.
            found: what it can do, if it answered.
        """
        with self._lock:
            if endpoint.id not in self._list or self._list[
                endpoint.id
            ] != endpoint.with_secret(""):
                return
            if found is not None:
                self.remember_capabilities(endpoint.id, found)
            self._learn(
                endpoint.id,
                tested={
                    "ok": not kind,
                    "kind": kind,
                    "problem": problem.to_json(),
                    "at": self._clock(),
                },
            )
        self._changed()

    def agreed(self, user: str, endpoint_id: str) -> bool:
        """Whether this user knows, and said so, where photos go with this endpoint, as it is
        now: a changed address asks again. Nothing goes anywhere with ``local``."""
        if endpoint_id == LOCAL:
            return True
        with self._lock:
            origins = self._learned.get(endpoint_id, {}).get("agreed", {})
            return origins.get(user) == self._known(endpoint_id).origin

    def agree(self, user: str, endpoint_id: str) -> None:
        """The user agreed to send photos there. Raises SolidRefused."""
        with self._lock:
            origins = self._learned.get(endpoint_id, {}).get("agreed", {})
            origin = self._known(endpoint_id).origin
            self._learn(endpoint_id, agreed={**origins, user: origin})

    def note_duration(self, endpoint_id: str, detail: str, seconds: float) -> None:
        """A job of this fineness took so long there, or with ``local`` here."""
        with self._lock:
            times = self._learned.get(endpoint_id, {}).get("seconds", {})
            last = [*times.get(detail, ()), round(float(seconds), 2)][-DURATIONS:]
            self._learn(endpoint_id, seconds={**times, detail: last})

    def usual_s(self, endpoint_id: str) -> dict[str, float]:
        """Fineness -> median of the last times; only of those that were ever made."""
        with self._lock:
            times = self._learned.get(endpoint_id, {}).get("seconds", {})
            return {detail: statistics.median(last) for detail, last in times.items()}

    def _learn(self, endpoint_id: str, **facts: Any) -> None:
        if endpoint_id != LOCAL and endpoint_id not in self._list:
            return  # deleted meanwhile
        self._learned[endpoint_id] = {**self._learned.get(endpoint_id, {}), **facts}
        self._save_learned()

    def _forget_what_changed(self, old: Endpoint, new: Endpoint) -> None:
        """What was found out of the old address, key or settings says nothing of the new."""
        facts = self._learned.get(new.id)
        if not facts or old == self.get(new.id):
            return
        doomed = {"capabilities", "tested"}
        if (old.url, old.driver) != (new.url, new.driver):
            doomed.add("seconds")
        self._learned[new.id] = {k: v for k, v in facts.items() if k not in doomed}
        self._save_learned()

    # -- disk -------------------------------------------------------------------------------

    def _load_list(self) -> dict[str, Endpoint]:
        entries, aside = kept.load(self._list_file, _read_entries, [])
        found = {}
        for entry in entries:
            try:
                endpoint = Endpoint.from_json(entry)
                found[endpoint.id] = endpoint
            except (SolidRefused, *kept.DAMAGE):
                aside = aside or kept.set_aside(self._list_file)
        if aside:
            self._notice(
                "solid.endpoints_damaged",
                N_(
                    "The list of endpoints was damaged. What could not be read lies in "
                    "%(file)s in the plugin's data folder; set those endpoints up again."
                ),
                aside,
            )
        return found

    def _load_secrets(self) -> dict[str, tuple[str, str]]:
        found, aside = kept.load(self._secrets_file, _read_secrets, {})
        if aside:
            self._notice(
                "solid.keys_damaged",
                N_(
                    "The file with the keys was damaged and lies now in %(file)s; give the "
                    "endpoints their keys again."
                ),
                f"{PRIVATE_FOLDER}/{aside}",
            )
        return found

    def _notice(self, code: str, template: str, file: str) -> None:
        self.notices.append(Problem(code, WARNING, template, {"file": file}))

    def _secret_of(self, endpoint: Endpoint) -> str:
        origin, secret = self._secrets.get(endpoint.id, ("", ""))
        return secret if origin == endpoint.origin else ""

    def _save_list(self, endpoints: dict[str, Endpoint]) -> None:
        entries = [endpoint.to_json() for endpoint in endpoints.values()]
        _save(self._list_file, {"endpoints": entries})
        self._list = endpoints

    def _save_secret(self, endpoint_id: str, found: tuple[str, str] | None) -> None:
        """Keep a key with its origin, or delete it; keys of endpoints long gone go with it."""
        others = {k: v for k, v in self._secrets.items() if k in self._list}
        others.pop(endpoint_id, None)
        new = {**others, endpoint_id: found} if found else others
        if new == self._secrets:
            return
        _save(
            self._secrets_file,
            {
                each: {"origin": origin, "secret": secret}
                for each, (origin, secret) in new.items()
            },
        )
        self._secrets = new

    def _save_learned(self) -> None:
        try:
            kept.save(self._learned_file, self._learned)
        except OSError as error:
            _log.warning("%s cannot be written: %s", LEARNED_FILE, error.strerror)


def key_for_other_address(host: str) -> SolidRefused:
    return SolidRefused(
        "solid.key_for_other_address",
        N_(
            "The saved key was given for %(host)s and is sent nowhere else. The address has "
            "changed, so give the key again, or clear it."
        ),
        field="endpoint.secret",
        host=host,
    )


def _good_secret(secret: str | None) -> str:
    """The key without what was copied with it. Raises SolidRefused."""
    stripped = str(secret or "").strip()
    if len(stripped) > LONGEST_SECRET or not stripped.isprintable():
        raise SolidRefused(
            "solid.unusable_key",
            N_(
                "This cannot be a key: it has line breaks or is far too long; copy only the "
                "key itself."
            ),
            field="endpoint.secret",
        )
    return stripped


def _save(path: Path, data: Any) -> None:
    try:
        kept.save(path, data)
    except OSError as error:
        raise SolidRefused(
            "solid.cannot_save",
            N_("The endpoints cannot be saved (%(why)s); free some disk space."),
            why=error.strerror or type(error).__name__,
        ) from None


def _read_entries(data: Any) -> list[Mapping[str, Any]]:
    return list(data["endpoints"])


def _read_secrets(data: Any) -> dict[str, tuple[str, str]]:
    return {
        str(key): (str(entry["origin"]), str(entry["secret"]))
        for key, entry in data.items()
    }


def _read_learned(data: Any) -> dict[str, dict[str, Any]]:
    """Raises what `kept.load` takes for damage, so that nobody need look again later."""
    found = {}
    for endpoint_id, facts in data.items():
        found[endpoint_id] = {
            "agreed": dict(facts.get("agreed") or {}),
            "seconds": {
                detail: [float(value) for value in facts["seconds"][detail]][-DURATIONS:]
                for detail in DETAILS
                if (facts.get("seconds") or {}).get(detail)
            },
        }
        if facts.get("capabilities") is not None:
            Capabilities.from_json(facts["capabilities"])
            found[endpoint_id]["capabilities"] = dict(facts["capabilities"])
        if facts.get("tested") is not None:
            str(Problem.from_json(facts["tested"]["problem"]).message)
            found[endpoint_id]["tested"] = {
                name: facts["tested"][name] for name in ("ok", "kind", "problem", "at")
            }
    return found
