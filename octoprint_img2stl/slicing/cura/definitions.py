"""Cura's machines and what all their settings are.

CuraEngine comes without the definition files and evaluates no formula in them; without
both, 15 % infill becomes 40 %. The files come from the installed package ``cura`` or from
a folder the owner names, and must be of the engine's own version: each version asks for
settings that the one before did not have.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ...problems import INFO, N_, WARNING, Problem
from ..profile_file import left_out, names
from ..refused import SlicingRefused, clean_text
from .bounds import Trouble, Value
from .files import BASE, BASE_EXTRUDER, PLACES, Files, Json, metadata, settings
from .resolve import Resolver, Unfit, converted, is_formula

# Minor version of the engine -> setting_version of its files (source: the numbers that
# Cura's plugins VersionUpgrade48to49 … VersionUpgrade413to50 lead from and to).
VERSIONS = {
    (4, 8): 16,
    (4, 9): 17,
    (4, 10): 17,
    (4, 11): 17,
    (4, 12): 19,
    (4, 13): 19,
    (5, 0): 20,
}
INSTALL = "sudo apt install --no-install-recommends cura"
INSTALL_WITHOUT_ROOT = (
    "mkdir -p ~/cura && cd ~/cura && apt-get download cura && dpkg-deb -x cura_*.deb ."
)
SHOWN = 5  # values that each have a sentence
NAME_LIMIT = 80

Given = Mapping[str, str | int | float | bool]


class CuraMachine(NamedTuple):
    """A machine that Cura offers: its id, its name and who makes it."""

    id: str
    name: str
    manufacturer: str


@dataclass(frozen=True)
class Resolved:
    """All settings of a machine and its first extruder.

    Attributes:
        machine: id of the machine's definition.
        name: the machine's name.
        values: key -> value; lists and polygons are text, as the engine reads them.
        kinds: key -> type in Cura's files.
        fallen_back: keys whose formula failed and that have their default instead.
        problems: what should be told about it.
    """

    machine: str
    name: str
    values: dict[str, Value]
    kinds: dict[str, str] = field(repr=False, default_factory=dict)
    fallen_back: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()


class Definitions:
    """The definition files of one version of Cura; nothing is kept in memory.

    Attributes:
        setting_version: what the files say about their version, 0 if nothing.
    """

    def __init__(self, files: Files) -> None:
        self.files = files
        said = metadata(files.machine(BASE)).get("setting_version")
        right = isinstance(said, int) and not isinstance(said, bool)
        self.setting_version = said if right else 0

    @classmethod
    def find(cls, engine_version: str, folder: str | None = None) -> Definitions:
        """The files that fit an engine.

        Args:
            engine_version: e.g. ``4.13.0``. For one that is not in `VERSIONS` any files
                are taken; the engine itself will say if a setting is missing.
            folder: the owner's; with it no other place is looked at. The package's
                ``resources``, its ``definitions``, or where the package was unpacked.

        Raises:
            SlicingRefused: ``slicing.no_definitions``, ``slicing.definitions_mismatch``,
                ``slicing.bad_definitions``.
        """
        others: list[Definitions] = []
        for place in (folder,) if folder else PLACES:
            files = Files.at(place)
            if files is None:
                continue
            found = cls(files)
            if found.fits(engine_version):
                return found
            others.append(found)
        if others:
            raise SlicingRefused(
                "slicing.definitions_mismatch",
                N_(
                    "Cura's definition files are those of another version than "
                    "CuraEngine %(version)s (%(found)s instead of %(needed)s); install "
                    "both from the same source: %(command)s"
                ),
                field="cura_definitions",
                version=clean_text(engine_version, 20),
                found=others[0].setting_version,
                needed=VERSIONS[_minor(engine_version)],
                command=INSTALL,
            )
        raise SlicingRefused(
            "slicing.no_definitions",
            N_(
                "CuraEngine needs Cura's definition files, and there are none; type this "
                "on the machine that runs it: %(command)s (or without root: %(other)s)"
            ),
            field="cura_definitions",
            command=INSTALL,
            other=INSTALL_WITHOUT_ROOT,
        )

    def fits(self, engine_version: str) -> bool:
        """Whether these are the files of that engine's minor version."""
        needed = VERSIONS.get(_minor(engine_version))
        return needed is None or needed == self.setting_version

    def machines(self) -> list[CuraMachine]:
        """The machines that Cura offers, by name. A file that cannot be used is left out."""
        found = []
        known: dict[str, Any] = {}
        for name in self.files.names():
            try:
                about = self.files.about(name, known)
            except SlicingRefused:
                continue
            if about.get("visible") is True:
                manufacturer = _text(about.get("manufacturer"))
                found.append(
                    CuraMachine(name, _text(about["name"]) or name, manufacturer)
                )
        return sorted(found, key=lambda machine: (machine.name.lower(), machine.id))

    def resolve(
        self, machine: str, overrides: Given, profile: Mapping[str, str] | None = None
    ) -> Resolved:
        """All settings of a machine and its extruder 0.

        Args:
            machine: id of a definition, ``fdmprinter`` for none in particular.
            overrides: key -> value, or a formula that begins with ``=``; they win over
                the files. Unknown keys are passed over: other versions have them.
            profile: the user's own values, which win over the overrides, and over those
                of the settings under them as well. They are checked: what a setting
                cannot be is left out and told.

        Raises:
            SlicingRefused: ``slicing.unknown_machine``, ``slicing.bad_definitions``.
        """
        chain = self.files.machine(machine)
        found, parents = settings(chain)
        found.update(settings(self._extruder(chain))[0])

        own, unfit = _checked(found, profile or {})
        resolver = Resolver(found, parents, overrides, own)
        broken = resolver.unfit(own)
        if broken:
            for each in broken:
                del own[each.key]
            resolver = Resolver(found, parents, overrides, own)
        values: dict[str, Value] = {}
        for key in found:
            try:
                value = resolver.value(key)
            except Trouble:
                value = None
            if value is None:
                resolver.fallen_back.append(key)
            else:
                values[key] = value
        fallen_back = tuple(dict.fromkeys(resolver.fallen_back))
        return Resolved(
            machine=machine,
            name=_text(chain[-1].get("name")) or machine,
            values=values,
            kinds={key: str(own.get("type")) for key, own in found.items()},
            fallen_back=fallen_back,
            problems=(*_told(unfit + broken), *_mistakes(fallen_back)),
        )

    def _extruder(self, chain: list[Json]) -> list[Json]:
        """The files of the machine's first extruder; some machines name none that is."""
        trains = metadata(chain).get("machine_extruder_trains")
        train = trains.get("0") if isinstance(trains, dict) else None
        try:
            return self.files.extruder(train or BASE_EXTRUDER)
        except SlicingRefused:
            return self.files.extruder(BASE_EXTRUDER)


