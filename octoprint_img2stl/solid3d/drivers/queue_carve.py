"""Answers of any size that may have a whole mesh in one of their texts.

Such an answer goes to a file first. What it says beside the mesh is read without the long
texts; the mesh is then cut out of the file, block by block.
"""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path
from typing import Any

from .. import sentences
from ..bad_mesh import no_mesh, too_large
from ..line import Stream
from ..results import MESH_TYPES
from .sieve import BadAnswer, Decoder, Sieve, TooMuch

MOST_SMALL_BYTES = 2**20
BLOCK_BYTES = 2**18
OVERLAP_BYTES = 256
MAGIC = base64.b64encode(b"glTF\x02\x00\x00\x00\x00")[:10]  # of every GLB's first bytes
KINDS = b"|".join(re.escape(kind.encode()) for kind in MESH_TYPES)
START = re.compile(
    rb'"(?:data:(?P<kind>[\w.+-]{0,60}\\?/?[\w.+-]{0,100})(?:;[\w.=+-]{1,60}){0,4};base64,)?'
    rb"(?=(?P<magic>" + re.escape(MAGIC) + rb")|[A-Za-z0-9+/_\\-]{16})"
)


def read_json(stream: Stream) -> Any:
    """A JSON answer; texts of one that is very long are cut short.

    Raises:
        DriverFailed: ``bad_result``: it is none.
    """
    kept, sieve = bytearray(), None
    try:
        for piece in stream.chunks():
            if sieve is None:
                kept += piece
                if len(kept) > MOST_SMALL_BYTES:
                    sieve = Sieve({}, 0)
                    sieve.feed(bytes(kept))
                    kept.clear()
            else:
                sieve.feed(piece)
        if sieve is not None:
            return sieve.rest()
        start = bytes(kept[:200]).lstrip().lower()
        if start.startswith((b"<!doctype", b"<html", b"<head", b"<!--")):
            raise sentences.web_page(stream.host)
        return json.loads(kept)
    except (ValueError, RecursionError):
        raise sentences.not_json(stream.host) from None


def is_json(path: Path) -> bool:
    """Whether a file begins as JSON does."""
    with open(path, "rb") as file:
        return file.read(200).lstrip()[:1] in (b"{", b"[", b'"')


def read_file(path: Path, host: str) -> Any:
    """What a JSON answer in a file says, without its long texts.

    Raises:
        DriverFailed: ``bad_result``: it is none.
    """
    sieve = Sieve({}, 0)
    try:
        with open(path, "rb") as file:
            while block := file.read(BLOCK_BYTES):
                sieve.feed(block)
        return sieve.rest()
    except BadAnswer:
        raise sentences.not_json(host) from None


def carve(path: Path, part: Path, most_bytes: int) -> bool:
    """Cut the first mesh out of a JSON answer: a ``data:`` URI, or bare base64 of a GLB.

    Returns:
        Whether there was one; it is in `part` then.

    Raises:
        DriverFailed: ``bad_result``: it is too large, or no base64.
    """
    with open(path, "rb") as file:
        place = _start(file)
        if place is None:
            return False
        file.seek(place)
        decoder = Decoder(part, most_bytes)
        try:
            _decode(file, decoder)
            decoder.end()
        except BadAnswer as error:
            decoder.close()
            part.unlink(missing_ok=True)
            too_much = isinstance(error, TooMuch)
            raise (too_large(most_bytes) if too_much else no_mesh("data")) from None
        finally:
            decoder.close()
    return part.is_file()


def _start(file: Any) -> int | None:
    kept, base = b"", 0
    while True:
        block = file.read(BLOCK_BYTES)
        kept += block
        for match in START.finditer(kept):
            kind = (match["kind"] or b"").replace(b"\\", b"").lower().decode()
            if match["magic"] or kind in MESH_TYPES:
                return base + match.start() + 1
        if not block:
            return None
        cut = max(0, len(kept) - OVERLAP_BYTES)
        base, kept = base + cut, kept[cut:]


def _decode(file: Any, decoder: Decoder) -> None:
    escape = b""
    while block := file.read(BLOCK_BYTES):
        block = escape + block
        end = block.find(b'"')
        text = block if end < 0 else block[:end]
        escape = b"\\" if text.endswith(b"\\") and end < 0 else b""
        text = text[: len(text) - len(escape)]
        decoder.feed(text.replace(b"\\/", b"/").replace(b"\\n", b"").replace(b"\\r", b""))
        if end >= 0:
            return
    raise BadAnswer("it ends within a string")
