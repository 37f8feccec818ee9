"""The HTTP side of the print queue."""

from __future__ import annotations

from typing import Any

import flask
from flask_babel import gettext
from flask_login import current_user

from octoprint.plugin import BlueprintPlugin
from octoprint.server.util.flask import no_firstrun_access

from ..jobs import pipeline
from ..jobs.model import JobState
from ..machine import Machine
from ..printing.model import ItemState
from ..printing.queue import CONFIRMATION_S
from ..printing.recheck import sha256_of
from ..printing.refused import QueueRefused
from ..problems import N_, Refusal
from .answers import PRINT, QUEUE, SELECT, VIEW, Routes, body, own_job, refusing, views
from .house import House
from .views import problem_view


def queue_view(house: House) -> dict[str, Any]:
    """The queue in the language of the request, with pictures of the jobs one may see."""
    data = house.queue.to_json()
    state = house.printer.state()
    job_views = views(house)

    def item_view(item: dict[str, Any]) -> dict[str, Any]:
        thumb_url = progress = None
        try:
            job = own_job(house.store, item["job_id"], current_user)
            thumb_url = job_views.summary(job)["thumb_url"]
        except Refusal:
            pass  # deleted, or somebody else's
        if item["state"] == ItemState.PRINTING.value:
            progress = house.printer.progress()
        problem = problem_view(item.pop("reason"))
        return {**item, "problem": problem, "thumb_url": thumb_url, "progress": progress}

    return {
        **data,
        "reason": problem_view(data["reason"]),
        "items": [item_view(item) for item in data["items"]],
        "history": [item_view(item) for item in data["history"]],
        "printer": {
            "connected": state.connected,
            "ready": state.ready,
            "printing": state.printing,
        },
    }


class QueueApi(Routes):
    """Blueprint routes under `/plugin/img2stl/queue`."""

    def _answer_queue(self, status: int = 200, **more: Any) -> flask.Response:
        answer = flask.jsonify(queue=queue_view(self.house), **more)
        return flask.make_response(answer, status)

    @BlueprintPlugin.route("/queue", methods=["GET"])
    @no_firstrun_access
    @VIEW
    @refusing
    def get_queue(self) -> flask.Response:
        return self._answer_queue()

    @BlueprintPlugin.route("/queue", methods=["POST"])
    @no_firstrun_access
    @QUEUE
    @refusing
    def add_to_queue(self) -> flask.Response:
        house = self.house
        job = own_job(house.store, str(body().get("job")), current_user)
        made = job.facts("gcode")
        if job.state is not JobState.DONE or not made:
            raise QueueRefused(
                "queue.nothing_to_print",
                N_(
                    "This job has no G-code yet; make it first, then add it to the queue."
                ),
            )
        name = job.name
        if job.facts("slice").get("test_print"):  # the whole may be wanted besides
            name = gettext("%(name)s (test print)") % {"name": name}
        user = current_user.get_id()
        path = house.printer.add_gcode(
            house.store.path(job.id, pipeline.GCODE),
            name,
            job.id,
            made["analysis"],
            user,
        )
        # Hashed where it lies now: another plugin may rewrite files on their way there.
        sha256 = sha256_of(house.printer.path_on_disk(path))
        items = house.queue.add(
            job_id=job.id,
            name=name,
            path=path,
            sha256=sha256 or "",
            bounds=tuple(made["bounds"]),
            machine=Machine.from_json(job.machine).fingerprint(),
            print_time_s=made["print_time_s"],
            owner=user,
        )
        return self._answer_queue(201, item=items[0])

    @BlueprintPlugin.route("/queue/<item_id>", methods=["DELETE"])
    @no_firstrun_access
    @QUEUE
    @refusing
    def remove_from_queue(self, item_id: str) -> flask.Response:
        self.house.queue.remove(item_id)
        return self._answer_queue()

    @BlueprintPlugin.route("/queue/<item_id>/move", methods=["POST"])
    @no_firstrun_access
    @QUEUE
    @refusing
    def move_in_queue(self, item_id: str) -> flask.Response:
        position = body().get("position")
        if not isinstance(position, int) or isinstance(position, bool):
            raise QueueRefused(
                "queue.bad_position",
                N_("Say with a number where in the queue it shall go."),
            )
        self.house.queue.move(item_id, position)
        return self._answer_queue()

    @BlueprintPlugin.route("/queue/pause", methods=["POST"])
    @no_firstrun_access
    @QUEUE
    @refusing
    def pause_queue(self) -> flask.Response:
        self.house.queue.pause(current_user.get_id())
        return self._answer_queue()

    @BlueprintPlugin.route("/queue/resume", methods=["POST"])
    @no_firstrun_access
    @QUEUE
    @refusing
    def resume_queue(self) -> flask.Response:
        self.house.queue.resume()
        self.house.soon(self.house.queue.tick)
        return self._answer_queue()

    @BlueprintPlugin.route("/queue/clear", methods=["POST"])
    @no_firstrun_access
    @QUEUE
    @refusing
    def clear_queue(self) -> flask.Response:
        self.house.queue.clear_finished()
        return self._answer_queue()

    @BlueprintPlugin.route("/queue/<item_id>/bed-clear", methods=["POST"])
    @no_firstrun_access
    @QUEUE
    @PRINT
    @SELECT
    @refusing
    def confirm_bed(self, item_id: str) -> flask.Response:
        generation = body().get("bed_generation")
        token = self.house.queue.confirm(
            item_id, generation if type(generation) is int else -1, current_user.get_id()
        )
        return flask.jsonify(token=token, expires_s=CONFIRMATION_S)

    @BlueprintPlugin.route("/queue/<item_id>/start", methods=["POST"])
    @no_firstrun_access
    @QUEUE
    @PRINT
    @SELECT
    @refusing
    def start_print(self, item_id: str) -> flask.Response:
        token = str(body().get("token") or "")
        self.house.queue.start(item_id, token, current_user.get_id())
        return self._answer_queue(202)
