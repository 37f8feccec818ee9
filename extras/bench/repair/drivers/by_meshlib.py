"""MeshLib: degeneracies, holes filled one by one, local mending of self-intersections."""

import task
from meshlib import mrmeshnumpy, mrmeshpy


def by_meshlib(points, faces):
    mesh = mrmeshnumpy.meshFromFacesVerts(
        faces, points, duplicateNonManifoldVertices=True
    )
    mrmeshpy.fixMeshDegeneracies(mesh, mrmeshpy.FixMeshDegeneraciesParams())
    for edge in mesh.topology.findHoleRepresentiveEdges():
        values = mrmeshpy.FillHoleParams()
        values.metric = mrmeshpy.getUniversalMetric(mesh)
        mrmeshpy.fillHole(mesh, edge, values)
    mrmeshpy.localFixSelfIntersections(mesh, mrmeshpy.FixSelfIntersectionSettings())
    mesh.pack()
    made = mrmeshnumpy.getNumpyVerts(mesh)
    return made, mrmeshnumpy.getNumpyFaces(mesh.topology), {}


task.run(by_meshlib)
