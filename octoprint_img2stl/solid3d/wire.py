"""One HTTP request on one connection, which ends when it has to, whatever the other side does.

Every single read and write of the socket waits at most as long as the whole request has left,
so a server that gives one byte a second, header lines without end or a body without end
is let go in time; nothing is kept but the piece at hand. The address is looked at before it
is connected to. Every request has a connection of its own: one that was kept open may just
be closing, and then nobody knows whether a (paid) request was received.
"""

from __future__ import annotations

import http.client
import io
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass

from . import body, sentences
from .background import Background
from .body import SLICE_BYTES
from .pieces import Opened, Paced
from .refused import DriverFailed
from .words import plain_words

RESOLVING_S = (
    0.1  # how soon a cancelled request stops waiting for the name to be looked up
)
MOST_ADDRESSES = 4


@dataclass(frozen=True)
class Place:
    """Where a request goes.

    Attributes:
        host: name or address, without brackets.
        port: of TCP.
        label: host as people are told it.
        tls: None for plain http.
        allowed: whether an address may be connected to.
        refusal: what is said when no address may.
    """

    host: str
    port: int
    label: str
    tls: ssl.SSLContext | None
    allowed: Callable[[str], bool]
    refusal: Callable[[str], DriverFailed]


@dataclass(frozen=True)
class Times:
    """How long a request may take, seconds: to connect to one address, without any byte,
    all in all."""

    connect_s: float
    read_s: float
    total_s: float


