"""The HTTP side: routes to JSON, permissions on every one, no logic."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import flask
from flask_babel import gettext
from flask_login import current_user

from octoprint.access.permissions import Permissions
from octoprint.plugin import BlueprintPlugin
from octoprint.server.util.flask import no_firstrun_access

from ..jobs.model import MESH, PHOTO, Job, JobState
from ..jobs.params import MESH_ROUTE, SOLID_ROUTE, Params
from ..jobs.photos import FIRST, MOST_PHOTOS
from ..jobs.pipeline import EXPORTS
from ..jobs.refused import RunnerRefused, no_solid
from ..jobs.store import require_small
from ..problems import N_, Refusal
from ..relief import LIMITS
from ..slicing.settings import choices
from . import mesh_views, relief_views, solid_views, uploads
from .answers import (
    CREATE,
    LIST_FILES,
    MANAGE,
    READ_FILES,
    VIEW,
    body,
    own_job,
    refusing,
    views,
)
from .endpoints_api import EndpointsApi
from .layers_api import LayersApi
from .profile_answers import profile_views
from .profile_drafts_api import ProfileDraftsApi
from .profile_views import machine_view
from .profiles_api import ProfilesApi
from .queue_api import QueueApi, queue_view
from .solid_api import SolidApi
from .views import mesh_preview_view, problem_view

SAMPLE = Path(__file__).parent.parent / "data" / "sample" / "cat.jpg"


class Api(QueueApi, SolidApi, LayersApi, EndpointsApi, ProfilesApi, ProfileDraftsApi):
    """Blueprint routes under `/plugin/img2stl/`."""

    # -- helpers ----------------------------------------------------------------------------

    def _job(self, job_id: str) -> Job:
        return own_job(self.house.store, job_id, current_user)

    def _answer_job(self, job: Job, status: int = 200, **more: Any) -> flask.Response:
        return flask.make_response(
            flask.jsonify(job=views(self.house).full(job), **more), status
        )

    def _jobs(self) -> list[Job]:
        everybody = Permissions.PLUGIN_IMG2STL_MANAGE.can()
        user = current_user.get_id()
        return [job for job in self.house.store.all() if everybody or job.owner == user]

    # -- the whole --------------------------------------------------------------------------

    @BlueprintPlugin.route("/state", methods=["GET"])
    @no_firstrun_access
    @VIEW
    @refusing
    def get_state(self) -> flask.Response:
        machine = machine_problem = None
        try:
            machine = self.house.machine()
        except Refusal as refusal:
            machine_problem = refusal.problem
        store = self.house.store
        summary = views(self.house).summary
        return flask.jsonify(
            permissions={
                "view": True,
                "create": Permissions.PLUGIN_IMG2STL_CREATE.can(),
                "queue": Permissions.PLUGIN_IMG2STL_QUEUE.can(),
                "remote": Permissions.PLUGIN_IMG2STL_REMOTE.can(),
                "settings": Permissions.SETTINGS.can(),
                "manage": Permissions.PLUGIN_IMG2STL_MANAGE.can(),
                "print": Permissions.PRINT.can() and Permissions.FILES_SELECT.can(),
            },
            limits={
                "upload_bytes": self.house.upload_bytes(),
                "mesh_bytes": self.house.mesh_bytes(),
                "photos": MOST_PHOTOS,
                "fields": {
                    **LIMITS,
                    "mesh": mesh_views.limits(),
                    "solid": solid_views.limits(),
                },
            },
            choices={
                **_translated(choices()),
                **relief_views.choices(),
                "mesh": mesh_views.choices(),
                "solid": solid_views.choices(),
            },
            **self._with_other_routes(relief_views.state(machine)),
            generators=solid_views.generators(self.house, current_user.get_id()),
            slicers=self._slicers_view(),
            profiles=profile_views(self.house).all(self.house.profiles.all()),
            profile_defaults=self.house.default_profiles(),
            spools=[spool.to_json() for spool in self.house.spools.loaded()],
            machine=machine and machine_view(machine),
            machine_problem=problem_view(machine_problem),
            jobs=[summary(job) for job in self._jobs()],
            queue=queue_view(self.house),
            storage={
                "used_bytes": store.used_bytes,
                "quota_bytes": store.quota_bytes,
                "free_bytes": store.free_bytes,
            },
        )

    def _with_other_routes(self, state: dict[str, Any]) -> dict[str, Any]:
        others = {
            MESH_ROUTE: mesh_views.route(),
            SOLID_ROUTE: solid_views.route(self.house),
        }
        return {**state, "routes": {**state["routes"], **others}}

    def _slicers_view(self) -> list[dict[str, Any]]:
        return [
            {**slicer, "problem": problem_view(slicer["problem"])}
            for slicer in self.house.slicers()
        ]

    @BlueprintPlugin.route("/slicers/test", methods=["POST"])
    @no_firstrun_access
    @MANAGE
    @refusing
    def test_slicers(self) -> flask.Response:
        self.house.probe_slicers()
        return flask.jsonify(slicers=self._slicers_view())

    # -- photos come in ---------------------------------------------------------------------

    @BlueprintPlugin.route("/uploads", methods=["POST"])
    @no_firstrun_access
    @CREATE
    @refusing
    def upload(self) -> flask.Response:
        limits = {PHOTO: self.house.upload_bytes(), MESH: self.house.mesh_bytes()}
        file, name, kind = self._received(limits)
        return self._begin(file, name, move=True, kind=kind)

    @BlueprintPlugin.route("/jobs/files", methods=["GET"])
    @no_firstrun_access
    @CREATE
    @LIST_FILES
    @refusing
    def list_meshes(self) -> flask.Response:
        return flask.jsonify(files=self.house.printer.meshes())

    @BlueprintPlugin.route("/jobs/from-file", methods=["POST"])
    @no_firstrun_access
    @CREATE
    @READ_FILES
    @refusing
    def take_mesh(self) -> flask.Response:
        file = self.house.printer.mesh_on_disk(str(body().get("path") or ""))
        require_small(file, self.house.mesh_bytes(), MESH)
        return self._begin(file, file.name, move=False, kind=MESH)

    @BlueprintPlugin.route("/jobs/sample", methods=["POST"])
    @no_firstrun_access
    @CREATE
    @refusing
    def take_sample(self) -> flask.Response:
        return self._begin(SAMPLE, gettext("Sample photo") + ".jpg", move=False)

    @BlueprintPlugin.route("/jobs/<job_id>/photos", methods=["POST"])
    @no_firstrun_access
    @CREATE
    @refusing
    def add_photo(self, job_id: str) -> flask.Response:
        job = self._job(job_id)
        photo, name, _ = self._received({PHOTO: self.house.upload_bytes()})
        number = self.house.runner.add_photo(job, photo, name, move=True)
        return self._answer_job(job, 201, photo=number)

    @BlueprintPlugin.route("/jobs/<job_id>/photos/<int:number>", methods=["DELETE"])
    @no_firstrun_access
    @CREATE
    @refusing
    def remove_photo(self, job_id: str, number: int) -> flask.Response:
        job = self._job(job_id)
        self.house.runner.remove_photo(job, number)
        return self._answer_job(job)

    def _received(self, limits_bytes: dict[str, int]) -> tuple[Path, str, str]:
        suffixes = uploads.suffixes(self._settings)
        return uploads.received(flask.request.values, *suffixes, limits_bytes)

    def _begin(
        self, file: Any, name: str, *, move: bool, kind: str = PHOTO
    ) -> flask.Response:
        user = current_user.get_id()
        job = self.house.store.create(file, name, user, move=move, kind=kind)
        return self._open(job, 201)

    def _open(self, job: Job, status: int) -> flask.Response:
        machine = None
        if job.kind == MESH:
            machine = self.house.machine()
            if not job.params:  # a copy has its own
                first = self.house.with_default_profile(Params.defaults(MESH_ROUTE))
                job.params = first.to_json()
        self.house.runner.open(job, machine)
        return self._answer_job(job, status)

    # -- one job ----------------------------------------------------------------------------

    @BlueprintPlugin.route("/jobs/<job_id>", methods=["GET"])
    @no_firstrun_access
    @VIEW
    @refusing
    def get_job(self, job_id: str) -> flask.Response:
        return self._answer_job(self._job(job_id))

    @BlueprintPlugin.route("/jobs/<job_id>", methods=["DELETE"])
    @no_firstrun_access
    @CREATE
    @refusing
    def delete_job(self, job_id: str) -> flask.Response:
        job = self._job(job_id)
        for item in self.house.queue.state.items:
            if item.job_id == job.id:
                self.house.queue.remove(item.id)  # refuses while it is being printed
        self.house.runner.delete(job)
        self.house.forget(job.id)
        return flask.jsonify(deleted=True)

    @BlueprintPlugin.route("/jobs/<job_id>/preview", methods=["POST"])
    @no_firstrun_access
    @CREATE
    @refusing
    def preview(self, job_id: str) -> flask.Response:
        job = self._job(job_id)
        params, machine = _params(job), self.house.machine()
        if params.mesh is not None:
            require_read(job)
            found = self.house.runner.preview(job, params, machine)
            return flask.jsonify(preview=mesh_preview_view(found))
        sizes_px = _sizes_px(job)
        found = self.house.runner.preview(job, params, machine)
        fits = None
        try:
            params.check_fits(sizes_px, machine)
        except Refusal as refusal:
            fits = refusal.problem
        return flask.jsonify(
            preview={
                **found,
                "route": params.route,
                "standing": params.relief.upright,
                "fits": problem_view(fits),
            }
        )

    @BlueprintPlugin.route("/jobs/<job_id>/make", methods=["POST"])
    @no_firstrun_access
    @CREATE
    @refusing
    def make(self, job_id: str) -> flask.Response:
        job = self._job(job_id)
        params, machine = _params(job), self.house.machine()
        self.house.require_profile(params)
        if params.mesh is None:
            params.check_fits(_sizes_px(job), machine)
        self.house.runner.make(job, params, machine)
        return self._answer_job(job, 202)

    @BlueprintPlugin.route("/jobs/<job_id>/orient", methods=["POST"])
    @no_firstrun_access
    @CREATE
    @refusing
    def orient(self, job_id: str) -> flask.Response:
        job = self._job(job_id)
        require_read(job)
        found = self.house.runner.orientations(job, _params(job), self.house.machine())
        return flask.jsonify(orientations=found)

    @BlueprintPlugin.route("/jobs/<job_id>/export", methods=["POST"])
    @no_firstrun_access
    @CREATE
    @refusing
    def export(self, job_id: str) -> flask.Response:
        job = self._job(job_id)
        ending = body().get("format")
        if ending not in EXPORTS or "check" not in job.steps:
            raise RunnerRefused(
                "jobs.no_such_export",
                N_("There is no such file to be had of this job; make it first."),
            )
        self.house.runner.export(job, ending)
        return flask.jsonify(**views(self.house).exported(job, ending))

    @BlueprintPlugin.route("/jobs/<job_id>/cancel", methods=["POST"])
    @no_firstrun_access
    @CREATE
    @refusing
    def cancel(self, job_id: str) -> flask.Response:
        job = self._job(job_id)
        self.house.runner.cancel(job)
        return self._answer_job(job)

    @BlueprintPlugin.route("/jobs/<job_id>/continue", methods=["POST"])
    @no_firstrun_access
    @CREATE
    @refusing
    def resume(self, job_id: str) -> flask.Response:
        job = self._job(job_id)
        self.house.runner.resume(job, self.house.machine())
        return self._answer_job(job)

    @BlueprintPlugin.route("/jobs/<job_id>/copy", methods=["POST"])
    @no_firstrun_access
    @CREATE
    @refusing
    def copy(self, job_id: str) -> flask.Response:
        return self._open(
            self.house.store.copy(self._job(job_id), current_user.get_id()), 201
        )


def _params(job: Job) -> Params:
    """The request's parameters, which must be of the job's kind."""
    params = Params.from_json(body().get("params"))
    if (params.route == MESH_ROUTE) != (job.kind == MESH):
        raise RunnerRefused(
            "jobs.wrong_route",
            N_(
                "A photo cannot be made like a 3D model, nor the other way; reload the page."
            ),
            field="route",
        )
    return params if params.solid is None else _with_the_chosen(job, params)


def _with_the_chosen(job: Job, params: Params) -> Params:
    """Whatever the browser still thinks, the solid is the one that was chosen."""
    number = job.chosen.number if job.chosen else 0
    return replace(params, solid=replace(params.solid, candidate=number))


def require_read(job: Job) -> None:
    """Raises `RunnerRefused` for a mesh that was not read yet."""
    if job.mesh is None and job.kind != MESH:
        raise no_solid()
    if job.mesh is None or job.state is JobState.OPENING:
        raise RunnerRefused(
            "jobs.mesh_not_read", N_("The model is still being read; wait a moment.")
        )


def _sizes_px(job: Job) -> dict[int, tuple[int, int]]:
    """Sizes of the whole photos by number; refuses a job whose photo was not read yet."""
    if job.photo is None:
        raise RunnerRefused(
            "jobs.photo_not_read", N_("The photo is still being read; wait a moment.")
        )
    found = {FIRST: job.photo, **{photo["number"]: photo for photo in job.photos}}
    return {number: tuple(photo["size_px"]) for number, photo in found.items()}


def _translated(data: Any) -> Any:
    """The same structure with every `label` translated."""
    if isinstance(data, dict):
        return {
            key: gettext(value) if key == "label" else _translated(value)
            for key, value in data.items()
        }
    return [_translated(item) for item in data] if isinstance(data, list) else data
