"""Jobs, problems and the queue as the browser sees them: JSON, translated, without secrets."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from flask_babel import format_decimal, gettext

from ..jobs import candidates, photos, pipeline, report
from ..jobs.model import MESH, Job, JobState
from ..jobs.params import FIRST_ROUTE, MESH_ROUTE, SOLID_ROUTE, Params
from ..jobs.store import JobStore
from ..mesh.words import CHOICES, stage_label
from ..problems import Problem
from ..solid3d.choices import CHOICES as SOLID_CHOICES
from .cost import Price, cost
from .spool import Spool, enough

DOWNLOADS = (
    "model.stl",
    "model.gcode",
    "preview.png",
    "report.json",
    pipeline.VIEW,
    *(f"model.{ending}" for ending in pipeline.EXPORTS),
    *(
        name(number)
        for number in (photos.FIRST, *photos.FURTHER)
        for name in (photos.display_file, photos.thumb_file)
    ),
)
# of candidates, whose numbers only grow
CANDIDATE_PICTURE = r"candidate-\d{1,5}-(?:" + "|".join(candidates.SIDES) + r")\.jpg"
MOST_HEIGHTS = 20_000
REMAKABLE = frozenset(
    {
        JobState.DRAFT,
        JobState.DONE,
        JobState.FAILED,
        JobState.CANCELLED,
        JobState.INTERRUPTED,
    }
)
# What values of these names are called for people.
WORDS = {"unit": CHOICES["unit"], "role": SOLID_CHOICES["roles"]}
MESH_FACTS = ("format", "size", "triangles", "parts", "unit", "up")
LOG_TAIL = 4000  # characters


def bounds_view(limits: Mapping[str, tuple[float, float]]) -> dict[str, list[float]]:
    """Smallest and largest value of each number."""
    return {name: list(bounds) for name, bounds in limits.items()}


def choices_view(
    choices: Mapping[str, Mapping[str, str]],
) -> dict[str, list[dict[str, str]]]:
    """The words that settings can be, translated."""
    return {
        name: [
            {"value": value, "label": gettext(label)} for value, label in words.items()
        ]
        for name, words in choices.items()
    }


def problem_view(data: Mapping[str, Any] | Problem | None) -> dict[str, Any] | None:
    """A problem with its sentence in the language of the request."""
    if data is None:
        return None
    problem = data if isinstance(data, Problem) else Problem.from_json(data)
    found = {
        "code": problem.code,
        "severity": problem.severity,
        "message": gettext(problem.template) % _readable(problem.values),
        "field": problem.field,
        "suggest": problem.suggest,
    }
    if not isinstance(data, Problem) and "bit" in data:  # it has a place on the mesh
        found.update(bit=data["bit"], target=data.get("target"))
    return found


def _readable(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values for a sentence: numbers and units as the reader writes them."""
    found = {
        name: format_decimal(value, "0.######") if isinstance(value, float) else value
        for name, value in values.items()
    }
    for name, words in WORDS.items():
        word = words.get(str(values.get(name)))
        if word:
            found[name] = gettext(word)
    return found


