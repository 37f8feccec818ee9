"""The wheel and the sdist as a user's pip would build them, and what is in them."""

from __future__ import annotations

import ast
import email
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from tests.unit.sources import FOLDER, PACKAGE, ROOT, modules

# Names of packages where they differ from what is imported.
DISTRIBUTIONS = {"PIL": "pillow", "websocket": "websocket-client"}
# Tried for and done without: the user is told how to add it.
OPTIONAL = {"pillow_heif", "igl"}
# Part of OctoPrint; nothing outside plugin/ imports them, see test_rooms.py.
OCTOPRINTS = {"octoprint", "flask", "flask_babel", "flask_login", "werkzeug"}

BUILD = """
import sys
from setuptools import build_meta
folder = sys.argv[1]  # which setuptools changes
build_meta.build_wheel(folder)
build_meta.build_sdist(folder)
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """Folder with a wheel and an sdist, built from a copy of the whole project."""
    folder = tmp_path_factory.mktemp("packaging")
    unwanted = shutil.ignore_patterns(
        ".git", ".venv*", ".demo", "out", "build", "dist", "*.egg-info", "__pycache__",
        "node_modules", "artefacts", ".cache",
    )  # fmt: skip
    shutil.copytree(ROOT, folder / "project", ignore=unwanted)
    done = subprocess.run(
        [sys.executable, "-c", BUILD, str(folder)],
        cwd=folder / "project",
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture(scope="module")
def wheel(built):
    (path,) = built.glob("*.whl")
    with zipfile.ZipFile(path) as archive:
        yield archive


@pytest.fixture(scope="module")
def metadata(wheel):
    (name,) = [name for name in wheel.namelist() if name.endswith(".dist-info/METADATA")]
    return email.message_from_bytes(wheel.read(name))


def of_the_package() -> set[str]:
    return {
        str(path.relative_to(ROOT))
        for path in FOLDER.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_wheel_holds_the_whole_package_and_nothing_else(wheel):
    names = [name for name in wheel.namelist() if ".dist-info/" not in name]
    assert set(names) == of_the_package()


@pytest.mark.parametrize(
    "wanted",
    [
        "templates/img2stl_tab.jinja2",
        "templates/img2stl_settings.jinja2",
        "static/js/img2stl.js",
        "static/clientjs/img2stl.js",
        "static/css/img2stl.css",
        "static/vendor/three-viewer.min.js",
        "static/vendor/three-viewer.LICENSE.txt",
        "data/sample/cat.jpg",
        "translations/de/LC_MESSAGES/messages.po",
        "translations/de/LC_MESSAGES/messages.mo",
    ],
)
def test_wheel_holds(wheel, wanted):
    assert len(wheel.read(f"{PACKAGE}/{wanted}")) > 100


def test_wheel_is_a_plugin(wheel):
    (name,) = [name for name in wheel.namelist() if name.endswith("entry_points.txt")]
    lines = wheel.read(name).decode().split("\n")
    assert lines[:2] == ["[octoprint.plugin]", f"img2stl = {PACKAGE}"]


def test_wheel_has_its_licence(wheel, metadata):
    (name,) = [name for name in wheel.namelist() if name.endswith("/LICENSE")]
    assert b"GNU AFFERO GENERAL PUBLIC LICENSE" in wheel.read(name)
    assert "AGPL-3.0-or-later" in (metadata["License-Expression"], metadata["License"])


def test_wheel_is_for_every_machine_but_not_for_every_python(built, metadata):
    (path,) = built.glob("*.whl")
    assert path.name.endswith("-py3-none-any.whl")
    fits = SpecifierSet(metadata["Requires-Python"])
    assert all(version in fits for version in ("3.10", "3.11", "3.12", "3.13"))
    assert "3.9" not in fits and "4.0" not in fits


def test_requires_what_the_package_imports(metadata):
    imported = {
        name.partition(".")[0] for module in modules() for _, name in module.imports()
    } - {PACKAGE}
    foreign = imported - set(sys.stdlib_module_names) - OCTOPRINTS - OPTIONAL
    required = [Requirement(each) for each in metadata.get_all("Requires-Dist")]
    always = [each for each in required if not each.marker]
    assert {each.name.lower() for each in always} == {
        DISTRIBUTIONS.get(name, name) for name in foreign
    }
    for each in always:
        bounds = list(each.specifier)
        assert [bound.operator for bound in bounds] == [">="], (
            f"{each}: only a lower bound"
        )
    assert "octoprint" not in {each.name.lower() for each in required}


def test_tests_require_what_they_import(metadata):
    imported = set()
    for path in (ROOT / "tests").rglob("*.py"):
        if "torch_stand_ins" in path.parts:
            continue  # what they import is each other
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level:
                imported.add(node.module.partition(".")[0])
    names = {"PIL": "pillow", "yaml": "pyyaml", "playwright": "playwright"}
    # tomllib is Python's own from 3.11 on
    own = {PACKAGE, "img2stl_gpu_server", "extras", "tests", "tomllib"}
    foreign = imported - set(sys.stdlib_module_names) - OCTOPRINTS - own
    required = {
        Requirement(each).name.lower() for each in metadata.get_all("Requires-Dist")
    }
    assert {names.get(name, name).lower() for name in foreign} - required == set()


def test_sdist_holds_the_package_but_no_tests(built):
    (path,) = built.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        names = {
            member.name.partition("/")[2]
            for member in archive.getmembers()
            if member.isfile()
        }
    assert of_the_package() <= names
    assert {"LICENSE", "README.md", "pyproject.toml", "setup.py"} <= names
    unwanted = re.compile(r"(tests|extras|translations|\.ci|\.venv)/")
    assert [name for name in names if unwanted.match(name)] == []
