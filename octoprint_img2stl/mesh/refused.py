"""How this room says no. Light: the OctoPrint process may import it."""

from __future__ import annotations

from ..problems import N_, Refusal


class MeshRefused(Refusal):
    """A file cannot be used as a mesh."""


def too_big(name: str, most_bytes: int) -> MeshRefused:
    """The refusal of a file with more bytes than are looked into."""
    return MeshRefused(
        "mesh.too_big",
        N_("%(name)s is larger than %(most)s MB; simplify the model first."),
        name=name,
        most=most_bytes // 2**20,
    )
