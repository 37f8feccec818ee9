"""All makers whose bundles are installed: searched quickly, read when one is wanted."""

from __future__ import annotations

import os
import threading
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from ...problems import N_, WARNING, Problem
from ..refused import SlicingRefused, clean_text
from .bundle import FILAMENT, PRINT, PRINTER, Bundle, Model, Preset, models_of, unknown
from .flat import Flat, flattened
from .ini import read_sections
from .offers import (
    FilamentOffer,
    PrinterOffer,
    PrintOffer,
    filament_offers,
    print_offers,
    printer_offers,
)
from .search import PrinterModel, found

FILES_LIMIT = 300  # bundles; PrusaSlicer 2.9 has 35
KEPT = 3  # bundles that stay in memory, some MB each
SYSTEM = Path("/usr/share/PrusaSlicer/profiles")
# From the folder of the program: Debian and a build's installation; AppImage unpacked and
# the archive for Linux; macOS.
_BESIDE = (
    "../share/PrusaSlicer/profiles",
    "../resources/profiles",
    "resources/profiles",
    "../Resources/profiles",
)


def places(program: str | None) -> list[Path]:
    """Folders with makers' bundles: beside the program, else where packages put them."""
    folders = []
    if program:
        for path in (os.path.abspath(program), os.path.realpath(program)):
            folders += [
                Path(os.path.normpath(os.path.join(os.path.dirname(path), beside)))
                for beside in _BESIDE
            ]
    folders.append(SYSTEM)
    return [folder for folder in dict.fromkeys(folders) if _bundles(folder)]


