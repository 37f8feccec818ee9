"""Kinds of filament: how they are printed, and what they want.

The temperatures are chosen for an ordinary printer, so none is above 260 °C: that is what
Marlin takes as the highest target unless its builder changed it (``HEATER_0_MAXTEMP`` 275
less ``HOTEND_OVERSHOOT`` 15), and of polycarbonate and nylon their makers' lower half.

Sources of the values that were added to PLA, PETG, ABS and TPU: the presets of the bundle
PrusaResearch 1.5.1 that came with PrusaSlicer 2.5.0 ("presets" below; nozzle/bed, °C), and
the ranges that makers give for their products, as collected in SpoolmanDB on 2025-10-25:

- ASA: presets Prusament ASA, Fillamentum and Fiberlogy ASA 260/110; makers 235 to 290, 80
  to 110, the middle one of 19 products 250/100, Polymaker 240 to 260.
- PC: presets Polymaker PC-Max 270/115, E3D PC-ABS 270/110, Prusament PC Blend 275/115;
  PolyLite PC, PolyMax PC and Polymaker PC-ABS 250 to 270, 90 to 105.
- PA: presets Ultrafuse PA 240/70, Fillamentum Nylon FX256 250/90, Taulman Bridge 260/110,
  Fiberlogy Nylon PA12 265/110; Polymaker CoPA 250 to 270, add:north Adura 260/50.
- PVB: preset Prusament PVB 215/75; PolySmooth and PolyCast 190 to 220, 25 to 70.
- HIPS: presets Generic HIPS 230/110, Prusa HIPS 220/110; 3DXMAX 227/105, Devil Design
  235/100.

Densities, fans and the most that is melted are of the same presets.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..problems import INFO, N_, WARNING, Problem

WARM_BED_C = 60  # what PLA gets, which sticks to a cold bed as well
# A liner of PTFE that reaches into the hot end is damaged, and gives off fumes, above.
LINER_LIMIT_C = 250


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
        cost_per_kg: price in the owner's currency, None: not known.
        wants_enclosure: whether it warps or cracks where the air is cold or moves.
        wants_drying: whether it takes up so much water that it prints badly.
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
    cost_per_kg: float | None = None
    wants_enclosure: bool = False
    wants_drying: bool = False


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
        wants_enclosure=True,
    ),
    "asa": Material(
        label=N_("ASA"),
        filament_type="ASA",
        density=1.07,
        temperature_c=250,
        first_temperature_c=250,
        bed_c=100,
        fan_min=10,
        fan_max=20,
        bridge_fan=30,
        fan_off_layers=4,
        speed=0.9,
        max_flow=11.0,
        retract=5.0,
        wants_enclosure=True,
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
    "pc": Material(
        label=N_("PC (polycarbonate blend)"),
        filament_type="PC",
        density=1.2,
        temperature_c=260,
        first_temperature_c=260,
        bed_c=105,
        fan_min=0,
        fan_max=20,
        bridge_fan=30,
        fan_off_layers=4,
        speed=0.8,
        max_flow=8.0,
        retract=5.0,
        wants_enclosure=True,
        wants_drying=True,
    ),
    "pa": Material(
        label=N_("PA (nylon)"),
        filament_type="PA",
        density=1.12,
        temperature_c=260,
        first_temperature_c=260,
        bed_c=80,
        fan_min=0,
        fan_max=15,
        bridge_fan=30,
        fan_off_layers=5,
        speed=0.8,
        max_flow=6.0,
        retract=5.0,
        wants_enclosure=True,
        wants_drying=True,
    ),
    "pvb": Material(
        label=N_("PVB"),
        filament_type="PVB",
        density=1.09,
        temperature_c=215,
        first_temperature_c=215,
        bed_c=70,
        fan_min=100,
        fan_max=100,
        bridge_fan=100,
        fan_off_layers=1,
        speed=1.0,
        max_flow=8.0,
        retract=5.0,
        wants_drying=True,
    ),
    "hips": Material(
        label=N_("HIPS"),
        filament_type="HIPS",
        density=1.04,
        temperature_c=230,
        first_temperature_c=230,
        bed_c=100,
        fan_min=20,
        fan_max=20,
        bridge_fan=50,
        fan_off_layers=3,
        speed=0.9,
        max_flow=11.0,
        retract=5.0,
        wants_enclosure=True,
    ),
}


def _cold_bed(material: str, *, heated_bed: bool) -> tuple[Problem, ...]:
    """Whether a material needs a heated bed that the printer has not got."""
    chosen = MATERIALS[material]
    if heated_bed or chosen.bed_c <= WARM_BED_C:
        return ()
    return (
        Problem(
            "slicing.needs_heated_bed",
            WARNING,
            N_(
                "%(material)s hardly sticks to a bed that is not heated, and this "
                "printer has none; PLA is the better choice."
            ),
            {"material": chosen.label},
            "slicing.material",
            "pla",
        ),
    )


def notices(
    material: str, *, heated_bed: bool = True, hottest_c: int | None = None
) -> tuple[Problem, ...]:
    """What should be known before a material is printed.

    Args:
        material: key of `MATERIALS`.
        heated_bed: whether the printer has one.
        hottest_c: the nozzle's highest temperature; None: as `MATERIALS` has it.
    """
    found = list(_cold_bed(material, heated_bed=heated_bed))
    chosen = MATERIALS[material]
    hottest = hottest_c or max(chosen.temperature_c, chosen.first_temperature_c)
    if hottest > LINER_LIMIT_C:
        found.append(
            Problem(
                "slicing.wants_metal",
                WARNING,
                N_(
                    "%(material)s is printed at %(temperature)s °C: use it only if the hot "
                    "end is all metal, because a PTFE tube inside gives off harmful fumes "
                    "above %(limit)s °C."
                ),
                {
                    "material": chosen.label,
                    "temperature": hottest,
                    "limit": LINER_LIMIT_C,
                },
                "slicing.material",
            )
        )
    if chosen.wants_enclosure:
        found.append(
            Problem(
                "slicing.wants_enclosure",
                INFO,
                N_(
                    "%(material)s warps and cracks in moving air; print it in an enclosure, "
                    "and let it cool down before you open that."
                ),
                {"material": chosen.label},
                "slicing.material",
            )
        )
    if chosen.wants_drying:
        found.append(
            Problem(
                "slicing.wants_drying",
                INFO,
                N_(
                    "%(material)s takes up water from the air, and then strings and bubbles; "
                    "dry the spool before you print."
                ),
                {"material": chosen.label},
                "slicing.material",
            )
        )
    return tuple(found)
