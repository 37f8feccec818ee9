"""What the imitations of paid services share: two servers on 127.0.0.1 (the service and the
host of its results), who asked for what, money, and the faults of real networks."""

from __future__ import annotations

import email.parser
import email.policy
import json
import socket
import struct
import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

MOST_BODY_BYTES = 200 * 2**20

# faults of the answer to one request
DROP = "drop"  # the connection breaks after the request was worked on
REFUSE = "refuse"  # it breaks before the request was looked at


@dataclass(frozen=True)
class Seen:
    """A request as it arrived.

    Attributes:
        host: ``api`` or ``results``.
        query: of the URL.
        headers: names in lower case.
    """

    host: str
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes = field(repr=False)

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    def mentions(self, text: str) -> bool:
        """Whether `text` is anywhere in it."""
        parts = [self.path, *self.query.values(), *self.headers.values()]
        return any(text in part for part in parts) or text.encode() in self.body


@dataclass(frozen=True)
class Reply:
    """An answer."""

    status: int
    body: Any = b""
    headers: dict[str, str] = field(default_factory=dict)
    kind: str = "application/json"

    def bytes(self) -> bytes:
        if isinstance(self.body, bytes):
            return self.body
        return json.dumps(self.body).encode()


class PaidFake:
    """The service; to be used in a ``with`` statement.

    Attributes:
        url, results_url: base URLs of both servers.
        key: the key it takes.
        seen: every request, in order.
        balance: credits left.
        lead_s: how much its clock is ahead of ours.
    """

    def __init__(self, key: str = "the-right-key", balance: float = 1000.0) -> None:
        self.key = key
        self.balance = balance
        self.lead_s = 0.0
        self.seen: list[Seen] = []
        self.lock = threading.RLock()
        self._faults: list[tuple[str, str, str | Reply]] = []
        self._servers = [self._server("api"), self._server("results")]
        self.url, self.results_url = (
            f"http://127.0.0.1:{server.server_address[1]}" for server in self._servers
        )

    def __enter__(self) -> PaidFake:
        for server in self._servers:
            threading.Thread(
                target=server.serve_forever, args=(0.02,), daemon=True
            ).start()
        return self

    def __exit__(self, *error: object) -> None:
        for server in self._servers:
            server.shutdown()
            server.server_close()

    def fail(self, method: str, path: str, how: str | Reply) -> None:
        """Let the next request of that method whose path begins so go wrong: `DROP`, `REFUSE`
        or an answer that is given instead of the real one."""
        with self.lock:
            self._faults.append((method, path, how))

    def asked(self, method: str, path: str = "/") -> list[Seen]:
        """The requests to the service that were such."""
        return [
            each
            for each in self.seen
            if each.host == "api" and each.method == method and each.path.startswith(path)
        ]

    def now(self) -> float:
        """Seconds since 1970 by its own clock."""
        return time.time() + self.lead_s

    def answer(self, request: Seen) -> Reply:
        """Of the service."""
        raise NotImplementedError

    def give(self, request: Seen) -> Reply:
        """Of the host of the results."""
        raise NotImplementedError

    def respond(self, request: Seen) -> Reply | str:
        with self.lock:
            self.seen.append(request)
            fault = self._fault(request)
            if fault is not None and fault != DROP:
                return fault
            if request.host == "results":
                leaked = request.mentions(self.key) or "authorization" in request.headers
                reply = (
                    Reply(400, {"message": "signed URLs take no other authorization"})
                    if leaked or "cookie" in request.headers
                    else self.give(request)
                )
            else:
                reply = self.answer(request)
            return DROP if fault == DROP else reply

    def _fault(self, request: Seen) -> str | Reply | None:
        for number, (method, path, how) in enumerate(self._faults):
            if method == request.method and request.path.startswith(path):
                del self._faults[number]
                return how
        return None

    def _server(self, host: str) -> ThreadingHTTPServer:
        fake = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self) -> None:
                parts = urlsplit(self.path)
                length = min(
                    int(self.headers.get("Content-Length") or 0), MOST_BODY_BYTES
                )
                request = Seen(
                    host,
                    self.command,
                    parts.path,
                    dict(parse_qsl(parts.query)),
                    {name.lower(): value for name, value in self.headers.items()},
                    self.rfile.read(length),
                )
                reply = fake.respond(request)
                if isinstance(reply, str):
                    self.close_connection = True
                    self.connection.shutdown(socket.SHUT_RDWR)
                    return
                body = reply.bytes()
                self.send_response(reply.status)
                self.send_header("Content-Type", reply.kind)
                headers = {"Content-Length": str(len(body)), **reply.headers}
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = do_PUT = do_DELETE = handle_any

            def date_time_string(self, timestamp: float | None = None) -> str:
                return super().date_time_string(int(fake.now()))

            def log_message(self, format: str, *args: Any) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request: Any, client_address: Any) -> None:
                pass  # clients that went away, as `abort` makes them

        return Server(("127.0.0.1", 0), Handler)


