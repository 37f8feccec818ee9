"""The house's part on slicer profiles: where they are kept, who reads them, who is told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..jobs.params import Params
from ..jobs.warm import WarmWorker
from ..slicing.choices import AUTOMATIC
from ..slicing.cura.engine import CuraEngine
from ..slicing.owner_paths import OwnerPath, OwnerPaths
from ..slicing.profile_store import ProfileStore
from ..slicing.prusaslicer import PrusaSlicer
from ..slicing.registry import program_of
from ..slicing.saved import SavedProfile
from ..slicing.vendor.index import places
from .printer import OctoPrintPrinter
from .printer_profile import set_printer
from .profile_uploads import ProfileUploads

FOLDER = "profiles"  # in the plugin's data folder
INCOMING = f"{FOLDER}/incoming"


class HouseProfiles:
    """Saved profiles, and what is asked of the worker about them.

    Attributes:
        profiles: the saved ones.
        profile_uploads: files that were sent and are not saved yet.
    """

    warm: WarmWorker
    printer: OctoPrintPrinter
    slicer_paths: Callable[[], OwnerPaths]
    usable_slicers: Callable[[], list[str]]
    soon: Callable[[Callable[[], Any]], None]
    _profiles: Any  # OctoPrint's printer profile manager
    _pushed: Callable[[dict[str, Any]], None]

    def _open_profiles(self, folder: Path) -> None:
        """Args: folder: the plugin's data folder."""
        self.profiles = ProfileStore(folder / FOLDER)
        self.profile_uploads = ProfileUploads(folder / INCOMING)
        # Somebody else who wants to know of every change, in the house's own thread.
        self.on_profiles_changed: Callable[[], None] = lambda: None

    def ask_profiles(self, what: str, **more: Any) -> Any:
        """What the warm worker answers; see `jobs.profile_work`. Raises `Refusal`."""
        cura = self.slicer_paths().get(CuraEngine.name, OwnerPath())
        task = {
            "do": "profiles",
            "what": what,
            "program": self._program(PrusaSlicer.name),
            "cura": self._program(CuraEngine.name),
            "definitions": cura.folder,
        }
        return self.warm.ask({**task, **more})

    def has_vendors(self) -> bool:
        """Whether bundles of printers' makers are installed."""
        return bool(places(self._program(PrusaSlicer.name) or None))

    def _program(self, slicer: str) -> str:
        """The slicer's program, empty where there is none."""
        return program_of(slicer, self.slicer_paths())

    def engine_for(self, slicer: str) -> str:
        """The slicer that a choice means: itself, or the first that is here."""
        if slicer != AUTOMATIC:
            return slicer
        return next(iter(self.usable_slicers()), PrusaSlicer.name)

    def printer_profile(self) -> dict[str, Any]:
        """OctoPrint's printer profile that is set up now."""
        return self._profiles.get_current_or_default()

    def default_profiles(self) -> dict[str, str]:
        """Material -> id of the profile that is taken by itself for this printer."""
        return self.profiles.defaults(self.printer_profile()["id"])

    def require_profile(self, params: Params) -> None:
        """Refuse early what names a saved profile that is gone. Raises `SlicingRefused`."""
        if params.slicing.profile:
            self.profiles.get(params.slicing.profile)

    def add_profile(self, profile: SavedProfile, name: str, owner: str) -> SavedProfile:
        """Keep a profile and tell everybody. Raises as `ProfileStore.add`."""
        saved = self.profiles.add(replace(profile, name=name), owner)
        self.profiles_changed()
        return saved

    def profiles_changed(self) -> None:
        """Tell everybody."""
        self._pushed({"type": "profiles"})
        self.soon(self.on_profiles_changed)

    def set_printer(self, profile: SavedProfile) -> None:
        """Set OctoPrint's printer profile; raises as `printer_profile.set_printer`."""
        set_printer(self._profiles, profile, busy=self.printer.busy())
        self._pushed({"type": "profiles"})

    def with_default_profile(self, params: Params) -> Params:
        """Params that take the profile which is the default for their material, if any."""
        found = self.default_profiles().get(params.slicing.material)
        if not found or self.profiles.get(found).engine not in self.usable_slicers():
            return params
        return replace(params, slicing=replace(params.slicing, profile=found))
