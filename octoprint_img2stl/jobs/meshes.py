"""A job's mesh between two steps, and for its previews. Needs numpy.

What was loaded and what was repaired lie in the job's `work` folder with the hash of what
they depend on, so that the steps and the previews share them.
"""

from __future__ import annotations

import hashlib
import json
import resource
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..files import write_json, written_at_once
from ..machine import Machine
from ..mesh.model import Mesh
from ..mesh.settings import UNITS, MeshSettings
from ..problems import ERROR, INFO, N_, Problem
from ..slicing.heights import heights_of
from ..slicing.owner_paths import NOTHING_SET, OwnerPaths
from ..slicing.plain import as_printed
from .candidates import stem
from .mesh_views import findings_json, view
from .params import Params
from .pipeline import LOADED, REPAIRED
from .support_costs import facts_of, with_style, with_suggestion

if TYPE_CHECKING:
    from ..mesh.checks import Inspected, Printing
    from ..mesh.load import Loaded
    from ..mesh.prepare import Prepared
    from ..mesh.repair import Repaired
    from ..slicing.saved import SavedProfile

NOT_A_MESH = (".part", ".jpg", ".json")  # of the files named like a solid
LENGTH = "thickness"  # the one value among a repair's sentences that is a length
Progress = Callable[[float], None]


def quiet(fraction: float) -> None:
    """Progress nobody asks for."""


# -- on disk ------------------------------------------------------------------------------


def save(
    mesh: Mesh, path: Path, key: str = "", colours: np.ndarray | None = None
) -> None:
    """Keep a mesh, and its faces' colours if it has any; all of it or nothing."""
    path.parent.mkdir(exist_ok=True)
    arrays = {} if colours is None else {"colours": colours}
    with written_at_once(path) as file:
        np.savez(
            file,
            vertices=mesh.vertices,
            faces=mesh.faces,
            key=np.array(key),
            **arrays,
        )


def saved(path: Path, key: str = "") -> Mesh | None:
    """The mesh kept at `path`; None when there is none, or one made of something else."""
    try:
        with np.load(path, allow_pickle=False) as arrays:
            if str(arrays["key"]) != key:
                return None
            return Mesh(arrays["vertices"], arrays["faces"])
    except (OSError, KeyError, ValueError):
        return None


def coloured(folder: Path) -> tuple[Mesh, np.ndarray | None]:
    """The repaired mesh of a job, and the colours that its faces came with.

    Returns:
        The mesh, and (F, 3) uint8: of each face the colour of the nearest face of the mesh
        as it came; None where that had no colours.
    """
    from scipy.spatial import cKDTree

    from .mesh_views import middles

    with np.load(folder / REPAIRED, allow_pickle=False) as arrays:
        mesh = Mesh(arrays["vertices"], arrays["faces"])
    with np.load(folder / LOADED, allow_pickle=False) as arrays:
        if "colours" not in arrays:
            return mesh, None
        before = Mesh(arrays["vertices"], arrays["faces"])
        colours = arrays["colours"]
    return mesh, colours[cKDTree(middles(before)).query(middles(mesh))[1]]


# -- read and repaired --------------------------------------------------------------------


def source_of(folder: Path, params: Params) -> Path:
    """The file that a job's mesh came in, or the solid that was chosen."""
    solid = params.solid
    pattern = "mesh.*" if solid is None else f"{stem(solid.candidate)}.*"
    return next(
        path
        for path in sorted(folder.glob(pattern))
        if path.is_file() and path.suffix not in NOT_A_MESH
    )


def _loaded_key(params: Params) -> str:
    """What a kept mesh was loaded from."""
    return "" if params.solid is None else stem(params.solid.candidate)


def read(
    folder: Path, params: Params, name: str | None = None, prusaslicer: str = ""
) -> Loaded:
    """The mesh as it came, kept for later steps.

    Args:
        name: what its owner calls the file; None: as it is called on the disk.
        prusaslicer: its program, for STEP files; empty: looked for.

    Raises:
        MeshRefused: it cannot be used.
    """
    from ..mesh.load import load_any

    source = source_of(folder, params)
    called = name and name + source.suffix
    found = load_any(source, name=called, prusaslicer=prusaslicer)
    save(found.mesh, folder / LOADED, _loaded_key(params), found.colours)
    return found


def guess_size(
    found: Loaded, params: Params, machine: Machine
) -> tuple[dict[str, Any], Problem] | None:
    """Parameters with a size to begin with, and what is said about it.

    None where the file's numbers may stand, or a size was chosen already.
    """
    from ..mesh.prepare import guessed_size

    if params.solid is not None:
        return None  # it has the size that was asked for
    chosen, plain = params.mesh, MeshSettings()
    if (chosen.unit, chosen.size_by, chosen.size) != (
        plain.unit,
        plain.size_by,
        plain.size,
    ):
        return None
    size = guessed_size(found.mesh, found.unit, machine)
    if size is None:
        return None
    longest = float(np.ptp(found.mesh.vertices, axis=0).max())
    note = Problem(
        "mesh.size_guessed",
        INFO,
        N_(
            "The file's numbers make the model %(longest)s mm long, which is hardly meant; "
            "it begins with %(size)s mm. Give it the size it should have."
        ),
        {"longest": _plain(longest), "size": _plain(size)},
        "mesh.size",
    )
    mesh = replace(chosen, size_by="longest", size=size)
    return replace(params, mesh=mesh).to_json(), note


