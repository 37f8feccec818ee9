"""The solid: closed, exact in size, and nowhere further from the heightmap than asked."""

from __future__ import annotations

import random
import subprocess
import sys
from dataclasses import dataclass

import numpy as np
import pytest
import trimesh

from octoprint_img2stl.relief import Heightmap, write_relief_stl

FACET = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("extra", "<u2")])
SIZES = [
    *[(2, 2), (2, 3), (3, 2), (2, 33), (33, 2), (32, 33), (33, 32), (33, 33), (34, 34)],
    *[(17, 40), (49, 65), (65, 65), (64, 129), (100, 77), (65, 1000), (545, 34)],
]


def surface(kind, rows, columns, seed=0):
    """Heights between 0.8 and 3 mm."""
    dice = np.random.default_rng(seed)
    y, x = np.mgrid[0:rows, 0:columns]
    heights = {
        "smooth": lambda: 1.9 + 0.5 * np.sin(x / 9) + 0.6 * np.cos(y / 7 + x / 30),
        "noise": lambda: 0.8 + 2.2 * dice.random((rows, columns)),
        "constant": lambda: np.full((rows, columns), 1.7),
        "binary": lambda: np.where(dice.random((rows, columns)) > 0.9, 3.0, 0.8),
        "step": lambda: np.where(x + 2 * y > (columns + 2 * rows) / 2, 3.0, 0.8),
    }
    return heights[kind]().astype(np.float32)


@dataclass
class Solid:
    """A written file, laid flat again: corners (n, 3, 3) with the photo's top at +y."""

    corners: np.ndarray
    normals: np.ndarray
    box: np.ndarray

    @classmethod
    def read(cls, path, thickness, depth, standing):
        data = path.read_bytes()
        assert not data.startswith(b"solid")
        facets = np.frombuffer(data, FACET, offset=84)
        assert int.from_bytes(data[80:84], "little") == len(facets)
        corners = facets["corners"]
        box = np.array([corners.min(axis=(0, 1)), corners.max(axis=(0, 1))])
        vectors = [corners.astype(float), facets["normal"].astype(float)]
        if standing:
            # The inverse of: photo's top up, picture side towards -y.
            vectors = [np.stack([v[..., 0], v[..., 2], -v[..., 1]], -1) for v in vectors]
            vectors[0] += (0, -depth / 2, thickness / 2)
        return cls(vectors[0], vectors[1], box)


def check_closed(solid: Solid) -> float:
    """Every edge is met exactly once in either direction; one body; the volume, mm3."""
    points = solid.corners.astype(np.float32).reshape(-1, 3)
    points, index = np.unique(points, axis=0, return_inverse=True)
    faces = index.reshape(-1, 3).astype(np.int64)
    edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    assert (edges[:, 0] != edges[:, 1]).all(), "a triangle without area"
    there = edges[:, 0] * len(points) + edges[:, 1]
    back = edges[:, 1] * len(points) + edges[:, 0]
    assert len(np.unique(there)) == len(there), "an edge used twice"
    assert np.array_equal(np.sort(there), np.sort(back)), "an open edge"
    # Euler: one closed surface without a hole through it.
    assert len(points) - len(edges) // 2 + len(faces) == 2
    a, b, c = solid.corners.transpose(1, 0, 2)
    cross = np.cross(b - a, c - a)
    area = np.linalg.norm(cross, axis=1)
    assert (area > 0).all()
    assert np.einsum("ij,ij->i", cross, solid.normals) / area == pytest.approx(
        1, abs=1e-3
    )
    return float(np.einsum("ij,ij->i", a, np.cross(b, c)).sum() / 6)


def upper_error(solid: Solid, made: Heightmap) -> float:
    """Greatest distance of the upper side from any node; every node must lie under it."""
    rows, columns = made.z.shape
    upper = solid.corners[solid.normals[:, 2] > 1e-6]
    x = (upper[..., 0] / made.width + 0.5) * (columns - 1)
    y = (0.5 - upper[..., 1] / made.depth) * (rows - 1)
    z = upper[..., 2]
    assert np.abs(x - np.rint(x)).max() < 1e-2 and np.abs(y - np.rint(y)).max() < 1e-2
    x, y = np.rint(x).astype(int), np.rint(y).astype(int)
    left, top = x.min(axis=1), y.min(axis=1)
    wide, high = x.max(axis=1) - left, y.max(axis=1) - top
    covered = np.zeros((rows, columns), bool)
    worst = 0.0
    for size in set(zip(wide.tolist(), high.tolist(), strict=True)):
        chosen = (wide == size[0]) & (high == size[1])
        node_x = left[chosen, None] + np.arange((size[0] + 1) * (size[1] + 1)) % (
            size[0] + 1
        )
        node_y = top[chosen, None] + np.arange((size[0] + 1) * (size[1] + 1)) // (
            size[0] + 1
        )
        (x0, x1, x2), (y0, y1, y2) = x[chosen].T[..., None], y[chosen].T[..., None]
        z0, z1, z2 = z[chosen].T[..., None]
        whole = (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0)
        first = (node_x - x0) * (y2 - y0) - (x2 - x0) * (node_y - y0)
        second = (x1 - x0) * (node_y - y0) - (node_x - x0) * (y1 - y0)
        first, second = first / whole, second / whole
        inside = (first >= 0) & (second >= 0) & (first + second <= 1)
        plane = z0 + first * (z1 - z0) + second * (z2 - z0)
        apart = np.abs(plane - made.z[node_y, node_x])[inside]
        worst = max(worst, float(apart.max()))
        covered[node_y[inside], node_x[inside]] = True
    assert covered.all()
    return worst


