"""Golden cases at a front whose writer is behind a link: answered and stored alike."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import AsyncExitStack

import pytest

from pushgo_compat.config.config import Config
from pushgo_compat.core.auth.secrets import SecretKey
from pushgo_compat.server import start
from pushgo_compat.server.base import Base
from pushgo_compat.server.writer import open_writer
from pushgo_compat.web.listeners.sites import Sites
from tests import gateway as gateways
from tests.gateway import Gateway, running
from tests.golden import Case
from tests.web import test_wire_golden


async def start_linked(
    stack: AsyncExitStack,
    config: Config,
    secret: SecretKey,
    now_ms: Callable[[], int],
    sites: Sites,
) -> Mapping[str, int]:
    """Start a writer, and a front that has nothing but a socket to it."""
    base = Base(config=config, secret=secret, now_ms=now_ms)
    fronts = await open_writer(stack, base)
    here, there = socket.socketpair()
    await fronts.serve(there)
    return await start(stack, config, secret, now_ms, sites, link=here)


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gateways, "start", start_linked)
        with running(tmp_path_factory.mktemp("linked")) as gateway:
            yield gateway


@pytest.mark.parametrize("case", test_wire_golden.CASES, ids=lambda case: case.id)
def test_a_golden_case_of_a_dialect_is_answered_and_stored_alike(
    gateway: Gateway, case: Case
) -> None:
    test_wire_golden.check_case(gateway, case)
