"""Plain plates: closed, exact in size, and nowhere further from their heights than asked."""

from __future__ import annotations

import random

import numpy as np
import pytest

from octoprint_img2stl.relief.solid.bend import FLAT, STANDING
from octoprint_img2stl.relief.solid.bodies import BodyMesh
from octoprint_img2stl.relief.solid.body import Body
from octoprint_img2stl.relief.solid.error_map import Grid, error_map, room_for
from octoprint_img2stl.relief.solid.hierarchy import close, coarsest, parents
from octoprint_img2stl.relief.solid.paint import Nodes, paint
from octoprint_img2stl.relief.solid.sheet import triangles
from tests.unit.relief.solid.checking import (
    ROUNDING,
    check_closed,
    make,
    plate,
    seen_from_above,
    surface,
    upper_errors,
    volume_under,
)

KINDS = ["smooth", "noise", "constant", "binary", "step"]
SIZES = [
    *[(2, 2), (2, 3), (3, 2), (2, 33), (33, 2), (32, 33), (33, 32), (33, 33), (34, 34)],
    *[(17, 40), (49, 65), (65, 65), (64, 129), (100, 77), (65, 300), (245, 34)],
]


def check(upper, width, depth, path, max_error=0.0, bend=FLAT):
    """A plate is all it has to be.

    Returns:
        what `write_stl` told, and the error at each node.
    """
    body = plate(upper, width, depth, bend=bend)
    solid, made = make(body, path, max_error)
    thickness = float(upper.max())
    size = (width, depth, thickness) if bend is FLAT else (width, thickness, depth)
    assert solid.size == pytest.approx(size, abs=1e-3)
    check_closed(solid)

    area = width * depth
    expected = volume_under(upper, width, depth)
    assert solid.volume == pytest.approx(
        expected, rel=1e-5, abs=made.max_error * area + 1e-6
    )
    corners = solid.laid(bend is STANDING)
    a, b, c = corners[(corners[..., 2] < 1e-6).all(axis=1)].transpose(1, 0, 2)
    assert np.cross(b - a, c - a)[:, 2].sum() / 2 == pytest.approx(-area, rel=1e-5)

    errors = upper_errors(solid, upper, body)
    assert errors.max() <= max_error + ROUNDING
    # What is told is the greatest error, not just a bound of it.
    assert made.max_error == pytest.approx(errors.max(), abs=1e-4 * max_error + ROUNDING)
    assert made.max_error <= max_error and made.budget_met
    return made, errors


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", SIZES)
def test_any_size(tmp_path, kind, size):
    upper = surface(kind, *size)
    counts = []
    for max_error, bend in ((0, FLAT), (0.005, STANDING), (0.05, FLAT), (0.5, STANDING)):
        made, _ = check(
            upper, 100.0, 100.0 * size[0] / size[1], tmp_path / "a.stl", max_error, bend
        )
        counts.append(made.triangles)
    assert counts == sorted(counts, reverse=True)
    # Never more than the whole grid, its walls, and a back that is fine at its rim only.
    rows, columns = size
    assert counts[0] <= 2 * (rows - 1) * (columns - 1) + 6 * 2 * (rows + columns - 2)


def test_random_sizes(tmp_path):
    dice = random.Random(11)
    for seed in range(40):
        rows, columns = dice.randint(2, 150), dice.randint(2, 150)
        upper = surface(dice.choice(KINDS), rows, columns, seed)
        upper *= dice.choice([0.3, 1, 5])
        check(
            upper,
            dice.uniform(10, 300),
            dice.uniform(10, 300),
            tmp_path / "a.stl",
            dice.choice([0, 0.005, 0.02, 0.1, 1]),
            dice.choice([FLAT, STANDING]),
        )


