"""The HTTP side of the layers: pictures, lines and what all of them take."""

from __future__ import annotations

import functools
import gzip
import json
from collections.abc import Callable
from typing import Any

import flask
from flask_login import current_user

from octoprint.plugin import BlueprintPlugin
from octoprint.server.util.flask import no_firstrun_access

from ..jobs import pipeline
from ..jobs.model import Job
from ..jobs.refused import RunnerRefused
from ..jobs.warm import Superseded
from ..problems import N_, Refusal
from ..slicing.gcode_lines import columns
from .answers import VIEW, Routes, own_job, refusing
from .views import version_of

# the addresses hold the job's version, so a job made again has others
CACHED = "private, max-age=3600"
NOTHING = 204  # an error would stand in the browser's console


def of_what_is_there(
    view: Callable[..., flask.Response],
) -> Callable[..., flask.Response]:
    """Nothing, instead of a refusal, where the G-code is being made anew at this moment.

    The page asked before it knew; it asks again for the new layers when the job rests.
    """

    @functools.wraps(view)
    def wrapped(self: LayersApi, job_id: str, **more: Any) -> flask.Response:
        job = own_job(self.house.store, job_id, current_user)
        asked_of = flask.request.args.get("v")
        try:
            return view(self, job_id, **more)
        except Superseded:
            raise
        except (Refusal, OSError, ValueError):
            if job.active or asked_of not in (None, version_of(job)):
                return flask.Response(status=NOTHING)
            raise

    return wrapped


class LayersApi(Routes):
    """Blueprint routes under `/plugin/img2stl/jobs/<id>`."""

    @BlueprintPlugin.route("/jobs/<job_id>/layers/<int:number>.png", methods=["GET"])
    @no_firstrun_access
    @VIEW
    @refusing
    @of_what_is_there
    def layer(self, job_id: str, number: int) -> flask.Response:
        job = self._job_with_layer(job_id, number)
        return _cached(self.house.runner.layer_picture(job, number - 1), "image/png")

    @BlueprintPlugin.route("/jobs/<job_id>/layers/<int:number>.json", methods=["GET"])
    @no_firstrun_access
    @VIEW
    @refusing
    @of_what_is_there
    def layer_lines(self, job_id: str, number: int) -> flask.Response:
        job = self._job_with_layer(job_id, number)
        packed = self.house.runner.layer_data(job, number - 1)
        if not flask.request.accept_encodings["gzip"]:
            return _cached(gzip.decompress(packed), "application/json")
        answer = _cached(packed, "application/json")
        answer.headers["Content-Encoding"] = "gzip"
        return answer

    @BlueprintPlugin.route("/jobs/<job_id>/layers.json", methods=["GET"])
    @no_firstrun_access
    @VIEW
    @refusing
    @of_what_is_there
    def layers(self, job_id: str) -> flask.Response:
        job = self._job_with_layer(job_id, 1)
        try:
            summary = self.house.store.path(job.id, pipeline.SUMMARY).read_bytes()
        except FileNotFoundError:  # it was made before there was a summary
            file = self.house.store.path(job.id, pipeline.LAYERS)
            known = columns(json.loads(file.read_text()))
            summary = json.dumps({**known, "legend": [], "stops": []}).encode()
        return _cached(summary, "application/json")

    def _job_with_layer(self, job_id: str, number: int) -> Job:
        job = own_job(self.house.store, job_id, current_user)
        layers = job.facts("gcode").get("layers") or 0
        if not 1 <= number <= layers:
            raise RunnerRefused(
                "jobs.no_such_layer",
                N_("There is no layer %(number)s; the model has %(layers)s."),
                number=number,
                layers=layers,
            )
        return job


def _cached(body: bytes, mimetype: str) -> flask.Response:
    answer = flask.Response(body, mimetype=mimetype)
    answer.headers["Cache-Control"] = CACHED
    answer.vary.add("Accept-Encoding")
    return answer
