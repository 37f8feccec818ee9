"""OctoPrint's Slice button for every model in its file list: one SlicerPlugin, whose profiles
carry the slicer.

Much of OctoPrint's slicing forgives nothing. What it calls outside of a request runs in a
thread whose exceptions nobody hears: it then takes the empty file that it had made as the
G-code, says that all went well, and prints it if that was asked for. So nothing here raises
in such a thread, and a failure leaves the file that OctoPrint removes itself.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import flask
from flask_babel import gettext

import octoprint.plugin
from octoprint.slicing import SlicingCancelled, SlicingProfile

from ..files import write_atomic
from ..problems import N_, Refusal
from ..slicing.choices import AUTOMATIC
from ..slicing.registry import SLICERS
from .hidden_profiles import HiddenProfiles
from .house import House
from .slicer_profiles import (
    Profile,
    gone_profiles,
    missing_profiles,
    ready_profiles,
    ready_words,
    saved_data,
    saved_id,
    saved_name,
)
from .slices import UNEXPLAINED, Slices
from .views import problem_view

SLICER = "img2stl"
ENDINGS = ["gcode", "gco", "g"]
UNEXPECTED = N_(
    "Something unexpected went wrong while slicing; OctoPrint's log has the details."
)
NAME = N_("%(slicer)s: %(quality)s")

_log = logging.getLogger(__name__)


class SlicerAdapter(octoprint.plugin.SlicerPlugin):
    """See the documentation of `octoprint.plugin.SlicerPlugin`."""

    house: House
    slices: Slices
    hidden: HiddenProfiles
    _slicing_manager: Any  # injected by OctoPrint

    # -- what there is ------------------------------------------------------------------------

    def is_slicer_configured(self) -> bool:
        """Asked several times in each request about slicing; starts no program."""
        return bool(self.house.usable_slicers())

    def get_slicer_properties(self) -> dict[str, Any]:
        return {
            "type": SLICER,
            "name": " / ".join(slicer.label for slicer in SLICERS.values()),
            "same_device": True,
            "progress_report": True,
            "source_file_types": ["model"],
            "destination_extensions": ENDINGS,
        }

    def get_slicer_extension_tree(self) -> dict[str, Any]:
        """Nothing: the hook in `hooks.py` announces all our models, slicer or not."""
        return {}

    # -- profiles -----------------------------------------------------------------------------

    def make_profiles_ready(self) -> None:
        """Give each slicer that was found its profiles; does nothing the next time.

        OctoPrint loads real files only, and without any its Slice button stays grey.
        """
        found = [each["name"] for each in self.house.slicers() if not each["problem"]]
        there = self._slicing_manager.all_profiles(SLICER)
        for name, data in missing_profiles(found, there).items():
            self._slicing_manager.save_profile(SLICER, name, data)
        self.match_saved_profiles()

    def match_saved_profiles(self) -> None:
        """Have a profile for each of our saved ones, under its name, and for no other.

        But for those that were deleted in OctoPrint's own list and not saved since.
        """
        manager, saved = self._slicing_manager, self.house.profiles.all()
        there = manager.all_profiles(SLICER)
        for name in gone_profiles(saved, there):
            manager.delete_profile(SLICER, name)
        for profile in saved:
            name = saved_name(profile.id)
            if name not in there and profile in self.hidden:
                continue
            if name not in there or there[name].display_name != profile.name:
                data = saved_data(profile)
                manager.save_profile(SLICER, name, data, display_name=profile.name)

    def slicing_profile_deleted(self, slicer: Any, name: Any) -> None:
        """Somebody deleted a profile, or we did; ours is saved all the same."""
        saved = self.house.profiles.all()
        for profile in saved:
            if slicer == SLICER and profile.id == saved_id(str(name)):
                self.hidden.hide(profile, saved)

    def get_slicer_profile(self, path: str) -> SlicingProfile:
        name = Path(path).stem
        try:
            profile = Profile.read(path)
        except Refusal as refusal:  # with nothing in it, which `do_slice` refuses
            return SlicingProfile(SLICER, name, {}, description=refusal.problem.message)
        return SlicingProfile(
            SLICER,
            name,
            dict(profile.data),
            display_name=profile.display_name or _label(name),
            description=profile.description,
        )

    def get_slicer_default_profile(self) -> SlicingProfile:
        """Where the owner has chosen none: the first of the slicers that are there."""
        engine = self.house.engine_for(AUTOMATIC)
        name, data = next(iter(ready_profiles(engine).items()))
        return SlicingProfile(SLICER, name, data)

    def save_slicer_profile(
        self,
        path: str,
        profile: SlicingProfile,
        allow_overwrite: bool = True,
        overrides: Mapping[str, Any] | None = None,
    ) -> None:
        if flask.has_request_context():  # it is kept, and somebody hears a refusal
            self._keep(Path(path), _wanted(profile, overrides), allow_overwrite)
            return
        try:
            write_atomic(Path(path), _wanted(profile, overrides).to_text().encode())
        except Exception:  # what is there then is empty, which `do_slice` refuses
            _log.exception("The profile of a slice cannot be written")

    def _keep(self, path: Path, profile: Profile, allow_overwrite: bool) -> None:
        if not allow_overwrite and path.exists():
            raise OSError(f"There is a profile {path.stem} already")
        try:
            profile.settings()
        except Refusal as refusal:
            flask.abort(400, description=problem_view(refusal.problem)["message"])
        write_atomic(path, profile.merged().to_text().encode())

    # -- slicing ------------------------------------------------------------------------------

    def do_slice(
        self,
        model_path: str,
        printer_profile: Mapping[str, Any],
        machinecode_path: str | None = None,
        profile_path: str | None = None,
        position: Mapping[str, Any] | None = None,
        on_progress: Callable[..., None] | None = None,
        on_progress_args: tuple | None = None,
        on_progress_kwargs: Mapping[str, Any] | None = None,
    ) -> tuple[bool, Any]:
        def tell(fraction: float) -> None:
            if on_progress is not None:
                more = {**(on_progress_kwargs or {}), "_progress": fraction}
                on_progress(*(on_progress_args or ()), **more)

        try:
            model = Path(model_path)
            if profile_path is None:
                profile = Profile(self.get_slicer_default_profile().data)
            else:
                profile = Profile.read(profile_path)
            analysis = self.slices.slice(
                model,
                Path(machinecode_path or model.with_suffix(f".{ENDINGS[0]}")),
                printer_profile,
                profile.settings(),
                position,
                tell,
            )
        except Refusal as refusal:
            if refusal.code == "jobs.cancelled":
                raise SlicingCancelled from None
            if refusal.code in UNEXPLAINED:
                return False, gettext(UNEXPECTED)
            return False, refusal.problem.message
        except Exception:
            _log.exception("Slicing for OctoPrint's file list went wrong")
            return False, gettext(UNEXPECTED)
        return True, {"analysis": analysis}

    def cancel_slicing(self, machinecode_path: str) -> None:
        self.slices.cancel(machinecode_path)


def _wanted(profile: SlicingProfile, overrides: Mapping[str, Any] | None) -> Profile:
    label = profile.display_name
    return Profile(
        dict(profile.data or {}),
        dict(overrides or {}),
        # our own words are made anew in each reader's language
        None if label == _label(profile.name) else label,
        profile.description,
    )


def _label(name: str) -> str:
    """What to call a profile that its owner gave no other words."""
    words = ready_words(name)
    if words is None:
        return name
    return gettext(NAME) % {"slicer": words[0], "quality": gettext(words[1])}
