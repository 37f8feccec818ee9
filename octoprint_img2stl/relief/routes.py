"""The ways to shape a photo, and good starting points for them. No numpy here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..problems import N_


@dataclass(frozen=True)
class RouteInfo:
    """One way to shape a photo into a plate.

    Attributes:
        label: English name for the owner, marked for translation.
        description: what comes out, in one English sentence, marked for translation.
        bright_is_high: whether bright parts of the photo become thick.
        standing: whether a plate is printed upright on its lower edge.
        defaults: the settings that differ from those of `ReliefSettings`.
    """

    label: str
    description: str
    bright_is_high: bool
    standing: bool
    defaults: Mapping[str, Any] = field(default_factory=dict)


ROUTES: dict[str, RouteInfo] = {
    "relief": RouteInfo(
        N_("Relief"),
        N_("A plaque in which bright parts of the photo stand high."),
        bright_is_high=True,
        standing=False,
        # Grain of less than half a layer makes hundreds of islands and crooked outlines,
        # which cost a slicer most of its time; edges and whiskers stay. What it changes
        # is in the table `heights` of `extras/bench/slicing`.
        defaults={"edge_smoothing": 0.3},
    ),
    "lithophane": RouteInfo(
        N_("Lithophane"),
        N_("A thin upright plate that shows the photo when light shines through it."),
        bright_is_high=False,
        standing=True,
        defaults={
            "base": 0.8,
            "relief_height": 2.2,
            "border": 3.0,
            "smoothing": 0.1,
            "light_true": True,
        },
    ),
}


@dataclass(frozen=True)
class Preset:
    """A starting point: a route and the settings that make a certain thing of it.

    Attributes:
        label: English name for the owner, marked for translation.
        description: what comes out, in one English sentence, marked for translation.
        route: a key of `ROUTES`.
        changes: settings that differ from the route's defaults.
    """

    label: str
    description: str
    route: str
    changes: Mapping[str, Any] = field(default_factory=dict)


PRESETS: dict[str, Preset] = {
    "plaque": Preset(
        N_("Plaque"),
        N_("A rectangular relief."),
        "relief",
    ),
    "lithophane": Preset(
        N_("Lithophane"),
        N_("A thin upright picture for a window or a lamp."),
        "lithophane",
    ),
    "medal": Preset(
        N_("Medal"),
        N_("A round relief with a rim."),
        "relief",
        {
            "shape": "disc",
            "width": 60.0,
            "relief_height": 1.6,
            "base": 1.6,
            "border": 2.5,
            "frame_height": 3.6,
            "local_contrast": 0.3,
        },
    ),
    "sign": Preset(
        N_("Sign"),
        N_("A logo or drawing in two flat levels, with round corners and two holes."),
        "relief",
        {
            "shape": "rounded",
            "width": 120.0,
            "relief_height": 1.2,
            "base": 2.0,
            "border": 3.0,
            "steps": 2,
            "invert": True,
            "holes": "two",
            "smoothing": 0.15,
            "edge_smoothing": 0.0,
        },
    ),
    "coaster": Preset(
        N_("Coaster"),
        N_("A hexagonal plate with a picture flat enough for a cup."),
        "relief",
        {
            "shape": "hexagon",
            "width": 95.0,
            "relief_height": 0.8,
            "base": 2.4,
            "border": 3.0,
        },
    ),
    "keychain": Preset(
        N_("Keychain"),
        N_("A small round relief with a ring to hang it by."),
        "relief",
        {
            "shape": "disc",
            "width": 36.0,
            "relief_height": 1.2,
            "base": 1.6,
            "border": 1.6,
            "ring": True,
        },
    ),
    "stamp": Preset(
        N_("Stamp"),
        N_("Dark parts of a drawing stand high and mirrored, for ink."),
        "relief",
        {
            "width": 50.0,
            "relief_height": 1.6,
            "base": 2.4,
            "steps": 2,
            "invert": True,
            "mirror": True,
            "smoothing": 0.1,
            "edge_smoothing": 0.0,
        },
    ),
    "map": Preset(
        N_("Map"),
        N_("A height map or depth map with all of its depth."),
        "relief",
        {
            "source": "depth",
            "relief_height": 8.0,
            "base": 2.0,
            "smoothing": 0.0,
            "edge_smoothing": 0.0,
        },
    ),
    "silhouette": Preset(
        N_("Silhouette"),
        N_("A relief cut out along the outline of the subject."),
        "relief",
        {"shape": "outline", "width": 80.0, "base": 1.6},
    ),
    "lamp": Preset(
        N_("Lamp"),
        N_("A round lithophane with a floor and a hole for the lamp's socket."),
        "lithophane",
        {
            "shape": "cylinder",
            "width": 80.0,
            "floor": 2.0,
            "socket_hole": 40.0,
            "budget": 700_000,
        },
    ),
    "arc": Preset(
        N_("Curved lithophane"),
        N_("A lithophane that stands by itself."),
        "lithophane",
        {"shape": "arc", "width": 100.0},
    ),
    "light_box": Preset(
        N_("Light box"),
        N_("A square lamp with up to five photos, for a small light."),
        "lithophane",
        {
            "shape": "box",
            "width": 80.0,
            "floor": 2.0,
            "socket_hole": 30.0,
            "budget": 900_000,
        },
    ),
    "cutter": Preset(
        N_("Cookie cutter"),
        N_("A cutter along the outline of the subject."),
        "relief",
        {"shape": "cutter", "width": 80.0, "mirror": True},
    ),
    "stencil": Preset(
        N_("Stencil"),
        N_("A thin plate with the subject cut out."),
        "relief",
        {
            "shape": "stencil",
            "width": 100.0,
            "relief_height": 0.2,
            "base": 1.0,
            "border": 5.0,
        },
    ),
}
