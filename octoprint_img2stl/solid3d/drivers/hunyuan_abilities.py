"""What each of Hunyuan's servers can do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..driver import FORMATS, Capabilities
from ..words import plain_words
from .hunyuan_answer import number
from .hunyuan_order import roles_of
from .hunyuan_servers import OURS, V21, Server
from .sides import SUBJECTS


def capabilities_of(server: Server) -> Capabilities:
    """What the kind of server can do."""
    if server.kind == OURS:
        return _ours(server.about)
    several = server.takes_several
    newer = server.kind == V21
    return Capabilities(
        views_max=len(SUBJECTS) if several else 1,
        roles=tuple(SUBJECTS) if several else (),
        needs_alpha=newer or several,
        removes_background=not newer and not several,
        geometry_only=not newer,
        seed=not newer,
        progress="stage" if several or (newer and not server.waits) else "none",
        survives_disconnect=not server.waits,
        version=f"Hunyuan3D api_server {server.kind}",
        model="Hunyuan3D-2mv" if several else f"Hunyuan3D {server.kind}",
    )


def _ours(about: Mapping[str, Any]) -> Capabilities:
    views, backend = _mapping(about, "views"), _mapping(about, "backend")
    roles = roles_of(about)
    most = min(max(_whole(views.get("max"), 1), 1), 6)
    return Capabilities(
        views_min=min(max(_whole(views.get("min"), 1), 1), most),
        views_max=most,
        roles=roles if most > 1 else (),
        needs_alpha=about.get("needs_alpha") is True,
        removes_background=about.get("removes_background") is True,
        geometry_only=about.get("geometry_only") is not False,
        seed=about.get("seed") is not False,
        faces=_faces(about.get("faces")),
        formats=_formats(about.get("formats")),
        progress=_one_of(about.get("progress"), ("percent", "stage", "none")),
        cancel=_one_of(about.get("cancel"), ("running", "queued", "none")),
        submit_idempotent=True,
        result_ttl_s=number(about.get("result_ttl_s")),
        max_upload_bytes=_whole(about.get("max_upload_bytes"), 0) or None,
        version=plain_words(f"img2stl GPU server {about.get('version') or ''}", 80),
        model=plain_words(backend.get("label") or backend.get("name") or "", 80),
    )


def _mapping(data: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = data.get(name)
    return found if isinstance(found, Mapping) else {}


def _whole(value: Any, otherwise: int) -> int:
    found = number(value)
    return otherwise if found is None else int(min(max(found, 0), 2**53))


def _faces(value: Any) -> tuple[int, int] | None:
    if not isinstance(value, (list, tuple)) or len(value) != 2:
        return None
    low, high = (_whole(each, 0) for each in value)
    return (low, high) if 0 < low < high else None


def _formats(value: Any) -> tuple[str, ...]:
    listed = value if isinstance(value, (list, tuple)) else ()
    return tuple(each for each in FORMATS if each in listed) or ("glb",)


def _one_of(value: Any, known: tuple[str, ...]) -> str:
    return value if value in known else known[-1]
