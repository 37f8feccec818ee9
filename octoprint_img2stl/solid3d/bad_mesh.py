"""Why what an endpoint sent is not taken as a mesh, as sentences for its owner."""

from __future__ import annotations

from ..problems import N_
from .refused import DriverFailed, ErrorKind

NO_MESH = {
    "page": N_(
        "The endpoint sent a web page instead of a mesh; check its address and settings."
    ),
    "json": N_(
        "The endpoint sent data in JSON instead of a mesh file; ask it for GLB, or check its "
        "settings."
    ),
    "picture": N_(
        "The endpoint sent a picture instead of a mesh; check what it is set to give back."
    ),
    "fbx": N_("The endpoint sent an FBX file, which is not taken; ask it for GLB."),
    "archive": N_("The endpoint sent a packed file, which is not taken; ask it for GLB."),
    "package": N_(
        "The endpoint sent a packed file with no 3MF model in it; ask it for GLB."
    ),
    "points": N_(
        "The endpoint sent points without surfaces, which cannot be printed; ask it for a mesh."
    ),
    "old_gltf": N_(
        "The endpoint sent a GLB file of the old version 1; it has to be version 2."
    ),
    "data": N_("What the endpoint sent as its mesh cannot be read; try again."),
    "unknown": N_(
        "What the endpoint sent is no mesh that is taken; ask it for GLB, STL, OBJ, PLY or 3MF."
    ),
}


def no_mesh(what: str) -> DriverFailed:
    """Args: what: one of `NO_MESH`."""
    return DriverFailed(ErrorKind.BAD_RESULT, "solid.no_mesh", NO_MESH[what], what=what)


def empty() -> DriverFailed:
    return DriverFailed(
        ErrorKind.BAD_RESULT,
        "solid.empty",
        N_("The endpoint sent an empty file instead of a mesh; try again."),
    )


def cut_short() -> DriverFailed:
    return DriverFailed(
        ErrorKind.BAD_RESULT,
        "solid.cut_short",
        N_("The mesh arrived cut short; try again, or check the network."),
    )


def too_large(max_bytes: int) -> DriverFailed:
    return DriverFailed(
        ErrorKind.BAD_RESULT,
        "solid.mesh_too_large",
        N_(
            "The mesh has more than %(most_mb)s MB, which was not taken; ask for fewer faces, "
            "or allow more in the endpoint's settings."
        ),
        most_mb=round(max_bytes / 2**20, 1),
    )
