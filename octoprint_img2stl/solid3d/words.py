"""Other programs' words, made fit to stand inside a sentence of ours."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

MOST_LETTERS = 300
# Where servers put what went wrong, the best place first.
PLACES = (
    "message", "msg", "error_message", "error_msg", "detail", "error", "text", "reason",
    "title", "task_error", "exception_message", "error_type", "errors", "suggestion",
)  # fmt: skip
MOST_DEPTH = 5
MARKUP = re.compile(r"<[^<>]{0,200}>")


def plain_words(text: Any, most: int = MOST_LETTERS) -> str:
    """One line of plain text, without control characters and at most `most` letters long.

    Characters that turn the direction of writing go as well: they could make a sentence of
    ours say something else.
    """
    text = str(text)[: 20 * most]
    kept = (
        " " if unicodedata.category(each)[0] in "CZ" else each for each in text
    )  # control, format, surrogate, private; separators
    words = " ".join("".join(kept).split())
    return words if len(words) <= most else words[: most - 1].rstrip() + "…"


def words_in(data: Any, most: int = MOST_LETTERS) -> str:
    """What a decoded JSON answer says went wrong; empty where it says nothing.

    Args:
        data: any JSON, such as ``{"detail": [{"loc": ["body", "image"], "msg": "missing"}]}``.
        most: letters.
    """
    return plain_words(_found(data, 0), most)


def _found(data: Any, depth: int) -> str:
    if isinstance(data, str):
        return MARKUP.sub(" ", data[:10_000])
    if depth > MOST_DEPTH:
        return ""
    if isinstance(data, Mapping):
        for place in PLACES:
            if data.get(place) and (said := _found(data[place], depth + 1)):
                where = data.get("loc")  # FastAPI: which field it is about
                if isinstance(where, Sequence) and not isinstance(where, str):
                    return f"{'.'.join(str(each)[:40] for each in where[:6])}: {said}"
                return said
        return ""
    if isinstance(data, Sequence) and not isinstance(data, (bytes, bytearray)):
        parts = [said for each in data[:3] if (said := _found(each, depth + 1))]
        return "; ".join(parts)
    return ""
