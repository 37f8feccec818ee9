"""MeshLab's filters: duplicates, null faces, non-manifold edges and vertices, holes, turn."""

import pymeshlab
import task

STEPS = (
    ("meshing_remove_duplicate_vertices", {}),
    ("meshing_remove_duplicate_faces", {}),
    ("meshing_remove_null_faces", {}),
    ("meshing_repair_non_manifold_edges", {}),
    ("meshing_repair_non_manifold_vertices", {}),
    ("meshing_re_orient_faces_coherently", {}),
    ("meshing_close_holes", {"maxholesize": 1_000_000}),
)


def by_pymeshlab(points, faces):
    meshes = pymeshlab.MeshSet()
    meshes.add_mesh(pymeshlab.Mesh(points.astype(float), faces))
    skipped = []
    for name, values in STEPS:
        try:
            meshes.apply_filter(name, **values)
        except pymeshlab.PyMeshLabException as problem:
            skipped.append(f"{name}: {problem}"[:120])
    made = meshes.current_mesh()
    return made.vertex_matrix(), made.face_matrix(), {"skipped": skipped}


task.run(by_pymeshlab)
