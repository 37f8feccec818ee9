"""A server that really listens and does to its clients what servers should not do.

Each connection is one request. What answers a path is a *behaviour*: a function that gets a
`Peer` and may send whatever it likes. `Hostile.script` puts behaviours before the usual one.
"""

from __future__ import annotations

import gzip
import json
import socket
import ssl
import struct
import threading
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

Behaviour = Callable[["Peer"], None]
DRIP_S = 0.03
PIECE = b"x" * 65536


@dataclass
class Peer:
    """A client that asked something.

    Attributes:
        headers: names in lower case.
        body: as far as it was read.
    """

    server: Hostile
    connection: socket.socket = field(repr=False)
    method: str = ""
    path: str = ""
    query: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = field(default=b"", repr=False)

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    def send(self, data: bytes) -> None:
        self.connection.sendall(data)

    def wait(self, seconds: float) -> None:
        """Raises OSError when the server ends."""
        if self.server.closing.wait(seconds):
            raise ConnectionAbortedError

    def reply(
        self,
        body: Any = b"",
        status: int = 200,
        length: int | None = None,
        **headers: str,
    ) -> None:
        """A good answer; JSON for what is not bytes. In names of headers _ stands for -."""
        kind = "application/octet-stream"
        if not isinstance(body, bytes):
            body, kind = json.dumps(body).encode(), "application/json"
        given = {
            "Content-Type": kind,
            "Content-Length": str(len(body) if length is None else length),
            **{name.replace("_", "-"): text for name, text in headers.items()},
        }
        lines = [f"HTTP/1.1 {status} So"] + [f"{k}: {v}" for k, v in given.items()]
        self.send("\r\n".join([*lines, "", ""]).encode("latin-1") + body)


class Hostile:
    """To be used in a ``with`` statement.

    Attributes:
        asked: every request, in order.
        url: base URL.
    """

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.asked: list[Peer] = []
        self.closing = threading.Event()
        self._tls = tls
        self._paths: dict[str, Behaviour] = dict(BEHAVIOURS)
        self._scripts: dict[str, deque[Behaviour]] = defaultdict(deque)
        self._open: set[socket.socket] = set()
        self._port = 0
        self._listener: socket.socket | None = None
        self.start()

    @property
    def url(self) -> str:
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self._port}"

    def __enter__(self) -> Hostile:
        return self

    def __exit__(self, *_: Any) -> None:
        self.stop()

    def start(self) -> None:
        """Listen (again, at the same port)."""
        self.closing.clear()
        self._listener = socket.create_server(("127.0.0.1", self._port))
        self._port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._accept, args=(self._listener,))
        self._thread.daemon = True
        self._thread.start()

    def stop(self) -> None:
        """The program ends; every connection breaks."""
        if self._listener is None:
            return
        self.closing.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._listener = None
        for each in list(self._open):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        self._thread.join()

    def on(self, path: str, behaviour: Behaviour) -> None:
        """What answers a path, or all below it where it ends with a slash."""
        self._paths[path] = behaviour

    def script(self, path: str, *behaviours: Behaviour) -> None:
        """What answers a path's next requests, before it answers as usual."""
        self._scripts[path].extend(behaviours)

    def of(self, path: str) -> list[Peer]:
        return [each for each in list(self.asked) if each.path == path]

    def _accept(self, listener: socket.socket) -> None:
        while not self.closing.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            self._open.add(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        plain = connection
        try:
            connection.settimeout(20)
            if self._tls is not None:
                connection = self._tls.wrap_socket(connection, server_side=True)
            peer = Peer(self, connection)
            rest = _read_head(peer)
            self.asked.append(peer)
            script = self._scripts[peer.path]
            behaviour = script.popleft() if script else self._behaviour(peer.path)
            if not getattr(behaviour, "reads_nothing", False):
                _read_body(peer, rest)
            behaviour(peer)
        except (OSError, ValueError):
            pass  # the client went, or the server ends
        finally:
            self._open.discard(plain)
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()

    def _behaviour(self, path: str) -> Behaviour:
        if path in self._paths:
            return self._paths[path]
        for prefix, behaviour in self._paths.items():
            if prefix.endswith("/") and path.startswith(prefix) and prefix != "/":
                return behaviour
        return not_found


def _read_head(peer: Peer) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        piece = peer.connection.recv(65536)
        if not piece or piece.startswith(b"\x16\x03"):  # TLS, which is not spoken here
            raise ConnectionAbortedError
        data += piece
    head, _, rest = data.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    peer.method, target, _ = first.split(" ")
    parts = urlsplit(target)
    peer.path, peer.query = unquote(parts.path), dict(parse_qsl(parts.query))
    pairs = (line.partition(":") for line in lines)
    peer.headers = {name.lower(): text.strip() for name, _, text in pairs}
    return rest


def _read_body(peer: Peer, rest: bytes) -> None:
    wanted = int(peer.headers.get("content-length") or 0)
    pieces, got = [rest], len(rest)
    while got < wanted:
        piece = peer.connection.recv(65536)
        if not piece:
            raise ConnectionAbortedError
        pieces.append(piece)
        got += len(piece)
    peer.body = b"".join(pieces)


# -- behaviours --------------------------------------------------------------------------------


def not_found(peer: Peer) -> None:
    peer.reply({"error": "there is nothing here"}, 404)


def echo(peer: Peer) -> None:
    """Tells what arrived."""
    peer.reply(
        {
            "method": peer.method,
            "path": peer.path,
            "query": peer.query,
            "headers": peer.headers,
            "bytes": len(peer.body),
        }
    )


def silent(peer: Peer) -> None:
    """Takes the request and says nothing."""
    while True:
        peer.wait(1)


def hang_up(peer: Peer) -> None:
    """Takes the request and hangs up."""


def reset(peer: Peer) -> None:
    """Breaks the connection without good-bye."""
    hard = struct.pack("ii", 1, 0)
    peer.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, hard)


