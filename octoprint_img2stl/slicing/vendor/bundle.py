"""One maker's bundle: its presets with what they inherit, and which go together.

The rules are those of PrusaSlicer's PresetBundle.cpp (flatten_configbundle_hierarchy) and
Preset.cpp (is_compatible_with_printer, is_compatible_with_print).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ...problems import N_
from ..refused import SlicingRefused, clean_text
from .conditions import ConditionError, Names, holds
from .ini import Section, read_sections, words

PRINT, FILAMENT, PRINTER = "print", "filament", "printer"
KINDS = (PRINT, FILAMENT, PRINTER)
ANCESTORS_LIMIT = 64  # of a preset, itself too; real ones have up to 20
# Of the bundle, not of a preset: nothing inherits them.
_OWN = frozenset({"inherits", "renamed_from"})


@dataclass(frozen=True)
class Model:
    """A printer as the maker sells it.

    Attributes:
        id, name: of the model; the id is what profiles have as ``printer_model``.
        variants: its nozzles, as the maker names them: ``0.4``, ``volcano 0.6``.
        materials: names of the filament presets the maker proposes.
    """

    id: str
    name: str
    variants: tuple[str, ...]
    materials: tuple[str, ...]


@dataclass(frozen=True)
class Preset:
    """A preset and all from which it inherits, the nearest first.

    Attributes:
        kind: ``print``, ``filament`` or ``printer``.
        name: its name in the bundle, which is its id.
        chain: keys and values of its own, then of its ancestors; the first one counts.
    """

    kind: str
    name: str
    chain: tuple[Mapping[str, str], ...]

    def find(self, key: str) -> str | None:
        """A value as written in the bundle; None where neither it nor an ancestor says it."""
        for values in self.chain[:1] if key in _OWN else self.chain:
            if key in values:
                return values[key]
        return None

    def get(self, key: str, default: str = "") -> str:
        found = self.find(key)
        return default if found is None else found

    def values(self) -> dict[str, str]:
        """All keys and values, as written in the bundle."""
        found: dict[str, str] = {}
        for values in reversed(self.chain):
            found.update(values)
        for key in _OWN:
            found.pop(key, None)
        return found


def models_of(sections: Mapping[str, Section]) -> dict[str, Model]:
    """The models with a nozzle that print filament, by their id."""
    found = {}
    for name, section in sections.items():
        kind, _, model = name.partition(":")
        values = section.values
        variants = words(values.get("variants", ""))
        if kind != "printer_model" or not model or not variants:
            continue
        if values.get("technology", "FFF") == "FFF":
            materials = words(values.get("default_materials", ""))
            found[model] = Model(model, values.get("name") or model, variants, materials)
    return found


class Bundle:
    """A maker's bundle, read as a whole.

    Attributes:
        vendor: its id, the file's name without ending.
        models: those that print filament, by id.
    """

    def __init__(self, vendor: str, sections: Mapping[str, Section]) -> None:
        self.vendor = vendor
        self.models = models_of(sections)
        self._sections: dict[str, dict[str, Section]] = {kind: {} for kind in KINDS}
        for title, section in sections.items():
            kind, colon, name = title.partition(":")
            if colon and name and kind in self._sections:
                self._sections[kind][name] = section
        self._chains: dict[str, dict[str, tuple[Section, ...]]] = {
            kind: {} for kind in KINDS
        }

    @classmethod
    def read(cls, path: Path) -> Bundle:
        """Raises SlicingRefused: ``slicing.bad_bundle``."""
        return cls(path.stem, read_sections(path))

    def names(self, kind: str) -> list[str]:
        """The presets that can be chosen; ``*…*`` are only there to be inherited."""
        return [name for name in self._sections[kind] if not name.startswith("*")]

    def preset(self, kind: str, name: str) -> Preset:
        """A preset by its name.

        Raises:
            SlicingRefused: ``slicing.unknown_preset``; ``slicing.bad_bundle``: it inherits
                from itself.
        """
        if name not in self._sections[kind] or name.startswith("*"):
            raise unknown(name, self.vendor)
        chain = self._chain(kind, name)
        if not chain:
            raise self._endless(name)
        return Preset(kind, name, tuple(section.values for section in chain))

    def orphans(self) -> list[tuple[str, str, str]]:
        """(kind, preset, parent) of what inherits from a preset that is not there.

        As in PrusaSlicer the rest of it counts.
        """
        return [
            (kind, name, parent)
            for kind, sections in self._sections.items()
            for name, section in sections.items()
            for parent in words(section.values.get("inherits", ""))
            if parent not in sections
        ]

    def printers(self) -> list[Preset]:
        """The printers that print filament and are of a model of this maker.

        PrusaSlicer leaves out the others too.
        """
        found = []
        for preset in self._usable(PRINTER):
            model = self.models.get(preset.get("printer_model"))
            sla = preset.get("printer_technology", "FFF") != "FFF"
            if model and not sla and preset.get("printer_variant") in model.variants:
                found.append(preset)
        return found

    def prints(self, printer: Preset) -> list[Preset]:
        """The print settings that go with a printer, in the order of the file."""
        return _going(self._usable(PRINT), "printers", printer, _printer_names(printer))

    def filaments(self, printer: Preset, print_: Preset) -> list[Preset]:
        """The filaments that go with both."""
        going = _going(
            self._usable(FILAMENT), "printers", printer, _printer_names(printer)
        )
        return _going(going, "prints", print_, Names(print_.find))

    def _usable(self, kind: str) -> Iterable[Preset]:
        for name in self.names(kind):
            try:
                preset = self.preset(kind, name)
            except SlicingRefused:  # it inherits from itself
                continue
            yield preset

    def _chain(self, kind: str, name: str) -> tuple[Section, ...]:
        """A preset's section and those of its ancestors, the nearest first.

        Without recursion and each preset once, whatever a bundle makes of it; empty: it
        inherits from itself, or from too many.
        """
        sections, chains = self._sections[kind], self._chains[kind]
        left, begun = [name], set()
        while left:
            current = left[-1]
            parents = [
                parent
                for parent in words(sections[current].values.get("inherits", ""))
                if parent in sections
            ]
            waits = [parent for parent in parents if parent not in chains]
            if current in chains:
                left.pop()
            elif begun.intersection(waits):  # what is begun and not done waits for us
                chains[current] = ()
            elif waits:
                begun.add(current)
                left += waits
            else:
                chains[current] = _joined(
                    sections[current], [chains[parent] for parent in parents]
                )
        return chains[name]

    def _endless(self, name: str) -> SlicingRefused:
        return SlicingRefused(
            "slicing.bad_bundle",
            N_(
                "The profile %(name)s of %(vendor)s inherits from itself or from too many; "
                "choose another."
            ),
            field="profile",
            name=clean_text(name, 80),
            vendor=clean_text(self.vendor, 40),
        )


def _joined(own: Section, parents: list[tuple[Section, ...]]) -> tuple[Section, ...]:
    """Own keys win, then those of the last parent; empty if a parent is, or too many."""
    chain = {id(own): own}
    for parent in reversed(parents):
        if not parent:
            return ()
        for ancestor in parent:
            chain.setdefault(id(ancestor), ancestor)
    return tuple(chain.values()) if len(chain) <= ANCESTORS_LIMIT else ()


def unknown(name: str, vendor: str) -> SlicingRefused:
    """What to say of a maker, model or preset that is not there (any more)."""
    return SlicingRefused(
        "slicing.unknown_preset",
        N_(
            "There is no profile %(name)s of %(vendor)s here; choose the printer once more."
        ),
        field="profile",
        name=clean_text(name, 80),
        vendor=clean_text(vendor, 40),
    )


def _printer_names(printer: Preset) -> Names:
    several = printer.get("nozzle_diameter", "0.4").split(",")
    more = {"printer_preset": printer.name, "num_extruders": float(len(several))}
    return Names(printer.find, more)


def _going(
    presets: Iterable[Preset], kind: str, other: Preset, names: Names
) -> list[Preset]:
    """Those whose ``compatible_<kind>`` or ``…_condition`` admits `other`."""
    known: dict[str, bool] = {"": True}

    def admits(preset: Preset) -> bool:
        listed = words(preset.get(f"compatible_{kind}"))
        if listed:
            return other.name in listed
        condition = preset.get(f"compatible_{kind}_condition")
        if condition not in known:
            try:
                known[condition] = holds(condition, names)
            except ConditionError:
                known[condition] = True  # as PrusaSlicer does
        return known[condition]

    return [preset for preset in presets if admits(preset)]
