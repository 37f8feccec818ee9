"""The expressions of Cura's definition files, evaluated without running foreign code.

A setting's ``value``, ``resolve``, ``enabled``, ``minimum_value`` … is a small Python
expression over other settings (Cura evaluates it with Python itself; source: Uranium's
SettingFunction and Cura's CuraFormulaFunctions). The text comes from files we do not
know, so it is only parsed here, every node is checked against a short list, and the tree
is walked by our own code with bounds on its depth, its steps and the size of every value.

One printer with one extruder is assumed, so all of Cura's functions over extruders see
just that one.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from .bounds import FUNCTIONS, MATH, Trouble, Value, bounded, called

TEXT_LIMIT = 4_000  # characters of an expression; the longest of Cura 4.13 has 1483
DEPTH_LIMIT = 40  # nodes inside one another; the deepest of Cura 4.13 has 13
NODE_LIMIT = 2_000
STEP_LIMIT = 100_000  # of one machine with all its settings; Cura's need about 1000

_BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}
_COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda item, box: item in box,
    ast.NotIn: lambda item, box: item not in box,
}
_UNARY: dict[type[ast.unaryop], Callable[[Any], Any]] = {
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
    ast.Not: operator.not_,
}
_NODES = (
    ast.Expression, ast.Constant, ast.Name, ast.Load, ast.Store, ast.BinOp, ast.UnaryOp,
    ast.BoolOp, ast.And, ast.Or, ast.Compare, ast.IfExp, ast.Call, ast.Attribute,
    ast.List, ast.Tuple, ast.Subscript, ast.GeneratorExp, ast.ListComp,
    ast.comprehension, *_BINARY, *_COMPARE, *_UNARY,
)  # fmt: skip


@dataclass(frozen=True)
class Failed:
    """Why an expression has no value; for a log, in English."""

    reason: str


@dataclass(frozen=True)
class Formula:
    """An expression that passed the checks. Made by `parse` only."""

    text: str
    tree: ast.expr


class Settings(Protocol):
    """Where a formula gets the values of other settings.

    Both raise `Trouble` for a setting that is not there or has no value.
    """

    def value(self, key: str) -> Value:
        """As the whole printer has it: Cura's ``resolve`` applied."""

    def raw(self, key: str) -> Value:
        """As the extruder has it: before ``resolve``."""


class Budget:
    """Steps that a set of evaluations may take together."""

    def __init__(self, steps: int = STEP_LIMIT) -> None:
        self.left = steps

    def step(self, count: int = 1) -> None:
        self.left -= count
        if self.left < 0:
            raise Trouble("takes too many steps")


def parse(text: str) -> Formula | Failed:
    """Check an expression; a leading ``=`` (as in Cura's profiles) is allowed."""
    text = text.strip().removeprefix("=").strip()
    if len(text) > TEXT_LIMIT or "\0" in text:
        return Failed("is too long")
    try:
        tree = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return Failed("is no expression")
    level: list[ast.AST] = [tree]
    count = depth = 0
    while level:
        count, depth = count + len(level), depth + 1
        if depth > DEPTH_LIMIT or count > NODE_LIMIT:
            return Failed("is too deep")
        for node in level:
            if not isinstance(node, _NODES):
                return Failed(f"has {type(node).__name__} in it")
        level = [child for node in level for child in ast.iter_child_nodes(node)]
    return Formula(text, tree)


def evaluate(
    formula: Formula, settings: Settings, budget: Budget | None = None
) -> Value | Failed:
    """The value of an expression.

    Args:
        formula: of `parse`.
        settings: where other settings come from.
        budget: shared by evaluations that belong together.

    Returns:
        A value of ordinary size, numbers finite; or `Failed`.
    """
    try:
        return _Walk(settings, budget or Budget()).visit(formula.tree, {})
    except Trouble as trouble:
        return Failed(str(trouble))
    except RecursionError:
        return Failed("is too deep")