def garbage(peer: Peer) -> None:
    """Speaks something else."""
    peer.send(b"SSH-2.0-OpenSSH_9.2\r\n\x00\x01\x02" * 10)


def drip_head(peer: Peer) -> None:
    """One byte at a time, in the headers."""
    peer.send(b"HTTP/1.1 200 OK\r\nX-Long: ")
    while True:
        peer.send(b"x")
        peer.wait(DRIP_S)


def drip_body(peer: Peer) -> None:
    """One byte at a time, in the body."""
    peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
    while True:
        peer.send(b"x")
        peer.wait(DRIP_S)


def drip_chunk_size(peer: Peer) -> None:
    """One byte at a time, before the first chunk."""
    peer.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;")
    while True:
        peer.send(b"x")
        peer.wait(DRIP_S)


def endless_status(peer: Peer) -> None:
    """Always about to begin."""
    while True:
        peer.send(b"HTTP/1.1 100 Continue\r\n\r\n" * 100)
        peer.wait(0.001)


def endless_headers(peer: Peer) -> None:
    peer.send(b"HTTP/1.1 200 OK\r\n")
    while True:
        peer.send(b"X-More: " + b"y" * 1000 + b"\r\n")


def endless_header(peer: Peer) -> None:
    peer.send(b"HTTP/1.1 200 OK\r\nX-Long: ")
    while True:
        peer.send(PIECE)


def endless_body(peer: Peer) -> None:
    peer.send(b"HTTP/1.1 200 OK\r\nContent-Type: model/gltf-binary\r\n\r\n")
    while True:
        peer.send(PIECE)


def endless_chunks(peer: Peer) -> None:
    peer.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        peer.send(b"10000\r\n" + PIECE + b"\r\n")


def endless_trailer(peer: Peer) -> None:
    peer.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    peer.send(b"2\r\nok\r\n0\r\n")
    while True:
        peer.send(b"X-More: y\r\n" * 100)


def endless_line(peer: Peer) -> None:
    """A stream of events whose first line does not end."""
    peer.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: ")
    for _ in range(64):
        peer.send(PIECE)
    peer.send(b"\ndata: end\n")


def bad_chunk(peer: Peer) -> None:
    peer.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\nhello\r\n")


def cut_short(peer: Peer) -> None:
    """Less than announced."""
    peer.reply(b"only this", length=1000)


def cut_chunk(peer: Peer) -> None:
    peer.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nonly this")


def claims_much(peer: Peer) -> None:
    """Four gigabytes, it says."""
    peer.reply(b"glTF", length=4 * 2**30)


def html(peer: Peer) -> None:
    peer.reply(b"<!DOCTYPE html><title>Router</title>", Content_Type="text/html")


def zip_bomb(peer: Peer) -> None:
    """Ten megabytes of nothing, packed."""
    peer.reply(10 * gzip.compress(bytes(2**20), 1), Content_Encoding="gzip")


def away(peer: Peer) -> None:
    """Redirects to wherever the query says."""
    peer.reply(b"", int(peer.query.get("status", 302)), Location=peer.query["to"])


def round_and_round(peer: Peer) -> None:
    peer.reply(b"", 302, Location="/round")


def refuses_early(peer: Peer) -> None:
    """Answers before it has read what is sent, and hangs up."""
    peer.reply({"detail": "too big"}, 413)
    peer.connection.shutdown(socket.SHUT_WR)
    # What arrives until then is thrown away, or the answer would be, too.
    while peer.connection.recv(65536):
        pass


refuses_early.reads_nothing = True  # type: ignore[attr-defined]


def never_reads(peer: Peer) -> None:
    """Takes the connection, and nothing that is sent."""
    silent(peer)


never_reads.reads_nothing = True  # type: ignore[attr-defined]


def cookie(peer: Peer) -> None:
    peer.reply({}, Set_Cookie="session=yes; Path=/; HttpOnly")


def events(peer: Peer) -> None:
    """Three events, as they happen."""
    peer.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    for piece in (b"event: a\r\ndata: 1\r\n\r\nda", "ta: ü".encode()[:5], b"\xbc\n\nend"):
        peer.send(b"%x\r\n%s\r\n" % (len(piece), piece))
        peer.wait(0.01)
    peer.send(b"0\r\n\r\n")


def replying(body: Any = b"", status: int = 200, **how: Any) -> Behaviour:
    """A behaviour that answers so."""
    return lambda peer: peer.reply(body, status, **how)


def _named() -> Iterator[tuple[str, Behaviour]]:
    for behaviour in (
        echo, silent, hang_up, reset, garbage, drip_head, drip_body, drip_chunk_size,
        endless_status, endless_headers, endless_header, endless_body, endless_chunks,
        endless_trailer, endless_line, bad_chunk, cut_short, cut_chunk, claims_much, html,
        zip_bomb, away, refuses_early, never_reads, cookie, events,
    ):  # fmt: skip
        yield "/" + behaviour.__name__.replace("_", "-"), behaviour
    yield "/round", round_and_round


BEHAVIOURS = dict(_named())
