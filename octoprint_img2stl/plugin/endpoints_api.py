"""The HTTP side of the endpoints: to list, set up, test and delete them."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import flask
from flask_babel import gettext

from octoprint.access.permissions import Permissions
from octoprint.plugin import BlueprintPlugin
from octoprint.server.util.flask import credentials_checked_recently, no_firstrun_access

from ..problems import N_
from ..solid3d import registry
from ..solid3d.driver import Capabilities
from ..solid3d.endpoint import (
    MOST_ENDPOINTS,
    NUMBERS,
    Endpoint,
    EndpointOption,
    Preset,
)
from ..solid3d.refused import SolidRefused
from . import probing
from .answers import SETTINGS, Routes, body, refusing
from .endpoints import CLEAR, KEEP
from .views import problem_view

AUTH_LABELS = {
    "none": N_("Without a key"),
    "bearer": N_("Key, sent as Authorization: Bearer"),
    "key": N_("Key, sent as Authorization: Key"),
    "header": N_("Key, sent in a header of its own"),
    "basic": N_("User name and password"),
    "login": N_("User name and password, given on its login page"),
}


def recently(view: Callable) -> Callable:
    """Only for administrators who gave their password just now: whoever finds an unlocked
    screen must not have photos and keys sent elsewhere."""

    @functools.wraps(view)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        if not Permissions.ADMIN.can():
            raise SolidRefused(
                "solid.admin_needed", N_("Only an administrator may change endpoints.")
            )
        if not credentials_checked_recently():
            raise SolidRefused(
                "solid.password_needed",
                N_("Enter your password again, then endpoints can be changed."),
            )
        return view(*args, **kwargs)

    return wrapped


class EndpointsApi(Routes):
    """Blueprint routes under `/plugin/img2stl/endpoints`."""

    @BlueprintPlugin.route("/endpoints", methods=["GET"])
    @no_firstrun_access
    @SETTINGS
    @refusing
    def get_endpoints(self) -> flask.Response:
        endpoints = self.house.endpoints
        return flask.jsonify(
            endpoints=[self._endpoint_view(each) for each in endpoints.all()],
            notices=[problem_view(notice) for notice in endpoints.notices],
            presets=[preset_view(preset) for preset in registry.presets()],
            drivers=[driver_view(name) for name in registry.DRIVERS],
            auths=[
                {"value": auth, "label": gettext(label)}
                for auth, label in AUTH_LABELS.items()
            ],
            most=MOST_ENDPOINTS,
            limits={name: list(limits) for name, limits in NUMBERS.items()},
            may_change=Permissions.ADMIN.can(),
        )

    @BlueprintPlugin.route("/endpoints", methods=["POST"])
    @no_firstrun_access
    @SETTINGS
    @refusing
    @recently
    def add_endpoint(self) -> flask.Response:
        endpoint = self.house.endpoints.add(_description(), _secret(CLEAR))
        return self._answer_endpoint(endpoint, 201)

    @BlueprintPlugin.route("/endpoints/<endpoint_id>", methods=["PUT"])
    @no_firstrun_access
    @SETTINGS
    @refusing
    @recently
    def change_endpoint(self, endpoint_id: str) -> flask.Response:
        endpoint = self.house.endpoints.change(endpoint_id, _description(), _secret(KEEP))
        return self._answer_endpoint(endpoint)

    @BlueprintPlugin.route("/endpoints/<endpoint_id>", methods=["DELETE"])
    @no_firstrun_access
    @SETTINGS
    @refusing
    @recently
    def remove_endpoint(self, endpoint_id: str) -> flask.Response:
        self.house.endpoints.remove(endpoint_id)
        return flask.jsonify(deleted=True)

    @BlueprintPlugin.route("/endpoints/<endpoint_id>/test", methods=["POST"])
    @no_firstrun_access
    @SETTINGS
    @refusing
    def test_endpoint(self, endpoint_id: str) -> flask.Response:
        endpoint = self.house.endpoints.get(endpoint_id)
        outcome = probing.probe(endpoint, registry.make)
        self.house.endpoints.note_test(
            endpoint, outcome.problem, outcome.kind, outcome.capabilities
        )
        wake = getattr(self.house, "endpoint_answers", None)
        if outcome.capabilities is not None and wake is not None:
            wake(endpoint.id)
        return flask.jsonify(
            ok=not outcome.kind,
            kind=outcome.kind,
            message=problem_view(outcome.problem)["message"],
            problem=problem_view(outcome.problem),
            capabilities=outcome.capabilities and outcome.capabilities.to_json(),
        )

    def _endpoint_view(self, endpoint: Endpoint) -> dict[str, Any]:
        endpoints = self.house.endpoints
        found = endpoints.capabilities(endpoint.id)
        endpoint = endpoints.get(endpoint.id)
        return {
            **endpoint.to_json(),
            "host": endpoint.host,
            "has_secret": bool(endpoint.secret),
            "capabilities": found and found.to_json(),
            "costs_money": (found or assumed(endpoint)).costs_money,
            "tested": tested_view(endpoints.tested(endpoint.id)),
            "notices": [problem_view(notice) for notice in probing.notices(endpoint)],
        }

    def _answer_endpoint(self, endpoint: Endpoint, status: int = 200) -> flask.Response:
        answer = flask.jsonify(endpoint=self._endpoint_view(endpoint))
        return flask.make_response(answer, status)


def assumed(endpoint: Endpoint) -> Capabilities:
    """What an endpoint can do that was never asked, maybe one of a later version of us."""
    try:
        return registry.assumed(endpoint)
    except SolidRefused:
        return Capabilities()


def tested_view(tested: dict[str, Any] | None) -> dict[str, Any] | None:
    if tested is None:
        return None
    return {
        "ok": tested["ok"],
        "kind": tested["kind"],
        "message": problem_view(tested["problem"])["message"],
        "at": tested["at"],
    }


def preset_view(preset: Preset) -> dict[str, Any]:
    """`cloud` is whether it is somebody else's computer on the internet."""
    return {
        **asdict(preset),
        "label": _words(preset.label),
        "help": _words(preset.help),
        "cloud": preset.costs_money or preset.url.startswith("https:"),
    }


def driver_view(name: str) -> dict[str, Any]:
    driver = registry.driver_class(name)
    return {
        "name": name,
        "label": driver.label,
        "description": _words(driver.description),
        "costs_money": driver.assumed.costs_money,
        "options": [option_view(option) for option in driver.options],
    }


def option_view(option: EndpointOption) -> dict[str, Any]:
    """A field of the form, its choices in their order."""
    return {
        "name": option.name,
        "kind": option.kind,
        "label": _words(option.label),
        "help": _words(option.help),
        "default": option.default,
        "choices": [
            {"value": value, "label": _words(label)}
            for value, label in option.choices.items()
        ],
        "advanced": option.advanced,
    }


def _words(text: str) -> str:
    """Translated; the empty text stands for something else in a catalogue."""
    return gettext(text) if text else ""


def _description() -> dict[str, Any]:
    found = body().get("endpoint")
    return found if isinstance(found, dict) else {}


def _secret(unsaid: str | None) -> str | None:
    found = body().get("secret", unsaid)
    if found is not None and not isinstance(found, str):
        raise SolidRefused(
            "solid.unusable_key", N_("A key is a text."), field="endpoint.secret"
        )
    return found
