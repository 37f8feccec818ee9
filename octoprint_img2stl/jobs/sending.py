"""Which of a job's photos an endpoint gets, in which order."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..problems import N_
from ..solid3d.driver import ROLES, View
from .generators import Generator, GeneratorRefused


def fitting(views: Sequence[Mapping[str, Any]], generator: Generator) -> list[int]:
    """Places in `views` of those that the generator can use, in the order it gets them.

    The front goes first. Where it tells sides apart it gets one photo of each that it knows;
    otherwise as many as it takes.

    Args:
        views: each with its ``role``.
    """
    can = generator.capabilities
    order = sorted(range(len(views)), key=lambda k: (ROLES.index(views[k]["role"]), k))
    if can.views_max <= 1:
        return order[:1]
    if can.roles:
        seen: set[str] = set()
        kept = []
        for place in order:
            role = views[place]["role"]
            if role in can.roles and (role == "other" or role not in seen):
                seen.add(role)
                kept.append(place)
        order = kept or order[:1]  # one alone may be from anywhere
    return order[: can.views_max]


def check_views(views: Sequence[Mapping[str, Any]], generator: Generator) -> None:
    """Refuse photos of which the generator can use too few.

    Raises:
        GeneratorRefused: `solid.too_few_photos`.
    """
    least = generator.capabilities.views_min
    if len(fitting(views, generator)) < least:
        raise GeneratorRefused(
            "solid.too_few_photos",
            N_(
                "%(generator)s needs at least %(least)s photos from sides that it knows; "
                "add photos or choose another way to make the solid."
            ),
            field="solid.endpoint",
            generator=generator.label,
            least=least,
        )


def views_for(facts_file: Path, generator: Generator) -> tuple[View, ...]:
    """The photos that go out, as they lie in the job's folder.

    Raises:
        GeneratorRefused: too few of them.
    """
    facts = json.loads(facts_file.read_text())
    check_views(facts, generator)
    folder = facts_file.parent
    return tuple(
        View(
            role=facts[place]["role"],
            path=folder / facts[place]["file"],
            has_alpha=facts[place]["has_alpha"],
            size_px=tuple(facts[place]["size_px"]),
        )
        for place in fitting(facts, generator)
    )
