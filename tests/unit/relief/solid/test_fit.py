"""Fewer triangles at the same error, and as many as one may have."""

from __future__ import annotations

import numpy as np
import pytest

from octoprint_img2stl.relief.solid import sdf
from octoprint_img2stl.relief.solid.bend import FLAT, STANDING, Tube
from octoprint_img2stl.relief.solid.bodies import BodyMesh
from octoprint_img2stl.relief.solid.error_map import Grid, error_map
from octoprint_img2stl.relief.solid.fit import exact, fit, start
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
)
from tests.unit.relief.solid.photo import sample_plate

SHAPES = [(33, 33), (40, 70), (97, 66), (2, 50), (130, 35)]


def seen(fitted, shape):
    """(rows, columns) heights of a mesh at the nodes, and how many triangles it has."""
    grid = fitted.grid
    width, depth = shape[1] - 1.0, shape[0] - 1.0
    nodes = Nodes.of(grid, width, depth, False)
    found = np.concatenate(
        list(triangles(grid, fitted.active, paint(grid, nodes, (), None)))
    )
    u, v = nodes.places(found)
    corners = np.stack([u, v, fitted.heights(found).astype(np.float64)], axis=-1)
    return seen_from_above(corners, width, depth, shape), len(found)


def plain_and_fitted(z, eps, first=None):
    """Both meshes within eps: all on the heights, and moved towards the middle.

    Args:
        first: by how much the error may be larger at first; None for the usual.
    """
    grid = Grid.of(z)
    error = error_map(grid)
    active = error > eps
    first = first or start(active.mean())
    plain = exact(grid, active, float(np.max(error, where=~active, initial=0.0)))
    return plain, fit(grid, error > first * eps, eps)


##~~ fit


@pytest.mark.parametrize("eps", [0.01, 0.05, 0.2])
def test_fewer_triangles_on_a_photo(eps):
    z, _, _ = sample_plate()
    plain, fitted = plain_and_fitted(z, eps)
    (before, many), (after, few) = seen(plain, z.shape), seen(fitted, z.shape)
    assert few < 0.88 * many
    for found, told in ((before, plain), (after, fitted)):
        worst = np.abs(found - z).max()
        assert worst <= eps + ROUNDING
        assert told.max_error == pytest.approx(worst, abs=ROUNDING)
    assert np.sqrt(np.mean((after - z) ** 2)) <= 0.4 * eps


@pytest.mark.parametrize("kind", ["smooth", "noise", "binary", "step", "constant"])
@pytest.mark.parametrize("shape", SHAPES)
def test_the_bound_is_strict(kind, shape):
    """However coarse the mesh is at first."""
    for seed, (eps, first) in enumerate(
        [(0.01, None), (0.1, None), (0.1, 8.0), (0.6, 2)]
    ):
        z = surface(kind, *shape, seed)
        _, fitted = plain_and_fitted(z, eps, first)
        found, _ = seen(fitted, shape)
        worst = np.abs(found - z).max()
        assert worst <= eps + ROUNDING
        assert fitted.max_error == pytest.approx(worst, abs=ROUNDING)
        # As thick as the heights, and its vertices no further than is allowed.
        assert found.max() == z.max() and found.min() == z.min()
        row, column = np.nonzero(fitted.active[: shape[0], : shape[1]])
        moved = found[row, column] - z[row, column]
        assert np.abs(moved).max(initial=0.0) <= eps + ROUNDING


def test_without_strictness_no_vertex_is_added():
    z, _, _ = sample_plate()
    grid = Grid.of(z)
    active = error_map(grid) > 0.2
    before = active.copy()
    fitted = fit(grid, active, 0.1, strict=False)
    assert np.array_equal(fitted.active, before)
    found, _ = seen(fitted, z.shape)
    assert fitted.max_error == pytest.approx(np.abs(found - z).max(), abs=ROUNDING)
    on_heights, _ = seen(exact(grid, active, 0.2), z.shape)
    assert fitted.max_error < np.abs(on_heights - z).max()


def test_what_is_outside_does_not_count(tmp_path):
    """Noise around a smooth disc takes no triangles, and moves no vertex."""
    z = surface("smooth", 130, 130)
    noise = surface("noise", 130, 130)
    disc = sdf.circle(0, 0, 48.0)
    counts = []
    for around in (z, noise):
        u = np.linspace(-50, 50, 130)
        inside = disc(*np.meshgrid(u, u)) > 0
        body = plate(np.where(inside, z, around), 100.0, 100.0, outline=disc)
        solid, made = make(body, tmp_path / "a.stl", 0.03)
        check_closed(solid)
        counts.append(made.triangles)
        assert made.max_error <= 0.03
    assert counts[0] == counts[1]


