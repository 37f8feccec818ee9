"""Finding a printer by what people type: ``ender 3``, ``Creality Ender3``, ``mk3s 0.6``."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace

TEXT_LIMIT = 100  # characters looked at
_NOZZLE = re.compile(r"(?<![\w.,])(\d[.,]\d{1,3}) ?(?:mm)?(?![\w.,])")
_LETTERS_OR_DIGITS = re.compile(r"\d+|[^\W\d_]+")


@dataclass(frozen=True)
class PrinterModel:
    """A model that was found.

    Attributes:
        vendor, vendor_name: the maker's id and name.
        model, name: the model's id and name.
        nozzles: its variants as the maker names them, the usual one first.
        nozzle: the variant that was asked for, empty if none was.
    """

    vendor: str
    vendor_name: str
    model: str
    name: str
    nozzles: tuple[str, ...]
    nozzle: str = ""


def found(text: str, models: Iterable[PrinterModel], limit: int) -> list[PrinterModel]:
    """The models that have every word of `text` in maker, name or id; the best first.

    Case, accents, spaces, hyphens and the order of the words do not count. A number with
    a point is a nozzle.
    """
    text = text[:TEXT_LIMIT]
    models = list(models)
    nozzle = _NOZZLE.search(text)
    ranked = []
    if nozzle:
        rest = _NOZZLE.sub(" ", text)
        ranked = _ranked(_typed(rest), models, nozzle[1].replace(",", "."))
    if not ranked:  # "Voron 2.4" is no nozzle
        ranked = _ranked(_typed(text), models, "")
    return ranked[:limit]


def _typed(text: str) -> list[list[str]]:
    """What was typed between spaces, each taken apart."""
    return [found for found in map(words, text.split()) if found]


def _ranked(
    wanted: list[list[str]], models: list[PrinterModel], nozzle: str
) -> list[PrinterModel]:
    found = []
    for place, model in enumerate(models):
        variant = _variant(model, nozzle) if nozzle else ""
        rank = _rank(wanted, model)
        if rank is not None and variant is not None:
            found.append((rank, place, replace(model, nozzle=variant)))
    found.sort(key=lambda each: each[:2])
    return [model for _, _, model in found]


def words(text: str) -> list[str]:
    """``Ender-3 V2Neo`` → ender, 3, v, 2, neo: letters and digits apart, all folded."""
    plain = "".join(
        char
        for char in unicodedata.normalize("NFKD", text)
        if not unicodedata.combining(char)
    )
    return _LETTERS_OR_DIGITS.findall(plain.casefold())


def _variant(model: PrinterModel, nozzle: str) -> str | None:
    """The variant with this nozzle; the shortest name, so not the ``volcano 0.6``."""
    fitting = [name for name in model.nozzles if nozzle in re.findall(r"[\d.]+", name)]
    return min(fitting, key=len, default=None)


def _rank(
    wanted: list[list[str]], model: PrinterModel
) -> tuple[int, int, int, int] | None:
    """Smaller is better; None: a word is not there."""
    if not wanted:
        return 0, 0, 0, 0  # in the makers' order
    name = words(model.name)
    everything = [*words(model.vendor_name), *words(model.vendor), *name]
    everything += words(model.model)
    asked = [word for together in wanted for word in together]
    loose = 0  # words that are only the beginning of one
    for word in asked:
        if word in everything:
            continue
        if word.isdigit() or not any(each.startswith(word) for each in everything):
            return None
        loose += 1
    # "mk3s" is rather the MK3S than the 3 of an i3 MK2S
    torn = sum(not _in(together, everything) for together in wanted)
    # "ender 3" is rather the Ender-3 than the Ender-3 Max Neo or the 3 of an Ender
    return loose, torn, 0 if _in(asked, name) else 1, len(name)


def _in(some: list[str], row: list[str]) -> bool:
    """Whether words stand in a row one after the other."""
    return f" {' '.join(some)} " in f" {' '.join(row)} "
