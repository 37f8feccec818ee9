"""The function behind `lumina flat`; its command takes whole pixels per mm only."""

from __future__ import annotations

from lumina import flat_lithophane
from PIL import Image
from task import task


def main() -> None:
    job = task()
    with Image.open(job.picture) as picture:
        columns = picture.width
    flat_lithophane(
        image_path=job.picture,
        width_mm=job.width * (1 + 1e-9),
        height_mm=job.depth * (1 + 1e-9),
        max_thickness=job.base + job.relief,
        min_thickness=job.base,
        frame_thick_mm=0,
        frame_height_mm=0,
        resolution=columns / job.width,
    ).save(job.out)


if __name__ == "__main__":
    main()
