"""The photos of a job by number: 1 is the one it began with, up to five may follow."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

FIRST = 1
MOST_PHOTOS = 6
FURTHER = range(FIRST + 1, MOST_PHOTOS + 1)
# What belongs to a further photo, half-written files included.
FURTHER_FILE = re.compile(r"(?:photo|thumb)-(\d+)\..+")


def suffix(number: int) -> str:
    """What the names of a photo's files have before the dot."""
    return "" if number == FIRST else f"-{number}"


def photo_file(number: int) -> str:
    """Name of the file as it was given."""
    return f"photo{suffix(number)}.original"


def facts_file(number: int) -> str:
    """Name of the file that holds `size_px` and more, as JSON."""
    return f"photo{suffix(number)}.json"


def display_file(number: int) -> str:
    """Name of the copy for the browser."""
    return f"photo{suffix(number)}.jpg"


def thumb_file(number: int) -> str:
    """Name of the small copy for the browser."""
    return f"thumb{suffix(number)}.jpg"


def files(number: int) -> tuple[str, ...]:
    """Names of all files of a photo."""
    return (
        photo_file(number),
        facts_file(number),
        display_file(number),
        thumb_file(number),
    )


def matched(
    settings: Sequence[Mapping[str, Any]], numbers: Collection[int]
) -> list[dict[str, Any]]:
    """Settings for exactly the further photos that are there.

    Args:
        settings: as `PhotoSettings.to_json` each, in the owner's order.
        numbers: of the further photos of the job.

    Returns:
        Those of `settings` that have their photo, then the whole photo for each of the
        others.
    """
    kept = [dict(each) for each in settings if each["number"] in numbers]
    named = {each["number"] for each in kept}
    return kept + [
        {"number": number, "turn_deg": 0, "crop": None}
        for number in numbers
        if number not in named
    ]
