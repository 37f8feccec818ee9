"""One of the objects that are written into a file."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..model import Mesh


@dataclass(frozen=True, eq=False)
class Part:
    """
    Attributes:
        mesh: in millimetres, where it stands.
        name: shown in the programs that open the file; may be empty.
        colours: (3,) uint8 sRGB of all of it or (F, 3) of its faces; None: none.
    """

    mesh: Mesh
    name: str = ""
    colours: np.ndarray | None = None

    def __post_init__(self) -> None:
        if self.colours is None:
            return
        colours = np.asarray(self.colours, dtype=np.uint8)
        if colours.shape not in ((3,), (len(self.mesh.faces), 3)):
            raise ValueError(f"colours of shape {colours.shape}")
        object.__setattr__(self, "colours", colours)

    def face_colours(self) -> np.ndarray | None:
        """(F, 3) uint8, or None."""
        if self.colours is None:
            return None
        return np.broadcast_to(self.colours, (len(self.mesh.faces), 3))
