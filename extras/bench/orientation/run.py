#!/usr/bin/env python3
"""Our orientation of models beside Tweaker-3's: support needed, how many got worse, time.

    .venv/bin/python extras/bench/orientation/run.py MODELS [--tweaker FOLDER] [--each]

MODELS is a folder of meshes, with an index.json (a list of {"file", "ai", "flat"}) or
without. Every model is scaled to 100 mm and welded; a GLB is turned upright first. FOLDER
holds a checkout of https://github.com/ChristophSchranz/Tweaker-3 (GPLv3, therefore only
measured here and not part of this project); without it only ours is measured.

The proxy is calculated here from all faces of the model, not with the code under test:
faces looking down by more than 45 degrees, each its area seen from above times its height
over the lowest point, over the volume (of the convex hull where the model is open); faces
lying on the bed count nothing. Tweaker runs in its extended mode with the volume of the
support as its goal, as the plugin of Cura offers it.
"""

from __future__ import annotations

import argparse
import importlib
import json
import statistics
import sys
import time
import warnings
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT))

from octoprint_img2stl.machine import Machine  # noqa: E402
from octoprint_img2stl.mesh.model import Mesh, weld  # noqa: E402
from octoprint_img2stl.mesh.prepare.orient import (  # noqa: E402
    orientations,
    proposed,
)
from octoprint_img2stl.mesh.prepare.turn import matrix  # noqa: E402

ENDINGS = {".stl", ".obj", ".ply", ".off", ".glb", ".gltf", ".3mf"}
LONGEST = 100.0  # mm
MOST_FACES = 400_000
LIES = 0.3  # mm over the lowest point
NOISE = 0.01  # of the volume: a change of the proxy that means nothing


def read(path: Path) -> Mesh | None:
    """The model scaled and upright; None where there is no solid to speak of."""
    import trimesh

    scene = trimesh.load(path, force="scene")
    found = [
        geometry
        for geometry in scene.dump()
        if isinstance(geometry, trimesh.Trimesh) and len(geometry.faces)
    ]
    if not found:
        return None
    corners = np.concatenate([np.asarray(each.triangles) for each in found])
    corners = corners[np.isfinite(corners).all(axis=(1, 2))]
    if path.suffix.lower() in (".glb", ".gltf"):
        x, y, z = np.moveaxis(corners, 2, 0)
        corners = np.stack((x, -z, y), axis=2)
    if not 4 <= len(corners) <= MOST_FACES:
        return None
    low, high = corners.min(axis=(0, 1)), corners.max(axis=(0, 1))
    if not (high - low).min() > 1e-6 * (high - low).max():
        return None
    corners = (corners - (low + high) / 2) * (LONGEST / (high - low).max())
    return weld(corners.astype(np.float32))


def proxy(mesh: Mesh, down: np.ndarray) -> float:
    points = mesh.vertices.astype(np.float64)
    a, b, c = (points[mesh.faces[:, side]] for side in range(3))
    vectors = np.cross(b - a, c - a) / 2
    areas = np.linalg.norm(vectors, axis=1)
    heights = -(a + b + c) / 3 @ down
    heights -= (-points @ down).min()
    looks = vectors @ down
    hangs = (looks > areas * np.cos(np.radians(45))) & (heights > LIES)
    return float((looks * heights)[hangs].sum()) / volume(mesh)


def volume(mesh: Mesh) -> float:
    from scipy.spatial import ConvexHull

    points = mesh.vertices.astype(np.float64)
    a, b, c = (points[mesh.faces[:, side]] for side in range(3))
    own = float(np.einsum("ij,ij->", a, np.cross(b, c))) / 6
    around = float(ConvexHull(points).volume)
    return own if 0.002 * around < own <= 1.001 * around else around


def by_ours(mesh: Mesh) -> np.ndarray:
    return -matrix(orientations(mesh, Machine())[0].turn)[2]


def by_proposal(mesh: Mesh) -> np.ndarray:
    return -matrix(proposed(mesh, Machine()).turn)[2]


def by_tweaker(folder: Path):
    sys.path.insert(0, str(folder))
    module = importlib.import_module("MeshTweaker")

    def run(mesh: Mesh) -> np.ndarray:
        np.random.seed(1)  # it draws edges at random
        corners = mesh.vertices[mesh.faces].reshape(-1, 3).astype(np.float64)
        made = module.Tweak(corners, extended_mode=True, verbose=False, min_volume=True)
        return -np.asarray(made.alignment, dtype=np.float64)

    return run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", type=Path)
    parser.add_argument("--tweaker", type=Path)
    parser.add_argument("--only", default="", help="files with this in their name")
    parser.add_argument("--each", action="store_true", help="one line a model as well")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    tools = {"ours, best": by_ours, "ours, as proposed": by_proposal}
    if options.tweaker:
        tools["Tweaker-3, extended, volume"] = by_tweaker(options.tweaker)
    rows: dict[str, list[tuple[float, float, float]]] = {name: [] for name in tools}
    groups: list[bool] = []
    left_out = []
    for path, ai in listed(options.models):
        if options.only not in path.name:
            continue
        try:
            mesh = read(path)
            if mesh is None:
                raise ValueError("flat, empty or too large")
            first = proxy(mesh, np.array((0.0, 0.0, -1.0)))
            line = []
            for name, tool in tools.items():
                start = time.process_time()
                down = tool(mesh)
                line.append((name, proxy(mesh, down), time.process_time() - start))
        except Exception as error:
            left_out.append(f"{path.name}: {type(error).__name__} {error}"[:100])
            continue
        groups.append(ai)
        for name, value, spent in line:
            rows[name].append((first, value, spent))
        if options.each:
            told = ", ".join(f"{n} {v:.2f} ({s:.2f} s)" for n, v, s in line)
            print(f"{path.name} ({len(mesh.faces)}): {first:.2f}; {told}", flush=True)
    table(rows, groups)
    print(f"\nleft out {len(left_out)}:", *left_out, sep="\n  ")


def listed(folder: Path) -> list[tuple[Path, bool]]:
    index = folder / "index.json"
    if index.exists():
        return [
            (folder / each["file"], bool(each.get("ai")))
            for each in json.loads(index.read_text())
            if not each.get("flat")
        ]
    found = sorted(p for p in folder.rglob("*") if p.suffix.lower() in ENDINGS)
    return [(path, False) for path in found]


def table(rows, groups) -> None:
    print(
        "\n| models | orientation | mean | median | worse | better | CPU s median / p90 |"
    )
    print("|---|---|---|---|---|---|---|")
    for label, wanted in (("all", (True, False)), ("AI", (True,))):
        chosen = [i for i, ai in enumerate(groups) if ai in wanted]
        if not chosen:
            continue
        first = [next(iter(rows.values()))[i][0] for i in chosen]
        shown(label, len(chosen), "as it came", first, first, [])
        for name, results in rows.items():
            values = [results[i][1] for i in chosen]
            shown(
                label, len(chosen), name, first, values, [results[i][2] for i in chosen]
            )


def shown(label, count, name, first, values, times) -> None:
    worse = sum(v > f + NOISE for f, v in zip(first, values, strict=True))
    better = sum(v < f - NOISE for f, v in zip(first, values, strict=True))
    spent = "-"
    if times:
        spent = f"{statistics.median(times):.3f} / {np.percentile(times, 90):.3f}"
    print(
        f"| {label} {count} | {name} | {statistics.mean(values):.2f} | "
        f"{statistics.median(values):.2f} | {worse} | {better} | {spent} |"
    )


if __name__ == "__main__":
    main()
