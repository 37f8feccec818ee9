"""What a check looks at, and what it says.

`Subject` holds a mesh with everything several checks need, worked out when first asked for:
its measures, its bodies, its layers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from scipy.spatial import ConvexHull, QhullError

from ..machine import Machine
from ..problems import Problem
from .columns import Columns
from .footprint import narrowest
from .layers import Slicer
from .measure import MeshFacts, centre_of_mass, measure
from .model import Mesh
from .support_volume import Style, Supports, supports
from .survey import Survey, survey
from .topology import boxes, connected
from .where import Where

COLUMN = 0.75  # mm: about the finest roof or support that matters
LEAST, MOST = 0.1, 5000.0  # mm
SUPPORT_REACH = 2.0  # line widths by which supports stand out, as the slicing room has it


@dataclass(frozen=True)
class Printing:
    """How the mesh will be printed, as far as checks ask.

    Attributes:
        layer_height: mm; None: half the nozzle.
        first_layer: height of the first layer, mm; None: as the others.
        line_width: of the outer lines, mm; None: 1.125 nozzles.
        supports: ``none``, ``plate`` or ``everywhere``.
        brim: its width, mm; None: only where it is needed and has room.
        skirt: what a skirt takes around the model, mm; 0: none.
        support_style: how the slicer makes supports; None: what they take is not asked.
    """

    layer_height: float | None = None
    first_layer: float | None = None
    line_width: float | None = None
    supports: str = "none"
    brim: float | None = None
    skirt: float = 0.0
    support_style: Style | None = None


@dataclass(frozen=True, eq=False)
class Finding:
    """A problem, and the part of the mesh it is about (None: the whole)."""

    problem: Problem
    where: Where | None = None


@dataclass(frozen=True, eq=False)
class Inspected:
    """Measures of a mesh and what the checks found, the gravest first.

    Attributes:
        supports: what they would take; None where nobody asked or there is no inside.
    """

    facts: MeshFacts
    findings: list[Finding]
    supports: Need | None = None

    @property
    def problems(self) -> list[Problem]:
        return [finding.problem for finding in self.findings]


@dataclass(frozen=True)
class Need:
    """What supports would take, and whether there should be any.

    Attributes:
        plate, everywhere: plastic, mm³.
        needed: whether the model will hardly print without.
        suggest: ``none``, ``plate`` or ``everywhere``.
    """

    plate: float
    everywhere: float
    needed: bool
    suggest: str


@dataclass(frozen=True, eq=False)
class Bodies:
    """Connected pieces of the surface.

    Attributes:
        of_face: (F,) number of each face's body.
        low, high: (B, 3) float64, their boxes, mm.
        volume: (B,) signed, mm3: negative for the wall of a sealed cavity.
    """

    of_face: np.ndarray
    low: np.ndarray
    high: np.ndarray
    volume: np.ndarray


@dataclass(eq=False)
class Subject:
    """A mesh as it stands, its lowest point on the bed of `machine`."""

    mesh: Mesh
    machine: Machine
    printing: Printing = field(default_factory=Printing)
    progress: Callable[[float], None] = lambda fraction: None

    @cached_property
    def facts(self) -> MeshFacts:
        return measure(self.mesh)

    @property
    def layer(self) -> float:
        return self.printing.layer_height or self.machine.nozzle / 2

    @property
    def first_layer(self) -> float:
        return self.printing.first_layer or self.layer

    @property
    def line(self) -> float:
        return self.printing.line_width or self.machine.line_width

    @property
    def supported(self) -> bool:
        return self.printing.supports != "none"

    @property
    def floor(self) -> float:
        """z of the bed."""
        return self.facts.low[2]

    @property
    def sliceable(self) -> bool:
        """Whether layers say anything: the surface encloses a volume, right side out.

        Nor do they where the model is of a size no printer has.
        """
        facts = self.facts
        return facts.closed and facts.volume > 0 and LEAST < max(facts.size) < MOST

    @cached_property
    def slicer(self) -> Slicer:
        return Slicer(self.mesh)

    @cached_property
    def survey(self) -> Survey | None:
        """What the layers show; None where the mesh has no inside."""
        if not self.sliceable:
            return None
        return survey(
            self.slicer,
            self.facts,
            layer=self.layer,
            first_layer=self.first_layer,
            line=self.line,
            nozzle=self.machine.nozzle,
            progress=self.progress,
        )

    @cached_property
    def supports(self) -> Supports | None:
        """What supports would take; None where nobody asked or the mesh has no inside."""
        style = self.printing.support_style
        if style is None or not self.sliceable:
            return None
        return supports(self.slicer, self.facts, self.layer, style)

    @cached_property
    def bodies(self) -> Bodies:
        roots = connected(self.mesh.faces, len(self.mesh.vertices))
        names, low, high = boxes(self.mesh, roots)
        of_face = np.searchsorted(names, roots[self.mesh.faces[:, 0]])
        volume = np.zeros(len(names))
        centre = (low.astype(np.float64) + high) / 2
        for part, corners in self.mesh.corner_chunks():
            body = of_face[part]
            corners -= centre[body][:, None]
            sixfold = np.einsum(
                "ij,ij->i", corners[:, 0], np.cross(corners[:, 1], corners[:, 2])
            )
            volume += np.bincount(body, weights=sixfold / 6, minlength=len(names))
        return Bodies(of_face, low.astype(np.float64), high.astype(np.float64), volume)

    @cached_property
    def columns(self) -> Columns:
        """Where the upper surfaces are."""
        return Columns.of(self.mesh, COLUMN)

    @cached_property
    def thickness(self) -> float:
        """Of the whole part, seen from above, mm (see `footprint.narrowest`)."""
        flat = self.mesh.vertices[:, :2].astype(np.float64)
        try:
            flat = flat[ConvexHull(flat).vertices]
        except QhullError:  # all on a line
            pass
        return narrowest(Mesh(np.column_stack((flat, flat[:, 0])), self.mesh.faces[:0]))

    @cached_property
    def centre_of_mass(self) -> np.ndarray:
        """(3,) mm, of the mesh taken as solid."""
        return centre_of_mass(self.mesh)

    @property
    def brim(self) -> float:
        return float(self.printing.brim or 0.0)

    @property
    def margin(self) -> float:
        """What surely lies on the bed around the model, mm: brim or supports."""
        supports = SUPPORT_REACH * self.line if self.supported else 0.0
        return max(self.brim, supports)

    def grown(self, factor: float) -> float | None:
        """Percent for `mesh.size` that makes everything larger, if the bed has room."""
        size = [side * factor for side in self.facts.size]
        if not (1 < factor <= 4 and self.machine.fits(*size, self.margin)):
            return None
        return round(100 * factor + 0.5)
