"""The language of ``compatible_printers_condition`` and ``compatible_prints_condition``.

For example ``printer_model=~/(ENDER|CR).*/ and nozzle_diameter[0]==0.4``. The grammar and
the comparing are those of PrusaSlicer's PlaceholderParser.cpp as far as conditions use it:
``or and not`` (also ``|| && !``), ``== != <> < <= > >=``, ``=~ !~`` with a regular
expression, parentheses, names, ``name[index]``, numbers, texts, ``true false``.

As there, ``and`` and ``or`` look at both sides, so that a mistake in either makes the
condition unusable, and whoever asks takes an unusable one for fulfilled.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache

from . import regex
from .ini import unescaped, words

LENGTH_LIMIT = 4_000  # characters; the longest of PrusaSlicer 2.9's bundles has 700
DEPTH_LIMIT = 40  # of parentheses and nots
CHAIN_LIMIT = 10  # comparisons one after the other: a == b == c
WORK_LIMIT = (
    2_000_000  # steps of all regular expressions about one printer; real: 370,000
)
EQUAL = 1e-8  # PrusaSlicer's own tolerance

Value = bool | float | str
# A parsed condition: a name of an operation and its operands, some of them nodes again.
Node = tuple

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<number>\d+(?:\.\d*)?|\.\d+)
      | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
      | (?P<text>"(?:[^"\\]|\\.)*")
      | (?P<sign>==|!=|<>|<=|>=|=~|!~|&&|\|\||[-!<>()\[\]])
    )""",
    re.VERBOSE | re.DOTALL,
)
_REGEX = re.compile(r"\s*/((?:[^/\\]|\\.)*)/", re.DOTALL)
_WORDS = {"and": "&&", "or": "||", "not": "!"}

# What settings are, where looking at the value could mislead.
_TEXTS = re.compile(
    r".*_notes|notes|.*_gcode|printer_(?:model|variant|vendor|preset|technology)"
    r"|.*_settings_id|filament_(?:type|vendor|colour)|output_filename_format"
)
_SWITCHES = frozenset(
    "single_extruder_multi_material nozzle_high_flow silent_mode support_material wipe "
    "use_relative_e_distances use_firmware_retraction spiral_vase".split()
)
# A profile that does not say these has PrusaSlicer's default (PrintConfig.cpp); other names
# that it does not say are unknown here.
_DEFAULTS = {
    "printer_model": "",
    "printer_variant": "",
    "printer_vendor": "",
    "printer_notes": "",
    "nozzle_diameter": "0.4",
    "single_extruder_multi_material": "0",
    "nozzle_high_flow": "0",
    "layer_height": "0.3",
    "infill_speed": "80",
    "notes": "",
}


class ConditionError(ValueError):
    """A condition that cannot be evaluated."""


class Names:
    """What the names in a condition stand for.

    Args:
        look: gives a profile's value as written in the bundle by its key; None: it says none.
        more: names that are no keys (``printer_preset``), with their values.
    """

    def __init__(
        self,
        look: Callable[[str], str | None],
        more: Mapping[str, Value] | None = None,
    ) -> None:
        self._look = look
        self._more = dict(more or {})
        self._steps = WORK_LIMIT

    def value(self, name: str, index: int = 0) -> Value:
        """The value of a name, of the extruder `index` where it has one for each.

        An index beyond the last is the first, as in PrusaSlicer. Where an index is
        missing or too many, that refuses; here it is forgiven.

        Raises:
            ConditionError: there is no such name.
        """
        if name in self._more:
            return self._more[name]
        text = self._look(name)
        if text is None:
            text = _DEFAULTS.get(name)
        if text is None:
            raise ConditionError(f"{name} is not known")
        if _TEXTS.fullmatch(name):
            several = words(text) if name.startswith("filament_") else ()
            return _picked(several, index) if several else unescaped(text)
        text = _picked(text.split(","), index).strip()
        if name in _SWITCHES:
            return text == "1"
        try:
            return float(text)
        except ValueError:
            return unescaped(text)

    def matches(self, pattern: str, text: str) -> bool:
        """As `regex.matches`, with a limit for all of them together."""
        try:
            self._steps -= regex.work(pattern, text)
            if self._steps < 0:
                raise ConditionError("too much work")
            return regex.matches(pattern, text)
        except regex.RegexError as error:
            raise ConditionError(str(error)) from error


def holds(condition: str, names: Names) -> bool:
    """Whether a condition, as written in a bundle, is fulfilled.

    Raises:
        ConditionError: it cannot be evaluated.
    """
    value = _value(_parsed(unescaped(condition)), names)
    if not isinstance(value, bool):
        raise ConditionError("neither true nor false")
    return value


@lru_cache(maxsize=2048)
def _parsed(text: str) -> Node:
    if len(text) > LENGTH_LIMIT:
        raise ConditionError("too long")
    parser = _Parser(text)
    node = parser.either(0)
    if parser.sign or parser.kind:
        raise ConditionError("more than a condition")
    return node


