"""The HTTP side of full 3D: solids of a job's photos."""

from __future__ import annotations

import flask
from flask_login import current_user

from octoprint.access.permissions import Permissions
from octoprint.plugin import BlueprintPlugin
from octoprint.server.util.flask import no_firstrun_access

from ..jobs.generators import Generator
from ..jobs.model import Job
from ..jobs.params import SOLID_ROUTE, Params
from ..jobs.refused import RunnerRefused
from ..problems import N_
from ..solid3d.settings import LOCAL
from .answers import CREATE, Routes, body, own_job, refusing, views
from .solid_views import NO_PERMISSION
from .views import problem_view


class SolidApi(Routes):
    """Blueprint routes under `/plugin/img2stl/jobs/<id>`."""

    @BlueprintPlugin.route("/jobs/<job_id>/cutout", methods=["POST"])
    @no_firstrun_access
    @CREATE
    @refusing
    def cut_out(self, job_id: str) -> flask.Response:
        job = own_job(self.house.store, job_id, current_user)
        params = _solid_params()
        generator = self.house.generators.get(params.solid.endpoint)
        found = self.house.runner.cut_outs(
            job, params, needs_alpha=generator.capabilities.needs_alpha
        )
        for view in found:
            view["notices"] = [problem_view(notice) for notice in view["notices"]]
            view["problem"] = problem_view(view["problem"])
        return flask.jsonify(views=found)

    @BlueprintPlugin.route("/jobs/<job_id>/generate", methods=["POST"])
    @no_firstrun_access
    @CREATE
    @refusing
    def generate(self, job_id: str) -> flask.Response:
        job = own_job(self.house.store, job_id, current_user)
        params, machine = _solid_params(), self.house.machine()
        generator = self.house.generators.get(params.solid.endpoint)
        self._may_send(generator, body().get("agreed"))
        candidate = self.house.runner.generate(job, params, machine)
        return self._answer(job, 202, candidate=candidate.number)

    @BlueprintPlugin.route("/jobs/<job_id>/candidates/<int:number>", methods=["DELETE"])
    @no_firstrun_access
    @CREATE
    @refusing
    def remove_candidate(self, job_id: str, number: int) -> flask.Response:
        job = own_job(self.house.store, job_id, current_user)
        self.house.runner.remove_candidate(job, number)
        return self._answer(job)

    @BlueprintPlugin.route(
        "/jobs/<job_id>/candidates/<int:number>/choose", methods=["POST"]
    )
    @no_firstrun_access
    @CREATE
    @refusing
    def choose_candidate(self, job_id: str, number: int) -> flask.Response:
        job = own_job(self.house.store, job_id, current_user)
        self.house.runner.choose(job, number)
        return self._answer(job, 202)

    @BlueprintPlugin.route(
        "/jobs/<job_id>/candidates/<int:number>/resend", methods=["POST"]
    )
    @no_firstrun_access
    @CREATE
    @refusing
    def send_again(self, job_id: str, number: int) -> flask.Response:
        job = own_job(self.house.store, job_id, current_user)
        candidate = self.house.runner.candidate(job, number)
        generator = self.house.generators.get(candidate.endpoint)
        self._may_send(generator, body().get("agreed"))
        paid = generator.capabilities.costs_money and not candidate.can_fetch
        if paid and body().get("agreed_to_pay") is not True:
            raise RunnerRefused(
                "solid.may_be_paid_twice",
                N_(
                    "%(generator)s may have been paid for this already; say that you want "
                    "to send it all the same."
                ),
                generator=generator.label,
            )
        self.house.runner.send_again(job, number)
        return self._answer(job, 202)

    # -- inside -----------------------------------------------------------------------------

    def _answer(self, job: Job, status: int = 200, **more: int) -> flask.Response:
        answer = flask.jsonify(job=views(self.house).full(job), **more)
        return flask.make_response(answer, status)

    def _may_send(self, generator: Generator, agreed: object) -> None:
        """Refuse to send photos away without permission, or to a place not agreed to yet."""
        if generator.id == LOCAL:
            return
        if not Permissions.PLUGIN_IMG2STL_REMOTE.can():
            raise RunnerRefused(NO_PERMISSION.code, NO_PERMISSION.template)
        user, endpoints = current_user.get_id(), self.house.endpoints
        if endpoints.agreed(user, generator.id):
            return
        if agreed == generator.host:
            endpoints.agree(user, generator.id)
            return
        raise RunnerRefused(
            "solid.ask_first",
            N_("The photos will be sent to %(host)s; say that they may."),
            field="agreed",
            suggest=generator.host,
            host=generator.host,
        )


def _solid_params() -> Params:
    params = body().get("params")
    given = params if isinstance(params, dict) else {}
    return Params.from_json({**given, "route": SOLID_ROUTE})
