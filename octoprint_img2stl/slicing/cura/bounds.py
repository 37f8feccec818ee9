"""Values of formulas and the functions on them: harmless, and of ordinary size.

Every value that a formula makes on its way passes `bounded`, so that no expression, however
it was written, grows to something that takes minutes or gigabytes.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

Scalar = bool | int | float | str | None
Value = Scalar | list[Scalar]

SIZE_LIMIT = 4_000  # characters of a string
LIST_LIMIT = 500  # elements of a list, none of which is a list
NUMBER_LIMIT = 1e18  # Cura divides by the tangent of 90 degrees, which is 1.6e16


class Trouble(Exception):
    """An expression or a setting has no value; inside this folder only."""


MATH: dict[str, Any] = {
    name: getattr(math, name)
    for name in (
        "acos asin atan atan2 ceil cos degrees e fabs floor hypot log log10 pi radians "
        "sin sqrt tan"
    ).split()
}
FUNCTIONS: dict[str, Callable[..., Any]] = {
    "abs": abs,
    "all": all,
    "any": any,
    "bool": bool,
    "float": float,
    "int": int,
    "len": len,
    "max": max,
    "min": min,
    "round": lambda number, digits=None: _round(number, digits),
    "str": lambda value: str(_scalar(value)),
    "sum": lambda box: sum(_numbers(box)),
}


def called(function: Callable[..., Any], *arguments: Any) -> Any:
    """The result of a harmless function on bounded values, or `Trouble`."""
    try:
        return function(*arguments)
    except (ArithmeticError, LookupError, TypeError, ValueError) as error:
        raise Trouble(f"fails: {type(error).__name__}") from error


def _round(number: Any, digits: Any) -> Any:
    """As Python's; with millions of digits it would calculate for hours."""
    if digits is not None and abs(digits) > 20:
        raise Trouble("rounds to too many digits")
    return round(number, digits)


def _numbers(box: Value) -> list[Any]:
    if not isinstance(box, list) or not all(isinstance(n, (int, float)) for n in box):
        raise Trouble("adds up something that is no number")
    return box


def _scalar(value: Value) -> Scalar:
    if isinstance(value, list):
        raise Trouble("has a list where it cannot be")
    return value


def bounded(value: Any) -> Value:
    """The same value, if it is of a kind and a size that formulas may have.

    Raises:
        Trouble: it is not.
    """
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, (int, float)):
        if not abs(value) <= NUMBER_LIMIT:  # false for NaN as well
            raise Trouble("has a number that cannot be")
        return value
    if isinstance(value, str):
        if len(value) > SIZE_LIMIT:
            raise Trouble("makes something too large")
        return value
    if isinstance(value, list):
        # Lists inside lists, shared, would be a way to something huge in a few steps.
        if len(value) > LIST_LIMIT or any(isinstance(item, list) for item in value):
            raise Trouble("makes something too large")
        return value
    raise Trouble(f"has a {type(value).__name__} in it")
