"""The stencil: a sheet from which the subject of the photo is cut out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...problems import N_
from .canvas import Canvas, framed
from .shape import Shape

if TYPE_CHECKING:
    from ..settings import ReliefSettings
    from ..solid.body import Field, Region

# Around the photo even without a border, or a subject at its edge would cut the sheet up.
RIM = 4.0
RIM_SHARE = 0.1
# Narrower parts of the sheet break off, narrower cuts are closed by the plastic.
THINNEST = 0.8
SLIT = 0.4


def canvas(settings: ReliefSettings, aspect: float) -> Canvas:
    rim = min(RIM, RIM_SHARE * settings.width)
    return framed(settings.width, max(settings.border, rim), aspect)


def outline(settings: ReliefSettings, canvas: Canvas, mask: Field) -> Field:
    """The sheet without the subject, its loose islands held by bars."""
    from ..solid import sdf
    from ..solid.distance import signed_distance
    from ..solid.islands import bridged
    from ..solid.raster import Raster, RasterField

    raster = Raster.over(canvas)
    solid = SLIT / 2 - raster.sample(mask)
    solid = signed_distance(solid, raster.pitch) - (SLIT + THINNEST) / 2
    solid = signed_distance(solid, raster.pitch) + THINNEST / 2
    sheet = RasterField(raster, bridged(solid, raster, settings.bridge))
    return sdf.intersection(sdf.rectangle(*canvas.shape), sheet)


def upper_regions(settings: ReliefSettings, canvas: Canvas, mask: Field) -> list[Region]:
    """Flat all over: a stencil lies close to what is painted."""
    from ..solid.body import Region
    from ..solid.raster import everywhere

    return [Region(everywhere, settings.base)]


def size(settings: ReliefSettings, canvas: Canvas) -> tuple[float, float, float]:
    return canvas.width, canvas.depth, settings.base


SHAPE = Shape(
    label=N_("Stencil"),
    description=N_(
        "A flat sheet from which the subject is cut out, with bars for islands."
    ),
    options=("bridge", "subject", "subject_threshold"),
    canvas=canvas,
    outline=outline,
    size=size,
    upper_regions=upper_regions,
    needs_mask=True,
    plain=True,
)
