"""pic2stl: black and white only, one pixel is one mm."""

from __future__ import annotations

from pic2stl import image_to_stl
from task import task


def main() -> None:
    job = task()
    image_to_stl(
        job.picture,
        job.out,
        job.base + job.relief,
        add_base=True,
        base_thickness=job.base,
        invert_image=True,
    )


if __name__ == "__main__":
    main()
