"""Small JSON files of the plugin that survive crashes, and whose damage is survived."""

from __future__ import annotations

import json
import logging
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from ..files import PRIVATE, write_json

T = TypeVar("T")
DAMAGE = (
    ArithmeticError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)

_log = logging.getLogger(__name__)


def load(path: Path, read: Callable[[Any], T], empty: T) -> tuple[T, str | None]:
    """What `read` makes of a JSON file; `empty` where there is none or none that makes sense.

    Returns:
        And the name under which a damaged file was set aside, None where all is well.
    """
    try:
        return read(json.loads(path.read_bytes())), None
    except FileNotFoundError:
        return empty, None
    except (OSError, *DAMAGE) as error:
        # the type only: words of the error may be words of the file, which may hold keys
        _log.error("%s cannot be used (%s)", path.name, type(error).__name__)
        return empty, set_aside(path)


def set_aside(path: Path) -> str:
    """Copy a file that will be overwritten to where it can be looked at; its new name."""
    aside = path.with_name(f"{path.stem}.broken{path.suffix}")
    try:
        shutil.copyfile(path, aside)
        os.chmod(aside, PRIVATE)
    except OSError as error:
        _log.error("%s cannot be set aside (%s)", path.name, type(error).__name__)
    return aside.name


def save(path: Path, data: Any) -> None:
    """Write whole or not at all, for the eyes of OctoPrint's user only. Raises OSError."""
    write_json(path, data, mode=PRIVATE)


def private_folder(path: Path) -> Path:
    """A folder that only OctoPrint's user can enter, made if missing.

    A file that is being written in it is never readable by others, not even for a moment.
    """
    path.mkdir(parents=True, exist_ok=True)
    os.chmod(path, 0o700)
    return path
