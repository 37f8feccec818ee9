"""All that can make a solid, by name. Adding one is a module and a line in `BACKENDS`.

Nothing heavy is imported before a back end loads.
"""

from __future__ import annotations

import importlib

from ..refused import LICENCE, Refused
from .backend import About, Backend, Picture, RawMesh, Settings

__all__ = ["BACKENDS", "About", "Backend", "Picture", "RawMesh", "Settings", "make"]

# name -> module and class
BACKENDS: dict[str, tuple[str, str]] = {
    "silhouette": ("silhouette", "Silhouette"),
    "triposg": ("triposg", "TripoSG"),
    "hunyuan2mini": ("hunyuan", "Hunyuan2Mini"),
    "hunyuan2mv": ("hunyuan", "Hunyuan2Mv"),
    "triposr": ("triposr", "TripoSR"),
    "echo": ("echo", "Echo"),
}
TENCENT = (
    "The Hunyuan3D models are under the Tencent Hunyuan 3D 2.0 Community License, which does "
    "not apply in the European Union, the United Kingdom and South Korea: there neither the "
    "model nor what it makes may be used. Elsewhere, read the licence, then start the server "
    "with --accept-tencent-licence."
)


def backend_class(name: str) -> type[Backend]:
    """Raises KeyError for a name nobody has."""
    module, found = BACKENDS[name]
    return getattr(importlib.import_module(f".{module}", __name__), found)


def make(name: str, settings: Settings) -> Backend:
    """A back end, not loaded yet.

    Raises:
        KeyError: there is none of that name.
        Refused: its licence was not accepted.
    """
    made = backend_class(name)(settings)
    if made.about.needs_acceptance and not settings.accept_tencent_licence:
        raise Refused(LICENCE, TENCENT)
    return made
