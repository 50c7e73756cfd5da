"""What a server holds on to: little before anybody has opened a page."""

from __future__ import annotations

from pathlib import Path

from pushgo_compat.model import Source
from tests.golden import KEY
from tests.logged import serving
from tests.processes.test_upload_memory import MIB, resident
from tests.wire import Wire, request

KEPT_BYTES = 10 * MIB
"""Less than one password check takes (19 MiB); libraries that come with a first call
are in it."""
MOST_BYTES = 90 * MIB


def test_the_memory_of_a_password_check_goes_back(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        before = resident(server.process_id)
        with Wire(server.gateway.ports[Source.NTFY]) as wire:
            for text in (b"one", b"two"):
                reply = wire.ask(request("POST", f"/{KEY}", [], text), "POST")
                assert reply.status == 200
        after = resident(server.process_id)
    assert after - before < KEPT_BYTES
    assert after < MOST_BYTES
