"""Fixtures of all tests: drawing of examples, time limits, a server."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from tests.gateway import Gateway, running
from tests.old_server import OldServer, old_server

if TYPE_CHECKING:
    from tests.postgres import TestServer

LIMIT_S = 120
"""How long a test may take; one that needs longer is marked ``timeout``."""

# A busy machine is no fault: neither profile measures time. `make test` draws the same
# examples every time, `make fuzz` draws them from its seed.
settings.register_profile(
    "same",
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile(
    "fuzz", settings.get_profile("same"), derandomize=False, print_blob=False
)
settings.load_profile("same")


def pytest_collection_modifyitems(items: Sequence[pytest.Item]) -> None:
    """Give each test a time limit of its own."""
    for item in items:
        if item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(LIMIT_S))


@pytest.fixture(scope="session")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """One server for all tests that leave its aliases and settings alone."""
    with running(tmp_path_factory.mktemp("gateway")) as gateway:
        yield gateway


@pytest.fixture
def old() -> Iterator[OldServer]:
    """An old server that says ``{}``."""
    with old_server() as server:
        yield server


@pytest.fixture(scope="session")
def postgres() -> Iterator[TestServer]:
    """One PostgreSQL for all tests, each of which has a database of its own."""
    from tests.postgres import running_postgres  # the others need none of it

    with running_postgres() as server:
        yield server
