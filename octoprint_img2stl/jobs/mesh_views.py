"""What the 3D view shows of a mesh: few enough triangles, and where its problems are.

Needs numpy.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..mesh.model import Mesh
from ..problems import ERROR, INFO, WARNING

if TYPE_CHECKING:
    from ..mesh.checks import Finding

MOST_VIEWED = 120_000  # triangles that a phone turns without stuttering
COARSEST_VIEW = 0.02  # of the diagonal; beyond this the view would lie
# large faces are cut for the eye, so often and so far at most
MOST_CUTS = 7
MOST_REFINED = 160_000
FINEST_SHARE = 150  # of the diagonal: smaller parts of a face cannot be told apart
NO_FACES = np.empty(0, dtype=np.int64)
# the same colours as in the browser
SEVERITY_COLOURS = {ERROR: (213, 62, 34), WARNING: (230, 159, 0), INFO: (86, 160, 211)}
PLASTIC = (214, 211, 205)


def findings_json(mesh: Mesh, findings: Sequence[Finding]) -> list[dict[str, Any]]:
    """Problems with their bit among the faces' flags and their place, JSON-able."""
    from ..mesh.checks import bits, target

    return [
        {
            **finding.problem.to_json(),
            "bit": bit,
            "target": None if finding.where is None else target(mesh, finding.where),
        }
        for finding, bit in zip(findings, bits(findings), strict=True)
    ]


def view(mesh: Mesh, findings: Sequence[Finding]) -> dict[str, str]:
    """A mesh as the browser's 3D view wants it, and what the findings touch.

    It is made coarser where it has too many faces, and large faces are cut where only a
    part of them belongs to a problem.

    Returns:
        ``vertices`` (base64 of little-endian float32, mm), ``faces`` (uint32, three a
        triangle), ``flags`` (uint32, a bit for each finding, a number for each triangle).
    """
    shown = coarser(mesh)
    if shown is not mesh:
        findings = [_by_points(finding, mesh) for finding in findings]
    shown, flags = refined(shown, findings)
    return {
        "vertices": _text(shown.vertices, "<f4"),
        "faces": _text(shown.faces, "<u4"),
        "flags": _text(flags, "<u4"),
    }


def _by_points(finding: Finding, mesh: Mesh) -> Finding:
    if finding.where is None:
        return finding
    return replace(finding, where=finding.where.as_points(mesh))


def refined(mesh: Mesh, findings: Sequence[Finding]) -> tuple[Mesh, np.ndarray]:
    """The mesh with its large faces cut where a problem is smaller than they are.

    Returns:
        The mesh, for the eye alone (the cuts end within edges), and the flags of its faces.
    """
    from ..mesh.where import bits, flags, longest_sides, touched

    own = [
        (finding.where, np.uint32(1 << bit))
        for finding, bit in zip(findings, bits(findings), strict=True)
        if bit is not None
    ]
    small = [where for where, _ in own if where.faces is None]
    whole = np.zeros(len(mesh.faces), dtype=np.uint32)
    for where, bit in own:
        if where.faces is not None:
            whole[where.faces] |= bit
    diagonal = float(np.linalg.norm(np.ptp(mesh.vertices, axis=0)))
    for _ in range(MOST_CUTS):
        cut = np.zeros(len(mesh.faces), dtype=bool)
        for where in small:
            near = touched(mesh, where)
            longest = longest_sides(mesh, near)
            large = longest > max(3 * where.reach, diagonal / FINEST_SHARE)
            cut[near[large]] = True
        if not cut.any() or len(mesh.faces) + 3 * np.count_nonzero(cut) > MOST_REFINED:
            break
        mesh, parents = _quartered(mesh, cut)
        whole = whole[parents]
    pointed = [
        finding if finding.where is None or finding.where.faces is None
        else replace(finding, where=replace(finding.where, faces=NO_FACES))
        for finding in findings
    ]  # fmt: skip
    return mesh, whole | flags(mesh, pointed)


def _quartered(mesh: Mesh, cut: np.ndarray) -> tuple[Mesh, np.ndarray]:
    """Faces marked by `cut` in four each; and of which face each one is a part."""
    a, b, c = mesh.faces[cut].T
    points = mesh.vertices
    middles = [
        (points[one] + points[other]) / 2 for one, other in ((a, b), (b, c), (c, a))
    ]
    count = len(a)
    ab, bc, ca = (len(points) + k * count + np.arange(count) for k in range(3))
    parts = [(a, ab, ca), (ab, b, bc), (ca, bc, c), (ab, bc, ca)]
    faces = np.concatenate(
        [mesh.faces[~cut], *(np.stack(part, axis=1) for part in parts)]
    ).astype(np.int32)
    parents = np.concatenate([np.flatnonzero(~cut), np.tile(np.flatnonzero(cut), 4)])
    return Mesh(np.concatenate([points, *middles]), faces), parents


def coarser(mesh: Mesh) -> Mesh:
    """The same mesh with about `MOST_VIEWED` faces at most, as far as that is possible."""
    from ..mesh.kernel import NotASolid, from_kernel, to_kernel

    if len(mesh.faces) <= MOST_VIEWED:
        return mesh
    try:
        solid = to_kernel(mesh)
    except NotASolid:
        return mesh
    diagonal = float(np.linalg.norm(np.ptp(mesh.vertices, axis=0)))
    tolerance = diagonal * 2e-4
    while solid.num_tri() > MOST_VIEWED and tolerance < COARSEST_VIEW * diagonal:
        simpler = solid.simplify(tolerance)
        if simpler.is_empty():
            break
        solid, tolerance = simpler, tolerance * 2
    try:
        return from_kernel(solid)
    except NotASolid:
        return mesh


def middles(mesh: Mesh) -> np.ndarray:
    """(F, 3) float32, the middle of every face, mm."""
    return np.concatenate(
        [corners.mean(axis=1).astype(np.float32) for _, corners in mesh.corner_chunks()]
    )


def _text(values: np.ndarray, kind: str) -> str:
    return base64.b64encode(np.asarray(values).astype(kind).tobytes()).decode("ascii")


def draw_findings(mesh: Mesh, findings: Sequence[Finding], path: Path) -> None:
    """Draw a mesh as PNG, its faces coloured by the gravest problem they have."""
    from ..mesh.checks import bits
    from ..mesh.draw import draw

    mesh, flags = refined(mesh, findings)
    shades = np.tile(np.uint8(PLASTIC), (len(mesh.faces), 1))
    marks = list(zip(findings, bits(findings), strict=True))
    for finding, bit in reversed(marks):  # the gravest last, over the others
        if bit is not None:
            marked = (flags >> np.uint32(bit)) & 1 == 1
            shades[marked] = SEVERITY_COLOURS[finding.problem.severity]
    draw(mesh, shades=shades).save(path, "PNG")
