#!/usr/bin/env python3
"""How many triangles ours takes for one of pydelatin's, at the same maximum error.

Delaunay triangles from greedy insertion are about the fewest known for a height field; ours
is tied to a hierarchy of right triangles and pays for that. Both mesh the same nodes, and
whole solids are counted (upper side, walls and a fan as bottom).

    python extras/bench/relief/ratio.py [--pictures a,b] [--sizes 512,1024]
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from pathlib import Path

from bootstrap import at_home
from environments import NotInstalled, venv


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pictures", default="all")
    parser.add_argument("--sizes", default="512,1024")
    parser.add_argument("--errors", default="0.02,0.05", help="mm")
    arguments = parser.parse_args()
    at_home(str(venv("pydelatin", "pydelatin", "numpy", "Pillow")))
    import numpy as np
    import ours  # also puts the drivers on the path
    from by_delatin import solid
    from job import WIDTH
    from pictures import PICTURES, pixel_heights, prepared

    names = {picture.name for picture in PICTURES}
    if arguments.pictures != "all":
        names &= set(arguments.pictures.split(","))
    errors = [float(error) for error in arguments.errors.split(",")]
    found = []
    print("| picture | px | eps mm | ours | pydelatin | ratio |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    with tempfile.TemporaryDirectory() as folder:
        for picture in PICTURES:
            for size in map(int, arguments.sizes.split(",")):
                if picture.name not in names:
                    continue
                try:
                    z = pixel_heights(prepared(picture, size)).astype(np.float32)
                except NotInstalled as reason:
                    print(f"| {picture.name} | not had: {reason} |")
                    break
                for error in errors:
                    out = Path(folder) / "ours.stl"
                    mine = ours.write(ours.plain(z, WIDTH, WIDTH), out, error)
                    theirs = len(solid(z, WIDTH, WIDTH, error))
                    found.append((mine / theirs, picture.name, size, error))
                    print(
                        f"| {picture.name} | {size} | {error:g} | {mine} | {theirs} | "
                        f"{mine / theirs:.2f} |",
                        flush=True,
                    )
    worst = max(found)
    print(
        f"\nmedian {statistics.median(ratio for ratio, *_ in found):.2f}, worst "
        f"{worst[0]:.2f} ({worst[1]}, {worst[2]} px, {worst[3]:g} mm), "
        f"{len(found)} meshes each"
    )


if __name__ == "__main__":
    main()
