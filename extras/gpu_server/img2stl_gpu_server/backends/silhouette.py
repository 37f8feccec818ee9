"""The plugin's own generator: no graphics card, no weights. An outline, rounded or carved."""

from __future__ import annotations

from collections.abc import Sequence

from ..order import Order
from ..refused import INPUT, Refused
from ..watch import Watch
from .backend import About, Backend, Picture, RawMesh, in_order

ROLES = ("front", "back", "left", "right", "top")
# Cells of Tencent's octree below which a detail is meant.
OCTREE = ((96, "draft"), (160, "normal"))


class Silhouette(Backend):
    """Inflates one outline, or carves a solid by several."""

    about = About(
        name="silhouette",
        label="Silhouette",
        licence="AGPL-3.0-or-later, no weights",
        notice="An inflated or carved outline, not a reconstruction of what it shows.",
        views_max=5,
        roles=ROLES,
        seed=False,
        solid=True,
        own_size=True,
    )

    def load(self) -> None:
        from .cutting import Cutter

        self._cutter = Cutter(self.settings)

    def make(self, order: Order, pictures: Sequence[Picture], watch: Watch) -> RawMesh:
        from octoprint_img2stl.problems import Refusal
        from octoprint_img2stl.solid3d.local import Silhouette as Outline
        from octoprint_img2stl.solid3d.local import solid_from
        from octoprint_img2stl.solid3d.settings import SolidSettings

        from .cutting import mask_of

        outlines = []
        for number, picture in enumerate(in_order(pictures)):
            watch.report(0.2 * number / len(pictures), "cutting out")
            image = self._cutter.cut(picture, wanted=order.remove_background)
            outlines.append(Outline(picture.role, mask_of(image)))
        settings = SolidSettings(
            detail=_detail(order),
            size=order.size,
            thickness=order.thickness,
            back=order.back,
        )
        report = watch.part(0.2, 1.0)
        try:
            solid = solid_from(outlines, settings, lambda share: report(share, "carving"))
        except Refusal as error:
            raise Refused(INPUT, error.problem.message) from None
        notes = tuple(each.message for each in solid.notices)
        return RawMesh(solid.vertices, solid.faces, "z", notes)


def _detail(order: Order) -> str:
    cells = order.octree_resolution
    if cells is None or order.api:
        return order.detail
    return next((detail for least, detail in OCTREE if cells <= least), "fine")
