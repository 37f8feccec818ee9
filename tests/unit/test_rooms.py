"""Who may import whom, and what loading the plugin must not load."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.unit.sources import PACKAGE, ROOT, modules

GROUND_FLOOR = {"problems", "machine", "process", "confine", "files"}
PATH_OF_THE_DATA = (
    "photo",
    "relief",
    "solid3d",
    "mesh",
    "slicing",
    "printing",
    "jobs",
    "plugin",
)
TO_THE_LEFT = {
    room: set(PATH_OF_THE_DATA[:place]) for place, room in enumerate(PATH_OF_THE_DATA)
}
# Two ways from a photo to a mesh, side by side.
TO_THE_LEFT["solid3d"] -= {"relief"}
TO_THE_LEFT["plugin"] |= {"cli"}
TO_THE_LEFT["cli"] = TO_THE_LEFT["plugin"] - {"cli", "plugin"}
TO_THE_LEFT["__main__"] = {"cli"}
TO_THE_LEFT[""] = {"plugin"}  # the package's own __init__, for __plugin_load__
WEB = {"octoprint", "flask", "flask_babel", "flask_login", "tornado", "werkzeug"}
HEAVY = {
    "numpy", "PIL", "trimesh", "pymeshfix", "pillow_heif", "scipy", "manifold3d",
    "mapbox_earcut",
}  # fmt: skip
# What only the worker process imports; everything else has to stay light.
WORKERS = {
    "photo.open", "photo.pixels", "photo.geometry",
    "photo.backdrop", "photo.cutout", "photo.outgoing",
    "relief.build", "relief.resample", "relief.write", "relief.preview", "relief.picture",
    "relief.extras.place", "relief.extras.spots",
    "slicing.draw",
    "jobs.meshes", "jobs.mesh_views", "jobs.solids", "jobs.steps", "jobs.worker",
}  # fmt: skip
# All of whose modules are the worker's.
WORKERS_FOLDERS = ("mesh.", "relief.solid.", "relief.tone.", "solid3d.local.")
# but for these, which the front of the house asks
LIGHT = {"mesh.refused", "mesh.settings", "mesh.words"}


def is_workers(name: str) -> bool:
    if name in LIGHT:
        return False
    return name in WORKERS or name.startswith(WORKERS_FOLDERS)


@pytest.mark.parametrize(
    "module", modules(), ids=lambda module: module.name or "__init__"
)
def test_imports_only_to_the_left(module):
    if module.room in GROUND_FLOOR:
        allowed = GROUND_FLOOR
    else:
        assert module.room in TO_THE_LEFT, f"{module.path} is in no room of the house"
        allowed = TO_THE_LEFT[module.room] | GROUND_FLOOR | {module.room}
    for node, name in module.imports():
        top, _, rest = name.partition(".")
        if top == PACKAGE:
            room = rest.partition(".")[0]
            assert room in allowed, f"{module.where(node)} imports {room}"
        if module.room != "plugin":
            assert top not in WEB, f"{module.where(node)} imports {top}"


def loaded_by(names: list[str]) -> dict[str, list[str]]:
    """For each module, the watched packages in a fresh interpreter once it was imported."""
    code = (
        "import importlib, json, sys\n"
        f"watched = {sorted(WEB | HEAVY)}\n"
        "found = {}\n"
        f"for name in {names!r}:\n"
        "    importlib.import_module(name)\n"
        "    found[name] = [name for name in watched if name in sys.modules]\n"
        "print(json.dumps(found))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def qualified(name: str) -> str:
    return f"{PACKAGE}.{name}".rstrip(".")


def test_light_modules_load_nothing_heavy_and_nothing_of_the_web():
    names = [
        qualified(module.name)
        for module in modules()
        # __main__ runs when it is imported; confine runs only as a program.
        if module.room not in ("plugin", "__main__") and not is_workers(module.name)
    ]
    for name, found in loaded_by(names).items():
        assert found == [], f"importing {name} loads {found}"


def test_plugin_loads_nothing_heavy():
    names = [PACKAGE] + [
        qualified(module.name) for module in modules() if module.room == "plugin"
    ]
    assert len(names) > 1
    for name, found in loaded_by(names).items():
        heavy = HEAVY.intersection(found)
        assert not heavy, f"importing {name} loads {sorted(heavy)}"


def test_the_watch_sees_what_is_loaded():
    """Guards the two tests above: a worker's module does load numpy, and all of them exist."""
    assert WORKERS <= {module.name for module in modules()}
    for folder in WORKERS_FOLDERS:
        assert any(module.name.startswith(folder) for module in modules())
    assert "numpy" in loaded_by([qualified("relief.build")])[qualified("relief.build")]
