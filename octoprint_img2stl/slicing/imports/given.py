"""A brought file, read in bounded pieces; a real profile has 10 to 100 kB."""

from __future__ import annotations

import os
import stat
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from ...problems import N_
from ..refused import SlicingRefused
from .imported import System, not_a_profile

HEAD = 512 * 1024  # bytes from the beginning by which a file is recognised
TAIL = 2 * 1024 * 1024  # bytes from the end of a G-code in which its profile is sought
TEXT_LIMIT = 8 * 1024 * 1024  # bytes of a text file: a bundle of hundreds of presets
ZIP_LIMIT = 4 * 1024 * 1024  # bytes of an archive as it lies on the disk
ZIP_ENTRIES = 2_000
ENTRY_LIMIT = 1024 * 1024  # bytes of one file in an archive
TOO_LARGE = N_(
    "The file is too large to be a profile; export the one profile you want from your slicer."
)
ZIP_MAGIC = b"PK\x03\x04"


@dataclass(frozen=True)
class Given:
    """What somebody brought, and how it is to be taken.

    Attributes:
        path: the file.
        own_gcode: whether its custom G-code may come in.
        name: what the file was called where it came from; for people only.
        choose: kind of preset -> name, of a file with several.
        system: presets that came with the slicer, for those that build on them.
    """

    path: Path
    own_gcode: bool = False
    name: str = ""
    choose: Mapping[str, str] = field(default_factory=dict)
    system: System | None = None

    @property
    def title(self) -> str:
        """The file's name without its ending."""
        return Path(self.name or self.path.name).stem

    @cached_property
    def size(self) -> int:
        """Bytes. Raises SlicingRefused for what is no readable file."""
        try:
            found = os.stat(self.path)
        except (OSError, ValueError) as error:
            raise _unreadable() from error
        if not stat.S_ISREG(found.st_mode):  # a pipe would never end
            raise _unreadable()
        return found.st_size

    @cached_property
    def head(self) -> bytes:
        return self._read(0, HEAD)

    @cached_property
    def tail(self) -> str:
        """The last lines, whole ones, of a file of any size."""
        start = max(0, self.size - TAIL)
        data = self._read(start, TAIL)
        if start:
            data = data.partition(b"\n")[2]
        return data.decode("utf-8", "replace")

    @cached_property
    def text(self) -> str:
        """The whole text of a small file."""
        if self.size > TEXT_LIMIT:
            raise not_a_profile(TOO_LARGE)
        return as_text(self._read(0, TEXT_LIMIT))

    @cached_property
    def archive(self) -> dict[str, bytes]:
        """The small files of a zip, names -> contents; anything else in it is passed over.

        Names are never used as paths. Only what is stored or deflated is unpacked (other
        methods may ask for gigabytes of memory), and never more than announced limits.
        """
        if self.size > ZIP_LIMIT:
            raise not_a_profile(TOO_LARGE)
        files: dict[str, bytes] = {}
        room = TEXT_LIMIT
        try:
            with zipfile.ZipFile(self.path) as archive:
                for entry in archive.infolist()[:ZIP_ENTRIES]:
                    if (
                        entry.compress_type
                        not in (
                            zipfile.ZIP_STORED,
                            zipfile.ZIP_DEFLATED,
                        )
                        or entry.is_dir()
                    ):
                        continue
                    with archive.open(entry) as file:
                        content = file.read(ENTRY_LIMIT + 1)
                    room -= len(content)
                    if room < 0:
                        raise not_a_profile(TOO_LARGE)
                    if len(content) <= ENTRY_LIMIT:
                        files[entry.filename] = content
        except _BROKEN as error:
            raise not_a_profile(
                N_("The archive is damaged or locked; export the profile once more.")
            ) from error
        return files

    def _read(self, start: int, count: int) -> bytes:
        if not self.size:
            return b""
        try:
            with open(self.path, "rb") as file:
                file.seek(start)
                return file.read(count)
        except OSError as error:
            raise _unreadable() from error


# What Python's zipfile raises for damaged, locked or strange archives.
_BROKEN = (
    zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, OSError, EOFError,
    ValueError, RuntimeError, NotImplementedError, LookupError, OverflowError,
)  # fmt: skip


def as_text(data: bytes) -> str:
    """UTF-8 (with or without a mark) as text; Windows' code page for older exports."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def _unreadable() -> SlicingRefused:
    return not_a_profile(N_("The profile's file cannot be read; check its name."))
