"""What Hunyuan's servers are asked, as each of them wants it."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from ..driver import ROLES, JobSpec, View
from .hunyuan_servers import OURS, V21, Server
from .sides import SUBJECTS, views_by_role

# The mesh is asked for as GLB: Tencent's STL lies on its side, and their /status looks for
# GLB files alone.
FORMAT = "glb"
# Cells along the longest side (octree_resolution), steps (num_inference_steps).
DETAIL_20 = {"draft": (192, 10), "normal": (256, 20), "fine": (384, 40)}
# 2.1 refuses more than 512 cells and more than 20 steps.
DETAIL_21 = {"draft": (192, 5), "normal": (256, 10), "fine": (384, 20)}
FACES_21 = (1000, 100_000)
FACES_DEFAULT = 40_000


def order_for(server: Server, job: JobSpec, key: str, steps: int = 0) -> tuple[str, Any]:
    """Path and JSON body of the request that starts the job.

    Args:
        server: who is asked.
        job: what is asked.
        key: of this attempt.
        steps: instead of those for the job's detail, 0: as the detail says.
    """
    if server.kind == OURS:
        return "/send", _ours(server, job, key)
    several = server.takes_several and _sides(job)
    body = _tencents(server, job, steps)
    if several or not server.takes_one:
        views = views_by_role(job, tuple(SUBJECTS))
        images = {SUBJECTS[role]: _text(view) for role, view in views.items()}
        return "/send_multiview", {**body, "images": images}
    path = "/generate" if server.waits else "/send"
    return path, {**body, "image": _text(job.front)}


def _sides(job: JobSpec) -> bool:
    return len(views_by_role(job, tuple(SUBJECTS))) > 1


def _tencents(server: Server, job: JobSpec, steps: int) -> dict[str, Any]:
    newer = server.kind == V21
    cells, usual = (DETAIL_21 if newer else DETAIL_20)[job.detail]
    steps = steps or usual
    body: dict[str, Any] = {
        "seed": job.seed,
        "octree_resolution": cells,
        "num_inference_steps": min(steps, 20) if newer else steps,
        "texture": False,
    }
    if not newer:
        return {**body, "type": FORMAT}
    low, high = FACES_21
    return {
        **body,
        "remove_background": not job.front.has_alpha,
        "face_count": min(max(job.max_faces or FACES_DEFAULT, low), high),
    }


def _ours(server: Server, job: JobSpec, key: str) -> dict[str, Any]:
    views = views_by_role(job, roles_of(server.about) or ROLES[:1])
    body: dict[str, Any] = {
        "api": 1,
        "idempotency_key": key,
        "images": {role: _text(view) for role, view in views.items()},
        "remove_background": not all(view.has_alpha for view in views.values()),
        "detail": job.detail,
        "seed": job.seed,
        "type": FORMAT,
        "texture": False,
    }
    return {**body, "max_faces": job.max_faces} if job.max_faces else body


def roles_of(about: Mapping[str, Any]) -> tuple[str, ...]:
    """Which roles our server tells apart; none: it takes one photo."""
    views = about.get("views")
    listed = views.get("roles") if isinstance(views, Mapping) else None
    if not isinstance(listed, (list, tuple)):
        return ()
    return tuple(role for role in ROLES if role in listed)


def _text(view: View) -> str:
    """Base64 as these servers want it: without the head of a data URI."""
    return base64.b64encode(view.path.read_bytes()).decode()
