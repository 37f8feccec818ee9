"""The functions behind the command of `lithophane`, whose resolution is a constant.

It is set so that each pixel becomes one node. The width asked for is a hair larger, or
rounding would lose a column.
"""

from __future__ import annotations

import matplotlib

matplotlib.use("Agg")

import lithophane  # noqa: E402
from matplotlib import image  # noqa: E402
from task import task  # noqa: E402


def main() -> None:
    job = task()
    columns = image.imread(job.picture).shape[1]
    lithophane.RESOLUTION = columns / job.width
    grid = lithophane.jpg_to_stl(
        job.picture,
        width_mm=job.width * (1 + 1e-9),
        depth_mm=job.relief,
        offset_mm=job.base,
        show=False,
    )
    lithophane.make_mesh(*grid).save(job.out)


if __name__ == "__main__":
    main()
