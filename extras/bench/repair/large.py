#!/usr/bin/env python3
"""What our repair costs on large meshes: CPU seconds and megabytes beside the loaded mesh.

    python extras/bench/repair/large.py [--corpus DIR]

One mesh of the corpus, every triangle cut in four until there are enough, comes as it is,
with holes, with one triangle in twenty turned over, and with a copy of itself pushed half
into it.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.append(str(HERE.parent / "relief"))

from run import at_home  # noqa: E402

# A body that arrives closed, and how often its triangles are cut in four: 99 970 faces,
# and 900 616.
MESHES = (("pyvista-Data-lucy.ply", 0), ("prusa3d-data-seam_test_object.3mf", 1))
HOLES = 20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--corpus", type=Path, help="folder of the meshes")
    arguments = parser.parse_args()
    at_home()
    import job
    from fetch import CORPUS, listed
    from judge import Shape, visible_samples
    from meshes import from_file, write_stl
    from tools import TOOLS

    ours = next(tool for tool in TOOLS if tool.name == "ours")
    entries = {entry["file"]: entry for entry in listed()}
    folder = job.OWN_CACHE / "large"
    folder.mkdir(parents=True, exist_ok=True)
    print("| mesh | faces | CPU s | extra MB | stage | strict | faithful |")
    print("| --- | ---: | ---: | ---: | --- | --- | --- |")
    for name, times in MESHES:
        whole = from_file((arguments.corpus or CORPUS) / name)
        for _ in range(times):
            whole = quartered(whole)
        for title, corners in damaged(whole):
            stl = folder / "mesh.stl"
            write_stl(stl, corners)
            shape = Shape(corners)
            case = job.Case(entries[name], stl, shape, visible_samples(shape))
            row = job.run(ours, ours.install(), case, False)
            print(line(f"{Path(name).stem}, {title}", len(corners), row), flush=True)
            stl.unlink()


def quartered(corners: Any) -> Any:
    """Every triangle cut in four at the middles of its edges."""
    import numpy as np

    a, b, c = corners.transpose(1, 0, 2)
    # The sum does not depend on the order, so both faces of an edge get the same middle.
    ab, bc, ca = (a + b) / 2, (b + c) / 2, (c + a) / 2
    parts = ((a, ab, ca), (ab, b, bc), (ca, bc, c), (ab, bc, ca))
    return np.concatenate([np.stack(part, axis=1) for part in parts]).astype(np.float32)


def damaged(whole: Any) -> Any:
    """(what was done, corners) of each way in which the mesh comes."""
    import numpy as np

    yield "as it is", whole
    random = np.random.default_rng(5)
    middles = whole.mean(axis=1)
    size = np.ptp(middles, axis=0).max()
    keep = np.ones(len(whole), dtype=bool)
    for middle in middles[random.integers(len(whole), size=HOLES)]:
        keep &= np.linalg.norm(middles - middle, axis=1) > 0.01 * size
    yield f"{HOLES} holes", whole[keep]
    turned = whole.copy()
    some = random.random(len(whole)) < 0.05
    turned[some] = turned[some][:, ::-1]
    yield "one face in twenty turned", turned
    half = whole[: len(whole)] + np.float32([0.25 * size, 0, 0])
    yield "twice, overlapping", np.concatenate((whole, half))


def line(name: str, faces: int, row: dict[str, Any]) -> str:
    if "failed" in row:
        return (
            f"| {name} | {faces} | {row.get('cpu_s', 0):.1f} | - | {row['failed']} | | |"
        )
    said = ["yes" if row[word] else "NO" for word in ("strict", "faithful")]
    cost = f"{row['cpu_s']:.2f} | {row['extra_mb']:.0f}"
    return f"| {name} | {faces} | {cost} | {row['stage']} | {said[0]} | {said[1]} |"


if __name__ == "__main__":
    main()
