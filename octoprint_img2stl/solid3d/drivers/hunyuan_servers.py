"""Which of Hunyuan's servers answers at an address, found by asking alone.

Ours says so itself (``/capabilities``). Tencent's api_server.py of Hunyuan3D-2 ("2.0") and of
Hunyuan3D-2.1 are FastAPI programs: their ``/openapi.json`` lists their routes. Forks add routes
to them, such as ``/send_multiview``.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ...problems import N_
from ..line import Answer, Line, failed_by_status
from ..refused import DriverFailed, ErrorKind
from ..words import plain_words

OURS, V20, V21 = "img2stl", "2.0", "2.1"
KINDS = (OURS, V20, V21)
OUR_NAME = "img2stl-gpu-server"
TITLE_21 = "Hunyuan3D API Server"
REQUEST_21 = "GenerationRequest"
ABSENT = (404, 405, 410, 501)
ASKING = {"read_s": 20.0, "total_s": 30.0}
# Other programs, by a place and a word of their answer: so that the owner is told.
NEIGHBOURS = (
    ("/config", "dependencies", "Gradio"),
    ("/system_stats", "devices", "ComfyUI"),
)


@dataclass(frozen=True)
class Server:
    """What answers there.

    Attributes:
        kind: one of `KINDS`.
        routes: its paths; empty: it does not list them.
        about: of ours, its ``/capabilities``.
    """

    kind: str
    routes: frozenset[str] = frozenset()
    about: Mapping[str, Any] = field(default_factory=dict)

    @property
    def takes_several(self) -> bool:
        """Whether it is a fork that takes a photo from each side."""
        return self.kind != OURS and "/send_multiview" in self.routes

    @property
    def takes_one(self) -> bool:
        return not self.routes or bool(self.routes & {"/send", "/generate"})

    @property
    def waits(self) -> bool:
        """Whether the job is one long request.

        2.1 leaves what it was sent in ``texturing`` for ever when texturing fails; its
        ``/generate`` then gives the shape.
        """
        listed = not self.routes or "/generate" in self.routes
        only = bool(self.routes) and not self.routes & {"/send", "/send_multiview"}
        return self.kind != OURS and listed and (self.kind == V21 or only)


def recognise(line: Line, wanted: str = "") -> Server:
    """Find out what is there.

    Args:
        line: to it.
        wanted: one of `KINDS` where its owner knows better; empty: to be found out.

    Raises:
        DriverFailed: nobody answers, or somebody else (``bad_result``).
    """
    about = _json(line, "/capabilities") if wanted in ("", OURS) else None
    if isinstance(about, Mapping) and about.get("server") == OUR_NAME:
        return Server(OURS, about=about)
    listing = _json(line, "/openapi.json")
    routes = _routes(listing)
    if _are_hunyuans(routes):
        kind = wanted or _tencents(listing)
        return Server(kind, routes)
    if not wanted:
        wanted = _by_health(line)
    if not wanted or not _answers_like_one(line):
        raise _somebody_else(line, listing)
    return Server(wanted)


def _json(line: Line, path: str) -> Any:
    """Decoded; None for what is not there, or is no JSON."""
    answer = line.get(path, **ASKING)
    if answer.status in ABSENT:
        return None
    if not answer.ok:
        raise failed_by_status(answer)
    return _decoded(answer)


def _decoded(answer: Answer) -> Any:
    try:
        return answer.json()
    except DriverFailed:
        return None


def _routes(listing: Any) -> frozenset[str]:
    paths = listing.get("paths") if isinstance(listing, Mapping) else None
    if not isinstance(paths, Mapping):
        return frozenset()
    return frozenset(str(path)[:100] for path in list(paths)[:500])


def _are_hunyuans(routes: frozenset[str]) -> bool:
    starts = {"/send", "/send_multiview", "/generate"}
    asked = any(route.startswith("/status/{") for route in routes)
    return bool(routes & starts) and (asked or "/generate" in routes)


def _tencents(listing: Mapping[str, Any]) -> str:
    """Which of Tencent's two, by its list of routes."""
    info = listing.get("info")
    info = info if isinstance(info, Mapping) else {}
    parts = listing.get("components")
    schemas = parts.get("schemas") if isinstance(parts, Mapping) else None
    newer = (
        info.get("title") == TITLE_21
        or str(info.get("version") or "").startswith("2.1")
        or (isinstance(schemas, Mapping) and REQUEST_21 in schemas)
    )
    return V21 if newer else V20


def _by_health(line: Line) -> str:
    """For one that does not list its routes: only 2.1 has a worker that is healthy."""
    health = _json(line, "/health")
    return V21 if isinstance(health, Mapping) and "worker_id" in health else V20


def _answers_like_one(line: Line) -> bool:
    """2.0 says of every job, also of one that never was, that it is being worked on."""
    answer = line.get(f"/status/{uuid.UUID(int=0)}", **ASKING)
    found = _decoded(answer)
    return isinstance(found, Mapping) and isinstance(found.get("status"), str)


def _somebody_else(line: Line, listing: Any) -> DriverFailed:
    for path, word, name in NEIGHBOURS:
        found = _decoded(line.get(path, **ASKING))
        if isinstance(found, Mapping) and word in found:
            return DriverFailed(
                ErrorKind.BAD_RESULT,
                "solid.other_program",
                N_(
                    "%(program)s runs at %(host)s; choose the kind %(program)s for this "
                    "endpoint, or correct its address."
                ),
                sent=False,
                program=name,
                host=line.host,
            )
    info = listing.get("info") if isinstance(listing, Mapping) else None
    title = plain_words(info.get("title", ""), 60) if isinstance(info, Mapping) else ""
    return DriverFailed(
        ErrorKind.BAD_RESULT,
        "solid.no_hunyuan",
        N_(
            "Something answers at %(host)s (%(title)s), but it is no Hunyuan3D server and "
            "none of ours; check the address, the port and the kind of endpoint."
        ),
        sent=False,
        host=line.host,
        title=title or "?",
    )
