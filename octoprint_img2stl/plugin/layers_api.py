"""The HTTP side of the layers: pictures, lines and what all of them take."""

from __future__ import annotations

import gzip
import json

import flask
from flask_login import current_user

from octoprint.plugin import BlueprintPlugin
from octoprint.server.util.flask import no_firstrun_access

from ..jobs import pipeline
from ..jobs.model import Job
from ..jobs.refused import RunnerRefused
from ..problems import N_
from ..slicing.gcode_lines import columns
from .answers import VIEW, Routes, own_job, refusing

# the addresses hold the job's version, so a job made again has others
CACHED = "private, max-age=3600"


class LayersApi(Routes):
    """Blueprint routes under `/plugin/img2stl/jobs/<id>`."""

    @BlueprintPlugin.route("/jobs/<job_id>/layers/<int:number>.png", methods=["GET"])
    @no_firstrun_access
    @VIEW
    @refusing
    def layer(self, job_id: str, number: int) -> flask.Response:
        job = self._job_with_layer(job_id, number)
        return _cached(self.house.runner.layer_picture(job, number - 1), "image/png")

    @BlueprintPlugin.route("/jobs/<job_id>/layers/<int:number>.json", methods=["GET"])
    @no_firstrun_access
    @VIEW
    @refusing
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
