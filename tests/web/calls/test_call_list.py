"""The operator's list of old calls: receipts and journal, merged and filtered."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import adapters
from pushgo_compat.core.calls.filters import CallFilter, Fields, Outcome
from pushgo_compat.core.calls.service import Calls, Page, WholeCall
from pushgo_compat.core.calls.stats import Stats
from pushgo_compat.core.receipts.reading import ReceiptReader
from pushgo_compat.core.receipts.receipts import Reader
from pushgo_compat.model import Source
from tests.dialects import SOURCES
from tests.gateway import Gateway, Mount, running
from tests.golden import CHANNEL_ID, KEY, NOW_MS, PASSWORD, UNKNOWN_KEY
from tests.wire import HeaderLines, Reply

JSON: HeaderLines = [("Content-Type", b"application/json")]
OTHER_ID = "06J0FZG1Y8XGG14VTQ4Y3G10MS"
OPERATOR = Reader("https://push.test", is_operator=True)
Ask = Callable[[Calls], Any]


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[Gateway]:
    with running(tmp_path) as gateway:
        yield gateway


def ntfy(
    gateway: Gateway, title: str = "t", key: str = KEY, lines: HeaderLines = ()
) -> str:
    """One call a second; its id."""
    gateway.clock.now_ms += 1000
    head: HeaderLines = [("Title", title.encode()), *lines]
    reply = gateway.call(Source.NTFY, Mount.PREFIX, "POST", f"/{key}", head, b"m")
    return reply.headers["X-PushGo-Call-Id"]


def bark(gateway: Gateway, body: dict[str, object], agent: bytes = b"app/1") -> Reply:
    gateway.clock.now_ms += 1000
    head: HeaderLines = [*JSON, ("User-Agent", agent)]
    data = json.dumps(body).encode()
    return gateway.call(Source.BARK, Mount.PREFIX, "POST", "/push", head, data)


def ask(gateway: Gateway, question: Ask) -> Any:
    """What the records say, read as another process does."""
    receipts = ReceiptReader(adapters.DIALECTS)

    async def work(admin: Any) -> Any:
        return await question(Calls(admin.store.calls, admin.store.channels, receipts))

    return gateway.administer(work)


def listed(gateway: Gateway, cursor: str | None = None, **terms: Any) -> Page:
    more = {n: terms.pop(n) for n in ("limit", "look_back") if n in terms}
    page: Page = ask(gateway, lambda c: c.list(CallFilter(**terms), cursor, **more))
    return page


def ids(page: Page) -> list[str]:
    return [entry.call_id for entry in page.calls]


def shown(gateway: Gateway, call_id: str) -> WholeCall | None:
    found: WholeCall | None = ask(gateway, lambda c: c.get(call_id, OPERATOR))
    return found


@pytest.fixture
def stopped(tmp_path: Path) -> Callable[[Callable[[Gateway], Any]], Any]:
    """Do something with a server, then stop it, so that it has written everything."""

    def run(work: Callable[[Gateway], Any]) -> Any:
        with running(tmp_path) as gateway:
            return gateway, work(gateway)

    return run


def test_accepted_and_refused_calls_are_one_list_by_time(stopped: Any) -> None:
    def work(gateway: Gateway) -> list[str]:
        keys = [KEY, UNKNOWN_KEY, KEY, KEY, UNKNOWN_KEY]
        return [ntfy(gateway, f"t{n}", key) for n, key in enumerate(keys)]

    gateway, sent = stopped(work)
    page = listed(gateway)
    assert ids(page) == sent[::-1]
    assert (page.older, page.looked_back_to_ms) == (None, None)
    titles = [entry.title or entry.code for entry in page.calls]
    assert titles == ["unknown_key", "t3", "t2", "unknown_key", "t0"]
    refused = page.calls[0]
    assert refused.reason is not None
    assert (refused.reason.en, refused.reason.zh) == ("Unknown key", "未认领的密钥")


@pytest.mark.parametrize("size", [1, 2, 3, 5])
def test_pages_have_every_call_once(stopped: Any, size: int) -> None:
    def work(gateway: Gateway) -> list[str]:
        keys = [KEY, KEY, UNKNOWN_KEY, UNKNOWN_KEY, KEY, UNKNOWN_KEY, KEY]
        return [ntfy(gateway, key=key) for key in keys]

    gateway, sent = stopped(work)
    seen: list[str] = []
    cursor: str | None = None
    for _ in range(10):
        page = listed(gateway, cursor, limit=size)
        seen += ids(page)
        cursor = page.older
        if cursor is None:
            break
    assert seen == sent[::-1]


def test_a_batch_is_one_call_with_its_messages(stopped: Any) -> None:
    alias_key = "a-key-of-the-other-one"

    def work(gateway: Gateway) -> str:
        gateway.administer(lambda a: a.create_channel("Work", OTHER_ID, PASSWORD))
        keys = [KEY, OTHER_ID + PASSWORD, alias_key]
        ntfy(gateway, "before")
        reply = bark(gateway, {"device_keys": keys, "title": "12 phones"})
        ntfy(gateway, "behind")
        return reply.headers["X-PushGo-Call-Id"]

    gateway, call_id = stopped(work)
    for size in (1, 2, 50):
        cursor, seen = None, []
        while True:
            page = listed(gateway, cursor, limit=size)
            seen += [
                (entry.title, len(entry.message_ids), entry.refused_receivers)
                for entry in page.calls
            ]
            cursor = page.older
            if cursor is None:
                break
        assert seen == [("behind", 1, 0), ("12 phones", 2, 1), ("before", 1, 0)]
    call = shown(gateway, call_id)
    assert call is not None
    assert len(call.messages) == len(call.channels) == 2
    document = call.document()
    assert document["message_ids"] == list(call.entry.message_ids)
    assert len(document["messages"]) == len(document["curl"]) == 2  # type: ignore[arg-type]


def test_filters_find_what_they_say(stopped: Any) -> None:
    def work(gateway: Gateway) -> dict[str, str]:
        gateway.administer(lambda a: a.create_channel("Work", OTHER_ID, PASSWORD))
        found = {
            "kept": ntfy(gateway, "Disk full", lines=[("X-Request-Id", b"my-id-7")]),
            "lost": ntfy(gateway, "[DOWN] nas", lines=[("Call", b"yes")]),
            "refused": ntfy(gateway, key=UNKNOWN_KEY),
            "other": ntfy(gateway, "elsewhere", OTHER_ID + PASSWORD),
        }
        reply = bark(gateway, {"device_key": KEY, "body": "b"}, b"Uptime-Kuma/2")
        found["bark"] = reply.headers["X-PushGo-Call-Id"]
        return found

    gateway, sent = stopped(work)
    names = {call_id: name for name, call_id in sent.items()}

    async def numbers(admin: Any) -> dict[str, int]:
        return {c.channel_id: c.number for c in await admin.store.channels()}

    number = gateway.administer(numbers)

    def found(**terms: Any) -> list[str]:
        return [names[call_id] for call_id in ids(listed(gateway, **terms))]

    assert found(dialect=Source.BARK) == ["bark"]
    assert found(outcome=Outcome.REFUSED) == ["refused"]
    assert found(outcome=Outcome.ACCEPTED) == ["bark", "other", "lost", "kept"]
    assert found(fields=Fields.LOST) == ["lost"]
    assert "kept" in found(fields=Fields.KEPT)
    assert "lost" not in found(fields=Fields.KEPT)
    assert found(channel=number[OTHER_ID]) == ["other"]
    assert found(channel=number[CHANNEL_ID]) == ["bark", "lost", "kept"]
    assert found(client="uptime") == ["bark"]
    assert found(text="[down]") == ["lost"]
    assert found(text="X-Request-Id: my-id-7") == ["kept"]
    assert found(text=sent["lost"]) == ["lost"]
    assert found(since_ms=NOW_MS + 3000) == ["bark", "other", "refused"]
    assert found(before_ms=NOW_MS + 3000) == ["lost", "kept"]
    assert found(since_ms=NOW_MS + 2000, before_ms=NOW_MS + 4000) == ["refused", "lost"]


def test_a_search_says_how_far_it_looked_and_goes_on(stopped: Any) -> None:
    def work(gateway: Gateway) -> tuple[str, str]:
        first = ntfy(gateway, "wanted")
        refused = ntfy(gateway, "", UNKNOWN_KEY)
        for _ in range(10):
            ntfy(gateway, "other")
        return first, refused

    gateway, (first, _) = stopped(work)
    page = listed(gateway, text="wanted", look_back=4)
    assert page.calls == []
    assert page.looked_back_to_ms == NOW_MS + 9000
    assert page.older is not None
    seen: list[str] = []
    for _ in range(4):
        page = listed(gateway, page.older, text="wanted", look_back=4)
        seen += ids(page)
        if page.older is None:
            break
    assert seen == [first]


def test_a_search_through_refused_calls_says_how_far_it_looked(stopped: Any) -> None:
    def work(gateway: Gateway) -> str:
        first = ntfy(gateway, "", UNKNOWN_KEY, [("User-Agent", b"wanted/1")])
        for number in range(12):
            ntfy(gateway, "other", UNKNOWN_KEY if number % 3 else KEY)
        return first

    gateway, wanted = stopped(work)
    page = listed(gateway, client="wanted", look_back=3)
    assert page.looked_back_to_ms is not None
    seen = ids(page)
    for _ in range(12):
        if page.older is None:
            break
        page = listed(gateway, page.older, client="wanted", look_back=3)
        seen += ids(page)
    assert (seen, page.older) == ([wanted], None)


def test_a_call_is_shown_whole_to_the_operator(stopped: Any) -> None:
    lines: HeaderLines = [("User-Agent", b"backup.sh/2"), ("Call", b"yes")]
    gateway, call_id = stopped(lambda g: ntfy(g, "Backup", lines=lines))
    call = shown(gateway, call_id)
    assert call is not None
    document: dict[str, Any] = dict(call.document())
    assert document["address"] == "127.0.0.1"
    assert document["client"] == "backup.sh/2"
    assert document["channel_id"] == CHANNEL_ID
    assert document["verdicts"]["lost"] >= 1
    assert document["messages"][0]["title"] == "Backup"
    assert "push.test" in document["curl"][0]
    assert PASSWORD not in json.dumps(document)


def test_a_refused_call_is_shown_with_its_true_reason(stopped: Any) -> None:
    wrong = f"{CHANNEL_ID}wrongwrongwrong"
    gateway, call_id = stopped(lambda g: ntfy(g, "a title", wrong))
    call = shown(gateway, call_id)
    assert call is not None
    document: dict[str, Any] = dict(call.document(chinese=True))
    assert document["code"] == "wrong_password"
    assert document["reason"] == "“Wire tests”的密码不对"
    assert document["channel_id"] == CHANNEL_ID
    assert document["messages"] == []
    assert "a title" not in json.dumps(document)


def test_no_other_id_finds_a_call(gateway: Gateway) -> None:
    ntfy(gateway)
    for text in ("", "x", "0" * 24, "0" * 32, "../../etc"):
        assert shown(gateway, text) is None


def test_what_a_server_has_not_written_yet_is_listed_as_well(
    tmp_path: Path,
) -> None:
    with running(tmp_path) as gateway:
        ntfy(gateway, key=UNKNOWN_KEY)
        assert listed(gateway).calls == [], "another process does not see it"


def test_the_numbers_of_the_overview_are_read_from_the_counts(stopped: Any) -> None:
    def work(gateway: Gateway) -> None:
        ntfy(gateway, lines=[("Call", b"yes")])
        ntfy(gateway)
        ntfy(gateway, key=UNKNOWN_KEY)
        gateway.clock.now_ms += 3 * 3_600_000
        ntfy(gateway)

    gateway, _ = stopped(work)

    async def read(admin: Any) -> Any:
        sources = [*SOURCES, Source.NATIVE]
        return await Stats(admin.store, sources, gateway.clock).read()

    numbers = gateway.administer(read)
    count = {str(each.source): each for each in numbers.dialects}["ntfy"]
    assert (count.hour.accepted, count.hour.refused) == (1, 0)
    assert (count.day.accepted, count.day.refused, count.day.lossy) == (3, 1, 1)
    assert numbers.unknown_keys == 1
    assert round(numbers.lossy_share, 2) == 0.33
    assert (numbers.deliveries_waiting, numbers.oldest_waiting_ms) == (0, None)
