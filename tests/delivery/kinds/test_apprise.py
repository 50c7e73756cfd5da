"""Apprise: a real service of the library, bounded tries, nothing on this machine."""

from __future__ import annotations

import asyncio
import json
import threading

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from pushgo_compat.core.delivery import GiveUp, Retry, Sent, TargetRefused
from pushgo_compat.delivery.kinds.apprise import APPRISE, transport
from pushgo_compat.delivery.kinds.apprise.address import read_url
from pushgo_compat.delivery.kinds.apprise.transport import MAX_TRIES, AppriseSender
from tests.delivery.samples import NOW_MS, delivery
from tests.providers.http import receiver


async def test_a_service_of_the_library_gets_the_message() -> None:
    async with receiver() as (got, url):
        got.says({"ok": True})
        given = {"apprise-url": url.replace("http://", "json://") + "/hook"}
        checked = APPRISE.check(given, NOW_MS)
        outcome = await AppriseSender().send(
            checked.configuration, delivery(body="42 minutes")
        )
    assert outcome == Sent()
    ((_, body),) = got.got
    document = json.loads(body)
    assert (document["title"], document["message"]) == ("Backup done", "42 minutes")


async def test_a_failure_is_tried_again_and_then_given_up() -> None:
    async with receiver() as (got, url):
        got.answer = lambda: web.Response(status=500)
        given = {"apprise-url": url.replace("http://", "json://")}
        checked = APPRISE.check(given, NOW_MS)
        sender = AppriseSender()
        outcomes = [
            await sender.send(checked.configuration, delivery())
            for _ in range(MAX_TRIES)
        ]
    assert outcomes[:-1] == [Retry("the service did not take it")] * (MAX_TRIES - 1)
    assert outcomes[-1] == GiveUp("the service did not take it, 8 times")


def calls_under_way() -> set[threading.Thread]:
    """The threads of calls; other threads of the process come and go beside them."""
    return {each for each in threading.enumerate() if each.name == "apprise"}


async def test_a_service_that_never_answers_has_one_call_and_holds_up_no_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    go_on = asyncio.Event()

    async def stall(_request: web.Request) -> web.Response:
        await go_on.wait()
        return web.Response()

    app = web.Application()
    app.router.add_post("/", stall)
    async with (
        TestServer(app, host="127.0.0.1") as stalled,
        receiver() as (got, url),
    ):
        stalled_url = f"http://127.0.0.1:{stalled.port}"
        got.says({"ok": True})
        sender = AppriseSender()
        stuck, well = (
            APPRISE.check(
                {"apprise-url": u.replace("http://", "json://") + "?rto=60"}, NOW_MS
            ).configuration
            for u in (stalled_url, url)
        )
        before = calls_under_way()
        monkeypatch.setattr(transport, "DEADLINE_S", 0.05)
        first = await sender.send(stuck, delivery())
        again = [await sender.send(stuck, delivery()) for _ in range(3)]
        assert len(calls_under_way() - before) == 1
        monkeypatch.undo()
        assert await sender.send(well, delivery()) == Sent()
        go_on.set()
    assert first == Retry("no answer in time")
    assert again == [Retry("its call before has not ended yet")] * 3


@pytest.mark.parametrize(
    "url",
    [
        "",
        "no url",
        "syslog://",
        "syslog://local",
        "DBUS://x",
        "windows://x",
        "nosuchservice://x",
        "json://a\nb",
    ],
)
def test_what_cannot_work_or_acts_on_this_machine_is_refused(url: str) -> None:
    with pytest.raises(TargetRefused):
        APPRISE.check({"apprise-url": url}, NOW_MS)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("json://h/p?retry=5", "json://h/p"),
        ("json://h/p?retry=5&verify=no", "json://h/p?verify=no"),
        ("json://h/p?verify=no&Retry=5", "json://h/p?verify=no"),
        ("json://h/retry=5", "json://h/retry=5"),
    ],
)
def test_repeats_are_the_outbox_s_alone(given: str, kept: str) -> None:
    assert read_url(given).url == kept


def test_the_hint_shows_the_service_alone() -> None:
    checked = APPRISE.check({"apprise-url": "json://user:pass@host/secret"}, NOW_MS)
    assert checked.hint == "json://…"
