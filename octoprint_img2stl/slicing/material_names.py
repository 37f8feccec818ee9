"""The many names of filaments, and which of our materials they mean."""

from __future__ import annotations

import re
import unicodedata

LIMIT = 200  # more of a name is not read

# What makers put behind a name without a gap: PLA850, PETGHF, ABSGF20.
_MORE = r"(?:plus|pro|hf|hs)?\d{0,3}(?:cf|gf)?\d{0,2}"
# Whole words, in small letters.
_NAMES = {
    "pla": rf"(?:e|r|t|x|lw|ht|hs|bio|silk|matte|tough)?pla{_MORE}|polylactic|polylactide",
    "petg": rf"(?:e|r|x|hs)?petg{_MORE}|pet",
    "abs": rf"(?:e|r|x)?abs{_MORE}",
    "asa": rf"(?:e|x)?asa{_MORE}",
    "tpu": r"e?tp[uec](?:hf|\d{2,3}[ad]?)?|(?:e|ninja|fila|poly)?flex|flexible",
    "pc": r"(?:e|ez)?pc(?:plus|pro|max|blend|abs|asa|pbt)?|polycarbonate?",
    "pa": r"e?pa(?:6|66|666|11|12|610|612)?|(?:e|co)pa|nylon\d{0,3}|polyamide?",
    "pvb": r"pvb|polysmooth|polycast",
    "hips": r"hips",
}
_WORDS = {key: re.compile(pattern) for key, pattern in _NAMES.items()}
_FIBRES = re.compile(r"(?:cf|gf|kf)\d*|carbon\w*|glass\w*|fib(?:er|re)s?|kevlar|aramid")
# Printed quite differently from every key, or meant for use together with one.
_OTHERS = frozenset(
    "bvoh breakaway cpe paht pctg peek pei pekk pmma pom pp ppa pps ppsu pva pvdf "
    "resin support ultem".split()
)
# Of what is both, whose values hold.
_STRONGER = {
    frozenset(("pc", "abs")): "pc",
    frozenset(("pc", "asa")): "pc",
    frozenset(("pc", "petg")): "pc",
    frozenset(("pla", "tpu")): "tpu",  # PLA that was made soft
}
# With fibres these want 20 to 40 °C more than `materials.MATERIALS` gives.
_HOTTER_WITH_FIBRES = ("pa", "pc")


def matches(text: object) -> str | None:
    """The key of `materials.MATERIALS` that a filament's name means, None where it is not clear.

    Reads what people and spool plugins write: "PLA+", "Silk PLA", "PETG-CF", "TPU 95A",
    "Nylon", "PC/ABS". A name without its key gets none rather than a wrong one: a support
    material, two kinds at once, or nylon and polycarbonate with fibres, which are printed
    hotter than without.

    Args:
        text: foreign; what is no text means nothing.
    """
    if not isinstance(text, str):
        return None
    plain = unicodedata.normalize("NFKC", text[:LIMIT]).casefold()
    words = re.findall(r"[a-z0-9]+", plain.replace("pet-g", "petg"))
    if not _OTHERS.isdisjoint(words):
        return None
    found = {
        key
        for word in words
        for key, pattern in _WORDS.items()
        if pattern.fullmatch(word)
    }
    key = _STRONGER.get(frozenset(found))
    if key is None and len(found) == 1:
        key = found.pop()
    # PET without the G is PETG to many, but never with fibres.
    hotter = key in _HOTTER_WITH_FIBRES or (key == "petg" and "pet" in words)
    if hotter and any(_FIBRES.fullmatch(word) for word in words):
        return None
    return key
