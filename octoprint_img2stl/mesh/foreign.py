"""The formats that trimesh reads for us; it is imported when one of them is opened."""

from __future__ import annotations

from functools import partial
from typing import BinaryIO

import numpy as np

from ..problems import N_
from .refused import MeshRefused
from .stl import require_at_most

GLTF_TO_MM = 1000.0  # glTF 2.0 specification, 3.4: metres


def read_foreign(
    file: BinaryIO, name: str, max_triangles: int, *, kind: str
) -> np.ndarray:
    """All triangles of a file, instances placed, (F, 3, 3) float32 (perhaps not finite).

    Raises:
        MeshRefused: `mesh.unreadable`, `mesh.too_big`.
    """
    try:
        return _read(file, name, max_triangles, kind)
    except MeshRefused:
        raise
    except MemoryError:
        # A few bytes of glTF can announce arrays of any size.
        raise MeshRefused(
            "mesh.too_big",
            N_("%(name)s needs more memory than there is; simplify the model first."),
            name=name,
        ) from None
    except Exception as error:  # trimesh's parsers raise whatever their input provokes
        raise MeshRefused(
            "mesh.unreadable",
            N_(
                "%(name)s cannot be read as %(format)s (%(reason)s); "
                "export it again, best as binary STL."
            ),
            name=name,
            format=kind.upper(),
            reason=f"{type(error).__name__}: {error}"[:200],
        ) from error


def _read(file: BinaryIO, name: str, max_triangles: int, kind: str) -> np.ndarray:
    import trimesh

    # From the open file and without a resolver: a model cannot pull in other files.
    # `load` and not the newer `load_scene`: trimesh 4.0 must do.
    scene = trimesh.load(
        file, file_type=kind, force="scene", process=False, skip_materials=True
    )
    parts, count = [], 0
    for node in scene.graph.nodes_geometry:
        transform, geometry_name = scene.graph[node]
        geometry = scene.geometry[geometry_name]
        if not isinstance(geometry, trimesh.Trimesh) or not len(geometry.faces):
            continue
        count += len(geometry.faces)
        require_at_most(count, name, max_triangles)
        points = np.asarray(geometry.vertices, dtype=np.float64)
        with np.errstate(all="ignore"):  # not finite is refused by the caller
            points = points @ transform[:3, :3].T + transform[:3, 3]
            if kind == "glb":
                points = np.stack((points[:, 0], -points[:, 2], points[:, 1]), axis=1)
                points *= GLTF_TO_MM
            corners = points.astype(np.float32)[geometry.faces]
        # A mirroring placement turns the faces inside out.
        parts.append(
            corners[:, ::-1] if np.linalg.det(transform[:3, :3]) < 0 else corners
        )
    return np.concatenate(parts) if parts else np.empty((0, 3, 3), dtype=np.float32)


read_obj = partial(read_foreign, kind="obj")
read_ply = partial(read_foreign, kind="ply")
read_off = partial(read_foreign, kind="off")
read_glb = partial(read_foreign, kind="glb")
