"""What a mesh is: its size, volume, and whether it encloses a solid."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from .model import Mesh
from .topology import connected, edge_facts


@dataclass(frozen=True)
class MeshFacts:
    """Measured once, used by all checks and by the report.

    Attributes:
        size: extent along x, y, z, mm.
        low, high: corners of the bounding box, mm.
        triangles: number of faces.
        volume: signed, mm3; negative when the faces look inwards, meaningless if not
            closed.
        area: of the whole surface, mm2.
        bodies: connected parts of the surface (a sealed cavity counts as one).
        open_edges: edges at a hole; crowded_edges: edges shared by four or more faces;
        flipped_edges: edges whose faces disagree on what is outside.
    """

    size: tuple[float, float, float]
    low: tuple[float, float, float]
    high: tuple[float, float, float]
    triangles: int
    volume: float
    area: float
    bodies: int
    open_edges: int
    crowded_edges: int
    flipped_edges: int

    @property
    def watertight(self) -> bool:
        """Every edge has exactly two faces."""
        return not self.open_edges and not self.crowded_edges

    @property
    def winding_ok(self) -> bool:
        """Neighbouring faces agree on what is outside."""
        return not self.flipped_edges

    @property
    def closed(self) -> bool:
        """Encloses a volume and slices right, though it may touch itself along edges."""
        return not self.open_edges and self.winding_ok

    def to_json(self) -> dict[str, Any]:
        data = asdict(self)
        for name in ("size", "low", "high"):
            data[name] = [round(value, 4) for value in data[name]]
        data["volume"], data["area"] = round(self.volume, 3), round(self.area, 3)
        return {**data, "watertight": self.watertight, "winding_ok": self.winding_ok}


def measure(mesh: Mesh) -> MeshFacts:
    """Measure a mesh; takes about 70 bytes a face besides the mesh itself."""
    low, high = mesh.vertices.min(axis=0), mesh.vertices.max(axis=0)
    # As float64 before subtracting: a part of 1e30 mm must be measured, not overflow.
    low, high = low.astype(np.float64), high.astype(np.float64)
    volume, area = _volume_and_area(mesh, (low + high) / 2)
    edges = edge_facts(mesh)
    roots = connected(mesh.faces, len(mesh.vertices))
    return MeshFacts(
        size=tuple((high - low).tolist()),
        low=tuple(low.tolist()),
        high=tuple(high.tolist()),
        triangles=len(mesh.faces),
        volume=volume,
        area=area,
        bodies=int(np.count_nonzero(roots == np.arange(len(roots)))),
        open_edges=edges.open,
        crowded_edges=edges.crowded,
        flipped_edges=edges.flipped,
    )


def _volume_and_area(mesh: Mesh, centre: np.ndarray) -> tuple[float, float]:
    """Sums over the faces; the volume is that of the tetrahedra to `centre` (Gauss).

    Taking the box's centre keeps the digits of a small part far from the origin.
    """
    volume = area = 0.0
    for _, corners in mesh.corner_chunks():
        corners -= centre
        doubled = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        volume += float(np.einsum("ij,ij->", corners[:, 0], doubled)) / 6
        area += float(np.linalg.norm(doubled, axis=1).sum()) / 2
    return volume, area


def centre_of_mass(mesh: Mesh) -> np.ndarray:
    """(3,) float64, mm: of the mesh taken as solid, by the tetrahedra to its box's centre.

    A mesh without volume has the centre of its box.
    """
    low = mesh.vertices.min(axis=0).astype(np.float64)
    centre = (low + mesh.vertices.max(axis=0)) / 2
    volume, moment = 0.0, np.zeros(3)
    for _, corners in mesh.corner_chunks():
        corners -= centre
        sixfold = np.einsum(
            "ij,ij->i", corners[:, 0], np.cross(corners[:, 1], corners[:, 2])
        )
        volume += float(sixfold.sum()) / 6
        moment += (sixfold[:, None] * corners.sum(axis=1)).sum(axis=0) / 24
    return centre + moment / volume if volume else centre