class Wire:
    """One request and its answer.

    Use: `connect`, `send`, `begin`, then `chunks`; `close` in the end. All but `abort` belong
    to one thread, and raise `DriverFailed` alone.
    """

    def __init__(self, place: Place, times: Times) -> None:
        self.place = place
        self._times = times
        self._ends = time.monotonic() + times.total_s
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self._aborted = False
        self._sent = False
        self._file: io.BufferedReader | None = None
        self._head: http.client.HTTPResponse | None = None

    # -- from another thread ----------------------------------------------------------------

    def abort(self) -> None:
        """Let the request end with ``cancelled``, whatever it waits for."""
        with self._lock:
            self._aborted = True
            if self._socket is not None:
                # past the TLS, which would want to say good-bye
                with suppress(OSError):
                    socket.socket.shutdown(self._socket, socket.SHUT_RDWR)

    # -- the way there -----------------------------------------------------------------------

    def connect(self) -> None:
        """Reach the host and, for https, make sure that it is the one it should be."""
        addresses = self._addresses()
        good = [each for each in addresses if self.place.allowed(each[-1][0])]
        if not good:
            raise self.place.refusal(self.place.label)
        failure: DriverFailed | None = None
        for family, kind, protocol, _, address in good[:MOST_ADDRESSES]:
            try:
                found = socket.socket(family, kind, protocol)
            except OSError:
                continue
            self._hold(found)
            try:
                found.settimeout(self._left(self._times.connect_s))
                found.connect(address)
                # Small requests leave at once.
                found.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            except OSError as error:
                failure = self._unreached(error)
                self._let_go()
                continue
            if self.place.tls is not None:
                self._secure(found, self.place.tls)
            return
        raise failure or sentences.not_reached(self.place.label)

    def _addresses(self) -> list[tuple]:
        host, port = self.place.host, self.place.port

        def look_up() -> list[tuple]:
            return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)

        # The look-up can neither be ended nor be given a time; so it is left alone.
        asked = Background(look_up, "img2stl-look-up")
        until = time.monotonic() + self._left(self._times.connect_s)
        while not asked.wait(RESOLVING_S):
            self._left(1.0)
            if time.monotonic() > until:
                raise sentences.unknown_name(self.place.label)
        try:
            return asked.result()
        except (OSError, UnicodeError):
            raise sentences.unknown_name(self.place.label) from None

    def _secure(self, plain: socket.socket, tls: ssl.SSLContext) -> None:
        label = self.place.label
        try:
            plain.settimeout(self._left(self._times.connect_s))
            wrapped = tls.wrap_socket(
                plain, server_hostname=self.place.host, do_handshake_on_connect=False
            )
            self._hold(wrapped)
            wrapped.do_handshake()
        except ssl.SSLCertVerificationError as error:
            self._let_go()
            reason = plain_words(error.verify_message or error.reason or "", 120)
            raise sentences.bad_certificate(label, reason) from None
        except (OSError, ValueError) as error:
            self._let_go()
            if self._aborted:
                raise sentences.cancelled(label, sent=False) from None
            if isinstance(error, TimeoutError):
                raise sentences.not_reached(label) from None
            raise sentences.no_https(label) from None

    def _hold(self, found: socket.socket) -> None:
        """Make it the socket that `abort` ends."""
        with self._lock:
            self._socket = found
            if self._aborted:
                found.close()
                raise sentences.cancelled(self.place.label, sent=False)

    def _let_go(self) -> None:
        with self._lock:
            if self._socket is not None:
                self._socket.close()
            self._socket = None

    def _unreached(self, error: OSError) -> DriverFailed:
        if self._aborted:
            return sentences.cancelled(self.place.label, sent=False)
        if isinstance(error, ConnectionRefusedError):
            return sentences.nothing_listens(self.place.label)
        return sentences.not_reached(self.place.label)

    # -- the request -------------------------------------------------------------------------

    def send(self, method: str, head: bytes, content: bytes) -> None:
        """Send the request in pieces, each of which may take as long as a read.

        A server may answer (413, 401) and hang up before it got all of it; then what it says
        is worth more than the broken pipe.
        """
        self._sent = True
        try:
            self._write(head)
            for start in range(0, len(content), SLICE_BYTES):
                self._write(memoryview(content)[start : start + SLICE_BYTES])
        except (BrokenPipeError, ConnectionResetError):
            if self._aborted:
                raise sentences.cancelled(self.place.label) from None
        except (OSError, ValueError) as error:
            raise self._broken(error) from None
        self._file = io.BufferedReader(Paced(self._receive), SLICE_BYTES)
        self._head = http.client.HTTPResponse(Opened(self._file), method=method)  # type: ignore[arg-type]

    def _write(self, piece: bytes | memoryview) -> None:
        assert self._socket is not None
        self._socket.settimeout(self._left(self._times.read_s))
        self._socket.sendall(piece)

    def _receive(self, into: memoryview) -> int:
        if self._socket is None:
            return 0
        self._socket.settimeout(self._left(self._times.read_s))
        got = self._socket.recv_into(into)
        self._left(1.0)  # an aborted socket looks like one that has ended
        return got

    # -- the answer --------------------------------------------------------------------------

    def begin(self) -> tuple[int, http.client.HTTPMessage]:
        """Read the status and the headers: at most a hundred, as Python's reader limits them."""
        assert self._head is not None
        try:
            self._head.begin()
        except http.client.RemoteDisconnected:
            raise self._broken(OSError()) from None
        except (http.client.HTTPException, ValueError):
            raise self._or_cancelled(sentences.not_http(self.place.label)) from None
        except OSError as error:
            raise self._broken(error) from None
        return self._head.status, self._head.headers

    @property
    def length(self) -> int | None:
        """Of the body, as announced; None: it is not."""
        assert self._head is not None
        return None if self._head.chunked else self._head.length

    def chunks(self, most_bytes: int) -> Iterator[bytes]:
        """The body in pieces, as they come.

        Raises:
            DriverFailed: ``connection_lost`` also where it ends before it should.
        """
        assert self._head is not None
        length = self.length
        if length is not None and length > most_bytes:
            raise self._too_large(most_bytes)
        assert self._file is not None
        if self._head.chunked:
            pieces = body.chunked(self._file)
        else:
            pieces = body.counted(self._file, length)
        taken = 0
        try:
            for piece in pieces:
                taken += len(piece)
                if taken > most_bytes:
                    raise self._too_large(most_bytes)
                yield piece
        except (OSError, ValueError, http.client.HTTPException) as error:
            raise self._broken(error) from None

    # -- the end -----------------------------------------------------------------------------

    def close(self) -> None:
        self._let_go()
        if self._head is not None:
            with suppress(OSError, ValueError):
                self._head.close()

    def _left(self, most_s: float) -> float:
        """Seconds that the next step may take. Raises when there are none."""
        if self._aborted:
            raise sentences.cancelled(self.place.label, sent=self._sent)
        left = self._ends - time.monotonic()
        if left <= 0:
            raise sentences.no_answer(self.place.label, sent=self._sent)
        return min(most_s, left)

    def _broken(self, error: Exception) -> DriverFailed:
        if isinstance(error, TimeoutError):
            return self._or_cancelled(sentences.no_answer(self.place.label))
        return self._or_cancelled(sentences.connection_lost(self.place.label))

    def _or_cancelled(self, failure: DriverFailed) -> DriverFailed:
        return sentences.cancelled(self.place.label) if self._aborted else failure

    def _too_large(self, most_bytes: int) -> DriverFailed:
        return sentences.too_large(self.place.label, round(most_bytes / 2**20, 1))
