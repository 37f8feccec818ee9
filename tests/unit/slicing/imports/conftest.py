"""Files as people bring them; all of them written here after the formats' sources."""

from __future__ import annotations

import io
import json
import zipfile

import pytest

from octoprint_img2stl.slicing.imports import read_any


@pytest.fixture
def write(tmp_path):
    """write(content, name=…) -> path of a file with that text or those bytes."""

    def make(content, name="mine.ini"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return make


@pytest.fixture
def read(write):
    """read(content, …) -> the Imported of a file with that content."""

    def run(content, *, file="mine.ini", **options):
        return read_any(write(content, file), **options)

    return run


def zipped(files: dict[str, str | bytes]) -> bytes:
    """A zip of names and contents."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return data.getvalue()


def orca_zip(*presets: dict) -> bytes:
    """An export of OrcaSlicer with these presets."""
    structure = {"bundle_type": "printer config bundle", "version": "2.3.0"}
    files = {"bundle_structure.json": json.dumps(structure)}
    for number, preset in enumerate(presets):
        files[f"preset/{number}.json"] = json.dumps(preset)
    return zipped(files)


def codes(imported) -> list[str]:
    return [problem.code for problem in imported.problems]


def said(imported, code: str) -> str:
    """The sentence of the one problem with this code."""
    (message,) = [each.message for each in imported.problems if each.code == code]
    return message
