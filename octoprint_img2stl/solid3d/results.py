"""What an endpoint sent as its mesh: known by its content, whole or not taken.

The ending of a name and what a server says of a file are not believed. Nothing is read into
memory but beginnings, ends and directories of bounded size.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from . import sniff
from .bad_mesh import no_mesh, too_large
from .driver import FORMATS, MeshFile

UP_AXES = {"glb": "y", "3mf": "z"}  # said by the formats themselves
BLOCK_BYTES = 2**20
MOST_URL = 16_000
MOST_DEPTH = 16
MOST_PLACES = 20_000
DATA_URI = re.compile(r"data:([\w.+/-]{0,100})(?:;[\w.=+-]{1,60})*;base64,", re.I)
# Words in a key: for a mesh, and for what lies beside one.
HOPEFUL = ("mesh", "model", "glb", "output", "result", "3d", "geometry", "shape", "asset")
HOPELESS = (
    "image", "thumb", "preview", "render", "video", "texture", "input", "poster", "cover",
    "splat", "gaussian", "point", "avatar", "status", "cancel", "webhook", "log",
)  # fmt: skip
PLACES = ("url", "uri", "href", "path", "file")
MOST_NAME = 250
MESH_TYPES = {
    "model/gltf-binary": "glb",
    "model/obj": "obj",
    "model/stl": "stl",
    "application/sla": "stl",
    "model/3mf": "3mf",
    "application/vnd.ms-package.3dmanufacturing-3dmodel+xml": "3mf",
    "model/ply": "ply",
}
GLB_START = base64.b64encode(b"glTF\x02\x00")[:7].decode()


def take_in(
    part: Path,
    target: Path,
    *,
    up_axis: str = "y",
    unit_hint: str | None = None,
    max_bytes: int,
) -> MeshFile:
    """Verify that `part` is a whole mesh and give it the name of `target`.

    Args:
        part: what was downloaded; gone afterwards, whatever happens.
        target: its ending is replaced by the format's.
        up_axis: ``y`` or ``z``, where the format does not say.
        unit_hint: as the endpoint says.
        max_bytes: of the file, and of what is packed in a 3MF's models.

    Raises:
        DriverFailed: ``bad_result``: `solid.no_mesh`, `solid.empty`, `solid.cut_short`,
            `solid.mesh_too_large`.
    """
    try:
        found = sniff.mesh_format(part, max_bytes)
        path = target.with_suffix("." + found)
        sha256, size = _fingerprint(part)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return MeshFile(path, found, UP_AXES.get(found, up_axis), unit_hint, size, sha256)


def _fingerprint(path: Path) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    with open(path, "rb") as file:
        while block := file.read(BLOCK_BYTES):
            digest.update(block)
            size += len(block)
    return digest.hexdigest(), size


# -- where the mesh is -------------------------------------------------------------------------


def find_mesh_url(data: Any, formats: Sequence[str] = FORMATS) -> str | None:
    """The best place of a mesh anywhere in a JSON answer.

    Args:
        data: any JSON.
        formats: that are wanted, the best one first; others are not found.

    Returns:
        An http(s) URL, a path or file name, or a ``data:`` URI; None: there is none.
    """
    best: tuple[tuple[int, ...], str] | None = None
    for number, (keys, text, beside) in enumerate(_texts(data)):
        rated = _rated(keys, text, beside, formats)
        if rated is not None and (best is None or (*rated, number) < best[0]):
            best = ((*rated, number), text)
    return best[1] if best else None


def _texts(data: Any) -> Iterator[tuple[tuple[str, ...], str, Mapping[str, Any]]]:
    """Every text with the keys above it and the object it stands in; bounded."""
    waiting: list[tuple[tuple[str, ...], Any, Mapping[str, Any]]] = [((), data, {})]
    for _ in range(MOST_PLACES):
        if not waiting:
            return
        keys, value, beside = waiting.pop()
        if isinstance(value, str):
            yield keys, value, beside
        elif len(keys) >= MOST_DEPTH:
            continue
        elif isinstance(value, Mapping):
            inner = [((*keys, str(key)[:60]), each, value) for key, each in value.items()]
            waiting.extend(reversed(inner[:MOST_PLACES]))
        elif isinstance(value, (list, tuple)):
            inner = [((*keys, ""), each, beside) for each in value[:MOST_PLACES]]
            waiting.extend(reversed(inner))


def _rated(
    keys: tuple[str, ...], text: str, beside: Mapping[str, Any], formats: Sequence[str]
) -> tuple[int, ...] | None:
    """How good a text is as the place of a mesh, less is better; None: it is no place."""
    named = [key.lower() for key in keys if key]
    last = named[-1] if named else ""
    hopeful = any(word in key for key in named for word in HOPEFUL)
    hopeless = any(word in last for word in HOPELESS)
    kind = _format_of(text, beside)
    promised = kind is None
    if kind is None:
        kind = _promised(named, text, formats) if hopeful else None
    if kind not in formats:
        return None
    return (int(promised), formats.index(kind), int(hopeless), int(not hopeful))


def _promised(named: list[str], text: str, formats: Sequence[str]) -> str | None:
    """The format of a URL without an ending (a signed one), as the keys above it tell."""
    if not text.lower().startswith(("https://", "http://")) or _ending(text):
        return None
    if any(word in key for key in named[-2:] for word in HOPELESS):
        return None
    last = named[-1]
    told = last.rsplit("_", 1)[-1]
    if told in formats:
        return told
    if last in PLACES or any(word in last for word in HOPEFUL):
        return formats[0] if formats else None
    return None


def _ending(text: str) -> str:
    """Of the path of a URL, in lower case, without its dot."""
    if len(text) > MOST_URL:
        return ""
    try:
        path = urlsplit(text).path
    except ValueError:
        return ""
    name = path.rsplit("/", 1)[-1]
    return name.rsplit(".", 1)[1].lower() if "." in name else ""


def _format_of(text: str, beside: Mapping[str, Any]) -> str | None:
    """The format a text promises by its ending, its data, or what stands beside it."""
    if text[:5].lower() == "data:":
        match = DATA_URI.match(text[:400])
        if not match:
            return None
        kind = MESH_TYPES.get(match[1].lower())
        if kind is None and text[match.end() : match.end() + 7] == GLB_START:
            kind = "glb"
        return kind
    if "\n" in text or len(text) > MOST_URL or not text.strip():
        return None
    if " " in text.strip() and len(text) > MOST_NAME:  # a sentence about one
        return None
    if known := _known(_ending(text)):
        return known
    if not text.lower().startswith(("https://", "http://", "/")):
        return None
    kind = MESH_TYPES.get(
        str(beside.get("content_type") or beside.get("mime") or "").lower()
    )
    for name in ("file_name", "orig_name", "filename", "name"):
        kind = kind or _known(_ending(str(beside.get(name) or "")))
    return kind


def _known(ending: str) -> str | None:
    return ending if ending in FORMATS else None


# -- meshes inside of answers ------------------------------------------------------------------


def save_data_uri(text: str, part: Path, most_bytes: int) -> None:
    """Write what a ``data:…;base64,…`` URI (or bare base64) holds to `part`.

    Raises:
        DriverFailed: ``bad_result``: it is none, or more than `most_bytes`.
    """
    start = 0
    if text[:5].lower() == "data:":
        match = DATA_URI.match(text[:400])
        if not match:
            raise no_mesh("data")
        start = match.end()
    if (len(text) - start) * 3 // 4 > most_bytes + BLOCK_BYTES:
        raise too_large(most_bytes)
    try:
        with open(part, "wb") as file:
            for block in _decoded(text, start):
                file.write(block)
        if part.stat().st_size > most_bytes:
            raise too_large(most_bytes)
    except (binascii.Error, ValueError):
        part.unlink(missing_ok=True)
        raise no_mesh("data") from None
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def _decoded(text: str, start: int) -> Iterator[bytes]:
    """Decoded base64, slice by slice; line breaks in it do not matter.

    Raises:
        ValueError: other letters in it, or an end that is missing.
    """
    rest = ""
    for place in range(start, len(text), BLOCK_BYTES):
        letters = rest + "".join(text[place : place + BLOCK_BYTES].split())
        whole = len(letters) // 4 * 4
        yield base64.b64decode(letters[:whole], validate=True)
        rest = letters[whole:]
    if rest:
        yield base64.b64decode(rest + "=" * (-len(rest) % 4), validate=True)
