"""Webhooks: signed, guarded, never redirected."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import ipaddress
import socket
from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace

import aiohttp
import aiohttp.abc
import aiohttp.connector
import orjson
import pytest
from aiohttp import web

from pushgo_compat.core.delivery import (
    Checked,
    Drop,
    GiveUp,
    Misconfigured,
    Outcome,
    Retry,
    Scope,
    Sent,
    TargetRefused,
)
from pushgo_compat.delivery.kinds.webhook import WEBHOOK
from pushgo_compat.delivery.kinds.webhook.payload import make_secret, read_secret
from pushgo_compat.delivery.kinds.webhook.transport import (
    REDEPLOY_MS,
    WebhookSender,
    outcome_of,
)
from pushgo_compat.delivery.sending import guard
from pushgo_compat.delivery.sending.http import Answer
from tests.delivery.samples import MESSAGE_ID, NOW_MS, delivery
from tests.delivery.surroundings import surroundings
from tests.providers.http import receiver

LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)


def target(url: str, **more: object) -> Checked:
    return WEBHOOK.check({"url": url, **more}, NOW_MS)


async def send(checked: Checked, sender: WebhookSender | None = None) -> Outcome:
    used = sender or WebhookSender(surroundings(allow_private=LOOPBACK))
    try:
        return await used.send(checked.configuration, delivery(body="42 minutes"))
    finally:
        if sender is None:
            await used.close()


async def test_a_receiver_can_verify_the_very_bytes_that_arrive() -> None:
    async with receiver() as (got, url):
        checked = target(f"{url}/hook", header=["X-Room: kitchen"])
        assert await send(checked) == Sent()
    ((request, body),) = got.got
    assert request.headers["X-Room"] == "kitchen"
    assert request.headers["X-PushGo-Via"] == "store-1"
    assert request.headers["webhook-id"] == f"msg_{MESSAGE_ID}"
    assert checked.made_secret is not None
    key = base64.b64decode(checked.made_secret.removeprefix("whsec_"))
    at = request.headers["webhook-timestamp"]
    signed = f"msg_{MESSAGE_ID}.{at}.".encode() + body
    digest = base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
    assert request.headers["webhook-signature"] == f"v1,{digest}"
    document = orjson.loads(body)
    assert document["type"] == "message.accepted"
    assert document["data"]["message_id"] == MESSAGE_ID
    assert document["data"]["body"] == "42 minutes"


async def test_a_redirect_is_told_by_its_host_and_never_followed() -> None:
    async with receiver() as (got, url):
        got.answer = lambda: web.Response(
            status=302, headers={"Location": "http://inside.example/secret?k=1"}
        )
        outcome = await send(target(url))
        assert len(got.got) == 1
    assert outcome == Misconfigured(
        "answers a redirect to inside.example", Scope.TARGET
    )


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:{port}/",
        "http://localhost:{port}/",
        "http://[::ffff:127.0.0.1]:{port}/",
    ],
)
async def test_private_addresses_are_never_dialled(url: str) -> None:
    async with receiver() as (got, at):
        port = at.rpartition(":")[2]
        sender = WebhookSender(surroundings())
        outcome = await send(target(url.format(port=port)), sender)
        await sender.close()
        assert got.got == []
    assert isinstance(outcome, Misconfigured)
    assert "private address" in outcome.reason


def rebinding(answers: Iterator[list[str]]) -> type[aiohttp.abc.AbstractResolver]:
    """A resolver that answers every question with other addresses."""

    class Rebinding(aiohttp.abc.AbstractResolver):
        def __init__(self, **_settings: object) -> None:
            super().__init__()

        async def resolve(
            self, host: str, port: int = 0, family: int = socket.AF_INET
        ) -> list[aiohttp.abc.ResolveResult]:
            return [
                {
                    "hostname": host,
                    "host": found,
                    "port": port,
                    "family": socket.AF_INET,
                    "proto": 0,
                    "flags": 0,
                }
                for found in next(answers)
            ]

        async def close(self) -> None:
            return

    return Rebinding


@pytest.mark.parametrize(
    ("answers", "sockets"),
    [
        # One look each, as when the name's time has passed in between.
        ([["1.1.1.1"], ["127.0.0.1"]], 1),
        ([["1.1.1.1"], ["::ffff:127.0.0.1"]], 1),
        # Both at one look: the second is tried when the first does not answer.
        ([["1.1.1.1", "127.0.0.1"], ["127.0.0.1", "169.254.169.254"]], 1),
    ],
)
async def test_a_name_that_changes_its_mind_fails_where_the_socket_is_made(
    monkeypatch: pytest.MonkeyPatch, answers: list[list[str]], sockets: int
) -> None:
    """DNS rebinding; nothing inside is dialled, for there is no socket to dial with."""
    made: list[str] = []
    dialled: list[object] = []

    def make(**_given: object) -> socket.socket:
        made.append("of the public address")
        raise OSError(None, "no test reaches a public address")

    async def connect(*given: object) -> None:
        dialled.append(given)

    loop = asyncio.get_running_loop()
    resolver = rebinding(iter(answers))
    monkeypatch.setattr(aiohttp.connector, "DefaultResolver", resolver)
    monkeypatch.setattr(
        "pushgo_compat.delivery.sending.guard.socket", SimpleNamespace(socket=make)
    )
    monkeypatch.setattr(loop, "sock_connect", connect, raising=False)
    outcomes = []
    for _ in answers:
        sender = WebhookSender(surroundings())
        outcomes.append(await send(target("http://rebinds.example:8080/"), sender))
        await sender.close()
    assert len(made) == sockets
    assert dialled == []
    assert isinstance(outcomes[-1], Misconfigured)
    assert "private address" in outcomes[-1].reason


async def test_two_keys_sign_side_by_side_during_a_change() -> None:
    old, new = make_secret(), make_secret()
    async with receiver() as (got, url):
        checked = target(url, secret=old)
        both = {**checked.configuration, "secrets": [new, old]}
        assert await send(replace(checked, configuration=both)) == Sent()
    ((request, body),) = got.got
    at = request.headers["webhook-timestamp"]
    signed = f"msg_{MESSAGE_ID}.{at}.".encode() + body
    digests = [
        base64.b64encode(hmac.digest(read_secret(key), signed, "sha256")).decode()
        for key in (new, old)
    ]
    assert request.headers["webhook-signature"] == f"v1,{digests[0]} v1,{digests[1]}"


async def test_a_redirect_to_nonsense_is_told_as_one() -> None:
    async with receiver() as (got, url):
        got.answer = lambda: web.Response(
            status=307, headers={"Location": "http://[bad"}
        )
        outcome = await send(target(url))
    assert outcome == Misconfigured("answers a redirect to another path", Scope.TARGET)


async def test_a_time_out_is_one_receiver_s_not_its_host_s(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(guard, "TIMEOUT", aiohttp.ClientTimeout(total=0.05))

    gone = asyncio.Event()

    async def say_nothing(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        await reader.read()  # until the caller has given up
        writer.close()
        await writer.wait_closed()
        gone.set()

    silent = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
    port = silent.sockets[0].getsockname()[1]
    outcome = await send(target(f"http://127.0.0.1:{port}/slow"))
    await gone.wait()
    silent.close()
    assert outcome == Retry("no answer in time", Scope.TARGET)


async def test_an_endless_answer_is_not_read() -> None:
    async with receiver() as (got, url):
        got.answer = lambda: web.Response(status=200, body=b"x" * 10_000_000)
        assert await send(target(url)) == Sent()


async def test_nobody_there_is_tried_again() -> None:
    async with receiver() as (_, url):
        pass
    outcome = await send(target(url))
    assert isinstance(outcome, Retry)
    assert outcome.scope is Scope.GROUP
    assert url not in outcome.reason


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, Sent()),
        (204, Sent()),
        (400, GiveUp("status 400")),
        (401, Retry("status 401", after_s=9.0)),
        (403, Retry("status 403", after_s=9.0)),
        (404, Retry("status 404", after_s=9.0)),
        (405, Retry("status 405", after_s=9.0)),
        (408, Retry("status 408", after_s=9.0)),
        (409, GiveUp("status 409")),
        (410, Drop("status 410: gone")),
        (413, GiveUp("status 413")),
        (422, GiveUp("status 422")),
        (425, Retry("status 425", after_s=9.0)),
        (429, Retry("status 429", after_s=9.0)),
        (500, Retry("status 500", after_s=9.0)),
        (503, Retry("status 503", after_s=9.0)),
    ],
)
def test_every_status_says_what_to_do(status: int, outcome: Outcome) -> None:
    answer = Answer(status=status, headers={"Retry-After": "9"})
    assert outcome_of(answer) == outcome


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("", None),
        ("12", 12.0),
        ("soon", None),
        ("-3", None),
        ("Thu, 01 Jan 1970 00:00:30 GMT", 20.0),
        ("Thu, 01 Jan 1970 00:00:01 GMT", 0.0),
    ],
)
def test_retry_after_is_a_number_or_a_date(value: str, seconds: float | None) -> None:
    answer = Answer(status=503, headers={"Retry-After": value}, at_s=10.0)
    assert answer.retry_after_s == seconds


async def test_a_receiver_that_refuses_for_an_hour_loses_messages_then_its_place() -> (
    None
):
    # An old backlog is refused at first: the hour counts from now.
    clock = [NOW_MS + REDEPLOY_MS]
    late = surroundings(allow_private=LOOPBACK, now_ms=lambda: clock[0])
    sender = WebhookSender(late)
    outcomes = []
    async with receiver() as (got, url):
        got.answer = lambda: web.Response(status=403)
        checked = target(url)
        first = await sender.send(checked.configuration, delivery())
        assert first == Retry("status 403")
        clock[0] += REDEPLOY_MS
        for number in range(20):
            outcomes.append(
                await sender.send(
                    checked.configuration, delivery(message_id=f"{number:032x}")
                )
            )
        await sender.close()
    assert outcomes[:19] == [GiveUp("status 403 for an hour")] * 19
    assert outcomes[19] == Drop("20 messages in a row were refused")


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"url": "ftp://example.org"},
        {"url": "https://"},
        {"url": "https://u:p@example.org"},
        {"url": "https://example.org:99999"},
        {"url": "https://example.org", "secret": "hunter2"},
        {"url": "https://example.org", "secret": "whsec_AAAA"},
        {"url": "https://example.org", "header": ["no colon"]},
        {"url": "https://example.org", "header": ["Host: other"]},
        {"url": "https://example.org", "header": ["A: b\r\nC: d"]},
    ],
)
def test_what_cannot_work_is_refused(given: dict[str, object]) -> None:
    with pytest.raises(TargetRefused):
        WEBHOOK.check(given, NOW_MS)


def test_a_given_secret_is_not_shown_again() -> None:
    checked = target("https://example.org/x", secret=make_secret())
    assert checked.made_secret is None
    assert checked.hint == "example.org"


def test_made_secrets_are_new_each_time_and_long_enough() -> None:
    first, second = make_secret(), make_secret()
    assert first != second
    assert len(read_secret(first)) == 32
