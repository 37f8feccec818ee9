from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import octoprint_img2stl.slicing

# All but the pictures, and what is looked at in a worker only.
HEAVY = {".draw"}
ROOM = Path(octoprint_img2stl.slicing.__file__).parent
LIGHT = sorted(
    {
        "".join(
            f".{part}" for part in path.relative_to(ROOM).with_suffix("").parts
        ).removesuffix(".__init__")
        for path in ROOM.rglob("*.py")
    }
    - HEAVY
)
CODE = """
import importlib, sys
for name in {names!r}:
    importlib.import_module("octoprint_img2stl.slicing" + name)
heavy = {{"numpy", "PIL", "trimesh", "octoprint", "flask", "tornado"}}
print(sorted(heavy & {{name.split(".")[0] for name in sys.modules}}))
"""


@pytest.mark.parametrize("names", [[name] for name in LIGHT] + [LIGHT[::-1]], ids=str)
def test_octoprints_process_may_import_it(names):
    """Also alone and in any order: no module needs another to be imported first."""
    command = [sys.executable, "-c", CODE.format(names=names)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_room_offers_its_functions():
    from octoprint_img2stl import slicing

    for name in slicing.__all__:
        assert getattr(slicing, name)
    assert not hasattr(slicing, "nothing")