def _plain(number: float) -> float | int:
    """Three digits, and no point where none is needed."""
    number = float(f"{number:.3g}")
    return int(number) if number == int(number) else number


def loaded(folder: Path, params: Params) -> Mesh:
    """The mesh as it came; read again when the copy is gone."""
    mesh = saved(folder / LOADED, _loaded_key(params))
    return read(folder, params).mesh if mesh is None else mesh


def repaired(
    folder: Path, params: Params, machine: Machine, progress: Progress = quiet
) -> tuple[Mesh, dict[str, Any]]:
    """The repaired mesh, in the file's own numbers, and what the repair did, JSON-able.

    Raises:
        MeshRefused: it cannot be saved.
    """
    settings = params.mesh
    key = repair_key(params, machine)
    facts_file = (folder / REPAIRED).with_suffix(".json")
    mesh = saved(folder / REPAIRED, key)
    if mesh is not None:
        try:
            return mesh, json.loads(facts_file.read_text())
        except (OSError, ValueError):
            pass
    mesh = loaded(folder, params)
    if settings.repair == "off":
        facts = untouched(mesh)
    else:
        result = repair_now(mesh, settings, machine, progress)
        mesh, facts = result.mesh, repair_facts(result, scale_of(mesh, settings))
    write_json(facts_file, facts)
    save(mesh, folder / REPAIRED, key)
    return mesh, facts


