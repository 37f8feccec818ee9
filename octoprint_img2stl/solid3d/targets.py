"""Where a request goes, and which addresses it may reach there."""

from __future__ import annotations

import re
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from requests import certs

from . import sentences
from .addresses import is_far, is_near
from .endpoint import Endpoint, origin_of
from .refused import DriverFailed
from .words import plain_words

MOST_URL = 16_000
ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")


@dataclass(frozen=True)
class Target:
    """One URL.

    Attributes:
        url: absolute.
        own: of the configured origin, the only one that gets the key.
        neighbour: of the configured host, on whatever port.
    """

    url: str
    own: bool
    neighbour: bool

    @property
    def label(self) -> str:
        """Host and port for people, whoever wrote them."""
        return plain_words(urlsplit(self.url).netloc, 100)

    @property
    def plain(self) -> bool:
        return urlsplit(self.url).scheme == "http"

    @property
    def host(self) -> str:
        return str(urlsplit(self.url).hostname)

    @property
    def port(self) -> int:
        return urlsplit(self.url).port or (80 if self.plain else 443)

    def allowed(self, address: str) -> bool:
        """Whether an address may be connected to.

        The owner's own choice may be anywhere, but not in plain http on the internet. Where
        an endpoint sends us may be on the internet, so that no answer of it lets us ask
        machines of this network.
        """
        if self.own:
            return is_near(address) or not self.plain
        if self.neighbour:
            return is_near(address)
        return is_far(address) and not self.plain

    @property
    def refusal(self) -> Callable[[str], DriverFailed]:
        """What is said when no address may be connected to."""
        return sentences.plain_http if self.own else sentences.foreign_refused


def target_of(base: str, target: str) -> Target:
    """Args:
        base: URL of the endpoint.
        target: a path below it, or an absolute URL.

    Raises:
        DriverFailed: `solid.bad_target`.
    """
    path = target.lstrip("/")
    if ABSOLUTE.match(target):
        url = target
    else:
        url = f"{base}/{path}" if path else base
    _check(url)
    return Target(
        url,
        own=origin_of(url) == origin_of(base),
        neighbour=urlsplit(url).hostname == urlsplit(base).hostname,
    )


def redirected(base: str, method: str, asked: Target, status: int, where: str) -> Target:
    """Where a redirect leads.

    Raises:
        DriverFailed: to another origin, or for a request that must not be sent twice.
    """
    url = urljoin(asked.url, where)
    _check(url)
    if method != "GET" or origin_of(url) != origin_of(asked.url):
        # 303 says that the request was done.
        raise sentences.redirected(asked.label, _shown(url), sent=status == 303)
    return target_of(base, url)


def _shown(url: str) -> str:
    """Of a URL what tells no secrets."""
    return plain_words(url.partition("?")[0], 120)


def _check(url: str) -> None:
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        good = False
    if not good or "@" in parts.netloc or len(url) > MOST_URL:
        raise sentences.bad_target(_shown(url))


class Trust:
    """Whose certificates are taken.

    Strangers are always verified, whatever is set for the owner's own machine.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._made: dict[bool, ssl.SSLContext] = {}

    def of(self, target: Target) -> ssl.SSLContext | None:
        """None for plain http. Raises `DriverFailed` (`solid.bad_ca_file`)."""
        if target.plain:
            return None
        own = target.own or target.neighbour
        if own not in self._made:
            self._made[own] = self._context(own)
        return self._made[own]

    def _context(self, own: bool) -> ssl.SSLContext:
        ca_file = self._endpoint.ca_file if own else ""
        try:
            made = ssl.create_default_context(cafile=ca_file or None)
            if ca_file:  # made at home, seldom with all that Python 3.13 asks for
                made.verify_flags &= ~ssl.VERIFY_X509_STRICT
            else:  # those of the system, and those that came with requests
                made.load_verify_locations(certs.where())
        except (OSError, ValueError):
            raise sentences.bad_ca_file(plain_words(ca_file, 200)) from None
        if own and not self._endpoint.verify_tls:
            made.check_hostname = False
            made.verify_mode = ssl.CERT_NONE
        return made
