"""What the back ends with a graphics card share. torch is imported here when one loads."""

from __future__ import annotations

import gc
import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ..order import Order
from ..refused import MEMORY, REMOTE, Refused
from .backend import About, Backend, RawMesh


class CardBackend(Backend):
    """A back end with torch; `device` is known after `load`.

    Class attributes:
        install: how to get what it imports, for people.
    """

    about: About
    install = ""
    device = "cpu"

    def load(self) -> None:
        from .cutting import Cutter

        self._cutter = Cutter(self.settings)
        with self._imports():
            self.torch = importlib.import_module("torch")
        self.device = self.settings.device or _first_device(self.torch)
        with self._imports(), self.memory():
            self.load_model()

    def load_model(self) -> None:
        """Import the model's code and load its weights to `device`; `torch` is there."""
        raise NotImplementedError

    def recover(self) -> None:
        gc.collect()
        cuda = getattr(getattr(self, "torch", None), "cuda", None)
        if cuda is not None and self.device.startswith("cuda"):
            cuda.empty_cache()

    @contextmanager
    def _imports(self) -> Iterator[None]:
        try:
            yield
        except ImportError as error:
            raise Refused(
                REMOTE,
                f"{self.about.label} cannot be started: {str(error)[:200]}. {self.install}",
            ) from None

    @contextmanager
    def memory(self) -> Iterator[None]:
        """Turn the card's lack of memory into a sentence."""
        try:
            yield
        except Exception as error:
            if not is_out_of_memory(error):
                raise
            raise Refused(
                MEMORY,
                "The graphics card has too little free memory for this; close other programs "
                "that use it, choose less detail, or start the server with --low-memory.",
            ) from None

    def generator(self, order: Order) -> Any:
        """A source of randomness that gives the same for the same seed."""
        return self.torch.Generator(device=self.device).manual_seed(order.seed)


def is_out_of_memory(error: BaseException) -> bool:
    """torch.cuda.OutOfMemoryError (torch.OutOfMemoryError from 2.5 on), or words to that
    effect, as other allocators say it."""
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    return isinstance(error, RuntimeError) and "out of memory" in str(error).lower()


def raw_mesh(made: Any, up: str = "y") -> RawMesh:
    """What a model gave, as ours.

    Args:
        made: a trimesh.Trimesh, a pair (vertices, faces), or None: it found no surface.

    Raises:
        Refused: there is nothing in it.
    """
    import numpy as np

    if hasattr(made, "vertices"):
        made = made.vertices, made.faces
    if made is None or made[0] is None or not len(made[0]) or not len(made[1]):
        raise Refused(
            REMOTE, "The model made nothing of the picture; try another seed or picture."
        )
    points = np.ascontiguousarray(made[0], dtype=np.float32)
    faces = np.ascontiguousarray(made[1], dtype=np.int32)
    if not np.isfinite(points).all():
        raise Refused(REMOTE, "The model's mesh is broken; try another seed.")
    return RawMesh(points, faces, up)


def _first_device(torch: Any) -> str:
    if torch.cuda.is_available():
        return "cuda"
    mps = getattr(torch.backends, "mps", None)
    return "mps" if mps is not None and mps.is_available() else "cpu"