def check(made: Heightmap, path, max_error: float, standing: bool) -> dict:
    facts = write_relief_stl(made, path, max_error=max_error, standing=standing)
    thickness = float(made.z.max())
    solid = Solid.read(path, thickness, made.depth, standing)
    assert facts["triangles"] == len(solid.corners)
    flat = (made.width, made.depth, thickness)
    size = (flat[0], flat[2], flat[1]) if standing else flat
    assert facts["size"] == pytest.approx(size)
    assert solid.box[1] - solid.box[0] == pytest.approx(size, abs=1e-3)
    assert solid.box.mean(axis=0)[:2] == pytest.approx([0, 0], abs=1e-3)
    assert solid.box[0, 2] == 0

    volume = check_closed(solid)
    area = made.width * made.depth
    least, most = made.z.min() - max_error, thickness + max_error
    assert least * area * 0.99999 < volume < most * area * 1.00001
    flat_z = solid.corners[..., 2]
    lowest = solid.normals[:, 2] < -0.5
    assert np.abs(flat_z[lowest]).max() < 1e-6
    a, b, c = solid.corners[lowest].transpose(1, 0, 2)
    assert np.cross(b - a, c - a)[:, 2].sum() / 2 == pytest.approx(-area, rel=1e-5)

    worst = upper_error(solid, made)
    # 32-bit floats at 3 mm.
    assert worst <= max_error + 2e-6
    assert worst <= facts["max_error"] + 2e-6 <= max_error + 4e-6
    return {**facts, "worst": worst, "volume": volume}


@pytest.mark.parametrize("kind", ["smooth", "noise", "constant", "binary", "step"])
@pytest.mark.parametrize("size", SIZES)
def test_any_size(tmp_path, kind, size):
    made = Heightmap(surface(kind, *size), 100.0, 100.0 * size[0] / size[1])
    counts = []
    for max_error, standing in ((0, False), (0.05, True), (0.3, False)):
        facts = check(made, tmp_path / "plate.stl", max_error, standing)
        counts.append(facts["triangles"])
    assert counts == sorted(counts, reverse=True)
    # Never more than the whole grid, its walls and its bottom.
    rows, columns = size
    assert counts[0] <= 2 * (rows - 1) * (columns - 1) + 6 * (rows + columns - 2)


def test_random_sizes(tmp_path):
    dice = random.Random(11)
    for seed in range(60):
        rows, columns = dice.randint(2, 150), dice.randint(2, 150)
        kind = dice.choice(["smooth", "noise", "constant", "binary", "step"])
        z = surface(kind, rows, columns, seed) * dice.choice([0.3, 1, 5])
        made = Heightmap(z, dice.uniform(10, 300), dice.uniform(10, 300))
        check(
            made,
            tmp_path / "plate.stl",
            dice.choice([0, 0.005, 0.02, 0.1, 1]),
            dice.random() < 0.5,
        )


def test_every_node_counts(tmp_path):
    """A single high node anywhere is found, also on borders and between split vertices."""
    dice = random.Random(4)
    for rows, columns in ((66, 71), (33, 65), (40, 33)):
        for _ in range(25):
            z = np.ones((rows, columns), np.float32)
            # Two, as the highest node is a vertex in any case.
            z[dice.randrange(rows), dice.randrange(columns)] = 2
            z[dice.randrange(rows), dice.randrange(columns)] = 1.9
            check(Heightmap(z, 70.0, 60.0), tmp_path / "plate.stl", 0.05, False)


def test_full_grid_has_the_closed_form_number_of_triangles(tmp_path):
    z = surface("noise", 50, 70)
    facts = write_relief_stl(Heightmap(z, 70.0, 50.0), tmp_path / "a.stl", max_error=0)
    ring = 2 * (49 + 69)
    assert facts["triangles"] == 2 * 49 * 69 + 3 * ring


def test_smooth_needs_few_triangles_and_flat_hardly_any(tmp_path):
    path = tmp_path / "plate.stl"
    made = Heightmap(surface("smooth", 513, 513), 100.0, 100.0)
    assert check(made, path, 0.05, False)["triangles"] < 2 * 512 * 512 / 5
    made = Heightmap(surface("constant", 513, 513), 100.0, 100.0)
    ring = 4 * 16
    assert check(made, path, 0.05, False)["triangles"] == 2 * 16 * 16 + 3 * ring


def test_volume_converges(tmp_path):
    made = Heightmap(surface("smooth", 200, 300), 100.0, 66.0)
    exact = check(made, tmp_path / "plate.stl", 0, False)["volume"]
    near = check(made, tmp_path / "plate.stl", 0.02, True)["volume"]
    assert near == pytest.approx(exact, rel=0.002)


