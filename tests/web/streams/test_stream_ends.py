"""Streams end as ntfy's do: with the connection, without a last chunk or close frame.

After either of them receivers do not come back (docs/dialects/ntfy.md 9): curl exits
with 0 and an ``until`` loop stops, ntfy's web app never reconnects, its Android app
waits for minutes.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from pushgo_compat.model import Source
from tests.gateway import Gateway, Mount, running
from tests.golden import CHANNEL_ID, KEY
from tests.tls import self_signed
from tests.web.raw_stream import FORMS, raw_stream


def rotate(gateway: Gateway) -> None:
    gateway.administer(lambda admin: admin.rotate_password(CHANNEL_ID))


@pytest.mark.parametrize("form", FORMS)
def test_a_stopping_server_adds_nothing_to_a_stream(tmp_path: Path, form: str) -> None:
    with ExitStack() as server:
        gateway = server.enter_context(running(tmp_path))
        with raw_stream(gateway, form) as stream:
            server.close()
            assert stream.to_the_end() == b""


@pytest.mark.parametrize("form", FORMS)
def test_a_revoked_key_adds_nothing_to_a_stream(tmp_path: Path, form: str) -> None:
    with running(tmp_path) as gateway, raw_stream(gateway, form) as stream:
        rotate(gateway)
        assert stream.to_the_end() == b""


def test_a_websocket_poll_ends_with_its_connection(tmp_path: Path) -> None:
    with running(tmp_path) as gateway:
        gateway.call(Source.NTFY, Mount.PORT, "POST", f"/{KEY}", body=b"kept")
        with raw_stream(gateway, "ws", query="poll=1") as stream:
            stream.to_the_end()
            assert stream.received.endswith(b"}\n")


def test_a_stream_over_tls_ends_without_a_last_chunk(tmp_path: Path) -> None:
    cert, key, trusting = self_signed(tmp_path)
    with (
        running(tmp_path, tls_cert=cert, tls_key=key) as gateway,
        raw_stream(replace(gateway, tls=trusting), "json") as stream,
    ):
        rotate(gateway)
        assert stream.to_the_end() == b""
