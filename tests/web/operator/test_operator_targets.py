"""The operator's pages of targets: adding, testing, pausing, renaming, removing."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from pushgo_compat.core.admin.service import Administration
from pushgo_compat.core.delivery import Standing
from pushgo_compat.core.stores.targets import (
    Fallen,
    NewOutcome,
    OutcomeState,
    Target,
)
from pushgo_compat.delivery.lanes.outbox import Outbox
from pushgo_compat.delivery.registry import KINDS
from pushgo_compat.delivery.sending import extras
from pushgo_compat.storage.sqlite.delivery.lanes import SqliteLanes
from pushgo_compat.web.pages.operator.targets.provider_words import explain
from pushgo_compat.web.pages.texts import LANGUAGES, load_texts
from tests.gateway import Gateway, running
from tests.golden import CHANNEL_ID, KEY
from tests.web.browser import Browser
from tests.web.operator_pages import HERE, TOKEN, codes, signed_in, text

SECRET = "a token that nobody may see"


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[Gateway]:
    """A gateway of each test's own: the tests change its targets."""
    allowed = (ip_network("127.0.0.0/8"),)
    with running(
        tmp_path, admin_token=TOKEN, delivery_allow_private=allowed
    ) as gateway:
        yield gateway


@pytest.fixture
def operator(gateway: Gateway) -> Browser:
    return signed_in(gateway)


def targets(gateway: Gateway) -> list[Target]:
    return list(gateway.administer(lambda admin: admin.store.targets.targets()))


def add_webhook(gateway: Gateway, name: str = "Home automation") -> Target:
    given = {"url": f"http://127.0.0.1:{closed_port()}/hook"}

    async def add(admin: Administration) -> Target:
        channel = await admin.find_channel(CHANNEL_ID)
        made = await admin.targets(KINDS).add("webhook", channel, given, name=name)
        return await admin.targets(KINDS).find(str(made["target_id"]))

    return gateway.administer(add)


