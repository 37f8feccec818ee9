"""From Cura's containers, wherever they were found, to an `Imported`.

A container is ini text: ``[general] version, name, definition``, ``[metadata] type,
setting_version, quality_type, position``, ``[values]``; a value that begins with ``=`` is a
formula and stays one. A profile has a global container and one for each extruder (they
have a ``position``); of those the first is taken.
(`InstanceContainer.serialize` of Uranium, `CuraProfileReader` and `GCodeWriter` of Cura.)
"""

from __future__ import annotations

import re
from typing import NamedTuple

from ...machine import CIRCULAR, RECTANGULAR
from ...problems import INFO, N_, Problem
from ..cura.keys import GCODE_KEYS, MACHINE, allowed
from ..profile_file import left_out, one_line
from ..refused import clean_text
from ..vendor.bed import BedSaid
from .cura_values import fitting
from .given import Given
from .imported import (
    CURA,
    NAME_LIMIT,
    Imported,
    not_a_profile,
    people_name,
    positive,
    unfit_problem,
)
from .ini import sections

# Metadata in which Cura keeps its post-processing scripts: Python programs.
SCRIPTS = "post_processing_scripts"


class Container(NamedTuple):
    """One stack's ini text, parsed; `position` is None for the global one."""

    general: dict[str, str]
    metadata: dict[str, str]
    values: dict[str, str]
    position: int | None


def container(text: str) -> Container | None:
    """The container in `text`, or None."""
    found = sections(text, continued=True)
    if not found or "general" not in found or "values" not in found:
        return None
    metadata = found.get("metadata", {})
    position = metadata.get("position")
    if position is None and "extruder" not in metadata:  # before Cura 3
        return Container(found["general"], metadata, found["values"], None)
    number = int(position) if re.fullmatch(r"[0-9]{1,3}", position or "") else 0
    return Container(found["general"], metadata, found["values"], number)


def imported(containers: list[Container], given: Given, *, source: str) -> Imported:
    """The global container with the first extruder's over it.

    The values carry Cura's id of the printer as `keys.MACHINE`; what they leave unsaid comes
    from its definition.

    Raises:
        SlicingRefused: ``slicing.bad_profile``: no setting in it.
    """
    whole = next((each for each in containers if each.position is None), None)
    extruders = sorted(
        (each for each in containers if each.position is not None),
        key=lambda each: each.position or 0,
    )
    parts = [each for each in (whole, *extruders[:1]) if each is not None]
    raw: dict[str, str] = {}
    for part in parts:
        raw.update(part.values)
    for key, value in raw.items():
        raw[key] = one_line(value) if key in GCODE_KEYS else value.replace("\n", "\\n")
    for each in containers:
        if each.metadata.get(SCRIPTS, "").strip():
            raw[SCRIPTS] = each.metadata[SCRIPTS]
    raw.pop(MACHINE, None)
    kept, problems = allowed(raw, own_gcode=given.own_gcode)
    kept, unfit = fitting(kept)
    if not kept and not problems and not unfit:
        raise not_a_profile(
            N_(
                "The Cura profile changes nothing; in Cura choose Create profile from "
                "current settings first, then export it."
            )
        )
    about = {
        "source": source,
        "definition": _word(parts[0].general.get("definition", "")),
        "quality_type": _word(parts[0].metadata.get("quality_type", "")),
        "setting_version": _word(parts[0].metadata.get("setting_version", "")),
    }
    kept |= allowed({MACHINE: about["definition"]}, own_gcode=False).values
    return Imported(
        engine=CURA,
        name=people_name(parts[0].general.get("name", ""), given.title),
        values=kept,
        problems=(
            *problems,
            *unfit_problem(unfit),
            *_second_extruder(extruders),
            _only_changes(about["quality_type"]),
        ),
        bed=_bed(raw),
        nozzle=positive(raw.get("machine_nozzle_size")),
        height=positive(raw.get("machine_height")),
        layer_height=positive(kept.get("layer_height")),
        about={name: text for name, text in about.items() if text},
    )


def _only_changes(quality: str) -> Problem:
    return Problem(
        "slicing.profile_only_changes",
        INFO,
        N_(
            "A profile of Cura holds only what differs from Cura's own quality "
            "(%(quality)s); everything else comes from our settings."
        ),
        {"quality": quality or "?"},
        "profile",
    )


def _second_extruder(extruders: list[Container]) -> tuple[Problem, ...]:
    more = {key for each in extruders[1:] for key in each.values}
    return left_out(ignored=[f"{key} (2)" for key in more])


def _bed(raw: dict[str, str]) -> BedSaid | None:
    width, depth = positive(raw.get("machine_width")), positive(raw.get("machine_depth"))
    if width is None or depth is None:
        return None
    form = CIRCULAR if raw.get("machine_shape") == "elliptic" else RECTANGULAR
    if raw.get("machine_center_is_zero", "").lower() == "true":
        return BedSaid(form, -width / 2, -depth / 2, width / 2, depth / 2)
    return BedSaid(form, 0.0, 0.0, width, depth)


def _word(text: str) -> str:
    return clean_text(text, NAME_LIMIT)
