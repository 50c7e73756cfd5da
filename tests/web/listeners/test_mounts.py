"""Which door a call is for."""

from __future__ import annotations

from typing import cast
from unittest import mock

import pytest

from pushgo_compat.web.legacy.door import DialectDoor
from pushgo_compat.web.listeners.mounts import HostRule, Mounts
from pushgo_compat.web.services import Services

FIRST, SECOND = cast("DialectDoor", object()), cast("DialectDoor", object())


@pytest.mark.parametrize("host", ["", "anything.example.com", "push.example.com:8080"])
def test_a_dialect_without_host_names_takes_no_host(host: str) -> None:
    hosts = [HostRule((), FIRST), HostRule(("push.example.com",), SECOND)]
    mounts = Mounts(services=mock.create_autospec(Services), hosts=hosts)
    door, prefix = mounts.find("/key", host)
    assert (door, prefix) == (SECOND if host.startswith("push.") else None, "")
