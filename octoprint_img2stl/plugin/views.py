"""Jobs, problems and the queue as the browser sees them: JSON, translated, without secrets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext

from ..jobs import photos, pipeline, report
from ..jobs.model import Job, JobState
from ..jobs.params import FIRST_ROUTE, Params
from ..jobs.store import JobStore
from ..problems import Problem

DOWNLOADS = (
    "model.stl",
    "model.gcode",
    "preview.png",
    "report.json",
    *(
        name(number)
        for number in (photos.FIRST, *photos.FURTHER)
        for name in (photos.display_file, photos.thumb_file)
    ),
)
REMAKABLE = frozenset(
    {
        JobState.DRAFT,
        JobState.DONE,
        JobState.FAILED,
        JobState.CANCELLED,
        JobState.INTERRUPTED,
    }
)
LOG_TAIL = 4000  # characters


def problem_view(data: Mapping[str, Any] | Problem | None) -> dict[str, Any] | None:
    """A problem with its sentence in the language of the request."""
    if data is None:
        return None
    problem = data if isinstance(data, Problem) else Problem.from_json(data)
    return {
        "code": problem.code,
        "severity": problem.severity,
        "message": gettext(problem.template) % dict(problem.values),
        "field": problem.field,
        "suggest": problem.suggest,
    }


class JobViews:
    """Renders jobs for one user.

    Args:
        store: where the jobs are.
        prefix: URL under which the plugin answers, relative to OctoPrint's page.
        user: name of the user who asks.
    """

    def __init__(self, store: JobStore, prefix: str, user: str) -> None:
        self._store = store
        self._prefix = prefix
        self._user = user

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
            "notices": [problem_view(notice) for notice in job.notices],
            "params": job.params or Params.defaults(FIRST_ROUTE).to_json(),
            "machine": job.machine,
            "result": self._result(job),
            "can": {
                "make": job.state in REMAKABLE and job.photo is not None,
                "cancel": job.active,
                "continue": job.state
                in (JobState.INTERRUPTED, JobState.CANCELLED, JobState.FAILED)
                and job.machine is not None,
                "delete": True,
                "change_photos": job.state not in (JobState.WAITING, JobState.RUNNING),
                "queue": job.state is JobState.DONE and "gcode" in job.steps,
            },
            "log_tail": self._log_tail(job),
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
        layers = f"{self._prefix}jobs/{job.id}/layers/{{n}}.png?v={int(job.updated)}"
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
                    "machine",
                )
            },
            "problems": [problem_view(problem) for problem in made["problems"]],
            "preview_url": self._url(job, pipeline.PREVIEW),
            "stl_url": self._url(job, pipeline.STL),
            "gcode_url": self._url(job, pipeline.GCODE),
            "report_url": self._url(job, pipeline.REPORT),
            "layer_url": layers if "gcode" in job.steps else None,
            "stl_bytes": self._size(job, pipeline.STL),
            "gcode_bytes": self._size(job, pipeline.GCODE),
        }

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
