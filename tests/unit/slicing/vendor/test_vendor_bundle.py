from __future__ import annotations

import pytest

from octoprint_img2stl.slicing.refused import SlicingRefused
from octoprint_img2stl.slicing.vendor.bundle import (
    ANCESTORS_LIMIT,
    FILAMENT,
    PRINT,
    PRINTER,
    Bundle,
)
from octoprint_img2stl.slicing.vendor.ini import parse_sections


def bundle(text: str) -> Bundle:
    return Bundle("X", parse_sections(text))


def names(presets) -> list[str]:
    return [preset.name for preset in presets]


PARENTS = """
[print:*a*]
x = a
only_a = 1
renamed_from = "old"
[print:*b*]
x = b
only_b = 1
[print:*deep*]
inherits = *a*
x = deep
only_deep = 1
"""


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        ("x = own\ninherits = *a*", {"x": "own", "only_a": "1"}),
        ("inherits = *a*; *b*", {"x": "b", "only_a": "1", "only_b": "1"}),
        ("inherits = *b*; *a*", {"x": "a", "only_a": "1", "only_b": "1"}),
        ("inherits = *deep*", {"x": "deep", "only_a": "1", "only_deep": "1"}),
        (
            "inherits = *b*; *deep*",
            {"x": "deep", "only_a": "1", "only_b": "1", "only_deep": "1"},
        ),
        # an ancestor twice: where it is met first, from the last parent, it counts
        ("inherits = *deep*; *a*", {"x": "a", "only_a": "1", "only_deep": "1"}),
        ('inherits = "*a*"', {"x": "a", "only_a": "1"}),
        ("inherits = *a*; *gone*; ", {"x": "a", "only_a": "1"}),
        ("inherits =", {}),
        ("renamed_from = y", {}),
    ],
)
def test_own_keys_win_then_the_last_parent(own, expected):
    preset = bundle(f"{PARENTS}[print:P]\n{own}\n").preset(PRINT, "P")
    assert preset.values() == expected
    for key, value in expected.items():
        assert preset.get(key) == value


def test_what_it_was_called_before_is_not_inherited():
    made = bundle(f"{PARENTS}[print:P]\ninherits = *a*\n[print:Q]\nrenamed_from = q\n")
    assert made.preset(PRINT, "P").get("renamed_from") == ""
    assert made.preset(PRINT, "Q").get("renamed_from") == "q"


def test_kinds_do_not_inherit_from_each_other():
    made = bundle("[print:*a*]\nx = 1\n[filament:F]\ninherits = *a*\n")
    assert made.preset(FILAMENT, "F").values() == {}
    assert made.orphans() == [(FILAMENT, "F", "*a*")]


@pytest.mark.parametrize("name", ["*a*", "gone", ""])
def test_what_is_not_there_or_only_inner_cannot_be_chosen(name):
    with pytest.raises(SlicingRefused) as caught:
        bundle(PARENTS).preset(PRINT, name)
    assert caught.value.code == "slicing.unknown_preset"


CYCLES = {
    "itself": "[print:P]\ninherits = P\n",
    "two": "[print:P]\ninherits = Q\n[print:Q]\ninherits = P\n",
    "behind": "[print:P]\ninherits = Q\n[print:Q]\ninherits = R\n[print:R]\ninherits = Q\n",
    "deep": "[print:0]\nx = 1\n"
    + "".join(f"[print:{n + 1}]\ninherits = {n}\n" for n in range(ANCESTORS_LIMIT))
    + f"[print:P]\ninherits = {ANCESTORS_LIMIT}\n",
    "many": "".join(f"[print:{n}]\nx = 1\n" for n in range(ANCESTORS_LIMIT))
    + f"[print:P]\ninherits = {';'.join(map(str, range(ANCESTORS_LIMIT)))}\n",
}


@pytest.mark.parametrize("text", CYCLES.values(), ids=CYCLES)
def test_what_inherits_for_ever_is_refused_and_not_listed(text):
    made = bundle(text + "[print:good]\ny = 1\n[printer:R]\nx = 1\n")
    with pytest.raises(SlicingRefused) as caught:
        made.preset(PRINT, "P")
    assert caught.value.code == "slicing.bad_bundle"
    listed = names(made.prints(made.preset(PRINTER, "R")))
    assert "good" in listed and "P" not in listed


def test_only_printers_of_a_model_and_one_of_its_nozzles(maker):
    assert names(maker.printers()) == ["Maker One", "Maker One 0.6", "Maker Two"]


@pytest.mark.parametrize(
    ("printer", "expected"),
    [
        ("Maker One", ["0.12mm FINE", "0.20mm NORMAL", "0.28mm DRAFT"]),
        ("Maker One 0.6", ["0.30mm NORMAL", "0.40mm DRAFT"]),
        ("Maker Two", ["0.12mm FINE", "0.20mm NORMAL", "0.28mm DRAFT"]),
    ],
)
def test_print_settings_by_condition_or_by_name(maker, printer, expected):
    """A list of names wins over a condition, which is then not looked at."""
    found = maker.prints(maker.preset(PRINTER, printer))
    assert [name.partition(" @")[0] for name in names(found)] == expected


@pytest.mark.parametrize(
    ("printer", "print_", "expected"),
    [
        # a condition that cannot be read admits everything, as in PrusaSlicer
        ("Maker One", "0.12mm FINE", ["Good PLA", "Other PLA", "Plain PETG", "Any TPU"]),
        ("Maker One", "0.28mm DRAFT", ["Good PLA", "Plain PETG", "Any TPU"]),
        ("Maker Two", "0.20mm NORMAL", ["Good PLA", "Plain PETG"]),
    ],
)
def test_filaments_go_with_printer_and_print(maker, printer, print_, expected):
    found = maker.filaments(
        maker.preset(PRINTER, printer), maker.preset(PRINT, f"{print_} @MAKER")
    )
    assert [name.partition(" @")[0] for name in names(found)] == expected
