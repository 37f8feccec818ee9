"""Files that are there as a whole or not at all, whoever dies while they are written."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

PRIVATE = 0o600  # for the eyes of OctoPrint's user only
# Of the name, in what a file is called until it is whole: a name may have 255 bytes.
_NAME_LENGTH = 40
_UNFINISHED = ".*.tmp"


@contextmanager
def written_at_once(
    path: str | os.PathLike[str], *, mode: int | None = None, sync: bool = True
) -> Iterator[BinaryIO]:
    """A file to write into, which takes its name when it is left without an error.

    Args:
        path: the file's name; one that is there is replaced.
        mode: the file's permissions, from its first byte on; None: those of any new file.
        sync: wait until it is on the disk, so that it survives a power cut as well.

    Raises:
        OSError: the folder is missing or the disk full; no half-written file stays, and a
            file of that name stays as it was.
    """
    path = Path(path)
    name = f".{path.name[:_NAME_LENGTH]}.{secrets.token_hex(4)}.tmp"
    temporary = path.with_name(name)
    try:
        first = 0o666 if mode is None else mode
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, first)
        with os.fdopen(handle, "wb") as file:
            if mode is not None:
                os.fchmod(handle, mode)  # past the process's umask
            yield file
            file.flush()
            if sync:
                os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def write_atomic(path: Path, data: bytes, *, mode: int | None = None) -> None:
    """Write a file's bytes. Raises OSError as `written_at_once` does."""
    with written_at_once(path, mode=mode) as file:
        file.write(data)


def write_json(path: Path, data: Any, *, mode: int | None = None) -> None:
    """Write what people may read too. Raises OSError as `written_at_once` does."""
    text = json.dumps(data, ensure_ascii=False, indent=1)
    write_atomic(path, text.encode(), mode=mode)


def tidy(folder: Path) -> None:
    """Remove what writers that were killed have left; nobody may be writing there."""
    for left in folder.glob(_UNFINISHED):
        left.unlink(missing_ok=True)