##~~ as a body


@pytest.mark.parametrize("eps", [0.02, 0.05])
def test_a_photo_keeps_the_error_and_its_mean_is_far_below(tmp_path, eps):
    z, width, depth = sample_plate()
    body = plate(z, width, depth)
    solid, made = make(body, tmp_path / "a.stl", eps)
    check_closed(solid)
    errors = upper_errors(solid, z, body)
    assert errors.max() <= eps + ROUNDING
    assert made.max_error == pytest.approx(errors.max(), abs=ROUNDING)
    assert np.sqrt(np.mean(errors**2)) <= 0.4 * eps
    plain, _ = plain_and_fitted(z, eps)
    assert np.count_nonzero(solid.crosses[:, 2] > 1e-9) < 0.88 * seen(plain, z.shape)[1]


##~~ budget


@pytest.mark.parametrize("bend", [FLAT, STANDING])
@pytest.mark.parametrize("budget", [4000, 15000, 60000])
def test_a_binding_budget_is_used_up(tmp_path, budget, bend):
    z, width, depth = sample_plate()
    body = plate(z, width, depth, bend=bend)
    solid, made = make(body, tmp_path / "a.stl", 0.005, budget)
    check_closed(solid)
    assert 0.97 * budget <= made.triangles <= budget and made.budget_met
    errors = upper_errors(solid, z, body)
    assert made.max_error == pytest.approx(errors.max(), abs=ROUNDING)
    assert made.max_error > 0.005


def test_less_budget_more_error(tmp_path):
    z, width, depth = sample_plate()
    found = [
        make(plate(z, width, depth), tmp_path / "a.stl", 0.005, budget)[1].max_error
        for budget in (50000, 20000, 8000, 3000)
    ]
    assert found == sorted(found) and found[-1] > 3 * found[0]


def test_a_generous_budget_changes_nothing(tmp_path):
    z, width, depth = sample_plate()
    for budget in (None, 400_000):
        make(plate(z, width, depth), tmp_path / f"{budget}.stl", 0.05, budget)
    one, other = (path.read_bytes() for path in tmp_path.iterdir())
    assert one == other


def test_no_error_at_all_within_a_budget_that_allows_it(tmp_path):
    """Large level parts need few triangles even when the error must be nothing."""
    z = np.ones((120, 150), np.float32)
    z[40:80, 50:100] = 2
    body = plate(z, 75.0, 60.0)
    solid, made = make(body, tmp_path / "a.stl", 0.0, 10_000)
    check_closed(solid)
    assert made.max_error == 0 and upper_errors(solid, z, body).max() < ROUNDING
    assert made.triangles < 5000 and made.budget_met


def test_an_impossible_budget_is_owned_up_to(tmp_path):
    z, width, depth = sample_plate()
    body = plate(z, width, depth)
    solid, made = make(body, tmp_path / "a.stl", 0.05, 300)
    check_closed(solid)
    assert not made.budget_met and made.triangles > 300
    errors = upper_errors(solid, z, body)
    assert made.max_error == pytest.approx(errors.max(), abs=ROUNDING)
    # As few as there can be: hardly more than the tiles.
    assert made.triangles < 8 * (z.shape[0] / 32 + 1) * (z.shape[1] / 32 + 1) + 3000


def test_the_budget_counts_walls_and_regions_too(tmp_path):
    z, width, depth = sample_plate()
    rim = sdf.rectangle(-width / 2, -depth / 2, width / 2, depth / 2)
    from octoprint_img2stl.relief.solid.body import Region

    regions = {
        "upper_regions": (Region(lambda u, v: 3 - rim(u, v), 3.0),),
        "lower_regions": (Region(sdf.circle(5, 5, 6.0), 0.6),),
    }
    for changes in (
        regions,
        {**regions, "outline": sdf.circle(0, 0, depth / 2 - 1)},
        {"bend": Tube(width), "wraps": True},
    ):
        solid, made = make(
            plate(z, width, depth, **changes), tmp_path / "a", 0.005, 30_000
        )
        check_closed(solid, holes=1 if changes.get("wraps") else 0)
        assert 0.97 * 30_000 <= made.triangles <= 30_000 and made.budget_met


def test_a_mesh_estimates_its_triangles():
    z, width, depth = sample_plate()
    for max_error in (0.0, 0.05):
        mesh = BodyMesh(plate(z, width, depth), max_error)
        count = sum(len(part.points) for part in mesh.parts())
        assert 0.8 * count < mesh.estimate < 1.2 * count
