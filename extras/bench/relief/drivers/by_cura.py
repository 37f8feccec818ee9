"""Cura's importer of pictures with its own MeshBuilder, without a window.

Stand-ins take the place of what the reader is built upon but does not use to make a mesh:
the scene, the dialog, the job queue. Pictures above 512 px are shrunk by the importer.
"""

from __future__ import annotations

import importlib
import os
import sys
import types

from task import task, write_stl

MOST_PX = 512


class Node:
    def setMeshData(self, mesh) -> None:  # noqa: N802
        self.mesh = mesh


class Job:
    @staticmethod
    def yieldThread() -> None:  # noqa: N802
        pass


def stand_in(name: str, **content) -> None:
    module = types.ModuleType(name)
    vars(module).update(content)
    sys.modules[name] = module


def main() -> None:
    job = task()
    stand_in("UM.Job", Job=Job)
    stand_in("UM.Mesh.MeshReader", MeshReader=object)
    stand_in("cura")
    stand_in("cura.Scene")
    stand_in("cura.Scene.CuraSceneNode", CuraSceneNode=Node)
    stand_in("reader", __path__=[os.environ["CURA_IMAGE_READER"]])
    stand_in("reader.ImageReaderUI", ImageReaderUI=object)
    reader = importlib.import_module("reader.ImageReader").ImageReader
    mesh = reader._generateSceneNode(
        None,
        job.picture,
        max(job.width, job.depth),
        job.relief,
        job.base,
        blur_iterations=0,
        max_size=MOST_PX,
        lighter_is_higher=False,
        use_transparency_model=False,
        transmittance_1mm=50,
    ).mesh
    corners = mesh.getVertices()[mesh.getIndices()] if mesh.hasIndices() else None
    if corners is None:
        corners = mesh.getVertices().reshape(-1, 3, 3)
    # Its y points up and its z to the front.
    write_stl(job.out, corners[..., [0, 2, 1]] * [1, -1, 1])


if __name__ == "__main__":
    main()
