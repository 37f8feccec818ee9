"""The one way from this plugin to the network.

Every driver asks through a `Line`. It gives the key to the configured origin only, follows
redirects only there, looks at every address before it connects to it, ends every request in
time and keeps nothing larger than it was told to in memory.
"""

from __future__ import annotations

import base64
import re
import shutil
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
from requests.cookies import RequestsCookieJar, extract_cookies_to_jar, get_cookie_header
from requests.structures import CaseInsensitiveDict

from . import sentences
from .addresses import is_far, is_near
from .answer import Answer, Stream, failed_by_status, said
from .endpoint import Endpoint, origin_of
from .refused import DriverFailed
from .wire import Place, Times, Wire, head_of
from .words import plain_words

__all__ = ["Answer", "Line", "Stream", "failed_by_status", "said"]

MOST_BYTES = 8 * 2**20
MOST_REDIRECTS = 3
MOST_URL = 16_000
ERROR_BYTES = 256 * 1024  # of an answer that says why something failed
SPARE_BYTES = 200 * 2**20  # left free on the disk for everybody else
REDIRECTS = (301, 302, 303, 307, 308)
ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
# What a request to another origin may say of itself, beside its body.
HARMLESS_HEADERS = ("accept", "content-type", "range")
AGENT = "OctoPrint-Img2STL"


@dataclass(frozen=True)
class _Target:
    url: str
    own: bool  # the configured origin, which gets the key


