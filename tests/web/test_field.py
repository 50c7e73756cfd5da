"""Requests that people send to real servers, their very bytes at every mount."""

from __future__ import annotations

import pytest

from tests.gateway import Gateway, Mount
from tests.web.field_cases import FieldCase, contains, load_field_cases
from tests.wire import Wire

PLACES = [
    pytest.param(case, mount, id=f"{case.id}-{mount.value}")
    for case in load_field_cases()
    for mount in Mount
    if case.fits(mount)
]


@pytest.mark.parametrize(("case", "mount"), PLACES)
def test_a_request_from_the_field_is_answered_as_by_the_old_server(
    gateway: Gateway, case: FieldCase, mount: Mount
) -> None:
    port, raw = case.bytes_at(gateway, mount)
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
