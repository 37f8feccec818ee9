"""What the 3D view shows of a mesh: few enough triangles, and where its problems are.

Needs numpy.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..mesh.model import Mesh
from ..problems import ERROR, INFO, WARNING

if TYPE_CHECKING:
    from ..mesh.checks import Finding

MOST_VIEWED = 120_000  # triangles that a phone turns without stuttering
COARSEST_VIEW = 0.02  # of the diagonal; beyond this the view would lie
MOST_BITS = 31
# the same colours as in the browser
SEVERITY_COLOURS = {ERROR: (213, 62, 34), WARNING: (230, 159, 0), INFO: (86, 160, 211)}
PLASTIC = (214, 211, 205)


def findings_json(
    mesh: Mesh, findings: Sequence[Finding]
) -> tuple[list[dict[str, Any]], np.ndarray]:
    """Problems with their bit and their place, and the bits of every face."""
    from ..mesh.checks import flags, target

    bits = flags(mesh, findings)
    found, bit = [], 0
    for finding in findings:
        data = {**finding.problem.to_json(), "bit": None, "target": None}
        if finding.where is not None and bit < MOST_BITS:
            data["bit"], data["target"] = bit, target(mesh, finding.where)
            bit += 1
        found.append(data)
    return found, bits


def view(mesh: Mesh, bits: np.ndarray) -> dict[str, str]:
    """A mesh as the browser's 3D view wants it, made coarser where it has too many faces."""
    coarse = coarser(mesh)
    if coarse is not mesh:
        bits = carried(mesh, bits, coarse)
    return {
        "vertices": _text(coarse.vertices, "<f4"),
        "faces": _text(coarse.faces, "<u4"),
        "flags": _text(bits, "<u4"),
    }


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


def carried(mesh: Mesh, bits: np.ndarray, coarse: Mesh) -> np.ndarray:
    """The bits of a mesh on a coarser one: of the face nearest to each face's middle."""
    from scipy.spatial import cKDTree

    if not bits.any():
        return np.zeros(len(coarse.faces), dtype=np.uint32)
    tree = cKDTree(_middles(mesh))
    found = bits[tree.query(_middles(coarse))[1]]
    # A place smaller than a coarse face must still be seen.
    marked = np.flatnonzero(bits)
    nearest = cKDTree(_middles(coarse)).query(_middles(mesh)[marked])[1]
    np.bitwise_or.at(found, nearest, bits[marked])
    return found


def _middles(mesh: Mesh) -> np.ndarray:
    return np.concatenate(
        [corners.mean(axis=1).astype(np.float32) for _, corners in mesh.corner_chunks()]
    )


def _text(values: np.ndarray, kind: str) -> str:
    return base64.b64encode(np.asarray(values).astype(kind).tobytes()).decode("ascii")


def draw_findings(
    mesh: Mesh, bits: np.ndarray, findings: Sequence[Mapping[str, Any]], path: Path
) -> None:
    """Draw a mesh as PNG, its faces coloured by the gravest problem they have."""
    from ..mesh.draw import draw

    shades = np.tile(np.uint8(PLASTIC), (len(mesh.faces), 1))
    for each in reversed(findings):  # the gravest last, over the others
        if each["bit"] is not None:
            shades[(bits >> np.uint32(each["bit"])) & 1 == 1] = SEVERITY_COLOURS[
                each["severity"]
            ]
    draw(mesh, shades=shades).save(path, "PNG")
