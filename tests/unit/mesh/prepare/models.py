"""Solids for the tests of getting a mesh ready."""

from __future__ import annotations

import numpy as np
import trimesh
from manifold3d import Manifold

from octoprint_img2stl.mesh.kernel import from_kernel, is_strict, to_kernel
from octoprint_img2stl.mesh.model import Mesh, weld
from octoprint_img2stl.mesh.settings import MeshSettings


def settings(**chosen) -> MeshSettings:
    return MeshSettings(**{"simplify": False, **chosen})


def block(width, depth, height, at=(0, 0, 0)) -> Manifold:
    return Manifold.cube((width, depth, height)).translate(at)


def rod(radius, height, at=(0, 0, 0), top=-1.0) -> Manifold:
    made = Manifold.cylinder(height, radius, top, circular_segments=96)
    return made.translate(at)


def ball(radius: float, segments: int = 96) -> Mesh:
    return from_kernel(Manifold.sphere(radius, segments))


def bumpy(faces: int, wave: float = 0.12, radius: float = 50.0) -> Mesh:
    """A ball with waves, evenly meshed; `radius_of` gives its true radius."""
    base = trimesh.creation.icosahedron()
    solid = to_kernel(weld(np.asarray(base.triangles, dtype=np.float32)))
    fine = solid.refine(max(1, round((faces / 20) ** 0.5))).to_mesh64()
    ways = np.array(fine.vert_properties)
    ways /= np.linalg.norm(ways, axis=1)[:, None]
    points = ways * radius_of(ways, wave, radius)[:, None]
    return Mesh(points.astype(np.float32), np.array(fine.tri_verts).astype(np.int32))


def radius_of(ways: np.ndarray, wave: float = 0.12, radius: float = 50.0) -> np.ndarray:
    x, y, z = ways.T
    return radius * (1 + wave * np.sin(7 * x) * np.sin(6 * y + 1) * np.sin(5 * z + 2))


def mushroom() -> Mesh:
    """A wide cap on a thin stem: best printed upside down."""
    return from_kernel(rod(4, 41) + rod(25, 5, (0, 0, 40)))


def open_box() -> Mesh:
    """A cube without its lid: it has no inside."""
    cube = from_kernel(block(20, 20, 20))
    tops = (cube.vertices[cube.faces][:, :, 2] > 19).all(axis=1)
    return weld(cube.vertices[cube.faces[~tops]])


def size_of(mesh: Mesh) -> np.ndarray:
    return np.ptp(mesh.vertices.astype(np.float64), axis=0)


def volume_of(mesh: Mesh) -> float:
    corners = mesh.vertices.astype(np.float64)[mesh.faces]
    a, b, c = (corners[:, side] for side in range(3))
    return float(np.einsum("ij,ij->", a, np.cross(b, c))) / 6


def assert_strict(mesh: Mesh) -> None:
    """As an STL reader sees it: after joining equal float32 positions again."""
    assert is_strict(weld(mesh.vertices[mesh.faces]))
    assert volume_of(mesh) > 0


def codes(notes) -> list[str]:
    return [note.code for note in notes]
