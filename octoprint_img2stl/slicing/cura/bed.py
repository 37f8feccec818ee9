"""What nobody but the printer profile says to CuraEngine: bed, nozzle, where things stand."""

from __future__ import annotations

from typing import Any

from ...machine import CIRCULAR, Machine


def forced(machine: Machine) -> dict[str, Any]:
    """What nobody may change: the bed, the nozzle, and where the model stands.

    The engine puts the model to the middle of a bed whose corner, or with
    ``machine_center_is_zero`` whose middle, is the origin (source: its
    ``MeshGroup::finalize``); on any other bed the model is moved from there.
    """
    middle_x, middle_y = machine.centre
    centred = abs(middle_x) < 1e-6 and abs(middle_y) < 1e-6
    usual = (0.0, 0.0) if centred else (machine.width / 2, machine.depth / 2)
    return {
        "machine_width": machine.width,
        "machine_depth": machine.depth,
        "machine_height": machine.height,
        "machine_shape": "elliptic" if machine.form == CIRCULAR else "rectangular",
        "machine_center_is_zero": centred,
        "machine_heated_bed": machine.heated_bed,
        "machine_heated_build_volume": False,
        "machine_nozzle_size": machine.nozzle,
        "machine_extruder_count": 1,
        "machine_firmware_retract": False,
        "extruders_enabled_count": 1,
        "extruder_nr": 0,
        "center_object": True,
        "mesh_position_x": round(middle_x - usual[0], 4),
        "mesh_position_y": round(middle_y - usual[1], 4),
        "mesh_position_z": 0,
        "mesh_rotation_matrix": "[[1,0,0], [0,1,0], [0,0,1]]",
        "print_sequence": "all_at_once",
        "magic_spiralize": False,
        "magic_mesh_surface_mode": "normal",
        "wireframe_enabled": False,
        "mold_enabled": False,
        "prime_tower_enable": False,
        "prime_blob_enable": False,
        "ooze_shield_enabled": False,
        "clean_between_layers": False,
        "cross_infill_density_image": "",
        "cross_support_density_image": "",
        "material_guid": "",
        # our start G-code prints nothing, but whoever brings another relies on the heat
        "material_bed_temp_wait": True,
        "material_print_temp_wait": True,
    }
