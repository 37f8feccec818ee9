"""A GPU server that only says what it is, as the one that comes with the plugin does: enough
for *Test connection*. What it answers can be changed while it listens."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

CAPABILITIES = {
    "server": "img2stl-gpu-server",
    "version": "9.8.7",
    "api": 1,
    "backend": {
        "name": "triposg",
        "label": "TripoSG",
        "licence": "MIT",
        "notice": "",
    },
    "views": {"min": 1, "max": 4, "roles": ["front", "back", "left", "right"]},
    "needs_alpha": True,
    "removes_background": False,
    "geometry_only": True,
    "seed": True,
    "faces": [100, 500000],
    "formats": ["glb", "stl"],
    "progress": "percent",
    "cancel": "running",
    "result_ttl_s": 86400,
    "max_upload_bytes": 2**24,
    "typical_s": None,
}
PAGE = b"<!doctype html><title>Router</title><script>alert(1)</script>"


class Gpu(ThreadingHTTPServer):
    """One that listens on a free port of this machine.

    Attributes:
        key: which it wants as ``Authorization: Bearer``; empty: none.
        mode: ``good``, ``page`` (somebody else's web page), ``broken`` (500), ``silent``
            (takes the request and never answers).
        seen: (path, Authorization header or None) of every request.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.key = ""
        self.mode = "good"
        self.seen: list[tuple[str, str | None]] = []
        self.over = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: Gpu

    def do_GET(self) -> None:
        gpu = self.server
        given = self.headers.get("Authorization")
        gpu.seen.append((self.path, given))
        if gpu.mode == "silent":
            gpu.over.wait(60)
        elif gpu.mode == "page":
            self._send(200, PAGE, "text/html")
        elif gpu.mode == "broken":
            self._json(500, {"message": "CUDA out of <b>memory</b>"})
        elif gpu.key and given != f"Bearer {gpu.key}":
            # a server that repeats what it was given
            self._json(401, {"message": f"wrong key, not {given}"})
        elif self.path == "/capabilities":
            self._json(200, CAPABILITIES)
        else:
            self._json(404, {"message": "no such thing"})

    def _json(self, status: int, data: object) -> None:
        self._send(status, json.dumps(data).encode(), "application/json")

    def _send(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        pass


@contextmanager
def listening() -> Iterator[Gpu]:
    with Gpu() as gpu:
        thread = threading.Thread(target=gpu.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield gpu
        finally:
            gpu.over.set()
            gpu.shutdown()
            thread.join()
