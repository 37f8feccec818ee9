from __future__ import annotations

import math
import time

import pytest

from octoprint_img2stl.slicing.cura.bounds import Trouble
from octoprint_img2stl.slicing.cura.formulas import (
    Budget,
    Failed,
    evaluate,
    parse,
)

VALUES = {
    "layer_height": 0.2,
    "infill_pattern": "grid",
    "infill_sparse_density": 15,
    "support_enable": False,
    "extruder_nr": 0,
    "adhesion_type": "Raft",
    "one": 1,
    "numbers": [3, 1, 2],
}


class Names:
    def value(self, key):
        if key not in VALUES:
            raise Trouble("is not there")
        return VALUES[key]

    def raw(self, key):
        value = self.value(key)
        return f"raw {value}" if key == "infill_pattern" else value


def value_of(text):
    formula = parse(text)
    return formula if isinstance(formula, Failed) else evaluate(formula, Names())


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("layer_height", 0.2),
        ("=layer_height * 2", 0.4),
        (" = 3 ", 3),
        ("'lines' if infill_sparse_density > 25 else 'grid'", "grid"),
        ("0 if infill_sparse_density == 0 else 40 / infill_sparse_density", 40 / 15),
        ("math.ceil(round(0.8 / layer_height, 4))", 4),
        ("1 < one + 1 < 3 and not support_enable", True),
        ("support_enable or infill_pattern", "grid"),
        ("infill_pattern in ('grid', 'lines') and infill_pattern not in ['x']", True),
        ("max(extruderValues('layer_height'), default_is_not_asked)", Failed),
        ("max(extruderValues('layer_height'))", 0.2),
        ("sum(extruderValues('one')) / len(extruderValues('one'))", 1.0),
        ("any(extruderValues('support_enable'))", False),
        ("max(map(abs, [-3, 2]))", 3),
        ("extruderValue(extruder_nr, 'adhesion_type')", "raft"),  # small letters
        ("extruderValue(-1, 'infill_pattern')", "raw grid"),
        ("resolveOrValue('infill_pattern')", "grid"),
        ("int(defaultExtruderPosition())", 0),
        ("anyExtruderNrWithOrDefault('one')", "0"),
        ("numbers[0] + numbers[-1]", 5),
        ("max(n * 2 for n in numbers if n != 3)", 4),
        ("[n for n in numbers]", [3, 1, 2]),
        ("math.degrees(math.atan(1))", 45.0),
        ("2 ** 3 - 7 % 4 // 1", 5),
        ("round(2.5)", 2),  # as Python 3, and with it Cura, rounds
        ("round(2.567, 1)", 2.6),
        ("-(-3)", 3),
        ("None", None),
        ("bool('')", False),
        ("str(one) + 'x'", "1x"),
    ],
)
def test_expressions(text, value):
    found = value_of(text)
    if value is Failed:
        assert isinstance(found, Failed)
    else:
        assert found == (pytest.approx(value) if isinstance(value, float) else value)
        assert type(found) is type(value)


def test_the_tangent_of_ninety_degrees_is_a_number():
    text = "4 * layer_height / math.tan(math.radians(90))"
    assert value_of(text) == pytest.approx(4.898587196589413e-17, rel=1e-9)


HOSTILE = [
    "__import__('os').system('true')",
    "().__class__.__bases__",
    "math.__loader__",
    "math.pi.real",
    "layer_height.hex()",
    "(lambda: 1)()",
    "[x for x in (y := [1])]",
    "f'{layer_height}'",
    "'a' * 10 ** 9",
    "'%s' % layer_height",
    "'%999999999d' % 1",
    "2 ** 10 ** 9",
    "10 ** 60 * 1.0",
    "(-8) ** 0.5",
    "round(5, -10 ** 15)",
    "1 / 0",
    "math.sqrt(-1)",
    "math.log(0)",
    "float('inf')",
    "float('nan')",
    "1e999",
    "1j",
    "b'x'",
    "...",
    "open('/etc/passwd')",
    "print(1)",
    "exec('1')",
    "max(one=1)",
    "max(*numbers)",
    "{'a': 1}",
    "numbers[0:2]",
    "numbers[9]",
    "numbers['a']",
    "[[1, 2], [3]]",
    "sum([numbers for n in numbers], [])",
    "[n for n in numbers for m in numbers]",
    "max([])",
    "len(3)",
    "map(map, numbers)",
    "map(layer_height, numbers)",
    "extruderValue(0, one)",
    "not_there",
    "math.factorial(100000)",
    "math",
    "max",
    "x = 1",
    "import os",
    "1; 2",
    "",
    "(",
    "\0",
    "(" * 2000 + "1" + ")" * 2000,
    "-" * 3000 + "1",
    "not " * 900 + "1",
    "1" + " + 1" * 990,
    "1 if 1 else " * 300 + "1",
    "9" * 3999,
    "'" + "x" * 3990 + "' + " + "''",
    "x" * 5000,
]


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: text[:40] or "nothing")
def test_what_is_no_formula_fails_as_a_value(text):
    found = value_of(text)
    if isinstance(found, str):
        assert len(found) <= 4000
    else:
        assert isinstance(found, Failed) and found.reason


def test_work_is_bounded():
    numbers = "[" + ", ".join("1" for _ in range(400)) + "]"
    nested = f"[len([m for m in {numbers}]) for n in {numbers}]"
    before = time.process_time()
    assert isinstance(value_of(nested), Failed)
    assert time.process_time() - before < 20  # generous: without bounds it is hours


def test_a_budget_is_shared():
    budget = Budget(10)
    formula = parse("one + one")
    found = [evaluate(formula, Names(), budget) for _ in range(5)]
    assert found[:3] == [2, 2, 2] and isinstance(found[4], Failed)


def test_the_results_are_finite():
    for text in ("1e308 * 10", "math.tan(math.pi / 2) * 1e300"):
        found = value_of(text)
        assert isinstance(found, Failed) or math.isfinite(found)
