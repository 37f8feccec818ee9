"""Which mesh format a file has, and whether all of it is there. By content alone, no numpy."""

from __future__ import annotations

import math
import re
import struct
from pathlib import Path
from typing import BinaryIO

from .bad_mesh import cut_short, empty, no_mesh, too_large

HEAD_BYTES = 64 * 1024
BLOCK_BYTES = 2**20
MOST_GLB_CHUNKS = 64
MOST_ENTRIES = 5000
MOST_DIRECTORY_BYTES = 4 * 2**20
END_RECORD_BYTES = 22 + 65535
SCALARS = {
    "char": 1, "uchar": 1, "int8": 1, "uint8": 1, "short": 2, "ushort": 2, "int16": 2,
    "uint16": 2, "int": 4, "uint": 4, "int32": 4, "uint32": 4, "float": 4, "float32": 4,
    "double": 8, "float64": 8,
}  # fmt: skip
OBJ_WORDS = (
    b"#", b"v", b"vn", b"vt", b"vp", b"f", b"l", b"p", b"o", b"g", b"s", b"mtllib", b"usemtl",
)  # fmt: skip
FACE_LINE = re.compile(rb"(?:^|\n)[ \t]*f[ \t]+[-\d]")
STL_TEXT = re.compile(rb"facet\s+normal|endsolid", re.I)


def mesh_format(path: Path, max_bytes: int) -> str:
    """One of `FORMATS`.

    Raises:
        DriverFailed: ``bad_result``: nothing, no mesh, one that is not all there, too large.
    """
    size = path.stat().st_size
    if size == 0:
        raise empty()
    if size > max_bytes:
        raise too_large(max_bytes)
    with open(path, "rb") as file:
        head = file.read(HEAD_BYTES)
        if head.startswith(b"glTF"):
            _check_glb(file, head, size, max_bytes)
            return "glb"
        if head.startswith(b"PK"):
            _check_3mf(file, size, max_bytes)
            return "3mf"
        if re.match(rb"ply[ \t]*\r?\n", head):
            _check_ply(head, size)
            return "ply"
        if what := _something_else(head):
            raise no_mesh(what)
        if _is_stl(file, head, size):
            return "stl"
        if _is_obj(file, head):
            return "obj"
    raise no_mesh("unknown")


# -- GLB ---------------------------------------------------------------------------------------


def _check_glb(file: BinaryIO, head: bytes, size: int, max_bytes: int) -> None:
    """Khronos glTF 2.0 specification, section 4.4: a header, a JSON chunk, then others."""
    if len(head) < 20:
        raise cut_short()
    version, length = struct.unpack_from("<II", head, 4)
    if version != 2:
        raise no_mesh("old_gltf")
    if length > max_bytes:
        raise too_large(max_bytes)
    if length > size:
        raise cut_short()
    place = 12
    for number in range(MOST_GLB_CHUNKS):
        if place + 8 > length:
            return
        file.seek(place)
        chunk, kind = struct.unpack("<I4s", file.read(8))
        if number == 0 and kind != b"JSON":
            raise no_mesh("unknown")
        if chunk > length - place - 8:
            raise cut_short()
        place += 8 + chunk


# -- 3MF ---------------------------------------------------------------------------------------


def _check_3mf(file: BinaryIO, size: int, max_bytes: int) -> None:
    """A package with a model; the sizes are those of its directory, nothing is unpacked."""
    models = packed = 0
    for name, unpacked in _directory(file, size):
        packed += unpacked
        models += name.lower().endswith(".model") and unpacked > 0
    if packed > 4 * max_bytes:
        raise too_large(max_bytes)
    if not models:
        raise no_mesh("package")


def _directory(file: BinaryIO, size: int) -> list[tuple[str, int]]:
    """Names and unpacked sizes (PKWARE APPNOTE 6.3, sections 4.3.12 to 4.3.16)."""
    start = max(0, size - END_RECORD_BYTES)
    file.seek(start)
    tail = file.read(END_RECORD_BYTES)
    end = tail.rfind(b"PK\x05\x06")
    if end < 0 or len(tail) < end + 22:
        raise cut_short()
    entries, length, place = struct.unpack_from("<HII", tail, end + 10)
    if end >= 20 and tail[end - 20 : end - 16] == b"PK\x06\x07":  # zip64
        (where,) = struct.unpack_from("<Q", tail, end - 12)
        record = _at(file, where, 56)
        if record[:4] != b"PK\x06\x06":
            raise cut_short()
        entries, length, place = struct.unpack_from("<QQQ", record, 32)
    if entries > MOST_ENTRIES or length > MOST_DIRECTORY_BYTES:
        raise no_mesh("package")
    return _entries(_at(file, place, length), entries)


def _at(file: BinaryIO, place: int, length: int) -> bytes:
    if place >= 2**62:
        raise cut_short()
    file.seek(place)
    found = file.read(length)
    if len(found) < length:
        raise cut_short()
    return found


