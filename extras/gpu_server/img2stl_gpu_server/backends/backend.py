"""The one interface of all back ends. No numpy here: it is imported by the front too."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from ..order import ROLES, Order
from ..watch import Watch

if TYPE_CHECKING:
    import numpy as np
    from PIL import Image


@dataclass(frozen=True)
class About:
    """What a back end is and can do.

    Attributes:
        name, label: for machines and for people.
        licence: of its weights, short.
        notice: what people should know of it, a sentence.
        views_max: how many pictures it takes.
        roles: which it can tell apart.
        seed: whether another seed gives another solid.
        solid: whether what it makes is a sound solid already.
        own_size: whether its points are millimetres that mean something.
        needs_acceptance: it runs only after its licence was accepted.
    """

    name: str
    label: str
    licence: str
    notice: str
    views_max: int = 1
    roles: tuple[str, ...] = ("front",)
    seed: bool = True
    solid: bool = False
    own_size: bool = False
    needs_acceptance: bool = False


@dataclass(frozen=True)
class Settings:
    """What the server's owner chose for its back end.

    Attributes:
        device: of torch, such as ``cuda`` or ``cuda:1``; empty: the first there is.
        model: folder or repository of the weights; empty: the usual one.
        cutter: how the background goes away: ``auto`` (rembg where it is installed), ``rembg``
            or ``plain``.
        accept_tencent_licence: see `TENCENT`.
        low_memory: move parts of the model out of the card's memory while they are idle.
        echo_file: the mesh that the back end `echo` gives.
        echo_seconds: how long it takes over it.
        echo_fail: how it fails, if at all: ``memory``, ``remote``, ``input``, ``crash``.
    """

    device: str = ""
    model: str = ""
    cutter: str = "auto"
    accept_tencent_licence: bool = False
    low_memory: bool = False
    echo_file: str = ""
    echo_seconds: float = 0.0
    echo_fail: str = ""

    @property
    def cuts_anything(self) -> bool:
        """Whether backgrounds go away that are not plain."""
        return self.cutter != "plain" and find_spec("rembg") is not None

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Settings:
        return cls(
            **{name: data[name] for name in cls.__dataclass_fields__ if name in data}
        )


@dataclass(frozen=True)
class Picture:
    """One picture as it lies in the job's folder.

    Attributes:
        role: where the camera stood, one of `ROLES`.
        path: PNG, upright, at most 2048 px.
        has_alpha: whether anything in it is transparent.
    """

    role: str
    path: Path
    has_alpha: bool


@dataclass(frozen=True, eq=False)
class RawMesh:
    """What a back end made.

    Attributes:
        points: (V, 3) float32.
        faces: (F, 3) int, counter-clockwise seen from outside.
        up: ``y`` (and the front looks to +z, as in glTF) or ``z`` (the front looks to -y).
        notes: what its owner should know, sentences.
    """

    points: np.ndarray
    faces: np.ndarray
    up: str = "y"
    notes: tuple[str, ...] = field(default=())


class Backend(ABC):
    """Makes solids, one at a time."""

    about: ClassVar[About]

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def load(self) -> None:  # noqa: B027  not every back end has weights
        """Import what it needs and load the weights.

        Raises:
            Refused: something is missing; says what to install.
        """

    @abstractmethod
    def make(self, order: Order, pictures: Sequence[Picture], watch: Watch) -> RawMesh:
        """Make a mesh; called in one thread at a time, after `load`.

        Args:
            pictures: one to `about.views_max`, of `about.roles`; the first is the front
                where there is one.
            watch: told after each step, and asked whether to go on.

        Raises:
            Refused: these pictures cannot be used, or it failed.
            Cancelled, Stopping: `watch` said so.
        """

    def recover(self) -> None:  # noqa: B027  not every back end has a card
        """Give back the card's memory after a job, whatever became of it."""


def in_order(pictures: Sequence[Picture]) -> list[Picture]:
    """The front first, then as in `ROLES`."""
    return sorted(pictures, key=lambda each: ROLES.index(each.role))


def the_one(pictures: Sequence[Picture]) -> Picture:
    """The picture for those who take only one."""
    return in_order(pictures)[0]


def opened(path: Path) -> Image.Image:
    """The picture in RGB or RGBA, decoded."""
    from PIL import Image

    with Image.open(path, formats=("PNG",)) as image:
        image.load()
        return image
