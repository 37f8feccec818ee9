from __future__ import annotations

import subprocess
import sys

import pytest

MODULES = (
    "bed bounds config definitions engine files flat formulas gcodes header keys "
    "output pace resolve"
).split()
CODE = """
import importlib, sys
for name in {names!r}:
    importlib.import_module("octoprint_img2stl.slicing.cura." + name)
heavy = {{"numpy", "PIL", "trimesh", "octoprint", "flask", "tornado"}}
print(sorted(heavy & {{name.split(".")[0] for name in sys.modules}}))
"""


@pytest.mark.parametrize("names", [[name] for name in MODULES], ids=str)
def test_octoprints_process_may_import_it(names):
    """Also alone: no module needs another to be imported first."""
    command = [sys.executable, "-c", CODE.format(names=names)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
