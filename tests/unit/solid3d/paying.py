"""Endpoints, photos and jobs for the tests of paid services."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PIL import Image

from octoprint_img2stl.solid3d.driver import JobSpec, RemoteRef, View
from octoprint_img2stl.solid3d.endpoint import Endpoint
from octoprint_img2stl.solid3d.line import Line
from tests.fakes.paid import PaidFake

KEY = "0123456789abcdef0123456789abcdef"
# role -> how bright that photo is, 0 to 255: no two are alike
SHADES = {"front": 250, "back": 190, "left": 120, "right": 60, "top": 30, "other": 10}


def driver_for(cls: type, fake: PaidFake, url: str = "", **options: Any) -> Any:
    """A driver as the registry makes it."""
    endpoint = Endpoint(
        id="paid",
        name="A service",
        driver=cls.name,
        url=url or fake.url,
        auth="bearer",
        secret=fake.key,
        options=options,
    )
    return cls(endpoint, Line(endpoint))


def photo(folder: Path, name: str, shade: int, kind: str = "jpg") -> Path:
    """A photo of one shade."""
    path = folder / f"{name}.{kind}"
    mode, colour = ("RGBA", (shade,) * 3 + (255,)) if kind == "png" else ("L", shade)
    Image.new(mode, (64, 64), colour).save(path)
    return path


def job_of(
    tmp_path: Path, *roles: str, shades: Mapping[str, int] = SHADES, **how: Any
) -> JobSpec:
    """A job with one photo for each role, in that order."""
    photos, folder = tmp_path / "photos", tmp_path / "kept"
    photos.mkdir(exist_ok=True)
    folder.mkdir(exist_ok=True)
    views = tuple(
        View(role, photo(photos, f"{number}-{role}", shades[role]), False, (64, 64))
        for number, role in enumerate(roles or ("front",))
    )
    wishes = {"seed": 7, "detail": "normal", "max_faces": 0, "folder": folder}
    return JobSpec(views=views, **{**wishes, **how})


def unnoted(ref: RemoteRef) -> None:
    raise AssertionError("there is nothing to be noted before the job is known")
