"""A server that everybody of a module may use."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.unit.gpu_server.serving import Running, running


@pytest.fixture(scope="module")
def echo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One with the back end for tests, which answers at once."""
    with running(tmp_path_factory.mktemp("echo"), "--backend", "echo") as server:
        yield server
