"""Profiles for other people's slicers: a flat ini, or a ``.curaprofile``.

What can be read again by `read_any`, by PrusaSlicer (*File > Import > Import Config*) and by
Cura (*Preferences > Profiles > Import*).
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path

from ..cura.keys import MACHINE, allowed
from ..profile_file import write_ini
from ..refused import clean_text

INI, CURAPROFILE = ".ini", ".curaprofile"
# Of Cura 4.13, the engine that Debian 12 has; newer Curas bring older profiles up to date.
SETTING_VERSION = 19
# Settings that Cura keeps once for the printer; the others are each extruder's
# (``settable_per_extruder`` in `fdmprinter.def.json`).
GLOBAL = frozenset(
    """
    acceleration_enabled adaptive_layer_height_enabled adaptive_layer_height_threshold
    adaptive_layer_height_variation adaptive_layer_height_variation_step adhesion_type
    alternate_carve_order bridge_settings_enabled bridge_wall_min_length
    build_volume_temperature carve_multiple_volumes default_material_bed_temperature
    draft_shield_dist draft_shield_enabled draft_shield_height
    draft_shield_height_limitation flow_rate_extrusion_offset_factor
    flow_rate_max_extrusion_offset jerk_enabled layer_height layer_height_0
    machine_end_gcode machine_start_gcode material_bed_temperature
    material_bed_temperature_layer_0 material_shrinkage_percentage
    minimum_polygon_circumference relative_extrusion remove_empty_first_layers
    retraction_combing speed_slowdown_layers support_enable support_structure
    support_type travel_retract_before_outer_wall
    """.split()
)
_WORD = re.compile(r"[A-Za-z0-9_.-]{1,80}")


def export_ini(path: Path | str, values: Mapping[str, str]) -> None:
    """Write PrusaSlicer's values as a flat ini.

    Raises:
        ValueError: a key that PrusaSlicer cannot have.
    """
    write_ini(path, values)


def export_curaprofile(
    path: Path | str,
    values: Mapping[str, str],
    *,
    name: str,
    definition: str = "",
    quality_type: str = "normal",
    setting_version: int = SETTING_VERSION,
) -> None:
    """Write Cura's values as a profile: one container for the printer, one for extruder 0.

    Args:
        path: of the file to be written.
        values: `Imported.values` of a Cura profile.
        name: under which Cura will list it.
        definition: Cura's id of the printer; of another printer Cura refuses the profile.
            Left out: the one in the values, or the one that stands for all of them.
        quality_type: of the printer's, on which it builds.
        setting_version: of the Cura whose keys these are.

    Raises:
        ValueError: a definition or quality that cannot be one.
    """
    kept = allowed(values, own_gcode=True).values
    definition = definition or kept.get(MACHINE, "fdmprinter")
    if not _WORD.fullmatch(definition) or not _WORD.fullmatch(quality_type):
        raise ValueError(f"not a name of Cura's: {definition!r}, {quality_type!r}")
    title = clean_text(name, 80) or "OctoPrint"
    kept.pop(MACHINE, None)
    parts = {
        "": {key: value for key, value in kept.items() if key in GLOBAL},
        "extruder_0": {key: value for key, value in kept.items() if key not in GLOBAL},
    }
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for part, settings in parts.items():
            lines = [
                "[general]",
                "version = 4",
                f"name = {title}",
                f"definition = {definition}",
                "",
                "[metadata]",
                "type = quality_changes",
                f"quality_type = {quality_type}",
                f"setting_version = {setting_version:d}",
                *(["position = 0"] if part else []),
                "",
                "[values]",
                *(f"{key} = {_lines(value)}" for key, value in sorted(settings.items())),
                "",
            ]
            leaf = "_".join(filter(None, (definition, part, "octoprint")))
            archive.writestr(leaf, "\n".join(lines))
    Path(path).write_bytes(data.getvalue())


def _lines(value: str) -> str:
    """A value over several lines, indented as Python's configparser has it."""
    return value.replace("\r", "").replace("\n", "\\n").replace("\\n", "\n\t")
