"""Full 3D as the browser sees it: what can be chosen, who can make it, what was made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask_babel import gettext

from octoprint.access.permissions import Permissions

from ..jobs import candidates
from ..jobs.candidates import SIDES, Candidate, picture_file
from ..jobs.generators import Generator
from ..jobs.model import Job, JobState
from ..jobs.params import SOLID_ROUTE, Params
from ..problems import N_, Problem
from ..solid3d.choices import CHOICES
from ..solid3d.settings import LIMITS, LOCAL
from .views import bounds_view, choices_view, problem_view

NO_PERMISSION = Problem(
    "solid.no_permission",
    "info",
    N_("You may not send photos away; ask the administrator for the permission."),
)


def route(house: Any) -> dict[str, Any]:
    """The route of full 3D, as `relief_views.state` has the others."""
    data = Params.defaults(SOLID_ROUTE).to_json()
    data["solid"]["endpoint"] = _first_choice(house)
    return {
        "label": gettext("Full 3D"),
        "description": gettext(
            "A solid thing of one photo or several, made on this machine or by an endpoint."
        ),
        "params": {"solid": data["solid"], "mesh": data["mesh"]},
        "slicing": data["slicing"],
    }


def _first_choice(house: Any) -> str:
    """What makes a solid unless the user says otherwise: an endpoint that this user may send
    photos to and whose last test did not fail, one without costs before the others; else
    this machine.
    """
    if not Permissions.PLUGIN_IMG2STL_REMOTE.can():
        return LOCAL
    usable = [
        each
        for each in house.generators.all()
        if each.id != LOCAL and (house.endpoints.tested(each.id) or {}).get("ok", True)
    ]
    usable.sort(key=lambda each: each.capabilities.costs_money)
    return usable[0].id if usable else LOCAL


def limits() -> dict[str, list[float]]:
    """Smallest and largest value of each number."""
    return bounds_view(LIMITS)


def choices() -> dict[str, list[dict[str, str]]]:
    """The words that settings can be, translated."""
    return choices_view(CHOICES)


def generators(house: Any, user: str) -> list[dict[str, Any]]:
    """Everything that can make a solid, as this user may use it."""
    return [_generator(house, each, user) for each in house.generators.all()]


def _generator(house: Any, generator: Generator, user: str) -> dict[str, Any]:
    is_local = generator.id == LOCAL
    endpoint = None if is_local else house.endpoints.get(generator.id)
    problem = None
    if not is_local and not Permissions.PLUGIN_IMG2STL_REMOTE.can():
        problem = NO_PERMISSION
    return {
        "id": generator.id,
        "label": gettext(generator.label) if is_local else generator.label,
        "host": generator.host,
        "plain": bool(endpoint and endpoint.is_plain),
        "driver": "" if is_local else endpoint.driver,
        "costs_money": generator.capabilities.costs_money,
        "capabilities": generator.capabilities.to_json(),
        "usual_s": house.endpoints.usual_s(generator.id),
        "agreed": house.endpoints.agreed(user, generator.id),
        "ready": problem is None,
        "problem": problem_view(problem),
    }


class CandidateViews:
    """The candidates of a job.

    Args:
        url: of a file of the job, by its name; None where there is no such file.
        usual_s: how long solids usually take: generator's id -> fineness -> seconds.
    """

    def __init__(
        self,
        url: Callable[[Job, str], str | None],
        usual_s: Callable[[str], Mapping[str, float]],
    ) -> None:
        self._url = url
        self._usual_s = usual_s

    def all(self, job: Job) -> list[dict[str, Any]]:
        return [self._view(job, candidate) for candidate in job.candidates]

    def _view(self, job: Job, candidate: Candidate) -> dict[str, Any]:
        detail = candidate.settings.get("detail", "normal")
        return {
            "number": candidate.number,
            "endpoint": candidate.endpoint,
            "label": (
                gettext(candidate.label) if candidate.is_local else candidate.label
            ),
            "host": candidate.host,
            "seed": _seed(candidate),
            "detail": detail,
            "state": candidate.state,
            **self._progress(job, candidate),
            "usual_s": self._usual_s(candidate.endpoint).get(detail),
            "started": candidate.created,
            "seconds": candidate.seconds,
            "problem": problem_view(candidate.problem),
            "pictures": self._pictures(job, candidate),
            "mesh": candidate.mesh
            and {
                **candidate.mesh,
                "notices": [problem_view(each) for each in candidate.mesh["notices"]],
            },
            "findings": [problem_view(each) for each in candidate.findings],
            "chosen": job.chosen is candidate and job.mesh is not None,
            "can": self._can(job, candidate),
        }

    def _progress(self, job: Job, candidate: Candidate) -> dict[str, Any]:
        """How far it is; what is still at work here is told by the job."""
        errand = candidate.errand or {}
        pending = candidate.state == candidates.PENDING
        away = pending and bool(errand) and not candidate.file
        held = job.problem is not None and job.problem["code"] == "jobs.held"
        progress = errand.get("progress") if away else None
        if pending and not away and job.step is not None:
            progress = job.percent / 100
        return {
            "progress": None if progress is None else round(100 * progress, 1),
            "stage": errand.get("stage", "") if away else "",
            "message": _said(errand) if away else "",
            "queue_position": errand.get("queue_position") if away else None,
            "eta_s": errand.get("eta_s") if away else None,
            "waiting_for": "print"
            if pending and held
            else (errand.get("waiting_for", "") if away else ""),
            "away": away,
            "remote_state": errand.get("state") if away else None,
            "running_since": errand.get("running_since") if away else None,
        }

    def _pictures(self, job: Job, candidate: Candidate) -> list[str] | None:
        if candidate.mesh is None:
            return None
        urls = [self._url(job, picture_file(candidate.number, side)) for side in SIDES]
        return urls if all(urls) else None

    def _can(self, job: Job, candidate: Candidate) -> dict[str, bool]:
        idle = not job.active
        in_use = job.chosen is candidate and job.mesh is not None
        again = (candidates.UNSURE, candidates.FAILED)
        return {
            "choose": idle and bool(candidate.file) and not in_use,
            "resend": idle and candidate.state in again,
            "fetch_again": idle and candidate.can_fetch,
            "cancel": job.state is JobState.GENERATING
            and candidate.state == candidates.PENDING,
            "delete": idle and not in_use,
        }


def _seed(candidate: Candidate) -> int:
    """The one it was made with at last; a second try takes another."""
    errand = candidate.errand or {}
    return errand.get("seed", candidate.settings.get("seed", 0))


def _said(errand: Mapping[str, Any]) -> str:
    """What the courier has to say, translated where it is ours."""
    if errand.get("notice"):
        return problem_view(errand["notice"])["message"]
    return errand.get("message", "")
