"""Requests that people send to real servers, their very bytes at every mount."""

from __future__ import annotations

import pytest

from tests.gateway import Gateway, Mount
from tests.web.field_cases import FieldCase, contains, load_field_cases
from tests.wire import Wire

CASES = load_field_cases()


@pytest.mark.parametrize("mount", Mount)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_a_request_from_the_field_is_answered_as_by_the_old_server(
    gateway: Gateway, case: FieldCase, mount: Mount
) -> None:
    placed = case.bytes_at(gateway, mount)
    if placed is None:
        pytest.skip("its bytes name no host")
    port, raw = placed
    with Wire(port) as wire:
        wire.send(raw)
        if case.half_close:
            wire.end_sending()
        reply = wire.read()
    assert reply.status == case.expect["status"], reply.body
    assert contains(reply.json, case.expect["reply"]), reply.body
    if "native" in case.expect:
        message = gateway.only_message(reply)
        assert contains(message, case.expect["native"]), message