def test_every_node_counts(tmp_path):
    """A single high node anywhere is found, also on borders and between split vertices."""
    dice = random.Random(4)
    for rows, columns in ((66, 71), (33, 65), (40, 33)):
        for _ in range(15):
            upper = np.ones((rows, columns), np.float32)
            # Two, as the highest node is a vertex in any case.
            upper[dice.randrange(rows), dice.randrange(columns)] = 2
            upper[dice.randrange(rows), dice.randrange(columns)] = 1.9
            check(upper, 70.0, 60.0, tmp_path / "a.stl", 0.05)


def test_full_grid_has_all_its_cells_halved_and_no_more(tmp_path):
    made, _ = check(surface("noise", 50, 70), 70.0, 50.0, tmp_path / "a.stl")
    rim = 2 * (49 + 69)
    back = made.triangles - 2 * 49 * 69 - 2 * rim
    # An edge at each node of the rim, and what it takes to get down to one within.
    assert rim - 2 <= back < 2.5 * rim


def test_smooth_needs_few_triangles_and_flat_hardly_any(tmp_path):
    path = tmp_path / "a.stl"
    made, _ = check(surface("smooth", 257, 257), 100.0, 100.0, path, 0.05)
    assert made.triangles < 2 * 256 * 256 / 5
    made, _ = check(surface("constant", 257, 257), 100.0, 100.0, path, 0.05)
    # A few triangles a tile of 32 x 32 nodes, and its walls.
    assert made.triangles < 2 * 2 * 64 + 4 * 4 * 8


def test_thickness_is_exact_however_coarse_the_mesh(tmp_path):
    upper = surface("smooth", 100, 100)
    for max_error in (0.05, 0.5, 1.0):
        solid, _ = make(plate(upper, 80.0, 80.0), tmp_path / "a.stl", max_error)
        heights = solid.corners[..., 2]
        assert heights.max() == upper.max()
        assert heights[heights > 0].min() == upper.min()


@pytest.mark.parametrize(
    "upper",
    [
        np.zeros((5, 5)),
        np.full((5, 5), np.nan),
        np.full((5, 5), np.inf),
        -np.ones((5, 5)),
    ],
)
def test_heights_must_be_finite_and_above_the_back(upper):
    with pytest.raises(ValueError):
        BodyMesh(plate(upper, 50.0, 50.0), 0.05)


def test_only_the_inside_of_an_outline_must_be_above_the_back():
    upper = np.zeros((40, 40), np.float32)
    upper[10:30, 10:30] = 1

    def within(u, v):
        return 4.5 - np.maximum(np.abs(u), np.abs(v))

    body = plate(upper, 20.0, 20.0, outline=within)
    assert BodyMesh(body, 0.0).heights.max() == 1
    with pytest.raises(ValueError):
        BodyMesh(plate(upper, 20.0, 20.0, outline=lambda u, v: within(u, v) + 3), 0.0)


##~~ the hierarchy


@pytest.mark.parametrize("shape", [(33, 33), (40, 70), (2, 50), (65, 64)])
@pytest.mark.parametrize("kind", ["smooth", "noise", "binary"])
def test_a_mesh_of_all_greater_errors_keeps_the_bound(shape, kind):
    """Splitting wherever E > eps leaves no crack and no node beyond eps."""
    z = surface(kind, *shape)
    grid = Grid.of(z)
    error = error_map(grid)
    nodes = Nodes.of(grid, 1.0 * (shape[1] - 1), 1.0 * (shape[0] - 1), False)
    plain = paint(grid, nodes, (), None)
    for eps in (0.01, 0.1, 0.7):
        active = error > eps
        chunks = list(triangles(grid, active, plain))
        found = np.concatenate(chunks)
        row, column = np.divmod(found, grid.z.shape[1])
        corners = np.stack([column, -row, z[row, column]], axis=-1).astype(float)
        # Moved so that the upper left node is where `plate` would have it.
        corners[..., 0] -= (shape[1] - 1) / 2
        corners[..., 1] += (shape[0] - 1) / 2
        body = plate(z, shape[1] - 1.0, shape[0] - 1.0)
        seen = seen_from_above(corners, body.width, body.depth, shape)
        assert np.abs(seen - z).max() <= eps + ROUNDING
        inner = _inner_edges(found, shape, grid.z.shape[1])
        assert (inner == 2).all()


