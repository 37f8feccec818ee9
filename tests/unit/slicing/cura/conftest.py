"""The real CuraEngine, its definition files, and pretended engines."""

from __future__ import annotations

import json
import shutil

import pytest

from octoprint_img2stl.slicing.cura.definitions import Definitions
from octoprint_img2stl.slicing.cura.engine import CuraEngine
from tests.unit.slicing.cura.here import resources

VERSION = "4.13.0"


@pytest.fixture(scope="session")
def engine_path():
    path = shutil.which("CuraEngine")
    if path is None:
        pytest.fail("CuraEngine is not installed: apt-get install cura-engine")
    return path


@pytest.fixture
def curaengine(engine_path):
    return CuraEngine(engine_path, str(resources()))


@pytest.fixture(scope="session")
def definitions():
    return Definitions.find(VERSION, str(resources()))


@pytest.fixture
def fake(tmp_path):
    """fake(lines of shell, …) -> a CuraEngine whose program does just that.

    In the shell, $out is the file to be written.
    """

    def make(script: str, help_text: str = f"Cura_SteamEngine version {VERSION}"):
        program = tmp_path / "fake-engine"
        find_output = (
            'for word in "$@"; do [ "$last" = -o ] && out=$word; last=$word; done'
        )
        program.write_text(
            f"#!/bin/sh\nif [ \"$1\" = help ]; then echo '{help_text}' >&2; exit 0; fi\n"
            f"{find_output}\n{script}\n"
        )
        program.chmod(0o755)
        return CuraEngine(str(program), str(resources()))

    return make


@pytest.fixture
def make_folder(tmp_path):
    """make_folder({name: definition}) -> a folder ``resources`` of our own.

    Names with a slash go where they say, others to ``definitions``.
    """

    def make(files, setting_version=19):
        base = {
            "name": "Base",
            "metadata": {"setting_version": setting_version, "visible": False},
            "settings": {},
        }
        everything = {
            "fdmprinter": base,
            "fdmextruder": {"name": "Extruder", "settings": {}},
            **files,
        }
        folder = tmp_path / "resources"
        for name, data in everything.items():
            place = name if "/" in name else f"definitions/{name}"
            path = folder / f"{place}.def.json"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(data if isinstance(data, str) else json.dumps(data))
        return folder

    return make