class _Walk:
    """One walk over a tree. Local names exist inside comprehensions only."""

    def __init__(self, settings: Settings, budget: Budget) -> None:
        self._settings, self._budget = settings, budget
        self._functions: dict[str, Callable[..., Any]] = {
            **FUNCTIONS,
            "map": self._map,
            "extruderValue": lambda extruder, key: _lower(self._raw(key)),
            "extruderValues": lambda key: [self._raw(key)],
            "resolveOrValue": self._value,
            "defaultExtruderPosition": lambda: "0",
            "anyExtruderWithMaterial": lambda key: "0",
            "anyExtruderNrWithOrDefault": lambda key: "0",
            "valueFromContainer": lambda key, index: self._value(key),
            "extruderValueFromContainer": lambda extruder, key, index: self._raw(key),
        }

    def visit(self, node: ast.expr, names: Mapping[str, Value]) -> Value:
        self._budget.step()
        method = getattr(self, f"_{type(node).__name__.lower()}")
        value = method(node, names)
        if isinstance(value, list):
            self._budget.step(len(value))
        return bounded(value)

    def _constant(self, node: ast.Constant, names: Mapping[str, Value]) -> Value:
        return node.value  # type: ignore[return-value]  # bounded refuses the rest

    def _name(self, node: ast.Name, names: Mapping[str, Value]) -> Value:
        return names[node.id] if node.id in names else self._value(node.id)

    def _list(self, node: ast.List | ast.Tuple, names: Mapping[str, Value]) -> Value:
        return [self.visit(element, names) for element in node.elts]

    _tuple = _list

    def _ifexp(self, node: ast.IfExp, names: Mapping[str, Value]) -> Value:
        branch = node.body if self.visit(node.test, names) else node.orelse
        return self.visit(branch, names)

    def _boolop(self, node: ast.BoolOp, names: Mapping[str, Value]) -> Value:
        wanted = isinstance(node.op, ast.Or)
        value: Value = None
        for part in node.values:
            value = self.visit(part, names)
            if bool(value) == wanted:
                break
        return value

    def _unaryop(self, node: ast.UnaryOp, names: Mapping[str, Value]) -> Value:
        return called(_UNARY[type(node.op)], self.visit(node.operand, names))

    def _binop(self, node: ast.BinOp, names: Mapping[str, Value]) -> Value:
        left, right = self.visit(node.left, names), self.visit(node.right, names)
        numbers = isinstance(left, (int, float)) and isinstance(right, (int, float))
        # "%" formats strings and "*" repeats them: only "+" joins anything else
        if not numbers and not isinstance(node.op, ast.Add):
            raise Trouble("calculates with something that is no number")
        if isinstance(node.op, ast.Pow) and abs(right) > 64:  # type: ignore[arg-type]
            raise Trouble("has too large an exponent")
        return called(_BINARY[type(node.op)], left, right)

    def _compare(self, node: ast.Compare, names: Mapping[str, Value]) -> Value:
        left = self.visit(node.left, names)
        for how, other in zip(node.ops, node.comparators, strict=True):
            right = self.visit(other, names)
            if not called(_COMPARE[type(how)], left, right):
                return False
            left = right
        return True

    def _subscript(self, node: ast.Subscript, names: Mapping[str, Value]) -> Value:
        box, index = self.visit(node.value, names), self.visit(node.slice, names)
        return called(operator.getitem, box, index)

    def _attribute(self, node: ast.Attribute, names: Mapping[str, Value]) -> Value:
        value = _of_math(node)
        if not isinstance(value, float):
            raise Trouble(f"has .{node.attr} in it")
        return value

    def _generatorexp(
        self, node: ast.GeneratorExp | ast.ListComp, names: Mapping[str, Value]
    ) -> Value:
        loop = node.generators[0]
        if len(node.generators) != 1 or loop.is_async:
            raise Trouble("has loops inside loops")
        if not isinstance(loop.target, ast.Name):
            raise Trouble("has several names in a loop")
        box = self.visit(loop.iter, names)
        if not isinstance(box, (list, str)):
            raise Trouble("loops over something that is no list")
        found = []
        for item in box:
            local = {**names, loop.target.id: item}
            if all(self.visit(test, local) for test in loop.ifs):
                found.append(self.visit(node.elt, local))
        return found

    _listcomp = _generatorexp

    def _call(self, node: ast.Call, names: Mapping[str, Value]) -> Value:
        if node.keywords:
            raise Trouble("names the arguments of a function")
        function = self._function(node.func)
        arguments = []
        for place, argument in enumerate(node.args):
            if function == self._map and place == 0:
                arguments.append(self._function(argument))
            else:
                arguments.append(self.visit(argument, names))
        return called(function, *arguments)

    def _function(self, node: ast.expr) -> Callable[..., Any]:
        if isinstance(node, ast.Name) and node.id in self._functions:
            return self._functions[node.id]
        if isinstance(node, ast.Attribute) and callable(_of_math(node)):
            return _of_math(node)
        raise Trouble("calls something that is no function of Cura's")

    def _map(self, function: Callable[..., Any], box: Value) -> list[Any]:
        if not isinstance(box, list):
            raise Trouble("loops over something that is no list")
        return [called(function, item) for item in box]

    def _value(self, key: Value) -> Value:
        return self._settings.value(_key(key))

    def _raw(self, key: Value) -> Value:
        return self._settings.raw(_key(key))


def _of_math(node: ast.Attribute) -> Any:
    known = isinstance(node.value, ast.Name) and node.value.id == "math"
    if not known or node.attr not in MATH:
        raise Trouble(f"has .{node.attr} in it")
    return MATH[node.attr]


def _key(key: Value) -> str:
    if not isinstance(key, str):
        raise Trouble("asks for a setting whose name is no text")
    return key


def _lower(value: Value) -> Value:
    """Cura makes the text of ``extruderValue`` small letters."""
    return value.lower() if isinstance(value, str) else value
