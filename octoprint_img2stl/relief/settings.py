"""What the owner chose about a relief, checked. No numpy here.

Lengths are millimetres.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from ..problems import N_
from .options import LIMITS, OPTIONS, shown
from .refused import ReliefRefused
from .routes import PRESETS, ROUTES
from .shapes import SHAPES

__all__ = ["LIMITS", "PRESETS", "ROUTES", "ReliefRefused", "ReliefSettings"]


@dataclass(frozen=True)
class ReliefSettings:
    """Everything that shapes a relief or lithophane; `options` says what each may be.

    Attributes:
        route: a key of `ROUTES`; shape: a key of `SHAPES`.
        width: outer width of the finished thing: of a plate, border included; diameter of
            a disc, cylinder or dome; outer chord of an arc; side of a box.
        relief_height: thickness of the shaped part above the base.
        base: thinnest part.
        border: width of the frame along the outline; 0 for none.
        frame_height: of the frame above the back; None: as high as the relief.
        source: which value of the photo becomes height.
        invert: swap high and low; mirror: swap left and right, for stamps.
        auto_levels: stretch the greys between the darkest and brightest 0.5 % of them.
        black, white: greys that become the lowest and the highest, after `auto_levels`.
        gamma: above 1 brightens the middle; curve: points (x, y) of a curve of the greys.
        contrast: factor about mid grey.
        local_contrast: share of contrast-limited adaptive histogram equalization.
        edge_smoothing: radius of a smoothing that keeps edges; smoothing: sigma of a
            Gaussian; sharpening: amount of an unsharp mask.
        steps: flat levels with upright walls, 0 for a continuous relief; threshold: the
            grey at which two levels part.
        debanding: what to do about the steps of 8-bit greys.
        compression: how much a depth map's great steps are flattened.
        light_true: a lithophane as thick as shows the photo's light; transmission: mm of
            the filament that let a tenth of the light through.
        corner_radius: of the rounded plate.
        subject, subject_threshold: what is taken for the subject of the photo;
            outline_margin: around it.
        cutter_height: of a cookie cutter; bridge: width of a stencil's bars.
        angle_deg: of an arc; cap_deg: how far down from its top a dome reaches.
        floor: thickness of the floor of a cylinder or box, 0 for none; socket_hole: its
            diameter; lid_slot: a groove for a box's lid.
        ring, ring_hole: to hang a keychain by.
        holes, hole_diameter: through the plate; keyhole: on the back, for a screw.
        magnets, magnet_diameter, magnet_depth: pockets in the back.
        stand: a foot along the lower edge, or an easel printed beside.
        text, text_size, text_place, text_raise, font: a line of letters; text_size is
            that of capitals, text_raise is below 0 for engraved ones.
        samples_per_mm: nodes per mm, None for 4 per nozzle width. The photo's own pixels
            are the limit either way.
        max_error: how far the triangles may be from the heightmap, anywhere.
        budget: most triangles, None for any number; the error then grows as needed.
    """

    route: str = "relief"
    shape: str = "plate"
    width: float = 100.0
    relief_height: float = 2.0
    base: float = 1.0
    border: float = 0.0
    frame_height: float | None = None
    source: str = "brightness"
    invert: bool = False
    mirror: bool = False
    auto_levels: bool = True
    black: float = 0.0
    white: float = 1.0
    gamma: float = 1.0
    curve: tuple[tuple[float, float], ...] | None = None
    contrast: float = 1.0
    local_contrast: float = 0.0
    edge_smoothing: float = 0.0
    smoothing: float = 0.2
    sharpening: float = 0.0
    steps: int = 0
    threshold: float = 0.5
    debanding: str = "smooth"
    compression: float = 0.0
    light_true: bool = True
    transmission: float = 2.3
    corner_radius: float = 5.0
    subject: str = "auto"
    subject_threshold: float = 0.5
    outline_margin: float = 2.0
    cutter_height: float = 14.0
    bridge: float = 1.2
    angle_deg: float = 120.0
    cap_deg: float = 70.0
    floor: float = 0.0
    socket_hole: float = 0.0
    lid_slot: bool = False
    ring: bool = False
    ring_hole: float = 4.0
    holes: str = "none"
    hole_diameter: float = 4.0
    keyhole: bool = False
    magnets: int = 0
    magnet_diameter: float = 8.0
    magnet_depth: float = 2.0
    stand: str = "none"
    text: str = ""
    text_size: float = 8.0
    text_place: str = "bottom"
    text_raise: float = 0.8
    font: str = ""
    samples_per_mm: float | None = None
    max_error: float = 0.05
    budget: int | None = 390_000

    @property
    def height(self) -> float:
        """Greatest thickness of the picture."""
        return self.base + self.relief_height

    @property
    def standing(self) -> bool:
        """Whether a plate is printed upright: a lithophane with a straight lower edge."""
        return ROUTES[self.route].standing and SHAPES[self.shape].stands

    @property
    def upright(self) -> bool:
        """Whether the print stands: such a plate, or a shape that always does."""
        return self.standing or SHAPES[self.shape].bend is not None

    @property
    def bright_is_high(self) -> bool:
        """Whether bright parts of the photo become thick, after `invert`."""
        return ROUTES[self.route].bright_is_high != self.invert

    @classmethod
    def defaults(cls, route: str) -> ReliefSettings:
        """The defaults of a route.

        Raises:
            ReliefRefused: ``relief.unknown_route``.
        """
        if not isinstance(route, str) or route not in ROUTES:
            raise ReliefRefused(
                "relief.unknown_route",
                N_("%(route)s is no way to shape a photo; choose one of: %(known)s."),
                field="route",
                suggest="relief",
                route=shown(route),
                known=", ".join(ROUTES),
            )
        return cls(route=route, **ROUTES[route].defaults)

    @classmethod
    def preset(cls, name: str) -> ReliefSettings:
        """The settings of a preset.

        Raises:
            ReliefRefused: ``relief.unknown_preset``.
        """
        if name not in PRESETS:
            raise ReliefRefused(
                "relief.unknown_preset",
                N_("There is no preset %(name)s; choose one of: %(known)s."),
                field="preset",
                name=shown(name),
                known=", ".join(PRESETS),
            )
        chosen = PRESETS[name]
        return replace(cls.defaults(chosen.route), **chosen.changes)

    @classmethod
    def from_json(cls, route: str, data: Mapping[str, Any]) -> ReliefSettings:
        """The route's defaults, changed by `data`, and checked.

        Args:
            data: settings by name, as `to_json` gives them; a ``route`` among them must
                be the same route.

        Raises:
            ReliefRefused: ``relief.unknown_route``, ``relief.unknown_setting``,
                ``relief.wrong_type``, ``relief.out_of_range`` and their like; `field`
                names the setting as ``relief.width``.
        """
        settings = cls.defaults(route)
        if not isinstance(data, Mapping):
            raise ReliefRefused(
                "relief.wrong_type",
                N_("The settings of the relief are not a table of names and values."),
                field="relief",
            )
        changes = {}
        for name, value in data.items():
            if name == "route" and value == route:
                continue
            if name == "shape":
                changes[name] = _shape(value)
            elif name in OPTIONS:
                changes[name] = OPTIONS[name].check(name, value)
            else:
                raise ReliefRefused(
                    "relief.unknown_setting",
                    N_("A relief has no setting %(name)s; leave it out."),
                    field=f"relief.{shown(name)}",
                    name=shown(name),
                )
        settings = replace(settings, **changes)
        settings._check_together()
        return settings

    def _check_together(self) -> None:
        if self.steps == 1:
            raise ReliefRefused(
                "relief.one_step",
                N_("A single flat level shows nothing; choose 2 or more, or 0 for none."),
                field="relief.steps",
                suggest=2,
            )
        if self.black >= self.white:
            raise ReliefRefused(
                "relief.black_above_white",
                N_("The black point must be below the white point; move one of them."),
                field="relief.black",
                suggest=0.0 if self.white > 0 else None,
            )

    def to_json(self) -> dict[str, Any]:
        data = asdict(self)
        if self.curve is not None:
            data["curve"] = [list(point) for point in self.curve]
        return data


def _shape(value: Any) -> str:
    if isinstance(value, str) and value in SHAPES:
        return value
    raise ReliefRefused(
        "relief.unknown_shape",
        N_("There is no shape %(value)s; choose one of: %(known)s."),
        field="relief.shape",
        suggest="plate",
        value=shown(value),
        known=", ".join(SHAPES),
    )