def closed_port() -> int:
    """A port of this machine where nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def test_every_kind_and_each_of_its_options_has_words_in_both_languages() -> None:
    for language in LANGUAGES:
        known = load_texts(language)
        for kind in KINDS.values():
            words = kind.name.replace("-", "_")
            assert f"kinds.name_{words}" in known
            assert f"kinds.what_{words}" in known
            if kind.name in ("bark-app", "webpush"):
                continue  # a phone adds them
            for option in kind.options:
                name = option.name.replace("-", "_")
                assert {f"options.{words}_{name}", f"options.{name}"} & known.keys()


def test_the_list_of_kinds_says_what_has_to_be_installed(
    operator: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = text(operator.get(f"{HERE}/add-target"))
    assert page.count("<li ") == len(KINDS)
    assert "Not installed" not in page
    monkeypatch.setattr(extras, "find_spec", lambda _name: None)
    page = text(operator.get(f"{HERE}/add-target"))
    assert "pip install 'pushgo-compat[apprise]'" in page
    assert f'href="../../../admin/channels/{CHANNEL_ID}/add-target/apprise"' not in page


def test_every_kind_has_a_form_with_its_options(operator: Browser) -> None:
    for kind in KINDS.values():
        reply = operator.get(f"{HERE}/add-target/{kind.name}")
        if kind.name in ("bark-app", "webpush"):
            assert reply.status == 404
            continue
        page = text(reply)
        for option in kind.options:
            assert f' name="{option.name}"' in page
    assert operator.get(f"{HERE}/add-target/pigeon").status == 404


def test_a_webhook_gets_a_secret_that_is_shown_once(
    gateway: Gateway, operator: Browser
) -> None:
    form = {"url": "https://example.org/hook", "header": "X-A: 1\r\nX-B: 2\r\n"}
    made = operator.post(f"{HERE}/add-target/webhook", name="Mine", **form)
    assert "shown only once" in text(made)
    (secret,) = codes(made)
    assert secret.startswith("whsec_")
    (target,) = targets(gateway)
    assert (target.kind, target.name, target.hint) == (
        "webhook",
        "Mine",
        "example.org",
    )
    page = text(operator.get(HERE))
    assert "<bdi>Mine</bdi>" in page
    assert secret not in page
    again = operator.post(f"{HERE}/add-target/webhook", name="Mine", **form)
    assert again.status == 422
    assert "has a target with this address already" in text(again)
    assert len(targets(gateway)) == 1


def test_a_refused_form_keeps_what_was_typed_but_no_secret(
    gateway: Gateway, operator: Browser
) -> None:
    reply = operator.post(
        f"{HERE}/add-target/ntfy", url="ftp://nas.test", topic="backups", token=SECRET
    )
    assert reply.status == 422
    assert 'value="ftp://nas.test"' in text(reply)
    assert 'value="backups"' in text(reply)
    assert SECRET not in text(reply)
    assert "Refused:" in text(reply)
    assert not targets(gateway)


def test_a_target_with_a_secret_leads_back_to_the_channel(
    gateway: Gateway, operator: Browser
) -> None:
    reply = operator.post(
        f"{HERE}/add-target/ntfy",
        url="https://ntfy.example.org",
        topic="backups",
        token="tk_0123456789abcdefghijklmnopqrs",
    )
    assert reply.headers["Location"].endswith(f"admin/channels/{CHANNEL_ID}#targets")
    (target,) = targets(gateway)
    assert target.kind == "ntfy"
    assert "tk_0123" not in text(operator.get(HERE))


def test_a_test_shows_the_providers_words_and_what_they_mean(
    gateway: Gateway, operator: Browser
) -> None:
    target = add_webhook(gateway)
    reply = operator.post(f"{HERE}/targets/{target.target_id}/test")
    assert reply.status == 422
    page = text(reply)
    assert "Home automation: refused: cannot connect:" in page
    assert "Nothing answers at this address." in page
    chinese = signed_in(gateway, ("Accept-Language", "zh-CN"))
    page = text(chinese.post(f"{HERE}/targets/{target.target_id}/test"))
    assert "这个地址没有回应" in page


def test_a_target_is_paused_and_goes_on(gateway: Gateway, operator: Browser) -> None:
    target = add_webhook(gateway)
    its = f"{HERE}/targets/{target.target_id}"
    operator.post(f"{its}/pause")
    assert [t.state.value for t in targets(gateway)] == ["paused"]
    for n in range(3):
        gateway.native("GET", f"/ntfy/{KEY}/publish?message={n}")
    page = text(operator.get(HERE))
    assert "paused</span>" in page
    assert "3 waiting" in page
    assert "Resume from now" in page
    operator.post(f"{its}/resume", **{"from": "now"})
    assert [t.state.value for t in targets(gateway)] == ["active"]
    assert "waiting" not in re.findall(r"<td>(.*?)</td>", text(operator.get(HERE)))


def test_targets_at_the_same_place_are_counted_once(
    gateway: Gateway, operator: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("one", "two", "three"):
        target = add_webhook(gateway, name)
        operator.post(f"{HERE}/targets/{target.target_id}/pause")
    gateway.native("GET", f"/ntfy/{KEY}/publish?message=m")
    counted: list[tuple[object, ...]] = []
    waiting = SqliteLanes.waiting

    async def watched(lanes: SqliteLanes, *place: Any) -> int:
        counted.append(place)
        return await waiting(lanes, *place)

    monkeypatch.setattr(SqliteLanes, "waiting", watched)
    assert text(operator.get(HERE)).count("1 waiting") == 3
    # Once for the targets, once for the messages of the channel.
    assert len(counted) == 2


def test_a_dead_target_says_why(gateway: Gateway, operator: Browser) -> None:
    target = add_webhook(gateway)
    gateway.administer(
        lambda admin: admin.store.lanes.settle(
            [], fallen=[Fallen(target.number, "Unregistered \u202e<b>")]
        )
    )
    page = text(operator.get(HERE))
    assert '<span class="tag bad">gone</span>' in page
    assert "Unregistered [U+202E]&lt;b&gt;" in page
    assert "The app was removed, or no longer takes notifications." in page
    assert "one is gone" in text(operator.get("/admin/channels"))


def test_the_latest_outcome_is_a_targets_state(
    gateway: Gateway, operator: Browser
) -> None:
    target = add_webhook(gateway)
    assert "nothing sent yet" in text(operator.get(HERE))
    outcome = NewOutcome(
        target=target.number,
        position=b"\x01" * 16,
        state=OutcomeState.FAILED,
        at_ms=gateway.clock.now_ms - 120_000,
        attempts=3,
        reason="status 413",
    )
    gateway.administer(lambda admin: admin.store.lanes.settle([], [outcome]))
    page = text(operator.get(HERE))
    assert "last one failed" in page
    assert "2 min ago" in page
    assert "does not fit" in page


def test_a_target_in_trouble_shows_since_when_and_the_next_try(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    troubles: dict[int, Standing] = {}
    monkeypatch.setattr(Outbox, "standing", lambda _, number: troubles.get(number))
    with running(tmp_path, admin_token=TOKEN) as gateway:
        target = add_webhook(gateway)
        now_ms = gateway.clock.now_ms
        troubles[target.number] = Standing("status 503", now_ms - 600_000, now_ms)
        operator = signed_in(gateway)
        page = text(operator.get(HERE))
        assert '<span class="tag warn">in trouble</span>' in page
        assert "status 503" in page
        assert "10 min ago" in page
        assert "in trouble" in text(operator.get("/admin/channels"))


def test_a_target_gets_another_name_and_is_removed(
    gateway: Gateway, operator: Browser
) -> None:
    target = add_webhook(gateway)
    its = f"{HERE}/targets/{target.target_id}"
    assert operator.post(f"{its}/name", name=" ").status == 422
    operator.post(f"{its}/name", name="Anna’s iPhone")
    assert [t.name for t in targets(gateway)] == ["Anna’s iPhone"]
    asked = text(operator.get(f"{its}/remove"))
    assert "Remove Anna’s iPhone?" in asked
    operator.post(f"{its}/remove")
    assert not targets(gateway)
    assert operator.get(f"{its}/remove").status == 404


def test_a_target_of_another_channel_is_not_found(
    gateway: Gateway, operator: Browser
) -> None:
    target = add_webhook(gateway)
    other = gateway.administer(lambda admin: admin.create_channel("Other"))
    path = f"/admin/channels/{other.channel_id}/targets/{target.target_id}"
    assert operator.post(f"{path}/pause").status == 404
    assert operator.post(f"{path}/remove").status == 404
    assert [t.state.value for t in targets(gateway)] == ["active"]


@pytest.mark.parametrize(
    ("reason", "key"),
    [
        ("Unregistered: the app was removed", "explain.unregistered"),
        ("BadDeviceToken: the token is wrong", "explain.bad_token"),
        ("InvalidProviderToken: the key is wrong", "explain.signing"),
        ("no answer within 30 s", "explain.no_answer"),
        ("status 502", "explain.its_fault"),
        ("status 401: unauthorized", "explain.login"),
        ("PUSHGO_NTFY_UPSTREAM_URL is not set", "explain.not_set"),
        ("it was sealed with another secret key", "explain.other_secret"),
    ],
)
def test_well_known_words_are_explained(reason: str, key: str) -> None:
    words = explain(reason)
    assert words is not None
    assert words.key == key


def test_other_words_stand_for_themselves() -> None:
    assert explain("the moon is full") is None
    assert explain("") is None
    assert explain(None) is None
