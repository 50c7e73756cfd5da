"""The running server that tests over the wire share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.gateway import Gateway, running


@pytest.fixture(scope="session")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """One server for all tests that leave its aliases and settings alone."""
    with running(tmp_path_factory.mktemp("gateway")) as gateway:
        yield gateway
