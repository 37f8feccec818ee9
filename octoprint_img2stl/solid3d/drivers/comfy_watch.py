"""Listens to a ComfyUI while it works, for the bar alone: nothing depends on it.

A thread that ends when it is told to, or by itself when nothing can be heard. It goes to the
same origin with the same key as every other request, and keeps nothing but the newest state.
"""

from __future__ import annotations

import json
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from ..addresses import is_near
from ..endpoint import Endpoint
from ..line import Line
from .comfy_progress import Progress

CONNECT_S = 10.0
SILENCE_S = 60.0  # then it is asked whether it is still there
AGAIN_S = 5.0
MOST_TRIES = 20
MOST_HEAD_BYTES = 64 * 1024
MOST_MESSAGE_BYTES = 16 * 2**20  # a preview picture, which is passed over
MOST_TEXT_BYTES = 2**20
SWITCHING = 101
TEXT, CLOSE = 1, 8


class Watch:
    """Listens from now on.

    Args:
        line: to the endpoint.
        client_id: as the job was sent with.
        progress: learns from what is heard.
    """

    def __init__(
        self, endpoint: Endpoint, line: Line, client_id: str, progress: Progress
    ) -> None:
        self.progress = progress
        self.listening = threading.Event()
        self._endpoint = endpoint
        self._url = line.socket_url(f"/ws?clientId={client_id}")
        self._headers = line.headers_for_socket()
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        self._socket: _Counted | None = None
        self._thread = threading.Thread(
            target=self._run, name="img2stl-comfyui", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Stop listening; returns at once."""
        self._stopped.set()
        with self._lock:
            if self._socket is not None:
                self._socket.hang_up()

    def _run(self) -> None:
        for _ in range(MOST_TRIES):
            # Whatever goes wrong here takes no more than the bar.
            with suppress(Exception):
                self._listen()
            if self._stopped.wait(AGAIN_S):
                return

    def _listen(self) -> None:
        import websocket  # of OctoPrint; only those who have a ComfyUI need it

        found = self._connected()
        try:
            heard = websocket.WebSocket(skip_utf8_validation=True)
            found.expect(MOST_HEAD_BYTES, CONNECT_S)
            heard.connect(
                self._url,
                header=_clean(self._headers),
                socket=found,
                suppress_origin=True,
                redirect_limit=0,
            )
            if heard.getstatus() != SWITCHING:
                return
            self.listening.set()
            while not self._stopped.is_set():
                found.expect(MOST_MESSAGE_BYTES, SILENCE_S)
                try:
                    kind, data = heard.recv_data()
                except websocket.WebSocketTimeoutException:
                    heard.ping()
                    continue
                if kind == CLOSE:
                    return
                if kind == TEXT and len(data) <= MOST_TEXT_BYTES:
                    with suppress(ValueError, RecursionError):
                        self.progress.take(json.loads(data))
        finally:
            found.close()

    def _connected(self) -> _Counted:
        """To the endpoint, whose address is looked at before anything is sent."""
        parts = urlsplit(self._url)
        secure = parts.scheme == "wss"
        port = parts.port or (443 if secure else 80)
        plain = socket.create_connection((str(parts.hostname), port), CONNECT_S)
        try:
            if not secure and not is_near(plain.getpeername()[0]):
                raise OSError("readable on the way")
            if secure:
                plain = _context(self._endpoint).wrap_socket(
                    plain, server_hostname=parts.hostname
                )
            found = _Counted(plain)
        except BaseException:
            plain.close()
            raise
        with self._lock:
            self._socket = found
        if self._stopped.is_set():
            found.hang_up()
        return found


class _Counted:
    """A socket that gives no more bytes than were expected, and not for longer."""

    def __init__(self, inner: socket.socket) -> None:
        self._inner = inner
        self._left = 0
        self._until = 0.0

    def expect(self, most_bytes: int, within_s: float) -> None:
        """What may come until this is called again."""
        self._left = most_bytes
        self._until = time.monotonic() + 4 * within_s
        self._inner.settimeout(within_s)

    def recv(self, most: int) -> bytes:
        if self._left <= 0 or time.monotonic() > self._until:
            raise ConnectionError("more than was expected")
        found = self._inner.recv(min(most, self._left))
        self._left -= len(found)
        return found

    def hang_up(self) -> None:
        with suppress(OSError):
            socket.socket.shutdown(self._inner, socket.SHUT_RDWR)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


def _context(endpoint: Endpoint) -> ssl.SSLContext:
    import requests

    found = ssl.create_default_context(cafile=endpoint.ca_file or None)
    if not endpoint.ca_file:
        found.load_verify_locations(requests.certs.where())
    if not endpoint.verify_tls:
        found.check_hostname = False
        found.verify_mode = ssl.CERT_NONE
    return found


def _clean(headers: Mapping[str, str]) -> dict[str, str]:
    """Without those that would begin a line of their own."""
    return {
        name: text
        for name, text in headers.items()
        if not any(letter in name + text for letter in "\r\n\0")
    }
