"""What a slicer says about its own settings: the expert list.

Nothing of it is ours: the words come from the program, or the definition files, that are
installed, when they are asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .imports.imported import CURA, PRUSA

NUMBER, PERCENT, NUMBER_OR_PERCENT = "number", "percent", "number_or_percent"
BOOL, CHOICE, TEXT, GCODE = "bool", "choice", "text", "gcode"
KINDS = (NUMBER, PERCENT, NUMBER_OR_PERCENT, BOOL, CHOICE, TEXT, GCODE)
HELP_LIMIT = 2_000  # characters; the longest of PrusaSlicer 2.5 has 850
NAME_LIMIT = 120  # of a label, a category, a unit, a choice
DEFAULT_LIMIT = 1_000


@dataclass(frozen=True)
class KeyWords:
    """One setting of a slicer, for people.

    Attributes:
        key: as in its profiles.
        label: short name.
        help: what it does, in the slicer's own words; may be empty.
        unit: ``mm``, ``°C`` …, or empty.
        kind: one of `KINDS`; a ``percent`` is written with its sign, which a number whose
            unit is ``%`` has not got.
        choices: the values of a ``choice``; for other kinds values that are usual.
        category: in which it stands.
        default: its value where a profile does not say, as text.
    """

    key: str
    label: str
    help: str = ""
    unit: str = ""
    kind: str = TEXT
    choices: tuple[str, ...] = ()
    category: str = ""
    default: str = ""


def key_words(
    engine: str, program: str, definitions: str | None = None
) -> list[KeyWords]:
    """All settings that a profile may have and that the installed slicer knows.

    Takes a second or so: the slicer is asked, or half a megabyte of definitions is read.

    Args:
        engine: name in the registry.
        program: path of the slicer.
        definitions: the owner's folder with Cura's definition files; None: looked for.

    Returns:
        By category, and in it as the slicer has them.

    Raises:
        SlicingRefused: ``slicing.bad_path``, ``slicing.no_key_words``, and for Cura what
            `cura.definitions.Definitions.find` raises.
    """
    return _ASKED[engine](program, definitions)


def _prusa(program: str, definitions: str | None) -> list[KeyWords]:
    from .key_words_prusa import key_words_of

    return key_words_of(program)


def _cura(program: str, definitions: str | None) -> list[KeyWords]:
    from .cura.key_words import key_words_of

    return key_words_of(program, definitions)


_ASKED: dict[str, Callable[[str, str | None], list[KeyWords]]] = {
    PRUSA: _prusa,
    CURA: _cura,
}
