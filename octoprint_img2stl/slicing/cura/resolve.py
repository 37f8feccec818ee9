"""All settings of one machine with one extruder, every formula evaluated.

What Cura does over its stacks of containers (sources: Cura's GlobalStack, ExtruderStack
and SettingDefinition), for one extruder: a setting is what was chosen for it, else its
``value`` formula, else its ``default_value``; the printer as a whole sees its
``resolve``. A formula that cannot be evaluated is a mistake in the file: the setting
keeps its ``default_value``, and that is told.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .bounds import Trouble, Value
from .files import Json
from .formulas import Budget, Failed, evaluate, parse

CHAIN_LIMIT = 25  # formulas that need one another; the longest of 4.13 has 5
TEXT_LIMIT = 100_000  # characters of a value; start G-codes have some thousand
_TRUE, _FALSE = ("true", "yes", "on", "1"), ("false", "no", "off", "0", "")


@dataclass(frozen=True)
class Unfit:
    """A value from outside that a setting cannot have.

    Attributes:
        key: the setting.
        value: as it came.
        low, high: the limits it broke, or None.
    """

    key: str
    value: str
    low: float | None = None
    high: float | None = None


class Resolver:
    """The settings of one machine; see `formulas.Settings`.

    Args:
        settings: of `files.settings`.
        parents: of `files.settings`.
        chosen: key -> value, or the text of a formula that begins with ``=``. Unknown
            keys are passed over.
        above: the user's own values, which win; a value there silences what `chosen`
            has for the settings under it, as it would in Cura's window.
    """

    def __init__(
        self,
        settings: Mapping[str, Json],
        parents: Mapping[str, str],
        chosen: Mapping[str, Any],
        above: Mapping[str, Any] | None = None,
    ) -> None:
        self._settings, self._parents = settings, parents
        self._above = dict(above or {})
        self._chosen = {
            key: value for key, value in chosen.items() if not self._silenced(key)
        } | self._above
        self._budget = Budget()
        self._values: dict[str, Value] = {}
        self._raws: dict[str, Value] = {}
        self._open: list[str] = []
        self.fallen_back: list[str] = []

    def value(self, key: str) -> Value:
        """The value for the whole printer; raises `Trouble`."""
        if key not in self._values:
            value = self.raw(key)
            own = self._settings[key]
            if "resolve" in own and key not in self._chosen:
                value = self._evaluated(key, own["resolve"], value)
            self._values[key] = value
        return self._values[key]

    def raw(self, key: str) -> Value:
        """The extruder's value; raises `Trouble`."""
        if key not in self._settings:
            raise Trouble("asks for a setting that is not there")
        if key not in self._raws:
            own = self._settings[key]
            self._raws[key] = self._worked_out(key, own)
        return self._raws[key]

    def unfit(self, keys: Iterable[str]) -> list[Unfit]:
        """Which chosen values break the limits of their settings."""
        found = []
        for key in keys:
            value = self.value(key)
            if isinstance(value, bool) or not isinstance(value, (int, float)):
                continue
            low = self._limit(key, "minimum_value")
            high = self._limit(key, "maximum_value")
            if (low is not None and value < low) or (high is not None and value > high):
                found.append(Unfit(key, str(self._chosen[key]), low, high))
        return found

    def enabled(self, key: str) -> bool:
        """Whether the setting has a meaning now; it has where nobody can tell."""
        own = self._settings[key].get("enabled", True)
        value = self._formula(own)
        return True if isinstance(value, Failed) else bool(value)

    def _worked_out(self, key: str, own: Json) -> Value:
        default = _or_none(own.get("type"), own.get("default_value"))
        if key in self._chosen:
            given = self._chosen[key]
            if not is_formula(given):
                return converted(own.get("type"), given)
            return self._evaluated(key, given, default)
        if "value" in own:
            return self._evaluated(key, own["value"], default)
        return default

    def _evaluated(self, key: str, formula: Any, otherwise: Value) -> Value:
        """A formula's value in the setting's type, or the other one, which is told."""
        if key in self._open or len(self._open) >= CHAIN_LIMIT:
            raise Trouble("depends on itself")
        self._open.append(key)
        try:
            value = self._formula(formula)
        finally:
            self._open.pop()
        if not isinstance(value, Failed):
            try:
                return converted(self._settings[key].get("type"), value)
            except Trouble:
                pass
        if key not in self.fallen_back:
            self.fallen_back.append(key)
        if otherwise is None:
            raise Trouble("has no value")
        return otherwise

    def _formula(self, formula: Any) -> Value | Failed:
        if not isinstance(formula, str):
            return formula if isinstance(formula, (bool, int, float, list)) else None
        parsed = parse(formula)
        if isinstance(parsed, Failed):
            return parsed
        return evaluate(parsed, self, self._budget)

    def _limit(self, key: str, which: str) -> float | None:
        value = self._formula(self._settings[key].get(which))
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return None
        return float(value) if math.isfinite(value) else None

    def _silenced(self, key: str) -> bool:
        while key in self._parents:
            key = self._parents[key]
            if key in self._above:
                return True
        return False


def is_formula(value: Any) -> bool:
    return isinstance(value, str) and value.lstrip().startswith("=")


def converted(kind: Any, value: Any) -> Value:
    """A value in the type of its setting (``type`` in the files); lists become text.

    Raises:
        Trouble: it is no such value.
    """
    if kind == "bool":
        if isinstance(value, str):
            text = value.strip().lower()
            if text not in _TRUE + _FALSE:
                raise Trouble("is neither true nor false")
            return text in _TRUE
        if isinstance(value, (bool, int, float)):
            return bool(value)
    elif kind in ("float", "int"):
        number = _number(value)
        return int(number) if kind == "int" or _whole(value, number) else number
    elif str(kind).endswith("extruder") and isinstance(value, int):
        return int(value)  # formulas count with it
    elif isinstance(value, bool):
        return str(value)
    elif isinstance(value, (str, int, float)):
        text = str(value)
        if len(text) <= TEXT_LIMIT and "\0" not in text:
            return text
    elif isinstance(value, list):
        return _list_text(value)
    raise Trouble("is of another type")


def _or_none(kind: Any, value: Any) -> Value:
    try:
        return converted(kind, value)
    except Trouble:
        return None


def _number(value: Any) -> float:
    if isinstance(value, str) and re.fullmatch(
        r"\s*[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d{1,3})?\s*", value[:100]
    ):
        value = float(value)
    if isinstance(value, (int, float)):  # true and false too: Cura's files have them
        if abs(value) < 1e15:
            return float(value)
    raise Trouble("is no number")


def _whole(value: Any, number: float) -> bool:
    """``60`` stays 60 and 60.0 stays 60.0, as in Cura: start G-codes show it."""
    if isinstance(value, str):
        return value.strip().lstrip("+-").isdigit()
    return isinstance(value, int) and number == int(number)


def _list_text(value: list[Any]) -> str:
    """As Cura writes lists: ``[45, 135]``, ``[[-20, 10], [10, 10]]``."""
    try:
        text = json.dumps(value, allow_nan=False)
    except (ValueError, RecursionError) as error:
        raise Trouble("is of another type") from error
    if len(text) > TEXT_LIMIT:
        raise Trouble("is too long")
    return text
