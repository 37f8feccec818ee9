"""An endpoint as its owner describes it: where it is, how it is spoken to, with which key."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

from ..problems import N_
from .addresses import is_near
from .driver import DOWNLOAD_LIMIT_BYTES
from .refused import SolidRefused

AUTHS = ("none", "bearer", "key", "basic", "header", "login")
ID = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
MOST_ENDPOINTS = 20
MOST_OPTION_BYTES = 400_000  # a ComfyUI workflow with notes in it
HEADER_NAME = re.compile(r"[A-Za-z0-9-]{1,60}")


@dataclass(frozen=True)
class EndpointOption:
    """A further field of an endpoint, from which the browser makes its form.

    Attributes:
        name: key in `Endpoint.options`.
        kind: ``choice``, ``text``, ``long`` (many lines, such as JSON), ``number``, ``switch``.
        label, help: for people (`N_`).
        default: what it is when nothing was said.
        choices: of a ``choice``: value -> label (`N_`, or a proper name).
        advanced: folded away.
    """

    name: str
    kind: str
    label: str
    help: str = ""
    default: Any = ""
    choices: Mapping[str, str] = field(default_factory=dict)
    advanced: bool = False


@dataclass(frozen=True)
class Preset:
    """A ready description, to which the owner adds a URL or a key.

    Attributes:
        name: unique among all presets.
        label: for people: `N_`, or proper names.
        help: a sentence on what it is and what is to be filled in (`N_`).
        driver, url, auth, options: as in `Endpoint`; an empty URL is for the owner to fill in.
        costs_money: to be said before it is chosen.
        link: where the service or program is described, or an empty text.
    """

    name: str
    label: str
    help: str
    driver: str
    url: str = ""
    auth: str = "none"
    options: Mapping[str, Any] = field(default_factory=dict)
    costs_money: bool = False
    link: str = ""


@dataclass(frozen=True)
class Endpoint:
    """Where solids are made.

    Attributes:
        id: made by us, `ID`.
        name: how its owner calls it.
        driver: name of the protocol.
        url: base URL without a slash at its end.
        auth: how `secret` is given: ``none``, ``bearer`` (Authorization: Bearer), ``key``
            (Authorization: Key), ``basic`` (with `user`), ``header`` (the header called `user`),
            ``login`` (with `user`, as the protocol does it).
        user: see `auth`.
        secret: key or password; never in `to_json`, never printed.
        verify_tls: whether the certificate is checked.
        ca_file: of the certificate authority, an absolute path; empty: those of the system.
        age_limit_days: how long a job waits for an endpoint that is off.
        deadline_min: how long it may work on a job; 0: as the driver thinks.
        max_mb: of the largest mesh.
        options: the driver's own, see `Driver.options`.
    """

    id: str
    name: str
    driver: str
    url: str = ""
    auth: str = "none"
    user: str = ""
    secret: str = field(default="", repr=False)
    verify_tls: bool = True
    ca_file: str = ""
    age_limit_days: float = 7.0
    deadline_min: float = 0.0
    max_mb: float = DOWNLOAD_LIMIT_BYTES / 2**20
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def host(self) -> str:
        """For people: host and, where it is not the usual one, port."""
        return urlsplit(self.url).netloc.rpartition("@")[2]

    @property
    def origin(self) -> str:
        """Scheme, host and port: the only place the key is sent to."""
        return origin_of(self.url)

    @property
    def is_plain(self) -> bool:
        """Whether what is sent can be read on the way."""
        return urlsplit(self.url).scheme == "http"

    def to_json(self) -> dict[str, Any]:
        """All but the secret."""
        found = {name: getattr(self, name) for name in self.__dataclass_fields__}
        found.pop("secret")
        return {**found, "options": dict(self.options)}

    def with_secret(self, secret: str) -> Endpoint:
        return replace(self, secret=secret)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Endpoint:
        """Validate what came from outside; without the secret.

        Raises:
            SolidRefused: with the field (``endpoint.url``).
        """
        known = {
            name: data[name]
            for name in cls.__dataclass_fields__
            if name in data and name != "secret"
        }
        for name in ("id", "name", "driver", "url", "auth", "user", "ca_file"):
            known[name] = str(known.get(name, "") or "").strip()[:500]
        known["auth"] = known["auth"] or "none"
        options = known.get("options")
        known["options"] = dict(options) if isinstance(options, Mapping) else {}
        known["url"] = known["url"].rstrip("/")
        _check_words(known)
        check_url(known["url"])
        for name, (low, high) in NUMBERS.items():
            known[name] = _number(name, known.get(name), low, high, cls)
        known["verify_tls"] = known.get("verify_tls", True) is not False
        return cls(**known)


NUMBERS = {
    "age_limit_days": (0.0, 60.0),
    "deadline_min": (0.0, 24 * 60.0),
    "max_mb": (1.0, 1000.0),
}


def origin_of(url: str) -> str:
    """Scheme, host and port of a URL, the port always said, all in lower case."""
    parts = urlsplit(url)
    port = parts.port or {"http": 80, "https": 443}.get(parts.scheme, 0)
    return f"{parts.scheme}://{parts.hostname or ''}:{port}".lower()


def check_url(url: str) -> None:
    """Refuse a base URL that is none, or that would send photos readable over the internet.

    A host name may stand for any address: `Line` looks at the one that was reached.

    Raises:
        SolidRefused: `solid.bad_url`, `solid.plain_http`.
    """
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
        good = good and url.isprintable() and " " not in url
    except ValueError:
        good = False
    if not good or "@" in parts.netloc or parts.query or parts.fragment:
        raise SolidRefused(
            "solid.bad_url",
            N_(
                "%(url)s is not a usable address; write it as http://192.168.1.20:8081 or "
                "https://example.org, without user name and question mark."
            ),
            field="endpoint.url",
            url=url[:100],
        )
    if parts.scheme == "http" and is_public(parts.hostname):
        raise plain_http(parts.hostname)


def plain_http(host: str) -> SolidRefused:
    return SolidRefused(
        "solid.plain_http",
        N_(
            "%(host)s is outside of your network, where plain http would show the photos and "
            "the key to others; use its https address."
        ),
        field="endpoint.url",
        host=host[:100],
    )


def is_public(address: str) -> bool:
    """Whether this is an address on the internet; a host name is not known to be one."""
    try:
        ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    return not is_near(address)


def _check_words(known: Mapping[str, Any]) -> None:
    if not ID.fullmatch(known["id"]):
        raise SolidRefused(
            "solid.bad_endpoint_id",
            N_("This endpoint has no usable id; add it again."),
            field="endpoint.id",
        )
    if not known["name"] or len(known["name"]) > 60:
        raise SolidRefused(
            "solid.no_endpoint_name",
            N_("Give the endpoint a name of at most 60 letters."),
            field="endpoint.name",
        )
    if known["auth"] not in AUTHS:
        raise SolidRefused(
            "solid.unknown_auth",
            N_("%(auth)s is no way to log in; choose one of %(choices)s."),
            field="endpoint.auth",
            auth=known["auth"][:40],
            choices=", ".join(AUTHS),
        )
    if known["auth"] == "header" and not HEADER_NAME.fullmatch(known["user"]):
        raise SolidRefused(
            "solid.bad_header",
            N_("Give the name of the header that carries the key, such as X-API-Key."),
            field="endpoint.user",
        )
    if known["ca_file"] and not known["ca_file"].startswith("/"):
        raise SolidRefused(
            "solid.bad_ca_file",
            N_("Give the full path of the certificate file, beginning with a slash."),
            field="endpoint.ca_file",
        )
    size = sum(len(str(value)) for value in known["options"].values())
    if size > MOST_OPTION_BYTES:
        raise SolidRefused(
            "solid.options_too_long",
            N_("The settings of this endpoint are too long; shorten the workflow."),
            field="endpoint.options",
        )


def _number(name: str, value: Any, low: float, high: float, cls: type) -> float:
    if value is None or value == "":
        return float(cls.__dataclass_fields__[name].default)
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        number = float("nan")
    if not low <= number <= high:
        raise SolidRefused(
            "solid.endpoint_out_of_range",
            N_(
                "%(value)s cannot be used for %(setting)s; "
                "give a number from %(low)s to %(high)s."
            ),
            field=f"endpoint.{name}",
            setting=name,
            value=str(value)[:40],
            low=low,
            high=high,
        )
    return number