def repair_key(params: Params, machine: Machine) -> str:
    """A hash of all that a repair depends on besides the file."""
    from .pipeline import MESH_STEPS

    inputs = next(step.inputs for step in MESH_STEPS if step.name == "repair")
    text = json.dumps(inputs(params, machine, ""), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def scale_of(mesh: Mesh, settings: MeshSettings) -> float:
    """Millimetres as printed for one of the file's units, as far as it is known yet."""
    unit = UNITS[settings.unit]
    if settings.size_by == "percent":
        return unit * settings.size / 100
    extent = np.ptp(mesh.vertices, axis=0).astype(float)
    if settings.size_by == "bed" or not extent.max() > 0:
        return unit
    return settings.size / float(extent.max())


def repair_now(
    mesh: Mesh, settings: MeshSettings, machine: Machine, progress: Progress = quiet
) -> Repaired:
    """Repair in the file's own numbers; thicknesses are millimetres as printed."""
    from ..mesh.repair import repair

    scale = scale_of(mesh, settings)
    settings = replace(settings, sheet=min(settings.sheet / scale, 20.0))
    limit = resource.getrlimit(resource.RLIMIT_DATA)[0]
    return repair(
        mesh,
        settings=settings,
        line_width=machine.line_width / scale,
        progress=progress,
        memory_bytes=None if limit == resource.RLIM_INFINITY else limit,
    )


def repair_facts(result: Repaired, scale: float) -> dict[str, Any]:
    """What a repair did, JSON-able; lengths in mm as printed."""
    return {
        "stage": result.stage,
        "strict": bool(result.strict),
        "changes": [_as_printed(change, scale) for change in result.changes],
        "lost_percent": round(float(result.lost_percent), 3),
        "added_percent": round(float(result.added_percent), 3),
        "largest_move": round(float(result.largest_move) * scale, 4),
        "caps_percent": round(float(result.caps_percent), 3),
        "floaters": [
            {
                "volume": round(float(each.volume) * scale**3, 3),
                "triangles": int(each.triangles),
                "kept": bool(each.kept),
            }
            for each in result.floaters
        ],
        "self_intersections": result.self_intersections,
    }


def _as_printed(change: Problem, scale: float) -> dict[str, Any]:
    """A change with its length, if it has one, in mm as printed."""
    values = dict(change.values)
    if LENGTH in values:
        values[LENGTH] = round(float(values[LENGTH]) * scale, 2)
    return replace(change, values=values).to_json()


def untouched(mesh: Mesh) -> dict[str, Any]:
    """The same for a mesh that is taken as it came."""
    from ..mesh.kernel import is_strict

    return {
        "stage": "off",
        "strict": is_strict(mesh),
        "changes": [],
        "lost_percent": 0.0,
        "added_percent": 0.0,
        "largest_move": 0.0,
        "caps_percent": 0.0,
        "floaters": [],
        "self_intersections": None,
    }


# -- prepared and checked -----------------------------------------------------------------


def printing(
    params: Params,
    machine: Machine,
    size: Sequence[float],
    saved: SavedProfile | None = None,
) -> Printing:
    """What the checks need to know of the slice to come.

    Args:
        size: of the mesh, mm.
        saved: the profile that it is sliced with.
    """
    from ..mesh.checks import Printing

    layer, first = heights_of(params.slicing, machine, saved)
    printed = as_printed(params.slicing, saved)
    return Printing(
        layer_height=layer,
        first_layer=first,
        supports=printed.supports,
        brim=printed.brim_for(*size),
    )


# -- what the warm worker answers ---------------------------------------------------------

_kept: dict[str, Any] = {}  # of the last preview: sliders need no new repair


def preview(
    folder: Path, params: Params, machine: Machine, saved: SavedProfile | None = None
) -> dict[str, Any]:
    """The mesh as it will lie on the bed, and what the checks find; see the 3D view.

    Returns:
        ``mesh``: ``vertices`` (base64 of little-endian float32, mm), ``faces`` (uint32) and
        ``flags`` (uint32, a bit for each finding); ``triangles``, ``size`` of one copy and
        ``whole`` of all, mm; ``notes``, ``findings``, ``repair``, ``printable``, and
        ``supports`` as in `support_costs.facts_of`.

    Raises:
        MeshRefused: settings that leave nothing, a mesh beyond repair.
    """
    prepared, repair = _prepared(folder, params, machine)
    whole = np.ptp(prepared.mesh.vertices, axis=0).astype(float).tolist()
    inspected = inspect(prepared.mesh, params, machine, saved)
    supports = facts_of(inspected)
    findings = findings_json(prepared.mesh, inspected.findings)
    findings = with_suggestion(findings, supports)
    return {
        "mesh": view(prepared.mesh, inspected.findings),
        "triangles": len(prepared.mesh.faces),
        "size": [round(side, 3) for side in prepared.size],
        "whole": [round(side, 3) for side in whole],
        "notes": [note.to_json() for note in prepared.notes],
        "findings": findings,
        "printable": not any(each["severity"] == ERROR for each in findings),
        "supports": supports,
        "repair": repair,
    }


def _prepared(
    folder: Path, params: Params, machine: Machine
) -> tuple[Prepared, dict[str, Any]]:
    from ..mesh.prepare import prepare

    key = json.dumps([str(folder), repair_key(params, machine)])
    if _kept.get("repair") != key:
        _kept.clear()
        _kept.update(repair=key, repaired=repaired(folder, params, machine))
    mesh, facts = _kept["repaired"]
    wanted = json.dumps([params.mesh.to_json(), machine.fingerprint()])
    if _kept.get("prepare") != wanted:
        _kept.pop("prepare", None)
        _kept["prepared"] = prepare(mesh, params.mesh, machine)
        _kept["prepare"] = wanted
    return _kept["prepared"], facts


def inspect(
    mesh: Mesh,
    params: Params,
    machine: Machine,
    saved: SavedProfile | None = None,
    own: OwnerPaths = NOTHING_SET,
) -> Inspected:
    """All checks for this printer and this slice, and what supports would take.

    Args:
        saved: the profile that it is sliced with.
        own: where the owner has the slicers.
    """
    from ..mesh.checks import inspect as inspect_mesh

    size = np.ptp(mesh.vertices, axis=0).astype(float).tolist()
    printed = printing(params, machine, size, saved)
    printed = with_style(printed, params.slicing, machine, own, saved)
    return inspect_mesh(mesh, machine, printed)


def orientations(folder: Path, params: Params, machine: Machine) -> list[dict[str, Any]]:
    """Ways to lay the mesh on the bed, the best first.

    Returns:
        ``turn`` (quaternion w, x, y, z for the settings), ``score`` (less is better),
        ``support_volume`` mm3, ``contact_area`` mm2, ``height`` mm, ``current``.
    """
    from ..mesh.prepare import orientations as find
    from ..mesh.prepare import prepare, product

    mesh, _ = repaired(folder, params, machine)
    plain = replace(
        MeshSettings(),
        unit=params.mesh.unit,
        up=params.mesh.up,
        mirror=params.mesh.mirror,
        turn=params.mesh.turn,
        size_by=params.mesh.size_by,
        size=params.mesh.size,
    )
    single = prepare(mesh, plain, machine).single
    found = []
    for each in find(single, machine):
        if not each.current and abs(each.turn[0]) > 1 - 1e-9:
            continue  # the present one again, by another way
        turn = product(each.turn, params.mesh.turn)
        found.append(
            {
                "turn": [round(part, 9) for part in turn],
                "score": float(each.score),
                "support_volume": round(float(each.support_volume), 1),
                "contact_area": round(float(each.contact_area), 1),
                "height": round(float(each.height), 2),
                "current": bool(each.current),
            }
        )
    return found


def export(folder: Path, ending: str, name: str) -> None:
    """Write the finished mesh in another format beside its STL."""
    from ..mesh.formats.write import write
    from ..mesh.load import load
    from .pipeline import PREVIEW, STL

    picture = folder / PREVIEW
    write(
        load(folder / STL),
        folder / f"model.{ending}",
        ending,
        name=name,
        picture_png=picture.read_bytes() if picture.is_file() else None,
    )


def notable(changes: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Those of a repair's changes that the owner should read before printing."""
    return [dict(each) for each in changes if each["severity"] != INFO]


def first_error(findings: Sequence[Mapping[str, Any]]) -> Problem | None:
    """The gravest finding that stops the print."""
    for each in findings:
        if each["severity"] == ERROR:
            return Problem.from_json(each)
    return None
