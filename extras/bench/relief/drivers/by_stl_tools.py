"""stl_tools: the base is a share of the height, the picture is turned by a quarter."""

from __future__ import annotations

from stl_tools import numpy2stl
from task import heights, task


def main() -> None:
    job = task()
    z = heights(job)
    columns = z.shape[1]
    numpy2stl(
        z * (columns / job.width),
        job.out,
        scale=1.0,
        max_width=job.width,
        max_depth=job.depth,
        max_height=job.base + job.relief,
        solid=True,
        min_thickness_percent=job.base / job.relief,
    )


if __name__ == "__main__":
    main()
