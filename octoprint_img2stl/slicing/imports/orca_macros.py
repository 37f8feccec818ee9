"""OrcaSlicer's custom G-code with PrusaSlicer's names in its placeholders.

Both have ``[name]`` and ``{expression}``. PrusaSlicer refuses to slice with a name it does
not know, so G-code with one that cannot be translated is not taken at all.
"""

from __future__ import annotations

import re

from ..profile_file import GCODE_KEYS, PLAIN_KEYS

RENAMED = {
    "nozzle_temperature_initial_layer": "first_layer_temperature",
    "nozzle_temperature": "temperature",
    "bed_temperature_initial_layer_single": "first_layer_bed_temperature",
    "bed_temperature_initial_layer_vector": "first_layer_bed_temperature",
    "bed_temperature_initial_layer": "first_layer_bed_temperature",
    "hot_plate_temp_initial_layer": "first_layer_bed_temperature",
    "hot_plate_temp": "bed_temperature",
    "initial_layer_print_height": "first_layer_height",
    "initial_no_support_extruder": "initial_extruder",
    "initial_layer_speed": "first_layer_speed",
    "outer_wall_speed": "external_perimeter_speed",
    "inner_wall_speed": "perimeter_speed",
    "retraction_length": "retract_length",
    "retraction_speed": "retract_speed",
    "z_hop": "retract_lift",
    "fan_max_speed": "max_fan_speed",
    "machine_max_speed_z": "machine_max_feedrate_z",
    "printable_height": "max_print_height",
}
# Variables and words of PrusaSlicer 2.5 (asked one by one), which newer ones have as well
_WORDS = frozenset(
    """
    if elsif else endif and or not true false min max int random
    layer_num layer_z max_layer_z current_extruder initial_extruder initial_tool
    first_layer_print_min first_layer_print_max first_layer_print_size print_bed_min
    print_bed_max print_bed_size total_layer_count nozzle_diameter bed_shape
    max_print_height has_wipe_tower total_toolchanges timestamp
    filament_notes filament_settings_id print_settings_id printer_settings_id
    filament_preset print_preset printer_preset input_filename_base
    """.split()
)
_KNOWN = _WORDS | PLAIN_KEYS | GCODE_KEYS
_PLACE = re.compile(r"\{[^{}]*\}|\[[^\[\]{}]*\]")
# A text, a regular expression behind =~ or !~, or a word
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|~\s*/(?:[^/\\]|\\.)*/|[A-Za-z_]\w*')


def in_prusas_words(gcode: str) -> tuple[str, list[str]]:
    """The G-code with its placeholders renamed, and names that have no counterpart."""
    unknown = []

    def token(match: re.Match[str]) -> str:
        word = match[0]
        if word[0] in '"~':
            return word
        word = RENAMED.get(word, word)
        if word not in _KNOWN:
            unknown.append(word)
        return word

    done = _PLACE.sub(lambda match: _TOKEN.sub(token, match[0]), gcode)
    return done, unknown
