"""Jobs, endpoints and drivers for the tests of drivers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PIL import Image

from octoprint_img2stl.solid3d.driver import Driver, JobSpec, RemoteRef, View
from octoprint_img2stl.solid3d.endpoint import Endpoint
from octoprint_img2stl.solid3d.line import Line

KEY = "0123456789abcdef0123456789abcdef"
COLOURS = ("red", "green", "blue", "white", "black", "grey")


def endpoint(driver: str, url: str, secret: str = "", **options: Any) -> Endpoint:
    auth = "bearer" if secret else "none"
    return Endpoint(
        "mine", "Mine", driver, url, auth=auth, secret=secret, options=options
    )


def made(which: type[Driver], url: str, secret: str = "", **options: Any) -> Driver:
    """A driver for the endpoint at `url`."""
    found = endpoint(which.name, url, secret, **options)
    return which(found, Line(found, connect_s=2.0))


def job(
    folder: Path, roles: Sequence[str] = ("front",), alpha: bool = True, **how: Any
) -> JobSpec:
    """A job with a small picture of another colour for each role."""
    folder.mkdir(exist_ok=True)
    views = []
    for number, role in enumerate(roles, 1):
        size = (40, 30)
        path = folder / f"{number}.{'png' if alpha else 'jpg'}"
        Image.new("RGBA" if alpha else "RGB", size, COLOURS[number - 1]).save(path)
        views.append(View(role, path, alpha, size))
    own = folder / "own"
    own.mkdir(exist_ok=True)
    given = {"seed": 7, "detail": "normal", "max_faces": 0, **how}
    return JobSpec(views=tuple(views), folder=own, **given)


class Notes(list):
    """What a driver wrote down before it sent a job."""

    def __call__(self, ref: RemoteRef) -> None:
        self.append(RemoteRef.from_json(ref.to_json()))
