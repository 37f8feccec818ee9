"""An interpreter that has what this project needs, made on a machine that lacks it."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path

from environments import venv

ROOT = Path(__file__).resolve().parents[3]
NEEDED = ("numpy", "PIL", "click", "trimesh")


def at_home(python: str | None = None) -> None:
    """Go on in an interpreter with the project's dependencies, starting it if needed.

    Args:
        python: that one, instead of the present one or a new one.
    """
    if python is None:
        if all(importlib.util.find_spec(name) for name in NEEDED):
            return
        import tomllib  # Python 3.11 and later

        with open(ROOT / "pyproject.toml", "rb") as file:
            python = str(venv("own", *tomllib.load(file)["project"]["dependencies"]))
    if Path(python).parent != Path(sys.executable).parent:
        os.execv(python, [python, *sys.argv])