def _inner_edges(found, shape, stride):
    """How many triangles each edge has that is not on the rim."""
    edges = np.concatenate([found[:, [0, 1]], found[:, [1, 2]], found[:, [2, 0]]])
    row, column = np.divmod(edges, stride)
    on_rim = np.zeros(len(edges), bool)
    for at, last in ((row, shape[0] - 1), (column, shape[1] - 1)):
        for place in (0, last):
            on_rim |= (at == place).all(axis=1)
    keys = np.sort(edges[~on_rim], axis=1)
    return np.unique(keys, axis=0, return_counts=True)[1]


def test_parents_are_split_before_their_children():
    shape = (65, 97)
    nodes = np.arange(shape[0] * shape[1])
    row, column = np.divmod(nodes, shape[1])
    nodes = nodes[(row % 32 != 0) | (column % 32 != 0)]
    found = parents(nodes, shape)
    dice = np.random.default_rng(3)
    error = error_map(Grid.of(dice.random(shape).astype(np.float32)))
    flat = error.ravel()
    for place in (0, 1):
        there = found[:, place] >= 0
        # Whatever the heights, nothing needs a vertex more than its parents.
        assert (flat[nodes[there]] <= flat[found[there, place]]).all()
    assert ((found >= 0).sum(axis=1) >= 1).sum() > 0.99 * len(nodes)


def test_close_adds_all_that_is_needed_and_no_more():
    active = np.zeros((65, 65), bool)
    close(active, np.array([7 * 65 + 9]))
    nodes = np.flatnonzero(active)
    needed = parents(nodes, active.shape)
    assert active.ravel()[needed[needed >= 0]].all()
    # A chain to the top of one tile, perhaps with a neighbour's centre.
    assert 8 < len(nodes) < 60
    before = active.copy()
    close(active, nodes)
    assert np.array_equal(active, before)


@pytest.mark.parametrize("shape", [(33, 33), (40, 70), (2, 2), (100, 35)])
def test_the_coarsest_side_covers_the_grid_with_what_it_must_have(shape):
    dice = np.random.default_rng(shape[0])
    grid = Grid.of(np.ones(shape, np.float32))
    nodes = Nodes.of(grid, 1.0, 1.0, False)
    for count in (0, 1, 9):
        i, j = dice.integers(0, shape[0], count), dice.integers(0, shape[1], count)
        forced = i * grid.z.shape[1] + j
        active = coarsest(grid, forced[(i % 32 != 0) | (j % 32 != 0)])
        plain = paint(grid, nodes, (), None)
        found = np.concatenate(list(triangles(grid, active, plain)))
        assert np.isin(forced, found).all()
        row, column = np.divmod(found, grid.z.shape[1])
        across, down = column - column[:, :1], row[:, :1] - row
        area = across[:, 1] * down[:, 2] - across[:, 2] * down[:, 1]
        assert (area > 0).all()
        assert area.sum() == 2 * (shape[0] - 1) * (shape[1] - 1)
        assert (_inner_edges(found, shape, grid.z.shape[1]) == 2).all()


def test_padding_is_done_in_place_where_there_is_room():
    z = room_for(40, 50)
    z[:] = surface("noise", 40, 50)
    grid = Grid.of(z)
    assert np.shares_memory(grid.z, z) and grid.z.shape == (65, 65)
    assert (grid.z[40:, :50] == z[39]).all() and (grid.z[:40, 50:] == z[:, 49:]).all()
    other = np.array(z)
    assert not np.shares_memory(Grid.of(other).z, other)


def test_a_body_is_flat_on_its_back_where_nothing_else_is_said():
    body = Body(10.0, 10.0, np.ones((5, 5), np.float32), bend=FLAT)
    assert (body.lower, body.outline, body.wraps, body.v_middle) == (0, None, False, 0)