def multipart(request: Seen) -> dict[str, tuple[str, str, bytes]]:
    """The parts of a form: name -> (file name, content type, content)."""
    head = f"Content-Type: {request.headers.get('content-type', '')}\r\n\r\n".encode()
    parser = email.parser.BytesParser(policy=email.policy.HTTP)
    message = parser.parsebytes(head + request.body)
    found = {}
    for part in message.iter_parts() if message.is_multipart() else ():
        name = part.get_param("name", header="content-disposition")
        found[str(name)] = (
            part.get_filename() or "",
            part.get_content_type(),
            part.get_payload(decode=True) or b"",
        )
    return found


def picture_kind(content: bytes) -> str:
    """``jpeg``, ``png`` or an empty text."""
    if content.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    return "png" if content.startswith(b"\x89PNG\r\n\x1a\n") else ""


Box = tuple[Sequence[float], Sequence[float]]


def glb_of_boxes(boxes: Iterable[Box]) -> bytes:
    """A binary glTF 2.0 of boxes (lowest and highest corner), in its own axes (y is up)."""
    corners, faces = [], []
    for low, high in boxes:
        start = len(corners)
        corners += [
            tuple((low, high)[bits >> axis & 1][axis] for axis in range(3))
            for bits in range(8)
        ]
        faces += [start + index for index in BOX_FACES]
    points = b"".join(struct.pack("<3f", *corner) for corner in corners)
    indices = struct.pack(f"<{len(faces)}I", *faces)
    document = {
        "asset": {"version": "2.0"},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0}],
        "meshes": [{"primitives": [{"attributes": {"POSITION": 0}, "indices": 1}]}],
        "accessors": [
            {
                "bufferView": 0,
                "componentType": 5126,
                "count": len(corners),
                "type": "VEC3",
                "min": [min(axis) for axis in zip(*corners, strict=True)],
                "max": [max(axis) for axis in zip(*corners, strict=True)],
            },
            {
                "bufferView": 1,
                "componentType": 5125,
                "count": len(faces),
                "type": "SCALAR",
            },
        ],
        "bufferViews": [
            {"buffer": 0, "byteOffset": 0, "byteLength": len(points)},
            {"buffer": 0, "byteOffset": len(points), "byteLength": len(indices)},
        ],
        "buffers": [{"byteLength": len(points) + len(indices)}],
    }
    text = json.dumps(document).encode()
    text += b" " * (-len(text) % 4)
    binary = points + indices
    size = 12 + 8 + len(text) + 8 + len(binary)
    return b"".join(
        (
            struct.pack("<4sII", b"glTF", 2, size),
            struct.pack("<I4s", len(text), b"JSON"),
            text,
            struct.pack("<I4s", len(binary), b"BIN\0"),
            binary,
        )
    )


# Corner number: x + 2 y + 4 z; triangles counter-clockwise from outside.
BOX_FACES = (
    0, 2, 1, 1, 2, 3, 4, 5, 6, 5, 7, 6, 0, 1, 4, 1, 5, 4,
    2, 6, 3, 3, 6, 7, 0, 4, 2, 2, 4, 6, 1, 3, 5, 3, 7, 5,
)  # fmt: skip

A_BOX = glb_of_boxes([((-0.5, -0.5, -0.5), (0.5, 0.5, 0.5))])
