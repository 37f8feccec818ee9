"""The steps from photos to a solid, and what is shown on the way, inside the worker process.

The photos are laid, cut out and freed of metadata (`views`); the local generator makes a mesh
of them (`generate`), or an endpoint does, outside of the worker; what came is looked at, drawn
and compared with the photo (`look`). Needs numpy.
"""

from __future__ import annotations

import base64
import io
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..files import write_atomic, write_json
from ..mesh.settings import MeshSettings
from ..solid3d.settings import LOCAL
from . import photos
from .candidates import SIDES, first_mesh_settings, picture_file, stem
from .generators import local
from .params import Params, PhotoSettings
from .pipeline import VIEWS, VIEWS_FACTS
from .sending import fitting

if TYPE_CHECKING:
    import numpy as np

    from ..mesh.model import Mesh
    from ..solid3d.settings import SolidSettings
    from .steps import Context

PICTURE_PX = 320
TURNS_DEG = dict(zip(SIDES, (30.0, 120.0, 210.0), strict=True))
# Of the local generator's solids, which are as thin as asked for and stand as they should.
WANTED = ("mesh.looks_like_plate", "mesh.turned_away")
CUT_PX = 320  # of a cut-out that is only looked at
OUTLINE_PX = 1024  # finer outlines than this the local generator has no use for


def laid(params: Params) -> list[tuple[PhotoSettings, str]]:
    """The photos in the owner's order, each with its role."""
    return [
        (photo, params.solid.role_of(photo.number, place))
        for place, photo in enumerate((params.photo, *params.photos))
    ]


# -- photos ---------------------------------------------------------------------------------


def write_views(ctx: Context) -> dict[str, Any]:
    """The photos as they leave: turned, cropped, cut out, without metadata."""
    folder = ctx.folder / VIEWS
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    needs_alpha, cuts_itself = ctx.task.needs_alpha, ctx.task.cuts_itself
    found, notices = [], []
    ordered = laid(ctx.params)
    for done, (photo, role) in enumerate(ordered):
        cut = "auto" if needs_alpha else ctx.params.solid.cut
        view, said = _view(ctx.folder, folder, photo, ctx.params.solid, cut)
        if cuts_itself and not needs_alpha and any(map(_is_doubtful, said)):
            # there it is done better than here
            view, said = _view(ctx.folder, folder, photo, ctx.params.solid, "keep")
        found.append({"number": photo.number, "role": role, **view})
        notices += said
        ctx.progress((done + 1) / len(ordered))
    write_json(ctx.folder / VIEWS_FACTS, found)
    return {"views": found, "problems": notices}


def _is_doubtful(notice: Mapping[str, Any]) -> bool:
    """Whether a notice is about the cut-out, which then may be wrong."""
    return notice["code"].startswith(("photo.cut_", "photo.background_"))


