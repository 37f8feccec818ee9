from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from octoprint_img2stl.slicing.vendor.conditions import (
    WORK_LIMIT,
    ConditionError,
    Names,
    holds,
)

PRINTER = {
    "printer_model": "MK3S",
    "printer_variant": "0.4",
    "printer_notes": r"keep these:\nPRINTER_VENDOR_X\nPRINTER_MODEL_MK3\n",
    "nozzle_diameter": "0.4,0.6",
    "single_extruder_multi_material": "0",
    "filament_type": '"PLA";PETG',
    "layer_height": "0.15",
    "retract_length": "0.8",
}


def told(condition: str, values=PRINTER) -> bool:
    return holds(
        condition, Names(values.get, {"num_extruders": 2.0, "printer_preset": "P"})
    )


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ('printer_model=="MK3S"', True),
        ('printer_model == "MK3"', False),
        ('printer_model!="MK3S"', False),
        ('printer_model<>"MK3"', True),
        ("printer_model=~/(MK3|MK2.5).*/", True),
        ("printer_model=~/MK3/", False),  # the whole of it
        ("printer_model!~/MK3/", True),
        ("printer_notes=~/.*PRINTER_MODEL_MK3.*/", True),
        (r"printer_notes=~/.*PRINTER_MODEL_MK3\n/", True),
        (r"printer_model=~/MK3[^\.]/", True),
        ("nozzle_diameter[0]==0.4", True),
        ("nozzle_diameter[1]==0.6", True),
        ("nozzle_diameter[7]==0.4", True),  # beyond the last is the first
        ("nozzle_diameter[0]>=0.4 and nozzle_diameter[0]<=0.4", True),
        ("nozzle_diameter[0]<0.4 or nozzle_diameter[0]>0.4", False),
        ("nozzle_diameter[0]!=0.4", False),
        ("0.1+0.2==0.3", None),  # calculating is more than conditions do
        ("0.4000000001==nozzle_diameter[0]", True),  # PrusaSlicer's tolerance
        ("num_extruders>1", True),
        ("num_extruders==2", True),
        ('printer_preset=="P"', True),
        ("! single_extruder_multi_material", True),
        ("not single_extruder_multi_material", True),
        ("single_extruder_multi_material", False),
        ("!(num_extruders==1 and single_extruder_multi_material)", True),
        ("true", True),
        ("false or true and false", False),  # and binds first
        ("(false or true) and true", True),
        ("true && (false || true)", True),
        ("1<2 and 2>1 and -1<0", True),
        ('filament_type[0]=="PLA"', True),
        ('filament_type[1]=="PETG"', True),
        ('layer_height=="0.15"', True),  # a number as a text beside a text
        ('"a"<"b"', True),
        (r'"a\\"b"!="a"', True),  # escaped once for the file and once for the text
        ("retract_length==.8", True),
        # what a profile leaves unsaid has PrusaSlicer's default
        ('printer_vendor==""', True),
    ],
)
def test_conditions(condition, expected):
    if expected is None:
        with pytest.raises(ConditionError):
            told(condition)
    else:
        assert told(condition) is expected


@pytest.mark.parametrize(
    "condition",
    [
        "",
        "printer_model",  # neither true nor false
        "1",
        "nosuch==1",
        "true or nosuch==1",  # both sides are looked at
        "! printer_notes=~/.*X.*/",  # the ! is the note's
        "printer_model=~MK3",
        "printer_model=~/MK3",
        "printer_model=~/(MK3/",
        r"printer_model=~/(M)\\1/",
        "num_extruders=~/2/",
        "(true",
        "true)",
        "true true",
        "and true",
        "true and",
        "nozzle_diameter[0",
        "nozzle_diameter[x]==1",
        "nozzle_diameter[]==1",
        "1==true",
        "true<false",
        '-"a"=="b"',
        '"open',
        "printer_model=='MK3S'",
        "a ? b : c",
        "__import__('os')==1",
        "true;",
        "1==" * 2000 + "1",
        "(" * 3000 + "true" + ")" * 3000,
        "!" * 3000 + "true",
        " or ".join(["true"] * 2000),
    ],
)
def test_what_cannot_be_evaluated(condition):
    with pytest.raises(ConditionError):
        told(condition)


def test_many_alternatives_are_fine():
    assert told(" or ".join([*["false"] * 300, "true"])) is True


def test_all_regular_expressions_together_have_a_limit():
    names = Names({"printer_notes": "a" * 1000}.get)
    conditions = [f"printer_notes=~/(a|{char})b{{150}}/" for char in "bcdefghijklm"] * 4
    assert len(conditions) * 1000 * 150 > WORK_LIMIT
    with pytest.raises(ConditionError, match="too much work"):
        for condition in conditions:
            assert holds(condition, names) is False


ATOMS = st.sampled_from(["true", "false", "(1<2)", "(2<1)", '("a"=="a")', '("a"!="a")'])


@settings(max_examples=300, deadline=None)
@given(
    st.recursive(
        ATOMS,
        lambda inner: st.one_of(
            st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(
                lambda parts: f"({' '.join(parts)})"
            ),
            st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(" ".join),
            inner.map(lambda part: f"not({part})"),
        ),
        max_leaves=12,
    )
)
def test_logic_is_that_of_python(condition):
    """`and`, `or`, `not` and parentheses bind here as there."""
    python = condition.replace("true", "True").replace("false", "False")
    assert told(condition) is eval(python, {"__builtins__": {}})


@settings(max_examples=300, deadline=None)
@given(st.text('ab01 .=~!<>()[]/"\\&|-andornot', max_size=40))
def test_nothing_else_happens(text):
    try:
        assert told(text) in (True, False)
    except ConditionError:
        pass
