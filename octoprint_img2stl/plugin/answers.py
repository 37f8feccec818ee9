"""What all routes share: permissions, the JSON of a refusal, whose job it is."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import flask
from flask_login import current_user

from octoprint.access.permissions import Permissions
from octoprint.plugin import BlueprintPlugin

from ..jobs.model import Job
from ..jobs.store import JobStore, StoreRefused
from ..problems import N_, Refusal
from .views import JobViews, problem_view

if TYPE_CHECKING:
    from .house import House

VIEW = Permissions.PLUGIN_IMG2STL_VIEW.require(403)
CREATE = Permissions.PLUGIN_IMG2STL_CREATE.require(403)
QUEUE = Permissions.PLUGIN_IMG2STL_QUEUE.require(403)
MANAGE = Permissions.PLUGIN_IMG2STL_MANAGE.require(403)
PRINT = Permissions.PRINT.require(403)
SELECT = Permissions.FILES_SELECT.require(403)
LIST_FILES = Permissions.FILES_LIST.require(403)
READ_FILES = Permissions.FILES_DOWNLOAD.require(403)
SETTINGS = Permissions.SETTINGS.require(403)

STATUS = {
    "jobs.not_found": 404,
    "jobs.no_such_photo": 404,
    "jobs.no_such_candidate": 404,
    "queue.unknown_item": 404,
    "files.not_found": 404,
    "solid.unknown_endpoint": 404,
    "profiles.not_found": 404,
    "profiles.no_such_upload": 404,
    "profiles.no_such_engine": 404,
    "profiles.not_yours": 403,
    "profiles.printer_busy": 409,
    "profiles.file_too_big": 413,
    "profiles.not_written": 507,
    "solid.admin_needed": 403,
    "solid.password_needed": 403,
    "jobs.busy": 409,
    "jobs.superseded": 409,
    "solid.ask_first": 409,
    "solid.may_be_paid_twice": 409,
    "solid.no_permission": 403,
    "jobs.disk_full": 507,
    "jobs.quota_full": 507,
    "photo.file_too_big": 413,
    "mesh.file_too_big": 413,
}


class Routes(BlueprintPlugin):
    """What every group of routes is; the plugin is all of them."""

    house: House

    def is_blueprint_csrf_protected(self) -> bool:
        return True


def status_of(refusal: Refusal) -> int:
    """The HTTP status for a refusal: the queue's are conflicts, most others bad values."""
    return STATUS.get(refusal.code, 409 if refusal.code.startswith("queue.") else 422)


def refusing(view: Callable) -> Callable:
    """Turn a refusal into its JSON."""

    @functools.wraps(view)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        try:
            return view(*args, **kwargs)
        except Refusal as refusal:
            problem = problem_view(refusal.problem)
            answer = flask.jsonify(error=problem["message"], problem=problem)
            return flask.make_response(answer, status_of(refusal))

    return wrapped


def body() -> dict[str, Any]:
    """The request's JSON object, empty for anything else."""
    data = flask.request.get_json(silent=True)
    return data if isinstance(data, dict) else {}


def own_job(store: JobStore, job_id: str, user: Any) -> Job:
    """The job, if it is the user's own or the user may manage those of others.

    Raises:
        StoreRefused: not there, or not theirs: which of the two is nobody's business.
    """
    job = store.get(job_id)
    if job.owner != user.get_id() and not user.has_permission(
        Permissions.PLUGIN_IMG2STL_MANAGE
    ):
        raise StoreRefused(
            "jobs.not_found", N_("This job does not exist any more; reload the list.")
        )
    return job


def views(house: House) -> JobViews:
    """Renders jobs for the user of this request."""
    return JobViews(
        house.store,
        "plugin/img2stl/",
        current_user.get_id(),
        house.endpoints.usual_s,
        house.spools.loaded,
        house.price,
    )
