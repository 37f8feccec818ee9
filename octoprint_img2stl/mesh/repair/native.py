"""Libraries that may hang or crash, asked in a child process; no answer is an answer."""

from __future__ import annotations

import importlib.util
import sys
import tempfile
from pathlib import Path

import numpy as np

from ...process import Limits, run
from .model import Surface

CHILD = Path(__file__).with_name("child.py")
MEMORY_BYTES = 1_500_000_000
REBUILD_FACES, REBUILD_S = 60_000, 30
UNCROSS_FACES, UNCROSS_S = 200_000, 30


def rebuilt(surface: Surface, label: np.ndarray) -> tuple[Surface, np.ndarray] | None:
    """Parts of a surface closed and cleaned by pymeshfix, each by itself.

    Args:
        label: (F,) the part of each face.

    Returns:
        The closed parts and their labels; None when there are none.
    """
    if len(surface.faces) > REBUILD_FACES:
        return None
    made = _ask("rebuild", REBUILD_S, surface, label=label)
    if made is None or not len(made["done"]):
        return None
    return Surface(made["points"], made["faces"]), made["done"]


def can_uncross() -> bool:
    """Whether the optional extra, libigl, is installed."""
    return importlib.util.find_spec("igl") is not None


def uncrossed(surface: Surface) -> tuple[Surface | None, int, int] | None:
    """The surface united with itself, exactly, so that no face passes through another.

    Returns:
        The surface, None where nothing crosses, and how many faces did before and after;
        None when it was too much for the library.
    """
    if len(surface.faces) > UNCROSS_FACES:
        return None
    made = _ask("uncross", UNCROSS_S, surface)
    if made is None:
        return None
    changed = Surface(made["points"], made["faces"]) if "points" in made else None
    return changed, int(made["before"]), int(made["after"])


def _ask(
    operation: str, seconds: int, surface: Surface, **more: np.ndarray
) -> dict[str, np.ndarray] | None:
    with tempfile.TemporaryDirectory(prefix="img2stl-repair-") as folder:
        source, target = Path(folder) / "in.npz", Path(folder) / "out.npz"
        np.savez(source, points=surface.points, faces=surface.faces, **more)
        argv = [sys.executable, str(CHILD), operation, source, target, seconds]
        run(
            argv,
            cwd=folder,
            limits=Limits(memory_bytes=MEMORY_BYTES, time_s=2 * seconds, nice=0),
        )
        try:
            return dict(np.load(target))
        except (OSError, ValueError, EOFError):
            return None
