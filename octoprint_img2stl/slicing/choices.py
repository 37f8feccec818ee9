"""The plain choices of a slice, and what stands behind each of them."""

from __future__ import annotations

from dataclasses import dataclass

from ..problems import N_


@dataclass(frozen=True)
class Material:
    """A kind of filament.

    Attributes:
        label: for people, marked for translation.
        filament_type: what PrusaSlicer calls it.
        density: g/cm³.
        temperature_c, first_temperature_c: nozzle, °C.
        bed_c: bed, °C; 0 on a printer without a heated bed.
        fan_min, fan_max, bridge_fan: part cooling, percent.
        fan_off_layers: layers before the fan may start.
        speed: factor on all printing speeds.
        max_flow: most that the hot end melts, mm³/s.
        retract: length of a retraction, mm.
    """

    label: str
    filament_type: str
    density: float
    temperature_c: int
    first_temperature_c: int
    bed_c: int
    fan_min: int
    fan_max: int
    bridge_fan: int
    fan_off_layers: int
    speed: float
    max_flow: float
    retract: float


MATERIALS: dict[str, Material] = {
    "pla": Material(
        label=N_("PLA"),
        filament_type="PLA",
        density=1.24,
        temperature_c=205,
        first_temperature_c=210,
        bed_c=60,
        fan_min=100,
        fan_max=100,
        bridge_fan=100,
        fan_off_layers=1,
        speed=1.0,
        max_flow=11.0,
        retract=5.0,
    ),
    "petg": Material(
        label=N_("PETG"),
        filament_type="PETG",
        density=1.27,
        temperature_c=235,
        first_temperature_c=240,
        bed_c=80,
        fan_min=30,
        fan_max=50,
        bridge_fan=50,
        fan_off_layers=3,
        speed=0.9,
        max_flow=8.0,
        retract=5.0,
    ),
    "abs": Material(
        label=N_("ABS"),
        filament_type="ABS",
        density=1.04,
        temperature_c=245,
        first_temperature_c=250,
        bed_c=100,
        fan_min=0,
        fan_max=20,
        bridge_fan=25,
        fan_off_layers=3,
        speed=0.9,
        max_flow=11.0,
        retract=5.0,
    ),
    "tpu": Material(
        label=N_("TPU (flexible)"),
        filament_type="FLEX",
        density=1.21,
        temperature_c=220,
        first_temperature_c=225,
        bed_c=50,
        fan_min=50,
        fan_max=100,
        bridge_fan=100,
        fan_off_layers=2,
        speed=0.5,
        max_flow=3.5,
        retract=1.5,
    ),
}


@dataclass(frozen=True)
class Quality:
    """A layer height, as it is with a nozzle of 0.4 mm; other nozzles scale it."""

    label: str
    layer_height: float


QUALITIES: dict[str, Quality] = {
    "draft": Quality(N_("Draft (fast, visible layers)"), 0.28),
    "standard": Quality(N_("Standard"), 0.20),
    "fine": Quality(N_("Fine (slow, smooth)"), 0.12),
}

SUPPORTS: dict[str, str] = {
    "none": N_("No supports"),
    "plate": N_("Supports standing on the bed only"),
    "everywhere": N_("Supports everywhere"),
}

# What is offered; any value within settings.LIMITS is accepted.
INFILLS = (0, 10, 15, 20, 40, 100)
BRIMS = (0, 3, 5, 8)
WALLS = (2, 3, 4)


def layer_height(quality: str, nozzle: float) -> float:
    """Layer height for a nozzle (mm): scaled with it, at most 0.75 of it."""
    scaled = QUALITIES[quality].layer_height * nozzle / 0.4
    return round(min(scaled, 0.75 * nozzle), 4)


def first_layer_height(layer: float, nozzle: float) -> float:
    """Height of the first layer (mm): at least 0.2 to stick, at most 0.75 nozzles."""
    return round(min(max(0.2, layer), 0.75 * nozzle), 4)
