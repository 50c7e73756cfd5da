"""Streams whose key stops opening the channel, and those whose key does not."""

from __future__ import annotations

import sqlite3
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from aiohttp import encode_basic_auth

from pushgo_compat.core.admin.alias_rules import hint_of
from pushgo_compat.core.admin.service import Administration
from pushgo_compat.model import Credential, Source
from tests.gateway import Gateway, Mount, running
from tests.golden import CHANNEL_ID, KEY, PASSWORD
from tests.web.raw_stream import NATIVE, RawStream, raw_stream

ALIAS, LOCKED, SENDER = "backups", "vault", "sender"
LOGIN = Credential(user="phil", secret="of the old server")
Change = Callable[[Gateway], object]


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[Gateway]:
    with running(tmp_path) as gateway:
        gateway.alias(Source.NTFY, ALIAS)
        gateway.alias(Source.NTFY, SENDER)
        gateway.alias(Source.NTFY, LOCKED, require_auth=True, credentials=(LOGIN,))
        yield gateway


def rotate(gateway: Gateway) -> None:
    gateway.administer(lambda admin: admin.rotate_password(CHANNEL_ID))


def remove(gateway: Gateway) -> None:
    gateway.administer(lambda admin: admin.remove_key(Source.NTFY, ALIAS))


def alter(gateway: Gateway, terms: str) -> None:
    """Change an alias beside the server, as a command in another process does."""
    with closing(sqlite3.connect(gateway.db_url.removeprefix("sqlite:///"))) as db, db:
        hint = hint_of(ALIAS)
        changed = db.execute(f"UPDATE aliases SET {terms} WHERE hint = ?", (hint,))
        assert changed.rowcount == 1
        db.execute("UPDATE state SET generation = generation + 1")


def remake(gateway: Gateway) -> None:
    """The same id again, and the same password: another channel all the same."""

    async def delete_and_create(admin: Administration) -> None:
        await admin.delete_channel(CHANNEL_ID)
        await admin.create_channel("Again", CHANNEL_ID, PASSWORD)

    gateway.administer(delete_and_create)
    gateway.alias(Source.NTFY, SENDER)


def send(gateway: Gateway, text: str) -> None:
    path = f"/{SENDER}"
    reply = gateway.call(Source.NTFY, Mount.PORT, "POST", path, body=text.encode())
    assert reply.status == 200, reply.body


ENDING: dict[str, tuple[str, Change]] = {
    "rotated": (KEY, rotate),
    "alias removed": (ALIAS, remove),
    "alias only sends": (ALIAS, lambda gateway: alter(gateway, "send_only = 1")),
    "alias wants a login": (ALIAS, lambda gateway: alter(gateway, "require_auth = 1")),
    "deleted and made again": (KEY, remake),
    "one of several topics": (f"{LOCKED},{ALIAS}", remove),
}


@pytest.mark.parametrize("form", ["json", "ws"])
@pytest.mark.parametrize("case", ENDING)
def test_a_stream_ends_and_shows_nothing_that_came_after(
    gateway: Gateway, case: str, form: str
) -> None:
    topics, change = ENDING[case]
    query = _auth(LOGIN) if LOCKED in topics else ""
    with raw_stream(gateway, form, topics, query) as stream:
        send(gateway, "before")
        stream.until(b"before")
        change(gateway)
        send(gateway, "too late")
        assert b"too late" not in stream.to_the_end()
    send(gateway, "the server goes on")


@pytest.mark.parametrize("change", [rotate, remake])
def test_a_native_stream_ends_and_shows_nothing_that_came_after(
    gateway: Gateway, change: Change
) -> None:
    with raw_stream(gateway, NATIVE) as stream:
        send(gateway, "before")
        stream.until(b"before")
        change(gateway)
        send(gateway, "too late")
        assert b"too late" not in stream.to_the_end()


def test_a_quiet_stream_ends_as_well(gateway: Gateway) -> None:
    with raw_stream(gateway, "json", ALIAS) as stream:
        remove(gateway)
        assert stream.to_the_end() == b""


def test_what_still_opens_the_channel_is_not_disturbed(gateway: Gateway) -> None:
    """A rotated password leaves aliases and the logins bound to them as they were."""
    with ExitStack() as stack:
        streams: list[RawStream] = [
            stack.enter_context(raw_stream(gateway, form, topics, query))
            for form in ("json", "ws")
            for topics, query in ((ALIAS, ""), (LOCKED, _auth(LOGIN)))
        ]
        gateway.alias(Source.NTFY, "another")
        other = gateway.administer(lambda admin: admin.create_channel("Other"))
        gateway.administer(lambda admin: admin.rotate_password(other.channel_id))
        rotate(gateway)
        send(gateway, "all is well")
        for stream in streams:
            stream.until(b"all is well")


def test_a_channel_password_shown_beside_an_alias_ends_with_the_password(
    gateway: Gateway,
) -> None:
    channel_login = Credential(user="", secret=PASSWORD)
    with raw_stream(gateway, "json", LOCKED, _auth(channel_login)) as stream:
        rotate(gateway)
        send(gateway, "too late")
        assert stream.to_the_end() == b""


def _auth(login: Credential) -> str:
    """The login as ntfy's clients put it in the query."""
    basic = encode_basic_auth(login.user or "", login.secret)
    return "auth=" + urlsafe_b64encode(basic.encode()).decode().rstrip("=")
