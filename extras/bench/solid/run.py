"""What the local generator costs and how exact its outlines are: prints one table.

    python extras/bench/solid/run.py

Each case runs in a process of its own: photos of a figure are drawn (masks of 1024 px, with
soft edges), then the time and the memory from the masks to vertices and faces are taken.
`before` is what Python, numpy, scipy and the masks took already. The outline's distances are
in pixels of the masks, over all photos, measured on a raster four times as fine.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

SIDE = 1024
DETAILS = {"draft": 64, "normal": 128, "fine": 192}
ROLES = {1: ("front",), 2: ("front", "left"), 4: ("front", "back", "left", "right")}
ROLES[5] = (*ROLES[4], "top")
# A body, a head, a nose to the front (-y), an arm to the right (+x), a tail: (at, radii).
FIGURE = (
    ((0, 0, -0.2), (0.45, 0.35, 0.6)),
    ((0.05, -0.05, 0.5), (0.28, 0.28, 0.3)),
    ((0.5, 0, -0.1), (0.4, 0.15, 0.14)),
    ((0.05, -0.4, 0.5), (0.14, 0.25, 0.14)),
    ((0, 0.5, -0.55), (0.14, 0.35, 0.14)),
)


def masks(roles: tuple[str, ...]) -> dict:
    """What cameras around the figure see of it, by role: (SIDE, SIDE) float32 coverage."""
    import numpy as np
    from PIL import Image, ImageDraw

    seen = {}
    for role in roles:
        across = 1 if role in ("left", "right") else 0
        sign = -1 if role in ("left", "back") else 1
        up = 1 if role == "top" else 2
        image = Image.new("L", (SIDE * 4, SIDE * 4))
        pen = ImageDraw.Draw(image)
        for at, radii in FIGURE:
            edges = (
                sign * at[across] - radii[across], -at[up] - radii[up],
                sign * at[across] + radii[across], -at[up] + radii[up],
            )  # fmt: skip
            pen.ellipse([(edge + 1) * SIDE * 2 for edge in edges], fill=255)
        seen[role] = np.asarray(image.reduce(4), np.float32) / 255
    return seen


def peak_mb() -> float:
    """Of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def case(detail: str, count: int) -> dict:
    """One solid: made, timed, measured."""
    import numpy as np

    from extras.bench.solid.outline import outline_off_px
    from octoprint_img2stl.solid3d.local import Silhouette, solid_from
    from octoprint_img2stl.solid3d.local.silhouettes import box_of
    from octoprint_img2stl.solid3d.settings import SolidSettings

    roles = ROLES[count]
    seen = masks(roles)
    before = peak_mb()
    begun, clock = time.process_time(), time.perf_counter()
    views = [Silhouette(role, mask) for role, mask in seen.items()]
    solid = solid_from(views, SolidSettings(detail=detail))
    figures = {
        "cpu_s": time.process_time() - begun,
        "wall_s": time.perf_counter() - clock,
        "before_mb": before,
        "peak_mb": peak_mb(),
        "triangles": len(solid.faces),
    }
    x, y, z = solid.vertices.T
    sides = {"front": x, "back": -x, "left": -y, "right": y, "top": x}
    pixel = 80 / box_of(seen["front"]).height
    off = np.concatenate(
        [
            outline_off_px(
                mask, sides[role], y if role == "top" else z, solid.faces, pixel
            )
            for role, mask in seen.items()
        ]
    )
    figures["cell_px"] = box_of(seen["front"]).height / DETAILS[detail]
    figures["off_px"] = [
        float(off.mean()),
        float(np.percentile(off, 99)),
        float(off.max()),
    ]
    return figures


def main() -> None:
    print(
        "| photos | cells | CPU s | wall s | peak MB (before) | triangles "
        "| outline off, px: mean, 99 %, most | a cell, px |"
    )
    print("|---|---|---|---|---|---|---|---|")
    for count in ROLES:
        for detail, cells in DETAILS.items():
            done = subprocess.run(
                [sys.executable, __file__, detail, str(count)],
                check=True,
                capture_output=True,
                text=True,
            )
            it = json.loads(done.stdout)
            off = ", ".join(f"{each:.2f}" for each in it["off_px"])
            print(
                f"| {count} | {cells} | {it['cpu_s']:.2f} | {it['wall_s']:.2f} "
                f"| {it['peak_mb']:.0f} ({it['before_mb']:.0f}) | {it['triangles']} "
                f"| {off} | {it['cell_px']:.1f} |",
                flush=True,
            )


if __name__ == "__main__":
    if len(sys.argv) == 3:
        print(json.dumps(case(sys.argv[1], int(sys.argv[2]))))
    else:
        main()
