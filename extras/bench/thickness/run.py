"""How exactly thin walls and pins are found: prints the table of docs and tests.

    python extras/bench/thickness/run.py

For every nozzle and layer height, shapes of known thickness (see shapes.py) are checked.
`threshold` is the thickness at which a place is no longer found, by halving, against one and
two line widths; `figure` is the largest difference between a thickness told and the true one.
Walls lean 30 degrees, their width taken level, as the slicer sees it.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from extras.bench.thickness import shapes  # noqa: E402
from octoprint_img2stl.machine import Machine  # noqa: E402
from octoprint_img2stl.mesh.checks.walls import upright  # noqa: E402
from octoprint_img2stl.mesh.model import Mesh  # noqa: E402
from octoprint_img2stl.mesh.subject import Printing, Subject  # noqa: E402

SHAPES: dict[str, Callable[[list[float]], Mesh]] = {
    "comb": shapes.comb,
    "square pins": lambda sizes: shapes.pins(sizes, 4),
    "round pins": lambda sizes: shapes.pins(sizes, 48),
    "leaning walls": lambda sizes: shapes.leaning(sizes, 30),
}
NOZZLES, LAYERS = (0.25, 0.4, 0.6, 0.8), (0.1, 0.2, 0.3)
TRIES = 7


def places(mesh: Mesh, nozzle: float, layer: float, lines: int) -> list:
    subject = Subject(mesh, Machine(nozzle=nozzle), Printing(layer_height=layer))
    survey = subject.survey
    assert survey is not None
    return upright(survey.below_one if lines == 1 else survey.below_two, subject)


def threshold(make: Callable, nozzle: float, layer: float, lines: int) -> float:
    """The thinnest thing that is not found, mm."""
    limit = lines * 1.125 * nozzle
    low, high = limit - 0.1, limit + 0.1
    for _ in range(TRIES):
        middle = (low + high) / 2
        found = bool(places(make([middle]), nozzle, layer, lines))
        low, high = (middle, high) if found else (low, middle)
    return (low + high) / 2


def figure(make: Callable, nozzle: float, layer: float) -> float:
    """Largest difference between told and true thickness of things below two lines, mm."""
    limit = 2 * 1.125 * nozzle
    sizes = [round(share * limit, 3) for share in (0.25, 0.4, 0.55, 0.7, 0.85)]
    told = sorted(place.width for place in places(make(sizes), nozzle, layer, 2))
    if len(told) != len(sizes):
        return float("nan")
    return max(abs(one - other) for one, other in zip(told, sizes, strict=True))


def wedge_error(nozzle: float, layer: float) -> float:
    """Thickness of a wedge where its thin part begins, less the line's width, mm."""
    thickest, length = 3.0, 40.0
    found = places(shapes.wedge(thickest, length), nozzle, layer, 1)
    begins = min(piece.low[1] for place in found for piece in place.pieces)
    return thickest * (1 - begins / length) - 1.125 * nozzle


def main() -> None:
    print("| shape | nozzle | layer | 1 line off by | 2 lines off by | figure off by |")
    print("|---|---|---|---|---|---|")
    begun, worst = time.process_time(), 0.0
    for name, make in SHAPES.items():
        for nozzle in NOZZLES:
            for layer in LAYERS:
                off = [
                    threshold(make, nozzle, layer, lines) - lines * 1.125 * nozzle
                    for lines in (1, 2)
                ]
                told = figure(make, nozzle, layer)
                worst = max(worst, *map(abs, off), told)
                print(
                    f"| {name} | {nozzle} | {layer} | {off[0]:+.3f} | {off[1]:+.3f} "
                    f"| {told:.3f} |",
                    flush=True,
                )
    for nozzle in NOZZLES:
        off = wedge_error(nozzle, 0.2)
        worst = max(worst, abs(off))
        print(f"| wedge | {nozzle} | 0.2 | {off:+.3f} | | |")
    print(f"\nworst {worst:.3f} mm, {time.process_time() - begun:.1f} CPU s")


if __name__ == "__main__":
    main()
