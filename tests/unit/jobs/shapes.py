"""Small meshes for jobs, as files."""

import numpy as np

from octoprint_img2stl.mesh.model import Mesh, weld
from octoprint_img2stl.mesh.stl import write_stl


def box(size=(20.0, 20.0, 20.0), at=(0.0, 0.0, 0.0)):
    """Corners (12, 3, 3) of the triangles of a closed box, its lowest corner at `at`."""
    x, y, z = size
    points = np.array(
        [(i, j, k) for i in (0, x) for j in (0, y) for k in (0, z)], np.float32
    ) + np.float32(at)
    quads = [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4),
             (1, 5, 7, 3)]  # fmt: skip
    faces = [tri for a, b, c, d in quads for tri in ((a, b, c), (a, c, d))]
    return points[np.array(faces)]


def mesh(*parts) -> Mesh:
    return weld(np.concatenate(parts))


def write(path, *parts, without=()):
    """A binary STL of these corners, without the faces of these numbers."""
    corners = np.delete(np.concatenate(parts), list(without), axis=0)
    write_stl(weld(corners), path)
    return path
