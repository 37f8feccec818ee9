"""What imitations of a home's own GPU servers share: a real server on 127.0.0.1 and who asked."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit


@dataclass(frozen=True)
class Asked:
    """A request as it arrived; header names in lower case."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes = field(repr=False)

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Reply:
    """An answer.

    Attributes:
        body: bytes, or JSON.
        length: said instead of the true one, so that the answer is cut short.
    """

    status: int = 200
    body: Any = b""
    kind: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
    length: int | None = None

    @property
    def bytes(self) -> bytes:
        return (
            self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()
        )


class PlainFake:
    """To be used in a ``with`` statement; `answer` is the imitation.

    Attributes:
        url: base URL.
        asked: every request, in order.
        token: has to be given as a bearer's, where it is not empty.
    """

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.token = ""
        self.closing = threading.Event()
        fake = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 20

            def handle_any(self) -> None:
                fake._handle(self)

            do_GET = do_POST = do_PUT = do_DELETE = handle_any

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    def __enter__(self) -> Any:
        self._thread.start()
        return self

    def __exit__(self, *_: Any) -> None:
        self.stop()

    def stop(self) -> None:
        """The program ends: nobody listens there any more."""
        if self._thread.is_alive():
            self.closing.set()
            self._server.shutdown()
            self._thread.join()
            self._server.server_close()

    def _handle(self, handler: BaseHTTPRequestHandler) -> None:
        parts = urlsplit(handler.path)
        length = int(handler.headers.get("Content-Length") or 0)
        asked = Asked(
            handler.command,
            unquote(parts.path),
            dict(parse_qsl(parts.query)),
            {name.lower(): text for name, text in handler.headers.items()},
            handler.rfile.read(length),
        )
        self.asked.append(asked)
        if (
            self.token
            and asked.headers.get("authorization") != f"Bearer {self.token}"
            and not self.is_open(asked)
        ):
            reply = Reply(401, {"message": "a token is needed"})
        elif self.take_over(asked, handler):
            handler.close_connection = True
            return
        else:
            reply = self.answer(asked)
        body = reply.bytes
        handler.send_response(reply.status)
        handler.send_header("Content-Type", reply.kind)
        told = len(body) if reply.length is None else reply.length
        handler.send_header("Content-Length", str(told))
        for name, text in reply.headers.items():
            handler.send_header(name, text)
        handler.end_headers()
        try:
            handler.wfile.write(body)
        except OSError:
            pass  # who asked has heard enough
        if told != len(body):
            handler.close_connection = True

    def is_open(self, asked: Asked) -> bool:
        """Whether it is answered without the token."""
        return False

    def take_over(self, asked: Asked, handler: BaseHTTPRequestHandler) -> bool:
        """For what is no single answer, such as a websocket; whether it was one."""
        return False

    def answer(self, asked: Asked) -> Reply:
        raise NotImplementedError

    def of(self, method: str, path: str) -> list[Asked]:
        """Requests to a path, or below it where it ends with a slash."""
        return [
            each
            for each in self.asked
            if each.method == method
            and (each.path == path or path.endswith("/") and each.path.startswith(path))
        ]