class Vendors:
    """The makers and their models; a maker's bundle is read when one is asked for.

    May be used from several threads.

    Attributes:
        problems: files that cannot be used, to tell the owner.
    """

    def __init__(
        self,
        paths: dict[str, Path],
        models: Iterable[PrinterModel],
        problems: Iterable[Problem] = (),
    ) -> None:
        self._paths = paths
        self._models = tuple(models)
        self.problems = tuple(problems)
        self._bundles: dict[str, Bundle] = {}
        self._homes: dict[str, str] | None = None
        self._lock = threading.Lock()

    @classmethod
    def read(cls, folders: Iterable[Path | str]) -> Vendors:
        """Makers and models of all bundles; of a maker that comes twice the first."""
        paths: dict[str, Path] = {}
        models: list[PrinterModel] = []
        problems: list[Problem] = []
        for path in [path for folder in folders for path in _bundles(Path(folder))]:
            if path.stem in paths:
                continue
            try:
                sections = read_sections(path, _outline)
            except SlicingRefused as refused:
                problems.append(replace(refused.problem, severity=WARNING))
                continue
            paths[path.stem] = path
            known = models_of(sections)  # none of resin printers, or of filaments only
            vendor = sections["vendor"].values if "vendor" in sections else {}
            name = clean_text(vendor.get("name") or path.stem, 80)
            names = Counter(model.name for model in known.values())
            models += [
                PrinterModel(
                    path.stem,
                    name,
                    model.id,
                    _shown(model, names[model.name] > 1),
                    tuple(clean_text(each, 40) for each in model.variants),
                )
                for model in known.values()
            ]
        return cls(paths, models, problems)

    def vendors(self) -> list[tuple[str, str]]:
        """(id, name) of all makers."""
        return list({each.vendor: each.vendor_name for each in self._models}.items())

    def models(self, vendor: str) -> list[PrinterModel]:
        """A maker's models in its own order."""
        return [each for each in self._models if each.vendor == vendor]

    def search(self, text: str, limit: int = 20) -> list[PrinterModel]:
        """Models by what was typed, the best first; all of them for nothing typed."""
        return found(text, self._models, limit)

    def printers(self, vendor: str, model: str) -> list[PrinterOffer]:
        """A model with its nozzles, the usual one first.

        Raises:
            SlicingRefused: ``slicing.unknown_preset``, ``slicing.bad_bundle``.
        """
        bundle = self.bundle(vendor)
        if model not in bundle.models:
            raise unknown(model, vendor)
        return printer_offers(bundle, model)

    def prints(self, vendor: str, printer: str) -> list[PrintOffer]:
        """Print settings (qualities) that go with a printer preset, the default first.

        Raises:
            SlicingRefused: as `printers`.
        """
        bundle = self.bundle(vendor)
        return print_offers(bundle, bundle.preset(PRINTER, printer))

    def filaments(self, vendor: str, printer: str, print_: str) -> list[FilamentOffer]:
        """Filaments that go with a printer and print preset, the default first.

        Raises:
            SlicingRefused: as `printers`.
        """
        bundle = self.bundle(vendor)
        return filament_offers(
            bundle, bundle.preset(PRINTER, printer), bundle.preset(PRINT, print_)
        )

    def flat(
        self, vendor: str, printer: str, print_: str = "", filament: str = ""
    ) -> Flat:
        """The chosen presets as one profile; what is left empty takes the default.

        Whether they go together is not asked once more: `prints` and `filaments` list
        what does.

        Raises:
            SlicingRefused: as `printers`; ``slicing.preset_alone``: nothing goes with it.
        """
        bundle = self.bundle(vendor)
        chosen = bundle.preset(PRINTER, printer)
        if not print_:
            print_ = _first(print_offers(bundle, chosen), chosen)
        quality = bundle.preset(PRINT, print_)
        if not filament:
            filament = _first(filament_offers(bundle, chosen, quality), chosen)
        return flattened(vendor, chosen, quality, bundle.preset(FILAMENT, filament))

    def system(self, kind: str, name: str) -> dict[str, str] | None:
        """The values of a preset of any maker, for a profile that inherits from it.

        Args:
            kind: ``print``, ``filament`` or ``printer``.
            name: of the preset; the first maker that has it counts.
        """
        if self._homes is None:
            self._homes = self._find_homes()
        vendor = self._homes.get(f"{kind}:{name}")
        try:
            return self.bundle(vendor).preset(kind, name).values() if vendor else None
        except SlicingRefused:
            return None

    def _find_homes(self) -> dict[str, str]:
        """Which maker has which preset, by the names of the sections alone."""
        homes: dict[str, str] = {}
        for vendor, path in self._paths.items():

            def note(section: str, vendor: str = vendor) -> bool:
                homes.setdefault(section, vendor)
                return False

            try:
                read_sections(path, note)
            except SlicingRefused:
                continue
        return homes

    def bundle(self, vendor: str) -> Bundle:
        """A maker's bundle, read now or kept from before.

        Raises:
            SlicingRefused: ``slicing.unknown_preset``, ``slicing.bad_bundle``.
        """
        if vendor not in self._paths:
            raise unknown(vendor, vendor)
        with self._lock:
            bundle = self._bundles.pop(vendor, None) or Bundle.read(self._paths[vendor])
            self._bundles[vendor] = bundle  # the one used last is the last to go
            while len(self._bundles) > KEPT:
                del self._bundles[next(iter(self._bundles))]
        return bundle


def _bundles(folder: Path) -> list[Path]:
    try:
        names = sorted(name for name in os.listdir(folder) if name.endswith(".ini"))
    except OSError:
        return []
    paths = [folder / name for name in names[:FILES_LIMIT]]
    return [path for path in paths if path.is_file()]


def _outline(section: str) -> bool:
    return section == "vendor" or section.startswith("printer_model:")


def _shown(model: Model, ambiguous: bool) -> str:
    """A model's name for people: && is how the makers write an &, for menus' sake."""
    name = model.name.replace("&&", "&")
    return clean_text(f"{name} ({model.id})" if ambiguous else name, 80)


def _first(offers: list, printer: Preset) -> str:
    if not offers:
        raise SlicingRefused(
            "slicing.preset_alone",
            N_(
                "No print settings or no filament of the maker go with %(printer)s; "
                "choose another printer or bring your own profile."
            ),
            field="profile",
            printer=clean_text(printer.name, 80),
        )
    return offers[0].id
