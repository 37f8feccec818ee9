"""What a route needs, whatever a saved profile says.

A lithophane shows its picture only if nothing inside it is left open. Such a need counts
over the profile, is shown before anything is sliced, and gives way to nobody but the user's
own choice.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from .plain import plain_of
from .saved import SavedProfile
from .settings import SliceSettings

# route -> field of `SliceSettings`, one of the plain choices -> value
NEEDS: dict[str, dict[str, Any]] = {"lithophane": {"infill": 100}}


def required(route: str, profile: SavedProfile | None) -> dict[str, Any]:
    """What a route needs that a profile has otherwise, or does not say.

    Args:
        route: of the job.
        profile: None: none, and the choices count as they are.

    Returns:
        Field of `SliceSettings` -> value.
    """
    if profile is None:
        return {}
    plain = plain_of(profile)
    needs = NEEDS.get(route, {})
    return {name: value for name, value in needs.items() if plain.get(name) != value}


def with_needs(
    settings: SliceSettings, route: str, profile: SavedProfile | None
) -> SliceSettings:
    """The settings with what the route needs counting over the profile.

    A plain choice that already counts over it is the user's, and stays.
    """
    if not settings.profile:
        return settings
    needs = required(route, profile)
    wanted = {name: value for name, value in needs.items() if name not in settings.over}
    return replace(settings, **wanted, over=(*settings.over, *wanted))