@pytest.mark.parametrize("standing", [False, True])
def test_not_mirrored(tmp_path, standing):
    """A high dot in the photo's upper left, a lower one in its lower left."""
    z = np.ones((101, 201), np.float32)
    z[5:15, 5:15], z[85:95, 5:15] = 3, 2
    path = tmp_path / "plate.stl"
    write_relief_stl(Heightmap(z, 200.0, 100.0), path, standing=standing)
    corners = np.fromfile(path, FACET, offset=84)["corners"].reshape(-1, 3)
    if standing:
        # Looking along +y with z up, x runs to the right; what is nearest has the least y.
        right, up, near = corners[:, 0], corners[:, 2] - 50, 1.5 - corners[:, 1]
    else:
        # Looking down with y up on the page, x runs to the right.
        right, up, near = corners.T
    for height, low, high in ((3, 35, 46), (2, -46, -34)):
        dot = np.abs(near - height) < 0.01
        assert dot.any()
        assert (
            (right[dot] < -80).all() and (low < up[dot]).all() and (up[dot] < high).all()
        )


def test_same_bytes_every_time(tmp_path):
    made = Heightmap(surface("smooth", 90, 130), 100.0, 70.0)
    for name in ("a.stl", "b.stl"):
        write_relief_stl(made, tmp_path / name)
    assert (tmp_path / "a.stl").read_bytes() == (tmp_path / "b.stl").read_bytes()


def test_progress_and_cancel(tmp_path):
    made = Heightmap(surface("noise", 300, 200), 100.0, 150.0)
    shares = []
    path = tmp_path / "plate.stl"
    write_relief_stl(made, path, progress=shares.append)
    assert shares[0] == 0 and shares[-1] == 1 and shares == sorted(shares)
    assert len(shares) > 15

    class Cancelled(Exception):
        pass

    def cancel(share):
        if share > 0.7:
            raise Cancelled

    before = path.read_bytes()
    with pytest.raises(Cancelled):
        write_relief_stl(made, path, max_error=0, progress=cancel)
    assert [file.name for file in tmp_path.iterdir()] == ["plate.stl"]
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "z",
    [
        np.ones((1, 5)),
        np.ones(5),
        np.zeros((5, 5)),
        np.full((5, 5), np.nan),
        np.full((5, 5), np.inf),
    ],
)
def test_impossible_heightmaps(tmp_path, z):
    with pytest.raises(ValueError):
        write_relief_stl(Heightmap(z.astype(np.float32), 50.0, 50.0), tmp_path / "a.stl")
    for size in ((0.0, 50.0), (50.0, float("nan"))):
        with pytest.raises(ValueError):
            write_relief_stl(Heightmap(np.ones((5, 5)), *size), tmp_path / "a.stl")
    assert list(tmp_path.iterdir()) == []


def test_trimesh_agrees(tmp_path):
    made = Heightmap(surface("binary", 77, 130), 100.0, 60.0)
    facts = write_relief_stl(made, tmp_path / "plate.stl", standing=True)
    mesh = trimesh.load_mesh(tmp_path / "plate.stl")
    assert mesh.is_watertight and mesh.is_winding_consistent and mesh.volume > 0
    assert len(mesh.faces) == facts["triangles"]
    assert mesh.extents == pytest.approx(facts["size"], abs=1e-3)


@pytest.mark.parametrize("standing", [False, True])
def test_prusaslicer_agrees(tmp_path, standing):
    made = Heightmap(surface("noise", 97, 130), 100.0, 74.0)
    facts = write_relief_stl(made, tmp_path / "plate.stl", standing=standing)
    command = ["/usr/bin/prusa-slicer", "--info", "plate.stl"]
    done = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, timeout=120
    )
    said = dict(
        line.split(" = ", 1) for line in done.stdout.splitlines() if " = " in line
    )
    assert said["manifold"] == "yes" and said["number_of_parts"].strip() == "1"
    assert int(said["number_of_facets"]) == facts["triangles"]
    assert "open_edges" not in said and float(said["volume"]) > 0
    size = [float(said[f"size_{axis}"]) for axis in "xyz"]
    assert size == pytest.approx(facts["size"], abs=1e-3)


def test_memory_does_not_grow_with_the_triangles(tmp_path):
    """4 million triangles, 200 MB of STL, in less than 50 MB above the heightmap's own."""
    script = (
        "import resource, sys, numpy as np\n"
        "from octoprint_img2stl.relief import Heightmap, write_relief_stl\n"
        "def peak(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024\n"
        "z = np.random.default_rng(1).random((1440, 1440), dtype=np.float32) + 1\n"
        "write_relief_stl(Heightmap(z[:40, :40], 9.0, 9.0), sys.argv[1]); before = peak()\n"
        "facts = write_relief_stl(Heightmap(z, 90.0, 90.0), sys.argv[1])\n"
        "print(peak() - before, facts['triangles'])\n"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "plate.stl")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    grown, triangles = map(int, done.stdout.split())
    assert triangles > 3_900_000
    assert grown < 50
