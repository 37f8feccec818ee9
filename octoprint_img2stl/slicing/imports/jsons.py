"""JSON from outside: numbers stay text, and whatever is wrong with it is one error."""

from __future__ import annotations

import json
from typing import Any


def loads(text: str) -> Any:
    """The data, with every number as the text that was written; None if it is no JSON.

    As text a number of a million digits costs nothing, and ``0.20`` stays what it was.
    """
    try:
        return json.loads(text, parse_int=str, parse_float=str, parse_constant=str)
    except (ValueError, RecursionError):  # nested too deep for Python
        return None