class _Parser:
    """Recursive descent; `kind` and `sign` are the token to come, both empty at the end."""

    def __init__(self, text: str) -> None:
        self.text = text.rstrip()
        self.at = 0
        self.kind = self.sign = self.token = ""
        self.advance()

    def advance(self) -> str:
        """Go to the next token; returns the text of the one before."""
        before = self.token
        self.kind = self.sign = self.token = ""
        if self.at < len(self.text):
            match = _TOKEN.match(self.text, self.at)
            if not match:
                raise ConditionError("a sign that is not known")
            self.at = match.end()
            self.kind = str(match.lastgroup)
            self.token = match[self.kind]
            if self.kind == "sign":
                self.sign = self.token
            elif self.kind == "name" and self.token in _WORDS:
                self.kind, self.sign = "sign", _WORDS[self.token]
        return before

    def expect(self, sign: str) -> None:
        if self.sign != sign:
            raise ConditionError(f"{sign} is missing")
        self.advance()

    def either(self, depth: int) -> Node:
        nodes = [self.both(depth)]
        while self.sign == "||":
            self.advance()
            nodes.append(self.both(depth))
        return nodes[0] if len(nodes) == 1 else ("or", nodes)

    def both(self, depth: int) -> Node:
        nodes = [self.equality(depth)]
        while self.sign == "&&":
            self.advance()
            nodes.append(self.equality(depth))
        return nodes[0] if len(nodes) == 1 else ("and", nodes)

    def equality(self, depth: int) -> Node:
        node = self.relation(depth)
        for _ in range(CHAIN_LIMIT):
            sign = self.sign
            if sign in ("=~", "!~"):
                node = ("=~", node, self.regex())
            elif sign in ("==", "!=", "<>"):
                self.advance()
                node = ("==", node, self.relation(depth))
            else:
                return node
            if sign in ("!~", "!=", "<>"):
                node = ("not", node)
        raise ConditionError("too long a chain")

    def regex(self) -> str:
        """The regular expression that follows the token =~, which no other token does."""
        match = _REGEX.match(self.text, self.at)
        if not match:
            raise ConditionError("a regular expression is missing")
        self.at = match.end()
        self.advance()
        return match[1]

    def relation(self, depth: int) -> Node:
        node = self.unary(depth)
        for _ in range(CHAIN_LIMIT):
            if self.sign not in ("<", ">", "<=", ">="):
                return node
            sign = self.advance()
            # As there: <= is "not >".
            node = (">" if sign in ("<=", ">") else "<", node, self.unary(depth))
            if sign in ("<=", ">="):
                node = ("not", node)
        raise ConditionError("too long a chain")

    def unary(self, depth: int) -> Node:
        if depth > DEPTH_LIMIT:
            raise ConditionError("too deep")
        if self.sign == "!":
            self.advance()
            return ("not", self.unary(depth + 1))
        if self.sign == "-":
            self.advance()
            return ("minus", self.unary(depth + 1))
        if self.sign == "(":
            self.advance()
            node = self.either(depth + 1)
            self.expect(")")
            return node
        if self.kind == "number":
            return ("is", float(self.advance()))
        if self.kind == "text":
            return ("is", self.advance()[1:-1])
        if self.kind == "name":
            return self.name()
        raise ConditionError("something is missing")

    def name(self) -> Node:
        name = self.advance()
        if name in ("true", "false"):
            return ("is", name == "true")
        index = 0
        if self.sign == "[":
            self.advance()
            if self.kind != "number" or not self.token.isdigit():
                raise ConditionError("an index is missing")
            index = int(self.advance()[:6])
            self.expect("]")
        return ("name", name, index)


def _value(node: Node, names: Names) -> Value:
    operation = node[0]
    if operation == "is":
        return node[1]
    if operation == "name":
        return names.value(node[1], node[2])
    if operation in ("and", "or"):
        found = [_truth(_value(each, names)) for each in node[1]]
        return all(found) if operation == "and" else any(found)
    left = _value(node[1], names)
    if operation == "not":
        return not _truth(left)
    if operation == "minus":
        if isinstance(left, (bool, str)):
            raise ConditionError("minus what is no number")
        return -left
    if operation == "=~":
        if not isinstance(left, str):
            raise ConditionError("only a text can match a regular expression")
        return names.matches(node[2], left)
    return _compared(operation, left, _value(node[2], names))


def _compared(operation: str, left: Value, right: Value) -> bool:
    """Numbers as numbers; where one is a text, both as texts."""
    if isinstance(left, str) or isinstance(right, str):
        left, right = _text(left), _text(right)
    elif isinstance(left, bool) or isinstance(right, bool):
        if operation != "==" or type(left) is not type(right):
            raise ConditionError("these cannot be compared")
    elif operation == "==":
        return abs(left - right) < EQUAL
    if operation == "==":
        return left == right
    return left < right if operation == "<" else left > right


def _truth(value: Value) -> bool:
    if not isinstance(value, bool):
        raise ConditionError("neither true nor false")
    return value


def _text(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else f"{value:g}"


def _picked(several: tuple[str, ...] | list[str], index: int) -> str:
    return several[index] if index < len(several) else several[0]
