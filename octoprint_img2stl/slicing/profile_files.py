"""A saved profile as a file of its own, ``<id>.json``: written at once, read with distrust.

The worker and the store read the same files, which may be years old, cut off by a full
disk, or edited by hand.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..files import PRIVATE, write_atomic
from ..problems import N_
from .choices import MATERIALS
from .refused import SlicingRefused
from .saved import SavedProfile
from .small_files import read_bytes, strict_json

FILE_LIMIT = 2_000_000  # bytes; a maker's profile with its G-code has 20 kB
ENDING = ".json"
PROFILE_ID = re.compile(r"[0-9a-f]{12}")
# What reading a file raises that is no such profile.
DAMAGE = (
    ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError,
)  # fmt: skip
_TEXTS = ("name", "engine", "source", "id", "material", "filament_type", "owner")
_SIZES = ("layer_height", "nozzle", "height")


def load_saved(folder: Path | str, profile_id: str) -> SavedProfile:
    """A saved profile by its id.

    Args:
        folder: of the store.
        profile_id: 12 hexadecimal digits.

    Raises:
        SlicingRefused: ``slicing.no_such_profile``: there is none that can be used.
    """
    if not isinstance(profile_id, str) or not PROFILE_ID.fullmatch(profile_id):
        raise no_such_profile()
    try:
        return read_profile_file(Path(folder) / f"{profile_id}{ENDING}")
    except (OSError, *DAMAGE) as error:
        raise no_such_profile() from error


def no_such_profile() -> SlicingRefused:
    return SlicingRefused(
        "slicing.no_such_profile",
        N_("This profile does not exist any more; choose another one."),
        field="slicing.profile",
    )


def read_profile_file(path: Path) -> SavedProfile:
    """The profile in a file whose name is its id.

    Raises:
        OSError: the file cannot be read.
        Exception: one of `DAMAGE`: it is no profile.
    """
    profile = SavedProfile.from_json(read_json(path))
    _refuse_damage(profile)
    if profile.material not in MATERIALS:  # of a newer version of ours
        profile = replace(profile, material="")
    if profile.id != path.name.removesuffix(ENDING):
        raise ValueError("another profile's id")
    return profile


def read_json(path: Path) -> Any:
    """What a small JSON file says.

    Raises:
        OSError: the file cannot be read.
        Exception: one of `DAMAGE`: it is no such file.
    """
    return strict_json(read_bytes(path, FILE_LIMIT))


def write_json(path: Path, data: Any) -> None:
    """Write whole or not at all, for the eyes of OctoPrint's user only.

    Raises:
        OSError: a full disk, for example; what was there is still there.
        ValueError: a number that is none, which `read_json` would not take back.
    """
    text = json.dumps(data, ensure_ascii=False, indent=1, allow_nan=False)
    write_atomic(path, text.encode(), mode=PRIVATE)


def _refuse_damage(profile: SavedProfile) -> None:
    """Raise ValueError for what only another program, or a hand, can have written."""
    from .registry import SLICERS  # the registry's modules import ours

    sizes = [getattr(profile, name) for name in _SIZES]
    if profile.bed is not None:
        bed = profile.bed
        sizes += [bed.x_min, bed.y_min, bed.x_max, bed.y_max]
    good = (
        all(isinstance(getattr(profile, name), str) for name in _TEXTS)
        and profile.engine in SLICERS
        and _are_texts(profile.values)
        and _are_texts(profile.about)
        and _is_number(profile.changed)
        and all(size is None or _is_number(size) for size in sizes)
    )
    if not good:
        raise ValueError("no saved profile")


def _are_texts(values: Any) -> bool:
    return isinstance(values, Mapping) and all(
        isinstance(word, str) for pair in values.items() for word in pair
    )


def _is_number(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return math.isfinite(value)
