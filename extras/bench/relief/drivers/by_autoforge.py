"""AutoForge's heightfield mesher; `layers` rounds to 0.1 mm first, its real use.

Only the module of the mesher is loaded: the package's own writer imports torch.
"""

from __future__ import annotations

import sys

import numpy as np
from autoforge.Helper.HeightfieldMesh import heightfield_mesh
from task import heights, task, write_stl

LAYER = 0.1


def main() -> None:
    job = task()
    z = heights(job) - job.base
    if "layers" in sys.argv:
        z = np.rint(z / LAYER) * np.float32(LAYER)
    vertices, faces = heightfield_mesh(z, job.base, max(job.width, job.depth))
    write_stl(job.out, vertices[faces])


if __name__ == "__main__":
    main()
