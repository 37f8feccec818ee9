"""Stands in for torch; see README.md beside."""

from __future__ import annotations

import os
from contextlib import contextmanager

said: list[tuple[str, dict]] = []
# Which step fails for want of memory, for instance: {"memory": 3}. From the environment as
# well, for servers that are processes of their own: "memory=3,nothing=1".
faults: dict[str, int] = {
    name: int(value)
    for name, _, value in (
        each.partition("=")
        for each in os.environ.get("TORCH_FAULTS", "").split(",")
        if each
    )
}
float16, float32 = "float16", "float32"


class OutOfMemoryError(RuntimeError):
    pass


class Tensor:
    pass


def tell(what: str, **values: object) -> None:
    said.append((what, values))


def step(number: int) -> None:
    """What every model here does before its step `number`, counted from 1."""
    if faults.get("memory") == number:
        raise OutOfMemoryError(
            "CUDA out of memory. Tried to allocate 2.50 GiB. GPU 0 has …"
        )
    if faults.get("bug") == number:
        raise RuntimeError(
            "expected scalar type Half but found Float, /home/me/secret.py"
        )


class Generator:
    def __init__(self, device: str = "cpu") -> None:
        self.device, self.seed = device, None

    def manual_seed(self, seed: int) -> Generator:
        self.seed = seed
        return self


@contextmanager
def no_grad():
    yield


class cuda:
    OutOfMemoryError = OutOfMemoryError

    @staticmethod
    def is_available() -> bool:
        return "cpu" not in faults

    @staticmethod
    def empty_cache() -> None:
        tell("empty_cache")


class backends:
    pass


def ellipsoid(half: tuple[float, float, float], crumbs: int = 3):
    """Points (V, 3) float64 and faces (F, 3) int64 of one, with `crumbs` floating above it."""
    import numpy as np

    def sphere(rings: int, sides: int):
        polar = np.linspace(0, np.pi, rings + 1)[1:-1]
        turn = np.linspace(0, 2 * np.pi, sides, endpoint=False)
        p, t = (each.ravel() for each in np.meshgrid(polar, turn, indexing="ij"))
        ring = np.stack((np.sin(p) * np.cos(t), np.sin(p) * np.sin(t), np.cos(p)), axis=1)
        points = np.concatenate(([[0, 0, 1]], ring, [[0, 0, -1]]))
        faces, last = [], len(points) - 1
        for side in range(sides):
            after = (side + 1) % sides
            faces.append((0, 1 + side, 1 + after))
            faces.append((last, last - sides + after, last - sides + side))
            for row in range(rings - 2):
                a, b = 1 + row * sides + side, 1 + row * sides + after
                faces += [(a, a + sides, b), (b, a + sides, b + sides)]
        return points, np.array(faces)

    points, faces = sphere(40, 60)
    points = points * half
    for number in range(crumbs):
        small, small_faces = sphere(4, 5)
        small = small * 0.01 + (0.3 * number, half[1] + 0.3, 0)
        faces = np.concatenate((faces, small_faces + len(points)))
        points = np.concatenate((points, small))
    return points, faces