def _view(
    job_folder: Path,
    folder: Path,
    photo: PhotoSettings,
    solid: SolidSettings,
    cut: str,
    max_side_px: int | None = None,
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Write one photo as it is sent; what is to be known of it, and what to be said."""
    from ..photo.outgoing import write_outgoing

    written = write_outgoing(
        job_folder / photos.photo_file(photo.number),
        folder / str(photo.number),
        turn_deg=photo.turn_deg,
        crop=photo.crop,
        cut=cut,
        tolerance=solid.tolerance,
        **({} if max_side_px is None else {"max_side_px": max_side_px}),
    )
    facts = {
        "file": written.path.name,
        "size_px": list(written.size_px),
        "has_alpha": written.has_alpha,
        "how": written.how,
        "coverage": round(float(written.coverage), 4),
    }
    return facts, [notice.to_json() for notice in written.notices]


def cut_outs(
    folder: Path, params: Params, scratch: Path, *, needs_alpha: bool
) -> list[dict[str, Any]]:
    """Every photo small, as it would be used: ``number``, ``role``, ``picture`` (a data URI),
    ``how``, ``coverage``, ``notices``, and ``problem`` where it cannot be cut out.
    """
    from ..problems import Refusal

    scratch.mkdir(parents=True, exist_ok=True)
    found = []
    for photo, role in laid(params):
        entry: dict[str, Any] = {"number": photo.number, "role": role}
        cut = "auto" if needs_alpha else params.solid.cut
        try:
            view, notices = _view(folder, scratch, photo, params.solid, cut, CUT_PX)
        except Refusal as refusal:
            problem = refusal.problem.to_json()
            found.append({**entry, "picture": None, "notices": [], "problem": problem})
            continue
        file = scratch / view["file"]
        kind = "png" if file.suffix == ".png" else "jpeg"
        text = base64.b64encode(file.read_bytes()).decode("ascii")
        file.unlink()
        entry.update(
            picture=f"data:image/{kind};base64,{text}",
            how=view["how"],
            coverage=view["coverage"],
            notices=notices,
            problem=None,
        )
        found.append(entry)
    return found


def outline(file: Path, most_px: int) -> np.ndarray | None:
    """(H, W) float32 in 0..1, what of a view is the subject; None where it was not cut out."""
    import numpy as np
    from PIL import Image

    with Image.open(file) as picture:
        if "A" not in picture.getbands():
            return None
        alpha = picture.getchannel("A")
        alpha.thumbnail((most_px, most_px), Image.Resampling.BOX)
        return np.asarray(alpha, dtype=np.float32) / 255


# -- the solid ------------------------------------------------------------------------------


def made_here(number: int) -> str:
    """Name of the file of a solid by the local generator."""
    return f"{stem(number)}.stl"


def generate(ctx: Context) -> dict[str, Any]:
    """A solid by the local generator, as STL in mm with z up."""
    import json

    from ..mesh.model import Mesh
    from ..mesh.stl import write_stl
    from ..solid3d.local import Silhouette, solid_from

    views = json.loads((ctx.folder / VIEWS_FACTS).read_text())
    outlines = [
        Silhouette(views[place]["role"], mask)
        for place in fitting(views, local())
        if (mask := outline(ctx.folder / VIEWS / views[place]["file"], OUTLINE_PX))
        is not None
    ]
    solid = solid_from(outlines, ctx.params.solid, progress=ctx.progress)
    file = made_here(ctx.task.candidate)
    write_stl(Mesh(solid.vertices, solid.faces), ctx.folder / file)
    notices = [notice.to_json() for notice in solid.notices]
    return {"file": file, "up_axis": "z", "problems": notices}


def look(ctx: Context) -> dict[str, Any]:
    """Read a solid, draw it from three sides, compare it with its photo.

    The facts carry ``params`` where it is the one the owner goes on with: how it starts on
    its way to the bed.
    """
    import numpy as np

    from ..mesh.load import load_any
    from ..mesh.prepare import as_it_came

    number = ctx.task.candidate
    file = ctx.task.candidate_file or made_here(number)
    loaded = load_any(ctx.folder / file)
    ctx.progress(0.3)
    start = first_mesh_settings(ctx.params.solid, file, ctx.task.up_axis)
    upright = MeshSettings(up=start.up)
    mesh = as_it_came(loaded.mesh, upright, ctx.machine)
    for done, side in enumerate(SIDES):
        _draw(mesh, ctx.folder / picture_file(number, side), TURNS_DEG[side])
        ctx.progress(0.3 + 0.15 * (done + 1))
    notices = [note.to_json() for note in loaded.notes]
    found = {
        "mesh": {
            "format": loaded.format.upper(),
            "size": [round(float(side), 4) for side in np.ptp(mesh.vertices, axis=0)],
            "triangles": len(mesh.faces),
            "parts": loaded.parts,
            "notices": notices,
        },
        "problems": notices + _likeness(ctx, mesh),
    }
    if ctx.params.solid.candidate == number:
        found["params"] = replace(ctx.params, mesh=start).to_json()
    return found


def _draw(mesh: Mesh, path: Path, turn_deg: float) -> None:
    from ..mesh.draw import draw

    out = io.BytesIO()
    picture = draw(mesh, PICTURE_PX, turn_deg=turn_deg, tilt_deg=20.0)
    picture.convert("RGB").save(out, "JPEG", quality=88)
    write_atomic(path, out.getvalue())


def _likeness(ctx: Context, mesh: Mesh) -> list[dict[str, Any]]:
    """What comparing a solid with the photo of its front tells."""
    import json

    from ..mesh.likeness import compare

    views = json.loads((ctx.folder / VIEWS_FACTS).read_text())
    is_local = ctx.params.solid.endpoint == LOCAL
    if is_local and len(views) == 1:
        return []  # its outline is the photo's by how it is made
    front = next((each for each in views if each["role"] == "front"), views[0])
    mask = outline(ctx.folder / VIEWS / front["file"], 256)
    if mask is None:
        return []
    likeness = compare(mesh, mask, role=front["role"])
    known = WANTED if is_local else ()
    return [each.to_json() for each in likeness.findings if each.code not in known]


def answer_cut_outs(task: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The task `cutout` of the warm worker."""
    import tempfile

    with tempfile.TemporaryDirectory() as scratch:
        return cut_outs(
            Path(task["folder"]),
            Params.from_json(task["params"]),
            Path(scratch),
            needs_alpha=task["needs_alpha"],
        )
