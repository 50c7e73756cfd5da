"""The operator's page of the outbox: troubles, rows, retrying, dropping."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from pushgo_compat.core.admin.service import Administration
from pushgo_compat.core.delivery import Standing
from pushgo_compat.core.stores.targets import (
    Mark,
    MarkKind,
    NewOutcome,
    OutcomeState,
    Target,
    TargetState,
)
from pushgo_compat.delivery.lanes.outbox import Outbox
from pushgo_compat.delivery.registry import KINDS
from tests.gateway import Gateway, running
from tests.golden import CHANNEL_ID, KEY
from tests.web.browser import Browser
from tests.web.operator_pages import TOKEN, signed_in, text

Troubles = dict[int, Standing]


@pytest.fixture
def troubles(monkeypatch: pytest.MonkeyPatch) -> Troubles:
    """What the outbox knows of its targets; filled in by tests."""
    known: Troubles = {}
    monkeypatch.setattr(Outbox, "standing", lambda _, number: known.get(number))
    return known


@pytest.fixture
def gateway(tmp_path: Path, troubles: Troubles) -> Iterator[Gateway]:
    with running(tmp_path, admin_token=TOKEN) as gateway:
        yield gateway


@pytest.fixture
def operator(gateway: Gateway) -> Browser:
    return signed_in(gateway)


def add(
    gateway: Gateway, name: str = "Home automation", *, paused: bool = True
) -> Target:
    """A webhook; a paused one sends nothing while a test looks on."""

    async def work(admin: Administration) -> Target:
        channel = await admin.find_channel(CHANNEL_ID)
        given = {"url": f"https://example.org/{name}".replace(" ", "-")}
        targets = admin.targets(KINDS)
        made = await targets.add("webhook", channel, given, name=name)
        target_id = str(made["target_id"])
        if paused:
            await targets.set_state(target_id, TargetState.PAUSED)
        return await targets.find(target_id)

    return gateway.administer(work)


def publish(gateway: Gateway, title: str) -> str:
    reply = gateway.native("GET", f"/ntfy/{KEY}/publish?message=m&title={title}")
    (message_id,) = reply.message_ids
    return message_id


def ended(
    target: Target, message_id: str, state: OutcomeState, reason: str | None = None
) -> Callable[[Administration], Awaitable[None]]:
    outcome = NewOutcome(
        target=target.number,
        position=bytes.fromhex(message_id),
        state=state,
        at_ms=0,
        attempts=3,
        reason=reason,
    )
    return lambda admin: admin.store.lanes.settle([], [outcome])


def marks(gateway: Gateway) -> list[Mark]:
    return list(gateway.administer(lambda admin: admin.store.lanes.marks()))


def rows(page: str) -> int:
    return page.count("<tr><td>")


def test_an_empty_outbox_says_so(operator: Browser) -> None:
    assert "Everything has been handed over." in text(operator.get("/admin/outbox"))


def test_a_target_in_trouble_is_one_card_not_a_row_a_message(
    gateway: Gateway, operator: Browser, troubles: Troubles
) -> None:
    target = add(gateway)
    gateway.administer(
        lambda admin: admin.store.targets.set_state(
            target.target_id, TargetState.ACTIVE, None
        )
    )
    now_ms = gateway.clock.now_ms
    troubles[target.number] = Standing("status 503", now_ms - 3_600_000, now_ms + 9_000)
    page = text(operator.get("/admin/outbox"))
    assert "Targets in trouble" in page
    assert "status 503" in page
    assert "1 h ago" in page
    assert "The receiver has a fault of its own." in page
    assert "Retry now" in page
    assert rows(page) == 0
    assert "Nothing else waits, and nothing has failed." in page


def test_what_waits_for_a_paused_target_is_shown_and_dropped(
    gateway: Gateway, operator: Browser
) -> None:
    target = add(gateway)
    ids = [publish(gateway, f"t{n}") for n in range(3)]
    page = text(operator.get("/admin/outbox"))
    assert "3 waiting" in page
    only = text(operator.get(f"/admin/outbox?target={target.target_id}&state=waiting"))
    assert rows(only) == 3
    assert '<bdi class="break">t0</bdi>' in only
    asked = text(
        operator.get(f"/admin/outbox/drop?target={target.target_id}&message={ids[1]}")
    )
    assert "Drop one waiting message" in asked
    one = {"target": target.target_id, "message": ids[1]}
    assert (
        operator.post("/admin/outbox/drop", **one)
        .headers["Location"]
        .endswith("admin/outbox?dropped=1")
    )
    assert marks(gateway) == [Mark(target.number, bytes.fromhex(ids[1]), MarkKind.SKIP)]
    asked = text(operator.get(f"/admin/outbox/drop?target={target.target_id}"))
    assert "Drop 3 waiting messages for Home automation?" in asked
    assert operator.get("/admin/outbox/drop?target=nothing").status == 404
    operator.post("/admin/outbox/drop", target=target.target_id)
    assert "Dropped: 3." in text(operator.get("/admin/outbox?dropped=3"))
    dropped = text(operator.get("/admin/outbox?state=dropped"))
    assert rows(dropped) == 3
    assert "dropped by the operator" in dropped


def test_failed_deliveries_are_listed_and_tried_again(
    gateway: Gateway, operator: Browser
) -> None:
    target = add(gateway)
    ids = [publish(gateway, f"t{n}") for n in range(3)]
    gateway.administer(ended(target, ids[0], OutcomeState.FAILED, "status 413"))
    gateway.administer(ended(target, ids[1], OutcomeState.EXPIRED, "too old"))
    gateway.administer(ended(target, ids[2], OutcomeState.SENT))
    page = text(operator.get("/admin/outbox"))
    assert rows(page) == 1
    assert "status 413" in page
    assert "Retry all failed (2)" in page
    assert '<span class="count">1<' in page
    for state in ("expired", "sent"):
        assert rows(text(operator.get(f"/admin/outbox?state={state}"))) == 1
    one = {"target": target.target_id, "message": ids[0]}
    done = operator.post("/admin/outbox/retry", **one)
    assert done.headers["Location"].endswith("admin/outbox?retried=1")
    again = Mark(target.number, bytes.fromhex(ids[0]), MarkKind.AGAIN)
    assert marks(gateway) == [again]
    operator.post("/admin/outbox/retry")
    assert len(marks(gateway)) == 2
    gone = operator.post("/admin/outbox/retry", target="nothing")
    assert gone.status == 422
    assert "It was removed meanwhile." in text(gone)


def test_the_list_is_filtered_by_channel_and_target_and_paged(
    gateway: Gateway, operator: Browser
) -> None:
    one, two = add(gateway, "one"), add(gateway, "two")

    async def many(admin: Administration) -> None:
        outcomes = [
            NewOutcome(
                target=target.number,
                position=n.to_bytes(16),
                state=OutcomeState.FAILED,
                at_ms=gateway.clock.now_ms,
                attempts=1,
            )
            for target, count in ((one, 60), (two, 5))
            for n in range(1, count + 1)
        ]
        await admin.store.lanes.settle([], outcomes)
        await admin.create_channel("Other", "0" * 26)

    gateway.administer(many)
    first = text(operator.get("/admin/outbox"))
    assert rows(first) == 50
    (older,) = re.findall(r'href="\.\./(admin/outbox\?before=[^"]+)"', first)
    second = text(operator.get("/" + older.replace("&amp;", "&")))
    assert rows(second) == 15
    assert "before=" not in second
    assert rows(text(operator.get(f"/admin/outbox?target={two.target_id}"))) == 5
    filtered = text(operator.get(f"/admin/outbox?channel={CHANNEL_ID}&state=failed"))
    assert rows(filtered) == 50
    (older,) = re.findall(r'href="\.\./(admin/outbox\?before=[^"]+)"', filtered)
    assert f"&amp;channel={CHANNEL_ID}&amp;state=failed" in older
    other = text(operator.get("/admin/outbox?channel=" + "0" * 26))
    assert "Nothing fits this filter." in other
    for nonsense in ("before=x", "before=00.x", "state=lost", "channel=1", "retried=x"):
        assert operator.get(f"/admin/outbox?{nonsense}").status == 200


def test_titles_and_reasons_are_shown_as_text(
    gateway: Gateway, operator: Browser
) -> None:
    target = add(gateway, "<i>one</i>")
    message_id = publish(gateway, "%3Cscript%3Ealert(1)%3C/script%3E%E2%80%AE")
    failed = ended(target, message_id, OutcomeState.FAILED, "<b>\u202e")
    gateway.administer(failed)
    page = text(operator.get("/admin/outbox"))
    assert "<script>alert" not in page
    assert "\u202e" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;[U+202E]" in page
    assert "&lt;b&gt;[U+202E]" in page
    assert "&lt;i&gt;one&lt;/i&gt;" in page


def test_the_page_speaks_chinese(gateway: Gateway) -> None:
    page = text(signed_in(gateway, ("Accept-Language", "zh-CN")).get("/admin/outbox"))
    assert "消息卡在哪里？" in page
    assert "全部已发出。" in page


@pytest.mark.parametrize("place", ["00.99999999999999999999", "00.x", "z.1", "00.-1"])
def test_a_place_that_no_list_has_is_overlooked(operator: Browser, place: str) -> None:
    assert operator.get(f"/admin/outbox?before={place}").status == 200