def _checked(
    found: Mapping[str, Any], profile: Mapping[str, str]
) -> tuple[dict[str, str], list[Unfit]]:
    """The values that their settings can have, and the others."""
    own: dict[str, str] = {}
    unfit = []
    for key, value in profile.items():
        if key not in found:
            unfit.append(Unfit(key, value))
            continue
        options = found[key].get("options")
        try:
            if not is_formula(value):
                known = converted(found[key].get("type"), value)
                if isinstance(options, dict) and known not in options:
                    raise Trouble("is no choice")
            own[key] = value
        except Trouble:
            unfit.append(Unfit(key, value))
    return own, unfit


def _told(unfit: list[Unfit]) -> list[Problem]:
    limits = [each for each in unfit if each.low is not None or each.high is not None]
    problems = [
        Problem(
            "slicing.profile_out_of_range",
            WARNING,
            N_(
                "The profile's %(key)s = %(value)s is beyond what Cura allows (%(low)s "
                "to %(high)s) and was left out."
            ),
            {
                "key": each.key,
                "value": clean_text(each.value, 40),
                "low": "-" if each.low is None else round(each.low, 4),
                "high": "-" if each.high is None else round(each.high, 4),
            },
            "profile",
        )
        for each in limits[:SHOWN]
    ]
    others = [each for each in unfit if each not in limits]
    return [*problems, *left_out(ignored=[each.key for each in others])]


def _mistakes(fallen_back: tuple[str, ...]) -> list[Problem]:
    if not fallen_back:
        return []
    return [
        Problem(
            "slicing.definition_mistake",
            INFO,
            N_(
                "Cura's definition of this printer has mistakes (%(keys)s); Cura's "
                "ordinary values were used for these settings."
            ),
            {"keys": names(fallen_back)},
        )
    ]


def _minor(version: str) -> tuple[int, int]:
    match = re.match(r"(\d{1,4})\.(\d{1,4})", version)
    return (int(match[1]), int(match[2])) if match else (0, 0)


def _text(value: Any) -> str:
    return clean_text(value, NAME_LIMIT) if isinstance(value, str) else ""
