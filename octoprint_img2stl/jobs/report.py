"""The report of a job: what README documents as `report.json`, and what the UI shows as result."""

from __future__ import annotations

from typing import Any

from .model import MESH, Job
from .params import SOLID_ROUTE
from .pipeline import EVERY_STEP, steps_of

SCHEMA = 1
PHOTO_PARTS = ("photo", "photos", "relief", "slicing")
SOLID_PARTS = ("photo", "photos", "solid", "mesh", "slicing")


def build(job: Job) -> dict[str, Any]:
    """The report of what was done so far; fields of steps not done are None."""
    photo, relief = job.facts("photo"), job.facts("relief")
    check, sliced, gcode = job.facts("check"), job.facts("slice"), job.facts("gcode")
    params = job.params
    is_solid = params.get("route") == SOLID_ROUTE
    has_mesh = is_solid or job.kind == MESH
    parts = ("mesh", "slicing") if job.kind == MESH else PHOTO_PARTS
    if is_solid:
        parts = SOLID_PARTS
    return {
        "schema": SCHEMA,
        "name": job.name,
        "route": params.get("route"),
        "parameters": {name: params.get(name) for name in parts},
        "machine": job.machine,
        "photo": job.photo and {**job.photo, "used_px": photo.get("size_px")},
        "photos": [
            {name: photo.get(name) for name in ("number", "size_px", "format", "bits")}
            for photo in job.photos
        ],
        **({"solid": _solid(job)} if is_solid else {}),
        **({"mesh": job.mesh, "repair": repair_of(job)} if has_mesh else {}),
        "size": check.get("size"),
        "triangles": check.get("triangles"),
        "volume": check.get("volume"),
        "watertight": check.get("watertight"),
        "max_error": relief.get("max_error"),
        "problems": problems(job),
        "test_print": sliced.get("test_print"),
        "supports": check.get("supports"),
        "slicer": sliced.get("slicer"),
        "profile": sliced.get("profile"),
        "print_time_s": gcode.get("print_time_s"),
        "filament_mm": gcode.get("filament_mm"),
        "filament_g": gcode.get("filament_g"),
        "layers": gcode.get("layers"),
        "bounds": gcode.get("bounds"),
        "gcode_sha256": gcode.get("sha256"),
        "steps": [
            {
                "step": step.name,
                "seconds": round(record.seconds, 3),
                "peak_memory_bytes": record.peak_memory_bytes,
            }
            for step in steps_of(params.get("route"))
            if (record := job.steps.get(step.name))
        ],
    }


def _solid(job: Job) -> dict[str, Any] | None:
    """How the chosen solid was made."""
    chosen = job.chosen
    if chosen is None:
        return None
    names = ("number", "endpoint", "label", "host", "settings", "seconds", "views")
    return {name: getattr(chosen, name) for name in names}


def repair_of(job: Job) -> dict[str, Any] | None:
    """What the repair of a mesh did; None before it was done."""
    facts = job.facts("repair")
    return facts.get("repair") if facts else None


def problems(job: Job) -> list[dict[str, Any]]:
    """All problems of a job in the order they were found, as JSON, none twice."""
    found = list(job.notices)
    if job.params.get("route") == SOLID_ROUTE and job.chosen:
        found += job.chosen.findings
    for step in EVERY_STEP:
        found += job.facts(step.name).get("problems", [])
    if job.problem:
        found.append(job.problem)
    unique: dict[tuple[str, str], dict[str, Any]] = {}
    for problem in found:
        unique.setdefault((problem["code"], problem["message"]), problem)
    return list(unique.values())
