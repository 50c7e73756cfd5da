"""Keys that nobody knows, from the wire to the operator and back."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from pushgo_compat.core import maintenance
from pushgo_compat.core.admin.alias_rules import AliasRequest
from pushgo_compat.core.stores.access.unknown_keys import UnknownKey
from pushgo_compat.model import Source
from tests.dialects import GOTIFY
from tests.gateway import Gateway, Mount, running
from tests.golden import CHANNEL_ID, PASSWORD
from tests.wire import HeaderLines

OTHER_ID = "06J0FZG1Y8XGG14VTQ4Y3G10MS"
CLIENT: HeaderLines = [("User-Agent", b"backup.sh/2")]
FORM: HeaderLines = [("Content-Type", b"application/x-www-form-urlencoded")]
KEYS = {
    Source.NTFY: "backups-of-the-house-1",
    Source.BARK: "jaEUcYvBQ4Qtn2LWYWSQqY",
    Source.SERVERCHAN: "SCT1234TabcdefghijKLMNOPQRS",
    GOTIFY: "AbCdEf12345-_xy",
}


@pytest.fixture
def gateway(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Gateway]:
    monkeypatch.setattr(maintenance, "FLUSH_EVERY_S", 0.02)
    with running(tmp_path) as gateway:
        yield gateway


def send(gateway: Gateway, dialect: Source, mount: Mount = Mount.PREFIX) -> int:
    """A message with the dialect's unknown key; the status of the answer."""
    key = KEYS[dialect]
    match dialect:
        case Source.NTFY:
            call = ("POST", f"/{key}", [*CLIENT, ("Title", b"t")], b"disk=full")
        case Source.BARK:
            call = ("POST", f"/{key}", [*CLIENT, *FORM], b"title=abc&body=secretbody")
        case "gotify":
            path = f"/message?token={key}"
            call = ("POST", path, [*CLIENT, *FORM], b"title=abc&message=d")
        case _:
            call = ("POST", f"/{key}.send", [*CLIENT, *FORM], b"title=abc&desp=d")
    return gateway.call(dialect, mount, *call).status


def listed(
    gateway: Gateway, enough: Callable[[Sequence[UnknownKey]], bool]
) -> Sequence[UnknownKey]:
    """The keys as the operator sees them, once the server has written them."""
    deadline = time.monotonic() + 20
    while True:
        found = gateway.administer(lambda admin: admin.unknown.list())
        keys = [summary.unknown for summary in found]
        if enough(keys):
            return keys
        assert time.monotonic() < deadline, keys
        time.sleep(0.02)


def bind(gateway: Gateway, key: UnknownKey, channel_id: str = CHANNEL_ID) -> None:
    wanted = AliasRequest(dialect=key.dialect, channel_id=channel_id, unknown=key)
    gateway.administer(lambda admin: admin.add_alias(wanted))


@pytest.mark.parametrize("mount", Mount)
def test_a_refused_key_is_listed_bound_and_opens(
    gateway: Gateway, mount: Mount
) -> None:
    for dialect in KEYS:
        assert send(gateway, dialect, mount) != 200
    keys = listed(gateway, lambda keys: len(keys) == len(KEYS))
    assert {key.client for key in keys} == {"backup.sh/2"}
    assert {key.address for key in keys} == {"127.0.0.1"}
    assert {key.dialect: dict(key.sample) for key in keys} == {
        Source.NTFY: {"(body)": 9},
        Source.BARK: {"title": 3, "body": 10, "(body)": 25},
        Source.SERVERCHAN: {"title": 3, "desp": 1, "(body)": 16},
        GOTIFY: {"token": 15, "title": 3, "message": 1, "(body)": 19},
    }
    for key in keys:
        bind(gateway, key)
    for dialect in KEYS:
        assert send(gateway, dialect, mount) == 200
    assert gateway.count() == len(KEYS)
    assert listed(gateway, lambda keys: not keys) == []


def test_neither_key_nor_text_of_a_refused_call_is_stored(gateway: Gateway) -> None:
    for dialect in KEYS:
        send(gateway, dialect)
    listed(gateway, lambda keys: len(keys) == len(KEYS))
    stored = b"".join(path.read_bytes() for path in gateway.folder.glob("gateway.db*"))
    for text in (*KEYS.values(), "secretbody", "disk", "full"):
        assert text.encode() not in stored


def test_what_the_catch_all_took_is_listed_and_bound_at_its_next_call(
    gateway: Gateway,
) -> None:
    gateway.administer(lambda admin: admin.create_channel("Other", OTHER_ID, PASSWORD))
    gateway.alias(Source.NTFY, "*")
    assert send(gateway, Source.NTFY) == 200
    assert send(gateway, Source.NTFY) == 200
    (key,) = listed(gateway, lambda keys: sum(key.count for key in keys) == 2)
    assert key.caught
    bind(gateway, key, OTHER_ID)
    assert send(gateway, Source.NTFY) == 200
    assert gateway.count() == 2
    assert listed(gateway, lambda keys: not keys) == []


def test_a_failed_password_is_no_unknown_key(gateway: Gateway) -> None:
    wrong = gateway.call(
        Source.NTFY, Mount.PREFIX, "POST", f"/{CHANNEL_ID}wrongpassword", [], b"x"
    )
    assert wrong.status == 403
    send(gateway, Source.BARK)
    (key,) = listed(gateway, bool)
    assert key.dialect is Source.BARK


def test_the_name_of_a_parameter_is_told_and_no_text_in_its_place(
    gateway: Gateway,
) -> None:
    query = "title=abc&a%20whole%20sentence=1&justtext&jaEUcYvBQ4Qtn2LWYWSQqY=1"
    body = b'{"body": "hello", "level": 5}'
    gateway.call(
        Source.BARK, Mount.PORT, "POST", f"/{KEYS[Source.BARK]}?{query}", [], body
    )
    (key,) = listed(gateway, bool)
    assert key.sample == {
        "title": 3,
        "body": 5,
        "level": 1,
        "(unnamed)": 1,
        "(body)": len(body),
    }


def test_uses_of_an_alias_are_counted_once_a_call(gateway: Gateway) -> None:
    gateway.alias(Source.BARK, KEYS[Source.BARK])
    for number in range(3):
        assert send(gateway, Source.BARK) == 200
        # A change elsewhere: the next call is let in anew within its commit.
        gateway.alias(Source.NTFY, f"another-topic-of-the-house-{number}")
    deadline = time.monotonic() + 20
    while True:
        (first,) = gateway.administer(lambda admin: admin.list_aliases(Source.BARK))
        if first.alias.use_count >= 3:
            break
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert first.alias.use_count == 3
    assert first.alias.last_used_ms == gateway.clock.now_ms
