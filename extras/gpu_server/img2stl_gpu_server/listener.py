"""HTTP for `app`, with the standard library: a thread for each connection, none without end.

A request has a fixed time to arrive, an answer to leave; a body goes to disk while it comes,
so that slow and huge ones cost neither memory nor anybody else's time.
"""

from __future__ import annotations

import io
import logging
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, BinaryIO

from . import NAME, __version__
from .app import Answer, App, Request
from .refused import INPUT, Refused

log = logging.getLogger(__name__)
READ_BYTES = 2**16
IN_MEMORY_BYTES = 2**20  # of a body, before it goes to disk
SLOWEST = 30_000  # bytes a second that a line must carry
MOST_CONNECTIONS = 64
IDLE_S = 60.0  # of a connection that is kept open between requests
LINGER_S = 3.0  # for a client to read that it was refused
MOST_LINGER_BYTES = 2**28


@dataclass(frozen=True)
class Pace:
    """How slow a client may be.

    Attributes:
        head_s: for the first line and the headers.
        body_s: for the body, besides what a slow line needs.
        idle_s: between two requests.
    """

    head_s: float = 15.0
    body_s: float = 20.0
    idle_s: float = IDLE_S


class Late(OSError):
    """A client took too long."""


class _Timed(io.RawIOBase):
    """The receiving half of a socket, until a moment that can be moved."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self.until = 0.0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        left = self.until - time.monotonic()
        if left <= 0:
            raise Late
        self._connection.settimeout(left)
        try:
            return self._connection.recv_into(buffer)
        except TimeoutError:
            raise Late from None


class Listener(ThreadingHTTPServer):
    """Listens on one address.

    Raises:
        OSError: it is taken, or not one of this machine's.
    """

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(
        self, address: tuple[str, int], app: App, pace: Pace | None = None
    ) -> None:
        self.app, self.pace = app, pace or Pace()
        if ":" in address[0]:
            self.address_family = socket.AF_INET6
        self._places = threading.BoundedSemaphore(MOST_CONNECTIONS)
        self._busy = 0  # requests that are being answered
        self._quiet = threading.Condition()
        super().__init__(address, Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        if not self._places.acquire(blocking=False):
            _say_full(request)
            self.shutdown_request(request)
            return
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._places.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        log.debug("a connection ended", exc_info=True)

    @contextmanager
    def busy(self) -> Iterator[None]:
        with self._quiet:
            self._busy += 1
        try:
            yield
        finally:
            with self._quiet:
                self._busy -= 1
                self._quiet.notify_all()

    def wait_until_quiet(self, timeout_s: float) -> None:
        """Let answers that are under way leave."""
        with self._quiet:
            self._quiet.wait_for(lambda: not self._busy, timeout_s)


def _say_full(connection: socket.socket) -> None:
    head = (
        b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 10\r\n"
        b"Content-Length: 0\r\nConnection: close\r\n\r\n"
    )
    try:
        connection.settimeout(1.0)
        connection.sendall(head)
    except OSError:
        pass


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    server: Listener
    protocol_version = "HTTP/1.1"
    server_version = f"{NAME}/{__version__}"
    sys_version = ""

    def setup(self) -> None:
        super().setup()
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._timed = _Timed(self.connection)
        self.rfile = io.BufferedReader(self._timed, READ_BYTES)

    def handle_one_request(self) -> None:
        self._timed.until = time.monotonic() + self.server.pace.idle_s
        try:
            if not self.rfile.peek(1):
                self.close_connection = True
                return
            self._timed.until = time.monotonic() + self.server.pace.head_s
            self._serve()
        except (OSError, ValueError):  # it hung up, or was too slow, or talks nonsense
            self.close_connection = True

    def _serve(self) -> None:
        self.raw_requestline = self.rfile.readline(READ_BYTES + 1)
        if len(self.raw_requestline) > READ_BYTES:
            self.requestline = self.request_version = self.command = ""
            self.send_error(414)
            return
        # Answers itself, and in our words (see `send_error`), where it cannot be read.
        if not self.raw_requestline or not self.parse_request():
            return
        with self.server.busy():
            self._answer()

    def handle_expect_100(self) -> bool:
        # Only once the request was admitted: who is refused need not send all of it.
        self._expected = True
        return True

    def _answer(self) -> None:
        app = self.server.app
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.command, self.path, headers, self._is_gone)
        try:
            route = app.admit(request)
            if len(self.headers.get_all("content-length", [])) > 1:
                raise Refused(INPUT, "Give one Content-Length.", status=400)
            if "transfer-encoding" in headers:
                raise Refused(
                    INPUT,
                    "Send the request in one piece, with Content-Length.",
                    status=411,
                )
        except Refused as error:
            self._refuse(app.refusal(error), headers)
            return
        if not route.takes_body:
            if headers.get("content-length", "0").strip("0"):
                self.close_connection = True  # a body nobody reads
            self._send(app.answer(route, None))
            return
        if getattr(self, "_expected", False):
            self.send_response_only(100)
            self.end_headers()
            self._expected = False
        try:
            body = self._read(int(headers["content-length"]))
        except Late:
            late = Refused(INPUT, "The request took too long to arrive.", status=408)
            self._refuse(app.refusal(late), headers)
            return
        with body:
            self._send(app.answer(route, body))

    def _read(self, length: int) -> BinaryIO:
        """The body, on disk where it is large.

        Raises:
            Late: it did not arrive in time.
            OSError: the client hung up.
        """
        self._timed.until = time.monotonic() + self.server.pace.body_s + length / SLOWEST
        body = tempfile.SpooledTemporaryFile(IN_MEMORY_BYTES)  # noqa: SIM115
        try:
            while length:
                piece = self.rfile.read1(min(length, READ_BYTES))
                if not piece:
                    raise ConnectionError
                body.write(piece)
                length -= len(piece)
            body.seek(0)
            return body
        except BaseException:
            body.close()
            raise

    def _is_gone(self) -> bool:
        """Whether the client hung up: something can be read, and it is the end."""
        try:
            self.connection.settimeout(0)
            return not self.connection.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return False
        except OSError:
            return True

    def _send(self, answer: Answer) -> None:
        until = time.monotonic() + self.server.pace.body_s + answer.length / SLOWEST
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(answer.length))
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        if self.close_connection:
            self.send_header("Connection", "close")
        self.connection.settimeout(max(0.1, until - time.monotonic()))
        self.end_headers()
        for piece in answer.pieces:
            for start in range(0, len(piece), READ_BYTES):
                left = until - time.monotonic()
                if left <= 0:
                    raise Late
                self.connection.settimeout(left)
                self.connection.sendall(piece[start : start + READ_BYTES])

    def _refuse(self, answer: Answer, headers: dict[str, str]) -> None:
        """Answer before the body was read, and see that the client can hear it.

        To close on a client that is still sending makes its system drop what we said; so
        what it sends is let through for a moment, into nothing.
        """
        has_body = headers.get("content-length", "0").strip("0")
        if has_body or "transfer-encoding" in headers:
            self.close_connection = True
        self._send(answer)
        if not self.close_connection:
            return
        try:
            self.connection.shutdown(socket.SHUT_WR)
            until, left = time.monotonic() + LINGER_S, MOST_LINGER_BYTES
            while left > 0 and time.monotonic() < until:
                self.connection.settimeout(0.5)
                piece = self.connection.recv(READ_BYTES)
                if not piece:
                    return
                left -= len(piece)
        except OSError:
            pass

    # ---- what the base class says by itself

    def send_error(
        self, code: int, message: str | None = None, explain: str | None = None
    ) -> None:
        """For requests that are not even HTTP: JSON as well, and the end of the line."""
        self.close_connection = True
        self.request_version = self.protocol_version  # else no headers would be sent
        error = Refused(INPUT, "This is not a request that can be read.", status=code)
        self._send(self.server.app.refusal(error))

    def log_message(self, format: str, *args: Any) -> None:
        log.debug("%s %s", self.address_string(), format % args)

    def address_string(self) -> str:
        return str(self.client_address[0])
