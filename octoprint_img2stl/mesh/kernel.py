"""Between our meshes and the solid-modelling kernel (manifold3d, Apache-2.0).

The kernel calculates in float64 and joins what an operation makes; we keep float32, which
is what an STL holds. Rounding may let two vertices fall together, so what comes back is
welded again and mended until every edge has exactly two faces.
"""

from __future__ import annotations

import numpy as np
from manifold3d import Error, Manifold
from manifold3d import Mesh as KernelMesh

from .model import Mesh, weld
from .topology import edge_facts


class NotASolid(ValueError):
    """The mesh does not enclose a volume the kernel can work with; repair it first."""


def to_kernel(mesh: Mesh) -> Manifold:
    """The mesh as a solid of the kernel.

    Raises:
        NotASolid: it is empty, open, or its edges do not pair.
    """
    solid = Manifold(
        KernelMesh(
            vert_properties=np.ascontiguousarray(mesh.vertices, dtype=np.float32),
            tri_verts=np.ascontiguousarray(mesh.faces, dtype=np.uint32),
        )
    )
    if solid.status() != Error.NoError or solid.is_empty():
        raise NotASolid(str(solid.status()))
    return solid


def from_kernel(solid: Manifold) -> Mesh:
    """A solid of the kernel as a strict mesh, welded at float32.

    Where parts touch along an edge or rounding brings them together, vertices are moved by
    some millionths of the size.

    Raises:
        NotASolid: nothing is left of it, or what is left cannot be told apart at float32.
    """
    from .repair.separate import strict_mesh  # the repair itself works with the kernel

    made = solid.to_mesh()
    points = np.asarray(made.vert_properties[:, :3], dtype=np.float32)
    corners = points[np.asarray(made.tri_verts)]
    del made, points
    if not len(corners):
        raise NotASolid("empty")
    mesh = weld(corners)
    if is_strict(mesh) and len(mesh.faces):
        return mesh
    strict = strict_mesh(mesh)
    if strict is None:
        raise NotASolid("it falls together at float32")
    return strict[0]


def is_strict(mesh: Mesh) -> bool:
    """Every edge has exactly two faces, of opposite direction."""
    edges = edge_facts(mesh)
    return not (edges.open or edges.crowded or edges.flipped)
