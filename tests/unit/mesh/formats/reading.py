"""What the tests of the formats share."""

from __future__ import annotations

from pathlib import Path

import pytest

from octoprint_img2stl.mesh import MeshRefused
from octoprint_img2stl.mesh.load import Loaded, load_any
from tests.unit.mesh.shapes import save

SIZE = (10.0, 20.0, 30.0)


def opened(folder: Path, name: str, data: bytes | str, **options) -> Loaded:
    return load_any(save(folder, name, data), **options)


def refused(folder: Path, name: str, data: bytes | str, **options) -> MeshRefused:
    """One clear sentence, of this code."""
    with pytest.raises(MeshRefused) as caught:
        opened(folder, name, data, **options)
    problem = caught.value.problem
    assert problem.severity == "error"
    assert problem.message.endswith((".", ").")) and "%" not in problem.message
    assert problem.message.isprintable() and name in problem.message
    return caught.value


def code(folder: Path, name: str, data: bytes | str, **options) -> str:
    return refused(folder, name, data, **options).code
