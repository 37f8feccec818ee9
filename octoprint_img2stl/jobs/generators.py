"""What can make a solid of photos: the generator on this machine, and the owner's endpoints."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from ..problems import N_, Refusal
from ..solid3d.driver import ROLES, Capabilities
from ..solid3d.endpoint import Endpoint
from ..solid3d.settings import LOCAL

# Of the generator on this machine.
LOCAL_CAN = Capabilities(
    views_min=1,
    views_max=5,
    roles=tuple(role for role in ROLES if role != "other"),
    needs_alpha=True,
    geometry_only=True,
    seed=False,
    formats=("stl",),
    progress="percent",
    cancel="running",
    survives_disconnect=False,
    submit_idempotent=True,
    up_axis="z",
)


class GeneratorRefused(Refusal):
    """This generator cannot be used."""


@dataclass(frozen=True)
class Generator:
    """One of them, at this moment.

    Attributes:
        id: `LOCAL`, or the endpoint's id.
        label, host: for people; no host for the local one.
        capabilities: what it can do, as far as known.
    """

    id: str
    label: str
    host: str
    capabilities: Capabilities


class Generators(Protocol):
    """Where a runner finds them."""

    def get(self, generator: str) -> Generator:
        """Raises `GeneratorRefused` for one that is not there (any more)."""

    def endpoint(self, generator: str) -> Endpoint:
        """With its secret. Raises `GeneratorRefused`."""

    def took(self, generator: str, detail: str, seconds: float) -> None:
        """One was finished, that long after it began."""

    def is_known(self, generator: str) -> bool:
        """Whether it was ever asked what it can do."""

    def learned(self, generator: str, capabilities: Capabilities) -> None:
        """It was asked what it can do."""


class OnlyLocal:
    """No endpoint at all."""

    def get(self, generator: str) -> Generator:
        if generator != LOCAL:
            raise no_such_generator()
        return local()

    def endpoint(self, generator: str) -> Endpoint:
        raise no_such_generator()

    def took(self, generator: str, detail: str, seconds: float) -> None:
        pass

    def is_known(self, generator: str) -> bool:
        return True

    def learned(self, generator: str, capabilities: Capabilities) -> None:
        pass


class OneEndpoint(OnlyLocal):
    """The local one and a single endpoint, as the command has it."""

    def __init__(self, endpoint: Endpoint, capabilities: Capabilities) -> None:
        self._endpoint, self._capabilities = endpoint, capabilities

    def get(self, generator: str) -> Generator:
        if generator == self._endpoint.id:
            return of_endpoint(self._endpoint, self._capabilities)
        return super().get(generator)

    def endpoint(self, generator: str) -> Endpoint:
        if generator == self._endpoint.id:
            return self._endpoint
        return super().endpoint(generator)


def local() -> Generator:
    return Generator(LOCAL, N_("On this machine"), "", LOCAL_CAN)


def of_endpoint(endpoint: Endpoint, capabilities: Capabilities) -> Generator:
    return Generator(endpoint.id, endpoint.name, endpoint.host, capabilities)


def no_such_generator() -> GeneratorRefused:
    return GeneratorRefused(
        "solid.endpoint_gone",
        N_("This endpoint is not set up any more; choose another one to make the solid."),
        field="solid.endpoint",
    )