def repair_view(repair: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """What a repair did, in words."""
    if repair is None:
        return None
    label = stage_label(repair["stage"])
    return {
        **repair,
        "label": gettext(label),
        "changes": [problem_view(change) for change in repair["changes"]],
    }


def mesh_preview_view(preview: Mapping[str, Any]) -> dict[str, Any]:
    """The answer to a mesh's preview, translated."""
    return {
        **preview,
        "notes": [problem_view(note) for note in preview["notes"]],
        "findings": [problem_view(finding) for finding in preview["findings"]],
        "repair": repair_view(preview["repair"]),
        "fits": None,
        "route": MESH_ROUTE,
    }


def version_of(job: Job) -> str:
    """Another text whenever the job has changed."""
    return str(int(job.updated * 1000))


class JobViews:
    """Renders jobs for one user.

    Args:
        store: where the jobs are.
        prefix: URL under which the plugin answers, relative to OctoPrint's page.
        user: name of the user who asks.
        usual_s: how long solids usually take; see `CandidateViews`.
        spools: what is loaded now.
        price: what filament costs where the spool does not say it.
    """

    def __init__(
        self,
        store: JobStore,
        prefix: str,
        user: str,
        usual_s: Callable[[str], Mapping[str, float]],
        spools: Callable[[], tuple[Spool, ...]] = tuple,
        price: Callable[[], Price] = Price,
    ) -> None:
        from .solid_views import CandidateViews

        self._store = store
        self._prefix = prefix
        self._user = user
        self._spools = spools
        self._price = price
        self._candidates = CandidateViews(self._url, usual_s)

    def _url(self, job: Job, name: str) -> str | None:
        path = self._store.path(job.id, name)
        if not path.is_file():
            return None
        # the version makes a remade job's pictures differ from the cached ones
        return f"{self._prefix}files/{job.id}/{name}?v={int(path.stat().st_mtime * 1000)}"

    def _size(self, job: Job, name: str) -> int | None:
        path = self._store.path(job.id, name)
        return path.stat().st_size if path.is_file() else None

    def summary(self, job: Job) -> dict[str, Any]:
        """One line of the list of jobs."""
        return {
            "id": job.id,
            "name": job.name,
            "kind": job.kind,
            "state": job.state.value,
            "route": job.params.get("route"),
            "created": job.created,
            "updated": job.updated,
            "step": job.step,
            "percent": round(job.percent, 1),
            "thumb_url": self._url(job, photos.thumb_file(photos.FIRST)),
            "owner": job.owner,
            "mine": job.owner == self._user,
            "size": job.facts("check").get("size"),
            "print_time_s": job.facts("gcode").get("print_time_s"),
            "has_gcode": "gcode" in job.steps,
            "problem": problem_view(job.problem),
        }

    def full(self, job: Job) -> dict[str, Any]:
        """Everything on one job."""
        photo_url = self._url(job, photos.display_file(photos.FIRST))
        return {
            **self.summary(job),
            "photo": {**job.photo, "url": photo_url} if job.photo and photo_url else None,
            "photos": [self._further_photo(job, photo) for photo in job.photos],
            "mesh": self._mesh(job),
            "candidates": self._candidates.all(job),
            "notices": [problem_view(notice) for notice in job.notices],
            "params": job.params or Params.defaults(FIRST_ROUTE).to_json(),
            "machine": job.machine,
            "result": self._result(job),
            "can": {
                "make": job.state in REMAKABLE
                and job.opened
                and (job.params.get("route") != SOLID_ROUTE or job.mesh is not None),
                "cancel": job.active,
                "continue": job.state
                in (JobState.INTERRUPTED, JobState.CANCELLED, JobState.FAILED)
                and job.machine is not None,
                "delete": True,
                "change_photos": job.kind != MESH
                and job.state
                not in (JobState.WAITING, JobState.RUNNING, JobState.GENERATING),
                "undo_repair": job.mesh is not None and job.state in REMAKABLE,
                "generate": job.kind != MESH
                and job.photo is not None
                and not job.active
                and len(job.candidates) < candidates.MOST_CANDIDATES,
                "queue": job.state is JobState.DONE and "gcode" in job.steps,
            },
            "log_tail": self._log_tail(job),
        }

    def _mesh(self, job: Job) -> dict[str, Any] | None:
        """The mesh as it came, once it was read and the repair was tried."""
        if job.mesh is None or job.state is JobState.OPENING:
            return None
        return {
            **{name: job.mesh.get(name) for name in MESH_FACTS},
            "notices": [problem_view(notice) for notice in job.mesh["notices"]],
            "repair": repair_view(report.repair_of(job)),
        }

    def _further_photo(self, job: Job, photo: Mapping[str, Any]) -> dict[str, Any]:
        number = photo["number"]
        return {
            **photo,
            "notices": [problem_view(notice) for notice in photo["notices"]],
            "url": self._url(job, photos.display_file(number)),
            "thumb_url": self._url(job, photos.thumb_file(number)),
        }

    def _result(self, job: Job) -> dict[str, Any] | None:
        if "check" not in job.steps or job.active:
            return None
        made = report.build(job)
        sliced = "gcode" in job.steps
        layers, grams = f"{self._prefix}jobs/{job.id}/layers", made["filament_g"]
        version = f"?v={version_of(job)}"
        return {
            **{
                name: made[name]
                for name in (
                    "size",
                    "triangles",
                    "volume",
                    "watertight",
                    "layers",
                    "print_time_s",
                    "filament_mm",
                    "filament_g",
                    "slicer",
                    "profile",
                    "test_print",
                    "supports",
                    "machine",
                    "bounds",
                )
            },
            "problems": [
                problem_view(problem)
                for problem in (*made["problems"], *self._short_of(grams))
            ],
            "preview_url": self._url(job, pipeline.PREVIEW),
            "stl_url": self._url(job, pipeline.STL),
            "gcode_url": self._url(job, pipeline.GCODE),
            "report_url": self._url(job, pipeline.REPORT),
            "cost": cost(grams, self._price(), self._spools()) if grams else None,
            "layers_url": f"{layers}.json{version}" if sliced else None,
            "layer_url": f"{layers}/{{n}}.png{version}" if sliced else None,
            "layer_data_url": f"{layers}/{{n}}.json{version}" if sliced else None,
            "heights": self._heights(job),
            "view_url": self._url(job, pipeline.VIEW),
            "exports": list(pipeline.EXPORTS),
            "stl_bytes": self._size(job, pipeline.STL),
            "gcode_bytes": self._size(job, pipeline.GCODE),
        }

    def _short_of(self, grams: float | None) -> list[Problem]:
        """Whether the spool is too short; asked when it is looked at, for it changes."""
        if not grams:
            return []
        found = (enough(spool, grams) for spool in self._spools() if spool.tool == 0)
        return [problem for problem in found if problem is not None]

    def _heights(self, job: Job) -> list[float]:
        """Of the layers in the G-code, mm; empty where there are none or far too many."""
        if "gcode" not in job.steps or job.facts("gcode")["layers"] > MOST_HEIGHTS:
            return []
        try:
            layers = json.loads(self._store.path(job.id, pipeline.LAYERS).read_text())
        except (OSError, ValueError):
            return []
        return [round(layer[0], 3) for layer in layers]

    def exported(self, job: Job, ending: str) -> dict[str, Any]:
        """Where a mesh written in another format can be had, and its size."""
        name = f"model.{ending}"
        return {"url": self._url(job, name), "bytes": self._size(job, name)}

    def _log_tail(self, job: Job) -> str:
        if job.state is not JobState.FAILED:
            return ""
        path = self._store.path(job.id, pipeline.LOG)
        try:
            with open(path, "rb") as file:
                file.seek(0, 2)
                file.seek(max(0, file.tell() - LOG_TAIL))
                return file.read().decode("utf-8", "replace")
        except OSError:
            return ""
