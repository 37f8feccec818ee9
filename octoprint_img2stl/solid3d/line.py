"""The one way from this plugin to the network.

Every driver asks through a `Line`. It gives the key to the configured origin only, follows
redirects only there, looks at every address before it connects to it, ends every request in
time and keeps nothing larger than it was told to in memory.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.cookies import RequestsCookieJar, extract_cookies_to_jar, get_cookie_header
from requests.structures import CaseInsensitiveDict

from . import disk, sentences
from .answer import Answer, Stream, failed_by_status, said, starts_nothing
from .credentials import headers_of, secrets_of
from .endpoint import Endpoint
from .pieces import head_of
from .targets import Target, Trust, redirected, target_of
from .wire import Place, Times, Wire
from .words import plain_words

__all__ = ["Answer", "Line", "Stream", "failed_by_status", "said", "starts_nothing"]

MOST_BYTES = 8 * 2**20
MOST_REDIRECTS = 3
REDIRECTS = (301, 302, 303, 307, 308)
# What a request to another origin may say of itself, beside its body.
HARMLESS_HEADERS = ("accept", "content-type", "range")
AGENT = "OctoPrint-Img2STL"


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
        self._hidden = secrets_of(endpoint)
        self._trust = Trust(endpoint)
        self._connect_s = connect_s
        self._cookies = RequestsCookieJar()
        self._lock = threading.Lock()
        self._under_way: set[Wire] = set()

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
        found = target_of(self.base, target)
        for _ in range(MOST_REDIRECTS + 1):
            prepared = self._prepared(
                method, found, headers, json=json, data=data, files=files, params=params
            )
            wire = self._wire(found, times)
            try:
                status, message = self._asked(wire, method, found, prepared)
                where = str(message.get("Location") or "")
                if status not in REDIRECTS or not where:
                    yield self._stream(wire, found, status, message, most_bytes)
                    return
                found = redirected(self.base, method, found, status, where)
                params = None  # they are in the new URL, if they are to be
            finally:
                with self._lock:
                    self._under_way.discard(wire)
                wire.close()
        raise sentences.redirected(found.label, found.label, sent=False)

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
                    raise failed_by_status(stream.start())
                disk.check_room(path, stream.length or 0)
                with open(path, "wb") as file:
                    for piece in stream.chunks():
                        file.write(piece)
                        taken += len(piece)
                        if stream.length:
                            progress(min(1.0, taken / stream.length))
        except OSError:  # of the disk: those of the network are DriverFailed
            path.unlink(missing_ok=True)
            raise sentences.disk_full(disk.free_mb(path)) from None
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        return taken

    # -- others' connections -----------------------------------------------------------------

    def socket_url(self, path: str) -> str:
        """Of a websocket at the configured origin."""
        return "ws" + target_of(self.base, path).url.removeprefix("http")

    def headers_for_socket(self) -> dict[str, str]:
        """Key and cookies, for a websocket at `socket_url` and nowhere else."""
        request = requests.Request("GET", self.base + "/").prepare()
        cookie = get_cookie_header(self._cookies, request)
        return {**headers_of(self._endpoint), **({"Cookie": cookie} if cookie else {})}

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

    def _prepared(
        self, method: str, target: Target, headers: Mapping[str, str] | None, **what: Any
    ) -> requests.PreparedRequest:
        given = dict(headers or {})
        if target.own:
            given.update(headers_of(self._endpoint))
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
                cookies=self._cookies if target.own else None,
                **what,
            ).prepare()
        except (requests.exceptions.InvalidHeader, UnicodeError):
            raise sentences.bad_key() from None  # which its own words would show
        except (requests.exceptions.InvalidURL, requests.exceptions.MissingSchema):
            raise sentences.bad_target(target.label) from None

    def _wire(self, target: Target, times: Times) -> Wire:
        place = Place(
            host=target.host,
            port=target.port,
            label=target.label,
            tls=self._trust.of(target),
            allowed=target.allowed,
            refusal=target.refusal,
        )
        wire = Wire(place, times)
        with self._lock:
            self._under_way.add(wire)
        return wire

    def _asked(
        self, wire: Wire, method: str, target: Target, prepared: requests.PreparedRequest
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

    def _stream(
        self, wire: Wire, target: Target, status: int, message: Any, most_bytes: int
    ) -> Stream:
        headers = CaseInsensitiveDict()
        for name, text in message.items():
            headers[name] = f"{headers[name]}, {text}" if name in headers else text
        pieces, label = wire.chunks(most_bytes), target.label
        coding = _coding(headers)
        if coding:
            if status < 400:
                raise sentences.encoded(label, plain_words(coding, 40))
            pieces = iter(())  # its status says enough
        length = wire.length
        return Stream(status, headers, label, self._hidden, pieces, length)


def _coding(headers: Mapping[str, str]) -> str:
    """How the answer is packed, where it is."""
    packed = str(headers.get("Content-Encoding") or "").strip()
    moved = str(headers.get("Transfer-Encoding") or "").strip()
    if packed.lower() not in ("", "identity"):
        return packed
    return "" if moved.lower() in ("", "chunked", "identity") else moved