def _entries(directory: bytes, count: int) -> list[tuple[str, int]]:
    found, place = [], 0
    for _ in range(count):
        if directory[place : place + 4] != b"PK\x01\x02" or place + 46 > len(directory):
            raise cut_short()
        (unpacked,) = struct.unpack_from("<I", directory, place + 24)
        name, extra, comment = struct.unpack_from("<HHH", directory, place + 28)
        text = directory[place + 46 : place + 46 + name].decode("utf-8", "replace")
        fields = directory[place + 46 + name : place + 46 + name + extra]
        if unpacked == 0xFFFFFFFF:  # zip64: the first of its own field
            unpacked = _long_size(fields)
        found.append((text, unpacked))
        place += 46 + name + extra + comment
    return found


def _long_size(fields: bytes) -> int:
    place = 0
    while place + 4 <= len(fields):
        kind, length = struct.unpack_from("<HH", fields, place)
        if kind == 1 and length >= 8 and place + 12 <= len(fields):
            return struct.unpack_from("<Q", fields, place + 4)[0]
        place += 4 + length
    return 0xFFFFFFFF


# -- PLY ---------------------------------------------------------------------------------------


def _check_ply(head: bytes, size: int) -> None:
    """The header's counts, and for binary files the fewest bytes they can have."""
    end = re.search(rb"\nend_header[ \t]*\r?\n", head)
    if end is None:
        raise cut_short() if len(head) < HEAD_BYTES else no_mesh("unknown")
    lines = head[: end.start()].decode("latin-1").splitlines()
    binary = any(line.startswith("format binary") for line in lines)
    needed, count, faces = end.end(), 0, 0
    for line in lines:
        words = line.split()
        if words[:1] == ["element"] and len(words) >= 3 and words[2].isdecimal():
            count = int(words[2][:18])
            faces += count if words[1] in ("face", "tristrips") else 0
            # in text every element is a line
            needed += 0 if binary else 2 * count
        elif words[:2] == ["property", "list"] and len(words) >= 5 and binary:
            needed += count * SCALARS.get(words[2], 1)
        elif words[:1] == ["property"] and len(words) >= 3 and binary:
            needed += count * SCALARS.get(words[1], 1)
    if faces == 0:
        raise no_mesh("points")
    if size + 1 < needed:
        raise cut_short()


# -- STL ---------------------------------------------------------------------------------------


def _is_stl(file: BinaryIO, head: bytes, size: int) -> bool:
    """Binary by its size formula (84 + 50 for each facet), or text."""
    if size >= 84:
        (count,) = struct.unpack_from("<I", head, 80)
        if count and 84 + 50 * count <= size <= 84 + 50 * count + BLOCK_BYTES:
            return True
        if count and 84 + 50 * count > size and _has_facets(head):
            raise cut_short()
    if head.lstrip()[:5].lower() == b"solid" and STL_TEXT.search(head):
        file.seek(max(0, size - 1024))
        if b"endsolid" not in file.read().lower():
            raise cut_short()
        return True
    return False


def _has_facets(head: bytes) -> bool:
    """Whether what follows a binary STL's header looks like facets: sane numbers, no colour."""
    whole = min(8, (len(head) - 84) // 50)
    if whole < 1:
        return False
    for place in range(84, 84 + 50 * whole, 50):
        numbers = struct.unpack_from("<12f", head, place)
        if not all(math.isfinite(each) and abs(each) < 1e6 for each in numbers):
            return False
        if max(abs(each) for each in numbers[:3]) > 1.01:  # a normal has length one
            return False
        if not any(abs(each) > 1e-12 for each in numbers[3:]):
            return False
    return True


# -- OBJ ---------------------------------------------------------------------------------------


def _is_obj(file: BinaryIO, head: bytes) -> bool:
    """Known words at the start of all its first lines, corners among them, and a face."""
    lines = [line.strip() for line in head[:8192].split(b"\n")[:100]][:-1] or [
        head.strip()
    ]
    words = [line.split(None, 1)[0] for line in lines if line]
    if b"\0" in head or not words or not all(word in OBJ_WORDS for word in words):
        return False
    file.seek(0)
    rest, corners = b"\n", False
    while block := file.read(BLOCK_BYTES):
        block = rest + block
        corners = corners or b"\nv " in block or b"\nv\t" in block
        if corners and FACE_LINE.search(block):
            return True
        rest = block[-64:]
    if corners:
        raise no_mesh("points")
    return False


# -- what it is instead ------------------------------------------------------------------------

PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM")


def _something_else(head: bytes) -> str:
    start = head[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<!doctype html", b"<html", b"<head", b"<body", b"<!--")):
        return "page"
    if start.startswith((b"{", b"[", b'"')):
        return "json"
    if head.startswith(PICTURES[:3]) or head[8:12] == b"WEBP":
        return "picture"
    if head.startswith((b"Kaydara FBX", b"; FBX")):
        return "fbx"
    if start.startswith((b"<?xml", b"<")):
        return "page"
    if head.startswith((b"\x1f\x8b", b"7z\xbc\xaf", b"Rar!")):
        return "archive"
    return ""
