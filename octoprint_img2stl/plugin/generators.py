"""What can make a solid here: the generator on this machine and the endpoints set up."""

from __future__ import annotations

from ..jobs import generators
from ..jobs.generators import Generator
from ..solid3d import registry
from ..solid3d.driver import Capabilities
from ..solid3d.endpoint import Endpoint
from ..solid3d.refused import SolidRefused
from ..solid3d.settings import LOCAL
from .endpoints import Endpoints


class PluginGenerators:
    """See `jobs.generators.Generators`."""

    def __init__(self, endpoints: Endpoints) -> None:
        self.endpoints = endpoints

    def all(self) -> list[Generator]:
        """The local one first, then the endpoints in their owner's order."""
        return [generators.local(), *map(self._of, self.endpoints.all())]

    def get(self, generator: str) -> Generator:
        if generator == LOCAL:
            return generators.local()
        return self._of(self.endpoint(generator))

    def endpoint(self, generator: str) -> Endpoint:
        try:
            return self.endpoints.get(generator)
        except SolidRefused:
            raise generators.no_such_generator() from None

    def took(self, generator: str, detail: str, seconds: float) -> None:
        self.endpoints.note_duration(generator, detail, seconds)

    def is_known(self, generator: str) -> bool:
        return self.endpoints.capabilities(generator) is not None

    def learned(self, generator: str, capabilities: Capabilities) -> None:
        self.endpoints.remember_capabilities(generator, capabilities)

    def _of(self, endpoint: Endpoint) -> Generator:
        return generators.of_endpoint(endpoint, self._capabilities(endpoint))

    def _capabilities(self, endpoint: Endpoint) -> Capabilities:
        """As it said itself; before it was ever asked, what its protocol makes likely."""
        found = self.endpoints.capabilities(endpoint.id)
        if found is not None:
            return found
        return registry.assumed(endpoint)
