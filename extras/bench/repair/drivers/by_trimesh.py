"""The repairs of trimesh: merge, winding, inversion, holes of three and four edges."""

import task
import trimesh


def by_trimesh(points, faces):
    mesh = trimesh.Trimesh(points, faces, process=False)
    mesh.merge_vertices()
    mesh.update_faces(mesh.nondegenerate_faces())
    mesh.update_faces(mesh.unique_faces())
    trimesh.repair.fix_winding(mesh)
    trimesh.repair.fix_inversion(mesh, multibody=True)
    trimesh.repair.fill_holes(mesh)
    return mesh.vertices, mesh.faces, {}


task.run(by_trimesh)
