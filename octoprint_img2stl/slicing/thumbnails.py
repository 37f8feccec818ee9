"""Pictures inside a G-code file, in the form that PrusaSlicer made common."""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import tempfile
from pathlib import Path

LINE = 78  # characters of base64 per line, as PrusaSlicer writes them
BLOCK = 1 << 20


def insert_thumbnails(
    path: Path, pngs: list[tuple[int, int, bytes]]
) -> tuple[int, int, str]:
    """Insert the blocks behind the first line, which names the generator.

    The new file takes the old one's place in one step; on any error the old one stays.

    Returns:
        Bytes inserted, size of the new file in bytes, its SHA-256.
    """
    blocks = b"".join(_block(*png) for png in pngs)
    digest, size = hashlib.sha256(), 0
    handle, name = tempfile.mkstemp(prefix=".thumbnails-", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as new, open(path, "rb") as old:
            part = old.readline(BLOCK) + blocks
            while part:
                new.write(part)
                digest.update(part)
                size += len(part)
                part = old.read(BLOCK)
            new.flush()
            os.fsync(new.fileno())
        shutil.copymode(path, name)
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise
    return len(blocks), size, digest.hexdigest()


def _block(width: int, height: int, png: bytes) -> bytes:
    text = base64.b64encode(png).decode()
    lines = [text[at : at + LINE] for at in range(0, len(text), LINE)]
    begin = f"thumbnail begin {width}x{height} {len(text)}"
    body = "".join(f"; {line}\n" for line in (begin, *lines, "thumbnail end"))
    return f"\n;\n{body};\n\n".encode()
