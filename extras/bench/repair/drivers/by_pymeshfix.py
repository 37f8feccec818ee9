"""MeshFix.repair, by default or with every component kept."""

import task
from pymeshfix import MeshFix


def pymeshfix(points, faces):
    fix = MeshFix(points.astype(float), faces)
    fix.repair(remove_smallest_components="keep" not in task.ARGUMENTS)
    return fix.points, fix.faces, {}


task.run(pymeshfix)