class Line:
    """The way to one endpoint; see the module. Safe to be used by several threads.

    Args:
        endpoint: where, and with which key.
        connect_s: to wait for a connection.
    """

    def __init__(self, endpoint: Endpoint, *, connect_s: float = 10.0) -> None:
        self.base = endpoint.url.rstrip("/")
        self.host = endpoint.host
        self._endpoint = endpoint
        self._origin = origin_of(self.base)
        self._connect_s = connect_s
        self._cookies = RequestsCookieJar()
        self._lock = threading.Lock()
        self._under_way: set[Wire] = set()
        self._tls: dict[bool, ssl.SSLContext] = {}

    def __repr__(self) -> str:
        return f"Line({self.base!r})"

    # -- asking ------------------------------------------------------------------------------

    def request(
        self,
        method: str,
        target: str,
        *,
        json: Any = None,
        data: Mapping[str, Any] | bytes | None = None,
        files: Mapping[str, Any] | None = None,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        read_s: float = 30.0,
        total_s: float = 60.0,
        most_bytes: int = MOST_BYTES,
    ) -> Answer:
        """Ask and read the whole answer, whatever its status.

        Args:
            method: of HTTP.
            target: a path under the base URL (``/status/x``), or an absolute URL. One of
                another origin gets no key, no cookies and no headers but `HARMLESS_HEADERS`;
                it has to be https and on the internet, or on the very host of an endpoint
                that is in this network.
            json, data, files, params, headers: as the library requests takes them.
            read_s: without a byte, in either direction.
            total_s: all in all.
            most_bytes: of the answer.

        Raises:
            DriverFailed: nobody answered, or nothing that can be taken.
        """
        with self.stream(
            method,
            target,
            json=json,
            data=data,
            files=files,
            params=params,
            headers=headers,
            read_s=read_s,
            total_s=total_s,
            most_bytes=most_bytes,
        ) as stream:
            return stream.whole()

    def get(self, target: str, **how: Any) -> Answer:
        return self.request("GET", target, **how)

    def post(self, target: str, **how: Any) -> Answer:
        return self.request("POST", target, **how)

    def put(self, target: str, **how: Any) -> Answer:
        return self.request("PUT", target, **how)

    def delete(self, target: str, **how: Any) -> Answer:
        return self.request("DELETE", target, **how)

    @contextmanager
    def stream(
        self,
        method: str,
        target: str,
        *,
        json: Any = None,
        data: Mapping[str, Any] | bytes | None = None,
        files: Mapping[str, Any] | None = None,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        read_s: float = 30.0,
        total_s: float = 60.0,
        most_bytes: int = MOST_BYTES,
    ) -> Iterator[Stream]:
        """Ask, and read the answer's body piece by piece; as `request` in all else."""
        times = Times(self._connect_s, read_s, total_s)
        found = self._target(target)
        for _ in range(MOST_REDIRECTS + 1):
            prepared = self._prepared(method, found, headers, json, data, files, params)
            wire = self._wire(found, times)
            try:
                status, message = self._asked(wire, method, found, prepared)
                again = self._redirect(method, found, status, message)
                if again is None:
                    yield self._stream(wire, found, status, message, most_bytes)
                    return
            finally:
                with self._lock:
                    self._under_way.discard(wire)
                wire.close()
            found, params = again, None
        raise sentences.redirected(self._label(found), found.url[:200], sent=False)

    def download(
        self,
        target: str,
        path: Path,
        *,
        most_bytes: int,
        read_s: float = 60.0,
        total_s: float = 1800.0,
        progress: Callable[[float], None] = lambda fraction: None,
        method: str = "GET",
        **how: Any,
    ) -> int:
        """Bring what is there to `path`, piece by piece; nothing stays there on failure.

        Args:
            target, how: as `request`.
            path: is overwritten.
            progress: called with 0..1 where the length is known.

        Returns:
            Bytes.

        Raises:
            DriverFailed: as `request`, and `failed_by_status` for a status that is no success.
        """
        taken = 0
        try:
            with self.stream(
                method,
                target,
                read_s=read_s,
                total_s=total_s,
                most_bytes=most_bytes,
                **how,
            ) as stream:
                if not stream.ok:
                    raise failed_by_status(_start_of(stream))
                _check_room(path, stream.length or 0)
                with open(path, "wb") as file:
                    for piece in stream.chunks():
                        file.write(piece)
                        taken += len(piece)
                        if stream.length:
                            progress(min(1.0, taken / stream.length))
        except OSError:  # of the disk: those of the network are DriverFailed
            path.unlink(missing_ok=True)
            raise sentences.disk_full(_free_mb(path)) from None
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        return taken

    # -- others' connections -----------------------------------------------------------------

    def socket_url(self, path: str) -> str:
        """Of a websocket at the configured origin."""
        return "ws" + self._target(path).url.removeprefix("http")

    def headers_for_socket(self) -> dict[str, str]:
        """Key and cookies, for a websocket at `socket_url` and nowhere else."""
        request = requests.Request("GET", self.base + "/").prepare()
        cookie = get_cookie_header(self._cookies, request)
        return {**self._auth(), **({"Cookie": cookie} if cookie else {})}

    # -- the end -----------------------------------------------------------------------------

    def abort(self) -> None:
        """End every request that is under way with ``cancelled``, from another thread."""
        with self._lock:
            wires = list(self._under_way)
        for wire in wires:
            wire.abort()

    def close(self) -> None:
        """Let go of all connections and cookies."""
        self.abort()
        self._cookies.clear()

    # -- inside ------------------------------------------------------------------------------

    def _target(self, target: str) -> _Target:
        if not ABSOLUTE.match(target):
            path = target.lstrip("/")
            url = f"{self.base}/{path}" if path else self.base
            return _Target(self._usable(url), True)
        url = self._usable(target)
        return _Target(url, origin_of(url) == self._origin)

    def _usable(self, url: str) -> str:
        shown = plain_words(url.partition("?")[0], 120)
        try:
            parts = urlsplit(url)
            good = (
                parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
            )
        except ValueError:
            good = False
        if not good or "@" in parts.netloc or len(url) > MOST_URL:
            raise sentences.bad_target(shown)
        return url

    def _label(self, target: _Target) -> str:
        """Host and port for people, whoever wrote them."""
        return plain_words(urlsplit(target.url).netloc, 100)

    def _prepared(
        self,
        method: str,
        target: _Target,
        headers: Mapping[str, str] | None,
        json: Any,
        data: Any,
        files: Any,
        params: Any,
    ) -> requests.PreparedRequest:
        given = dict(headers or {})
        if target.own:
            given.update(self._auth())
        else:
            given = {
                name: text for name, text in given.items()
                if name.lower() in HARMLESS_HEADERS
            }  # fmt: skip
        try:
            return requests.Request(
                method,
                target.url,
                headers=given,
                files=files,
                data=data,
                json=json,
                params=params,
                cookies=self._cookies if target.own else None,
            ).prepare()
        except (requests.exceptions.InvalidHeader, UnicodeError):
            raise sentences.bad_key() from None  # which its own words would show
        except (requests.exceptions.InvalidURL, requests.exceptions.MissingSchema):
            raise sentences.bad_target(self._label(target)) from None

    def _auth(self) -> dict[str, str]:
        kind, secret = self._endpoint.auth, self._endpoint.secret.strip()
        if not secret or kind in ("none", "login"):
            return {}
        if kind == "bearer":
            return {"Authorization": f"Bearer {secret}"}
        if kind == "key":
            return {"Authorization": f"Key {secret}"}
        if kind == "basic":
            return {"Authorization": f"Basic {self._basic(secret)}"}
        return {self._endpoint.user: secret}

    def _basic(self, secret: str) -> str:
        return base64.b64encode(f"{self._endpoint.user}:{secret}".encode()).decode()

    def _hidden(self) -> tuple[str, ...]:
        secret = self._endpoint.secret.strip()
        return (secret, self._basic(secret)) if len(secret) > 3 else ()

    def _wire(self, target: _Target, times: Times) -> Wire:
        parts = urlsplit(target.url)
        tls = self._context(target) if parts.scheme == "https" else None
        allowed, refusal = self._policy(target)
        place = Place(
            host=str(parts.hostname),
            port=parts.port or (443 if tls else 80),
            label=self._label(target),
            tls=tls,
            allowed=allowed,
            refusal=refusal,
        )
        wire = Wire(place, times)
        with self._lock:
            self._under_way.add(wire)
        return wire

    def _policy(
        self, target: _Target
    ) -> tuple[Callable[[str], bool], Callable[[str], DriverFailed]]:
        """Which addresses may be connected to."""
        plain = urlsplit(target.url).scheme == "http"
        if target.own:
            return (
                (is_near, sentences.plain_http)
                if plain
                else (_any, sentences.not_reached)
            )
        if self._is_neighbour(target):
            return is_near, sentences.foreign_refused
        if plain:
            return _none, sentences.foreign_refused
        return is_far, sentences.foreign_refused

    def _is_neighbour(self, target: _Target) -> bool:
        """Another port of the very host of our own endpoint."""
        return urlsplit(target.url).hostname == urlsplit(self.base).hostname

    def _context(self, target: _Target) -> ssl.SSLContext:
        """Strangers are always verified, whatever is set for the owner's own machine."""
        own = target.own or self._is_neighbour(target)
        if own not in self._tls:
            ca_file = self._endpoint.ca_file if own else ""
            try:
                made = ssl.create_default_context(cafile=ca_file or None)
                if not ca_file:
                    made.load_verify_locations(requests.certs.where())
            except (OSError, ValueError):
                raise sentences.bad_ca_file(plain_words(ca_file, 200)) from None
            if own and not self._endpoint.verify_tls:
                made.check_hostname = False
                made.verify_mode = ssl.CERT_NONE
            self._tls[own] = made
        return self._tls[own]

    def _asked(
        self, wire: Wire, method: str, target: _Target, prepared: requests.PreparedRequest
    ) -> tuple[int, Any]:
        body = prepared.body or b""
        if isinstance(body, str):
            body = body.encode()
        headers = CaseInsensitiveDict({"User-Agent": AGENT, "Accept": "*/*"})
        headers.update(prepared.headers)
        headers["Host"] = urlsplit(str(prepared.url)).netloc
        # Nothing is unpacked here, and each request has a connection of its own.
        headers.update({"Accept-Encoding": "identity", "Connection": "close"})
        try:
            head = head_of(method, prepared.path_url, list(headers.items()))
        except ValueError:
            raise sentences.bad_key() from None
        wire.connect()
        wire.send(method, head, body)
        status, message = wire.begin()
        if target.own:
            answered = SimpleNamespace(_original_response=SimpleNamespace(msg=message))
            with suppress(ValueError), self._lock:
                extract_cookies_to_jar(self._cookies, prepared, answered)
        return status, message

    def _redirect(
        self, method: str, target: _Target, status: int, message: Any
    ) -> _Target | None:
        """Where to go on; None: this is the answer.

        Raises:
            DriverFailed: to another host, or for a request that must not be sent twice.
        """
        where = str(message.get("Location") or "")
        if status not in REDIRECTS or not where:
            return None
        url = self._usable(urljoin(target.url, where))
        if method != "GET" or origin_of(url) != origin_of(target.url):
            shown = plain_words(url.partition("?")[0], 200)
            # 303 says that the request was done.
            raise sentences.redirected(self._label(target), shown, sent=status == 303)
        return _Target(url, target.own)

    def _stream(
        self, wire: Wire, target: _Target, status: int, message: Any, most_bytes: int
    ) -> Stream:
        headers = CaseInsensitiveDict()
        for name, text in message.items():
            headers[name] = f"{headers[name]}, {text}" if name in headers else text
        pieces, label = wire.chunks(most_bytes), self._label(target)
        coding = _coding(headers)
        if coding:
            if status < 400:
                raise sentences.encoded(label, plain_words(coding, 40))
            pieces = iter(())  # its status says enough
        length = wire.length
        return Stream(status, headers, label, self._hidden(), pieces, length)


def _any(address: str) -> bool:
    return True


def _none(address: str) -> bool:
    return False


def _coding(headers: Mapping[str, str]) -> str:
    """How the answer is packed, where it is."""
    packed = str(headers.get("Content-Encoding") or "").strip()
    moved = str(headers.get("Transfer-Encoding") or "").strip()
    if packed.lower() not in ("", "identity"):
        return packed
    return "" if moved.lower() in ("", "chunked", "identity") else moved


def _start_of(stream: Stream) -> Answer:
    """As much of an answer as says why something failed."""
    body = b""
    with suppress(DriverFailed):
        for piece in stream.chunks():
            body += piece
            if len(body) > ERROR_BYTES:
                break
    return Answer(stream.status, stream.headers, stream.host, stream.hidden, body)


def _check_room(path: Path, wanted_bytes: int) -> None:
    if shutil.disk_usage(path.parent).free < wanted_bytes + SPARE_BYTES:
        raise sentences.disk_full(_free_mb(path))


def _free_mb(path: Path) -> int:
    with suppress(OSError):
        return shutil.disk_usage(path.parent).free // 2**20
    return 0
