"""A JSON answer with a whole mesh in one of its strings, read without keeping the string.

Hunyuan's servers answer with ``{"status": "completed", "model_base64": "…"}``: a hundred
megabytes of mesh are a string of a hundred and thirty. The sieve lets the answer run
through, writes what the wanted strings hold to files and keeps the rest, which is small.
"""

from __future__ import annotations

import binascii
import json
import re
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

MOST_REST_BYTES = 2**20  # of the answer without the wanted strings
MOST_STRING_BYTES = 4096  # of any other string; what is more is left out
COLON = re.compile(rb"\s*:\s*")
MOST_BETWEEN_BYTES = 64
QUOTE_OR_ESCAPE = re.compile(rb'["\\]')
# The url-safe letters of RFC 4648, section 5, mean the same.
SAFE_LETTERS = bytes.maketrans(b"-_", b"+/")
LETTERS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
BLANKS = b" \t\r\n"
DATA_URI = b"data:"
MOST_URI_HEAD_BYTES = 200


class BadAnswer(ValueError):
    """No JSON, no base64, or not all of it."""


class TooMuch(BadAnswer):
    """A wanted string holds more than may be taken."""


class Decoder:
    """Base64 as it comes, to a file; the head of a ``data:`` URI is left out.

    Args:
        path: is created with the first byte; None: the bytes are only counted.
        most_bytes: of the file.
    """

    def __init__(self, path: Path | None, most_bytes: int) -> None:
        self.path = path
        self.taken = 0
        self._most = most_bytes
        self._file: BinaryIO | None = None
        self._head: bytes | None = b""
        self._rest = b""
        self._padded = False

    def feed(self, text: bytes) -> None:
        if self._head is not None:
            text = self._behind_head(text)
        letters = text.translate(SAFE_LETTERS, BLANKS)
        body = letters.rstrip(b"=")
        if body.translate(None, LETTERS) or (body and self._padded):
            raise BadAnswer("a letter that base64 has not")
        self._padded |= len(body) < len(letters)
        body = self._rest + body
        whole = len(body) - len(body) % 4
        self._rest = body[whole:]
        self._write(binascii.a2b_base64(body[:whole]))

    def _behind_head(self, text: bytes) -> bytes:
        """What follows a data URI's head; nothing while the head is not complete."""
        text = (self._head or b"") + text
        self._head = text
        if len(text) < len(DATA_URI):
            return b""
        if text.startswith(DATA_URI):
            _, comma, text = text.partition(b",")
            if not comma:
                if len(self._head) > MOST_URI_HEAD_BYTES:
                    raise BadAnswer("a data URI without data")
                return b""
        self._head = None
        return text

    def end(self) -> None:
        """The string is complete. Raises `BadAnswer` where its last letters are no byte."""
        if self._head:
            waiting, self._head = self._head, None
            self.feed(waiting)
        if len(self._rest) == 1:
            raise BadAnswer("base64 that ends within a byte")
        if self._rest:
            self._write(binascii.a2b_base64(self._rest + b"=" * (4 - len(self._rest))))
        self.close()

    def _write(self, piece: bytes) -> None:
        self.taken += len(piece)
        if self.taken > self._most:
            raise TooMuch(f"more than {self._most} bytes")
        if piece and self.path is not None:
            if self._file is None:
                self._file = open(self.path, "wb")
            self._file.write(piece)

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


class Sieve:
    """See the module.

    Args:
        wanted: name in the JSON -> file its string goes to; None: it is only counted.
        most_bytes: of each file.
    """

    def __init__(self, wanted: Mapping[str, Path | None], most_bytes: int) -> None:
        self.found: dict[str, Decoder] = {}
        self._wanted = wanted
        self._most = most_bytes
        self._rest = bytearray()
        self._waiting = b""  # an escape that is not complete
        self._inside = False
        self._string = bytearray()  # raw, of the string at hand or the last one
        self._between = b""  # what came since the last string
        self._decoder: Decoder | None = None

    def __enter__(self) -> Sieve:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for decoder in self.found.values():
            decoder.close()

    @property
    def has_data(self) -> bool:
        """Whether a wanted string turned out to hold something."""
        return any(decoder.taken for decoder in self.found.values())

    def feed(self, piece: bytes) -> None:
        """Raises `BadAnswer`."""
        data, at = self._waiting + piece, 0
        while at < len(data):
            if not self._inside:
                quote = data.find(b'"', at)
                end = quote if quote >= 0 else len(data)
                self._outside(data[at:end])
                at = end + 1
                if quote >= 0:
                    self._open()
                continue
            special = QUOTE_OR_ESCAPE.search(data, at)
            end = special.start() if special else len(data)
            self._text(data[at:end])
            at = end
            if special and data[at : at + 1] == b'"':
                self._shut()
                at += 1
            elif special:
                length = 6 if data[at + 1 : at + 2] == b"u" else 2
                if len(data) - at < length:
                    break
                self._escape(data[at : at + length])
                at += length
        self._waiting = data[at:]

    def _outside(self, text: bytes) -> None:
        self._keep(text)
        self._between = (self._between + text)[: MOST_BETWEEN_BYTES + 1]

    def _open(self) -> None:
        self._inside = True
        name = self._name() if COLON.fullmatch(self._between) else None
        self._string.clear()
        self._keep(b'"')
        if name in self._wanted:
            self._decoder = Decoder(self._wanted[name], self._most)
            self.found[name] = self._decoder

    def _name(self) -> str | None:
        try:
            return str(json.loads(b'"' + self._string + b'"'))
        except ValueError:
            return None

    def _text(self, text: bytes) -> None:
        if self._decoder is not None:
            self._decoder.feed(text)
            return
        text = text[: MOST_STRING_BYTES - len(self._string)]
        self._string += text
        self._keep(text)

    def _escape(self, escape: bytes) -> None:
        if self._decoder is None:
            if len(self._string) + len(escape) <= MOST_STRING_BYTES:
                self._text(escape)
            return
        try:
            letter = json.loads(b'"' + escape + b'"')
        except ValueError:
            raise BadAnswer("an escape that JSON has not") from None
        self._decoder.feed(letter.encode("utf-8", "replace"))

    def _shut(self) -> None:
        self._inside = False
        self._between = b""
        self._keep(b'"')
        if self._decoder is not None:
            self._decoder.end()
            self._decoder = None

    def _keep(self, text: bytes) -> None:
        if len(self._rest) + len(text) > MOST_REST_BYTES:
            raise BadAnswer("more than such an answer has to say")
        self._rest += text

    def rest(self) -> Any:
        """The answer without the wanted strings, which are empty in it.

        Raises:
            BadAnswer: it was none, or is not complete.
        """
        if self._inside or self._waiting:
            raise BadAnswer("it ends within a string")
        try:
            return json.loads(self._rest.decode("utf-8", "replace"))
        except (ValueError, RecursionError):
            raise BadAnswer("no JSON") from None
