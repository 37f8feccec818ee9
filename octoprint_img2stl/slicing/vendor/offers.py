"""What a bundle offers for one printer, named and sorted for people, defaults first."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from ..refused import clean_text
from .bundle import PRINT, Bundle, Preset
from .ini import words

NAME_LIMIT = 100  # characters shown of a name
_HEIGHT = re.compile(r"(\d{1,2}[.,]\d{1,4}) ?mm\b")
USUAL_HEIGHT = 0.5  # of the nozzle's diameter; most makers' standard quality


@dataclass(frozen=True)
class PrinterOffer:
    """A printer preset: a model with one of its nozzles.

    Attributes:
        id, name: of the preset, and for people.
        model: id of the model.
        variant: the nozzle as the maker calls it.
        nozzle: its diameter, mm; of the first of several extruders.
        extruders: how many.
    """

    id: str
    name: str
    model: str
    variant: str
    nozzle: float
    extruders: int


@dataclass(frozen=True)
class PrintOffer:
    """Print settings, which people know as a quality.

    Attributes:
        id, name: of the preset, and for people.
        layer_height: mm; None where it does not say.
        default: whether the maker proposes it.
    """

    id: str
    name: str
    layer_height: float | None
    default: bool


@dataclass(frozen=True)
class FilamentOffer:
    """A filament.

    Attributes:
        id, name: of the preset, and for people.
        material: ``PLA``, ``PETG``, …, as PrusaSlicer calls it; may be empty.
        default: whether the maker proposes it before all others.
        proposed: whether it is one of those that the maker proposes for the model.
    """

    id: str
    name: str
    material: str
    default: bool
    proposed: bool


def printer_offers(bundle: Bundle, model: str) -> list[PrinterOffer]:
    """The printer presets of a model, in the order of its variants."""
    presets = [
        preset for preset in bundle.printers() if preset.get("printer_model") == model
    ]
    offers = [
        PrinterOffer(
            id=preset.name,
            name=clean_text(preset.name, NAME_LIMIT),
            model=model,
            variant=clean_text(preset.get("printer_variant"), NAME_LIMIT),
            nozzle=first_number(preset.get("nozzle_diameter")) or 0.4,
            extruders=len(preset.get("nozzle_diameter").split(",")),
        )
        for preset in presets
    ]
    order = {
        clean_text(variant, NAME_LIMIT): place
        for place, variant in enumerate(bundle.models[model].variants)
    }
    return sorted(offers, key=lambda offer: order.get(offer.variant, len(order)))


def print_offers(bundle: Bundle, printer: Preset) -> list[PrintOffer]:
    """The print settings for a printer: the default one, then by layer height."""
    presets = bundle.prints(printer)
    default = _default_print(bundle, printer, presets)
    names = _shown(presets)
    offers = [
        PrintOffer(
            id=preset.name,
            name=names[preset.name],
            layer_height=first_number(preset.get("layer_height")),
            default=preset is default,
        )
        for preset in presets
    ]
    return sorted(
        offers, key=lambda offer: (not offer.default, offer.layer_height or 0, offer.name)
    )


def filament_offers(
    bundle: Bundle, printer: Preset, print_: Preset
) -> list[FilamentOffer]:
    """The filaments for both: the default one, those proposed, the rest by name.

    Those proposed are in the maker's order.
    """
    presets = bundle.filaments(printer, print_)
    model = bundle.models.get(printer.get("printer_model"))
    proposed = model.materials if model else ()
    order = {name: place for place, name in enumerate(proposed)}
    default = _default_filament(printer, presets, proposed)
    names = _shown(presets)
    offers = [
        FilamentOffer(
            id=preset.name,
            name=names[preset.name],
            material=clean_text(_first_word(preset.get("filament_type")), 20),
            default=preset is default,
            proposed=preset.name in order,
        )
        for preset in presets
    ]
    return sorted(
        offers,
        key=lambda offer: (
            not offer.default,
            order.get(offer.id, len(order)),
            offer.name.casefold(),
        ),
    )


def first_number(text: str) -> float | None:
    """The number that a value begins with, of the first extruder; None if it is none."""
    match = re.match(r"\s*(-?\d{1,6}(?:\.\d{1,12})?)\s*(?:,|;|$)", text)
    return float(match[1]) if match else None


def _default_print(
    bundle: Bundle, printer: Preset, presets: Sequence[Preset]
) -> Preset | None:
    """The default one; if it does not go with the printer, the nearest to its height.

    Several bundles name a default that is not compatible, or is not there at all.
    """
    wanted = _first_word(printer.get("default_print_profile"))
    for preset in presets:
        if preset.name == wanted or wanted in words(preset.get("renamed_from")):
            return preset
    height = None
    if wanted in bundle.names(PRINT):
        height = first_number(bundle.preset(PRINT, wanted).get("layer_height"))
    if height is None:
        match = _HEIGHT.search(wanted)
        height = float(match[1].replace(",", ".")) if match else None
    if height is None:
        nozzle = first_number(printer.get("nozzle_diameter")) or 0.4
        height = USUAL_HEIGHT * nozzle

    def far(preset: Preset) -> tuple[float, str]:
        own = first_number(preset.get("layer_height"))
        return (abs(own - height) if own is not None else 9.0, preset.name)

    return min(presets, key=far, default=None)


def _default_filament(
    printer: Preset, presets: Sequence[Preset], proposed: Sequence[str]
) -> Preset | None:
    """The default one, else the first proposed, else a PLA, else the first."""
    wanted = _first_word(printer.get("default_filament_profile"))
    for preset in presets:
        if preset.name == wanted or wanted in words(preset.get("renamed_from")):
            return preset
    by_name = {preset.name: preset for preset in presets}
    for name in proposed:
        if name in by_name:
            return by_name[name]
    plain = [
        preset for preset in presets if _first_word(preset.get("filament_type")) == "PLA"
    ]
    generic = [preset for preset in plain if "generic" in preset.name.casefold()]
    return next(iter([*generic, *plain, *presets]), None)


def _first_word(text: str) -> str:
    """The first of a list of strings.

    Also of one that is in quotes as a whole: ``"Generic PLA @X; Generic PLA @X"``.
    """
    found = words(text)
    return found[0].partition(";")[0].strip() if found else ""


def _shown(presets: Sequence[Preset]) -> dict[str, str]:
    """Names for people: PrusaSlicer's alias, without the maker's ``@…``, while unique."""
    short = {preset.name: _alias(preset) for preset in presets}
    count = Counter(short.values())
    return {
        name: clean_text(alias if count[alias] == 1 else name, NAME_LIMIT)
        for name, alias in short.items()
    }


def _alias(preset: Preset) -> str:
    return preset.get("alias") or preset.name.partition("@")[0].strip() or preset.name
