"""What the routes of profiles share: refusals, who asks, the JSON of a profile."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import flask
from flask_login import current_user

from octoprint.access.permissions import Permissions

from ..problems import N_, Refusal
from ..slicing.saved import SavedProfile
from .house import House
from .profile_views import ProfileViews

TEXT_LENGTH = 200  # characters of the name of a preset, or of a profile


class ProfilesRefused(Refusal):
    """What was asked about profiles cannot be done."""


@contextmanager
def writing() -> Iterator[None]:
    """Raises `ProfilesRefused` (``profiles.not_written``) where the disk is full or gone."""
    try:
        yield
    except OSError as error:
        raise ProfilesRefused(
            "profiles.not_written",
            N_(
                "The profile cannot be written (%(why)s); free some space on the disk and "
                "try again."
            ),
            why=os.strerror(error.errno or errno.EIO),
        ) from error


def profile_views(house: House) -> ProfileViews:
    """Renders profiles for the user of this request."""
    try:
        machine = house.machine()
    except Refusal:
        machine = None
    return ProfileViews(
        user=current_user.get_id(),
        manages=Permissions.PLUGIN_IMG2STL_MANAGE.can(),
        creates=Permissions.PLUGIN_IMG2STL_CREATE.can(),
        defaults=house.default_profiles(),
        usable=house.usable_slicers,
        machine=machine,
    )


def answer_profile(
    house: House, profile: SavedProfile, status: int = 200
) -> flask.Response:
    answer = flask.jsonify(profile=profile_views(house).full(profile))
    return flask.make_response(answer, status)


def may_gcode() -> bool:
    """Custom G-code reaches the printer as it is: only from those who may set it up."""
    return Permissions.SETTINGS.can()


def text(given: Any) -> str:
    """What a request says, if that is a text of a sensible length."""
    return given[:TEXT_LENGTH] if isinstance(given, str) else ""
