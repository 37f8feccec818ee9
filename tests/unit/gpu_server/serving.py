"""The GPU server as its own process, and what its tests send it."""

from __future__ import annotations

import base64
import io
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import requests
from PIL import Image

ROOT = Path(__file__).parents[3]
SERVER = ROOT / "extras" / "gpu_server"
STAND_INS = ROOT / "tests" / "fakes" / "torch_stand_ins"
PATIENCE_S = 60.0
ENDED = ("completed", "error", "cancelled")


class Running:
    """A server that runs."""

    def __init__(self, process: subprocess.Popen[str], url: str, folder: Path) -> None:
        self.process, self.url, self.folder = process, url, folder
        host, _, port = url.rpartition("/")[2].partition(":")
        self.address = host, int(port)

    def get(self, path: str, **more: Any) -> requests.Response:
        return requests.get(self.url + path, timeout=PATIENCE_S, **more)

    def post(self, path: str, data: Any, **more: Any) -> requests.Response:
        return requests.post(self.url + path, json=data, timeout=PATIENCE_S, **more)

    def delete(self, path: str, **more: Any) -> requests.Response:
        return requests.delete(self.url + path, timeout=PATIENCE_S, **more)

    def send(self, **order: Any) -> str:
        """Hand a job over, by default with one picture."""
        if "image" not in order:
            order.setdefault("images", {"front": picture()})
        answer = self.post("/send", {"api": 1, **order})
        assert answer.status_code == 200, answer.text
        return answer.json()["uid"]

    def status(self, uid: str) -> dict[str, Any]:
        return self.get(f"/status/{uid}?model=0").json()

    def until(self, uid: str, good: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        return eventually(lambda: self.status(uid), good)

    def ended(self, uid: str) -> dict[str, Any]:
        return self.until(uid, lambda status: status["status"] in ENDED)

    def raw(self, sent: bytes, *, then: bytes = b"") -> bytes:
        """What it answers to bytes, until it hangs up."""
        with socket.create_connection(self.address, PATIENCE_S) as line:
            line.sendall(sent)
            if then:
                line.sendall(then)
            line.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: line.recv(65536), b""))

    def memory_mib(self) -> float:
        """Largest resident memory so far."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024

    def stop(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(PATIENCE_S)


@contextmanager
def running(
    folder: Path, *options: str, env: Mapping[str, str] | None = None
) -> Iterator[Running]:
    """Start one; what it says goes to `folder`/log."""
    folder.mkdir(parents=True, exist_ok=True)
    path = os.pathsep.join([str(ROOT), str(SERVER)])
    given = dict(env or {})
    more = given.pop("PYTHONPATH", "")
    environment = {
        **{
            name: each for name, each in os.environ.items() if not name.startswith("IMG2")
        },
        "PYTHONPATH": os.pathsep.join([path, more]) if more else path,
        **given,
    }
    command = [sys.executable, "-m", "img2stl_gpu_server", "--port", "0"]
    command += ["--folder", str(folder / "jobs"), *options]
    with open(folder / "log", "a") as log:
        process = subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=log, text=True
        )
    try:
        line = process.stdout.readline()
        assert "listens on" in line, (folder / "log").read_text()
        yield Running(process, line.split()[-1], folder)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def eventually(ask: Callable[[], Any], good: Callable[[Any], bool]) -> Any:
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        found = ask()
        if good(found):
            return found
        time.sleep(0.02)
    raise AssertionError(f"it never came: {found}")


def disc(side: int = 96, *, alpha: bool = True) -> Image.Image:
    """A red disc, cut out or on white."""
    y, x = np.mgrid[-1 : 1 : side * 1j, -1 : 1 : side * 1j]
    inside = np.hypot(x, y) < 0.7
    pixels = np.full((side, side, 4), 255, np.uint8)
    pixels[inside] = (200, 30, 30, 255)
    if alpha:
        pixels[~inside, 3] = 0
    return Image.fromarray(pixels if alpha else pixels[..., :3])


def encoded(image: Image.Image, format: str = "PNG", **more: Any) -> str:
    buffer = io.BytesIO()
    image.save(buffer, format, **more)
    return base64.b64encode(buffer.getvalue()).decode()


def picture(**more: Any) -> str:
    return encoded(disc(**more))


def glb_json(raw: bytes) -> dict[str, Any]:
    """The JSON of a GLB whose lengths are right."""
    assert raw[:4] == b"glTF" and int.from_bytes(raw[8:12], "little") == len(raw)
    return json.loads(raw[20 : 20 + int.from_bytes(raw[12:16], "little")])


def head_of(answer: bytes) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of an answer in bytes."""
    head, _, body = answer.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = {
        name.lower(): each for name, _, each in (line.partition(": ") for line in lines)
    }
    return int(first.split()[1]), headers, body
