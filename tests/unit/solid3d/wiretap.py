"""Everything that this process sends over connections it makes, and where to."""

from __future__ import annotations

import socket
import threading
import weakref
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit


@dataclass
class Tap:
    """What was sent: to which port, and what. Servers' answers are not in it."""

    sent: list[tuple[int, bytes]] = field(default_factory=list)

    def ports_that_got(self, text: str) -> set[int]:
        """Where a text went to, even if it was cut in pieces."""
        whole: dict[int, bytes] = {}
        for port, data in self.sent:
            whole[port] = whole.get(port, b"") + data
        return {port for port, data in whole.items() if text.encode() in data}

    def first_lines(self) -> list[str]:
        """Of all requests: method, path and query, which every server logs."""
        lines = [line for _, data in self.sent for line in data.split(b"\r\n")]
        return [line.decode("latin-1") for line in lines if line.endswith(b" HTTP/1.1")]


def tapped(monkeypatch: Any) -> Tap:
    """Listen from here on, until the test ends."""
    tap, lock = Tap(), threading.Lock()
    ports: weakref.WeakKeyDictionary[socket.socket, int] = weakref.WeakKeyDictionary()
    connect, sendall, send = (
        socket.socket.connect, socket.socket.sendall, socket.socket.send
    )  # fmt: skip

    def note(self: socket.socket, data: bytes) -> None:
        with lock:
            if self in ports:
                tap.sent.append((ports[self], data))

    def noting_connect(self: socket.socket, address: Any) -> None:
        if isinstance(address, tuple):
            with lock:
                ports[self] = address[1]
        connect(self, address)

    def noting_sendall(self: socket.socket, data: Any, *flags: int) -> None:
        note(self, bytes(data))
        sendall(self, data, *flags)

    def noting_send(self: socket.socket, data: Any, *flags: int) -> int:
        sent = send(self, data, *flags)
        note(self, bytes(data)[:sent])
        return sent

    monkeypatch.setattr(socket.socket, "connect", noting_connect)
    monkeypatch.setattr(socket.socket, "sendall", noting_sendall)
    monkeypatch.setattr(socket.socket, "send", noting_send)
    return tap


def port_of(url: str) -> int:
    return urlsplit(url).port or 0
