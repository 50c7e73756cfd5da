"""Two answers compared, what clients read of them, and when it is safe to move."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from multidict import CIMultiDict, CIMultiDictProxy

from pushgo_compat.core import shadows
from pushgo_compat.core.auth.secrets import SecretKey
from pushgo_compat.core.shadows.answers import Answer, Copy, NoAnswer
from pushgo_compat.core.shadows.breaker import OPEN_S, OPENS_AFTER, Breaker
from pushgo_compat.core.shadows.clients import ClientRule, client_rules, find_rule
from pushgo_compat.core.shadows.compare import Terms, compare
from pushgo_compat.core.shadows.given import Given
from pushgo_compat.core.shadows.own_secrets import OwnSecrets
from pushgo_compat.core.shadows.report import LAST_CALLS, MIN_CALLS, describe, missing
from pushgo_compat.core.shadows.service import MAX_IN_FLIGHT, Shadows
from pushgo_compat.core.stores.old_calls.shadows import (
    CallTimes,
    CountedDifference,
    Figures,
    Seen,
    Shadow,
)
from pushgo_compat.model import Source
from pushgo_compat.storage.sqlite.store import SqliteStore
from tests.golden import NOW_MS

TERMS = Terms("https://ntfy.sh", "http://127.0.0.1:8686/ntfy")
HOUR_MS = 3_600_000


def answer(body: object, status: int = 200, coding: str = "") -> Answer:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = CIMultiDict({"Content-Encoding": coding} if coding else {})
    return Answer(status, raw, CIMultiDictProxy(headers))


def kinds(old: Answer, ours: Answer, terms: Terms = TERMS) -> dict[str, bool]:
    return {each.kind: each.visible for each in compare(old, ours, terms)}


# ------------------------------------------------------------------------- comparing


@pytest.mark.parametrize(
    ("old", "ours"),
    [
        ({"id": "abcdefABCDEF"}, {"id": "123456789012"}),
        ({"time": 1700000000}, {"time": 1795408545}),
        ({"expires": 1700000000}, {"expires": 1795408545}),
        ({"timestamp": 1700000000}, {"timestamp": 1795408545}),
        ({"data": {"pushid": "76976404"}}, {"data": {"pushid": "10000001"}}),
        ({"data": {"pushid": 3187868}}, {"data": {"pushid": 10000001}}),
        ({"data": {"readkey": "SCTYI3lxyadJkeX"}}, {"data": {"readkey": "SCTab"}}),
        (
            {"attachment": {"url": "https://ntfy.sh/file/abc.txt"}},
            {"attachment": {"url": "http://127.0.0.1:8686/ntfy/file/xyzw.txt"}},
        ),
        ({"link": "https://ntfy.sh/docs"}, {"link": "https://other.example/docs"}),
        ({"a": 1.0}, {"a": 1}),
    ],
)
def test_what_differs_by_nature_is_compared_by_its_form(old: Any, ours: Any) -> None:
    assert kinds(answer(old), answer(ours)) == {}


@pytest.mark.parametrize(
    ("old", "ours", "found"),
    [
        ({"id": "abcdefABCDEF"}, {"id": "abc"}, {"id": True}),
        ({"time": 1700000000}, {"time": 1700000000000}, {"time": False}),
        ({"id": "1"}, {"id": 1}, {"shape": True}),
        ({"a": 1}, {"b": 1}, {"shape": True}),
        ({"a": [1]}, {"a": [1, 2]}, {"shape": True}),
        ({"a": None}, {"a": 1}, {"shape": True}),
        ({"a": True}, {"a": 1}, {"shape": True}),
        ({"code": 200}, {"code": 400}, {"code": True}),
        ({"data": {"errno": 0}}, {"data": {"errno": 1}}, {"data.errno": True}),
        ({"message": "a"}, {"message": "b"}, {"message": False}),
        (
            {"l": [{"m": "a"}, {"m": "a"}]},
            {"l": [{"m": "b"}, {"m": "b"}]},
            {"l.m": False},
        ),
        (
            {"link": "https://ntfy.sh/docs/a"},
            {"link": "https://ntfy.sh/docs/b"},
            {"link": False},
        ),
        (b"ok", b"okay", {"body": False}),
        (b"ok", {"a": 1}, {"shape": True}),
    ],
)
def test_every_other_difference_has_a_kind(
    old: Any, ours: Any, found: dict[str, bool]
) -> None:
    assert kinds(answer(old), answer(ours)) == found


def test_another_status_is_a_difference() -> None:
    assert kinds(answer({}, 200), answer({}, 201)) == {"status": True}


def test_packed_answers_are_unpacked_first() -> None:
    packed = answer(gzip.compress(b'{"a": 1}'), coding="gzip")
    assert kinds(packed, answer({"a": 1})) == {}
    assert kinds(packed, answer({"a": 2})) == {"a": False}
    unknown = answer(b"\x8b", 201, coding="br")
    assert kinds(unknown, answer({"a": 1})) == {"status": True}
    broken = answer(b"no gzip", coding="gzip")
    assert kinds(broken, answer({"a": 1})) == {"shape": True}


def test_fields_that_we_add_at_the_top_are_passed_over() -> None:
    terms = TERMS._replace(passed_over={"errno"})
    old: dict[str, object] = {"code": 0, "data": {}}
    assert kinds(answer(old), answer({**old, "errno": 0}), terms) == {}
    assert kinds(answer({"errno": 1}), answer({"errno": 0}), terms) == {"errno": True}
    deep = {"code": 0, "data": {"errno": 0}}
    assert kinds(answer(old), answer(deep), terms) == {"shape": True}


# --------------------------------------------------------------------------- clients


def user_agents() -> dict[tuple[str, str], list[str]]:
    """Those that the clients really sent, by dialect and name."""
    return {
        ("ntfy", "apprise"): ["Apprise"],
        ("bark", "apprise"): ["Apprise"],
        ("ntfy", "curl"): ["curl/7.88.1"],
        ("bark", "curl"): ["curl/7.88.1"],
        ("serverchan", "curl"): ["curl/7.88.1"],
        ("ntfy", "alertmanager"): ["Alertmanager/0.27.0"],
        ("ntfy", "grafana"): ["Grafana"],
        ("ntfy", "nodebb-plugin-ntfy"): ["nodebb-plugin-ntfy/1.7.7"],
        ("ntfy", "notifyall, pingme-ntfy"): ["Python-urllib/3.11"],
        ("ntfy", "servarr"): ["Sonarr/4.0.9.2244 (alpine 3.20)", "Radarr/5.1"],
        ("ntfy", "shoutrrr"): ["shoutrrr/v0.17.1"],
        ("ntfy", "telentfy"): ["Python/3.11 aiohttp/3.14.5"],
        ("ntfy", "ntfy (npm), @cityssm/ntfy-publish, jellyseerr"): ["node"],
        ("serverchan", "serverchan-sdk (npm)"): [
            "node-fetch/1.0 (+https://github.com/bitinn/node-fetch)"
        ],
    }


BY_STATUS = {
    "any": [],
    "200": [201, 404],
    "2xx": [302, 404],
    "<300": [302],
    "<400": [404],
}
AS_GOOD = {
    "any": [201, 302, 500],
    "200": [],
    "2xx": [201],
    "<300": [201],
    "<400": [302],
}


def _row(rule: ClientRule) -> Any:
    file = Path(shadows.__file__).with_name("clients.json")
    for row in json.loads(file.read_text()):
        if (row["client"], row["dialect"]) == (rule.name, rule.dialect):
            return row
    raise AssertionError(rule.name)


@pytest.mark.parametrize("rule", client_rules(), ids=lambda rule: rule.name)
def test_a_known_client_sees_what_it_reads_and_nothing_else(rule: ClientRule) -> None:
    row = _row(rule)
    for agent in user_agents()[rule.dialect, rule.name]:
        assert find_rule(rule.dialect, agent) is rule
    terms = TERMS._replace(rule=rule)
    for status in BY_STATUS[row["status"]]:
        assert kinds(answer({}), answer({}, status), terms) == {"status": True}
    for status in AS_GOOD[row["status"]]:
        assert kinds(answer({}), answer({}, status), terms) == {"status": False}
    parses = row["body"] != "any"
    assert kinds(answer({}), answer(b"text"), terms) == {"shape": parses}
    assert kinds(answer({}), answer([]), terms) == {"shape": row["body"] == "object"}
    for name in ("code", "error", "link", "message", "id"):
        different = kinds(answer({name: "a"}), answer({name: "bb"}), terms)
        assert different == {name: name in row["fields"]}
        missing_one = kinds(answer({name: "a"}), answer({}), terms)
        assert missing_one == {"shape": name in row["fields"]}


def test_every_user_agent_that_was_captured_has_its_row() -> None:
    assert {(rule.dialect, rule.name) for rule in client_rules()} == set(user_agents())


def test_a_library_s_user_agent_says_nothing_of_the_client() -> None:
    for agent in (
        "python-requests/2.34.2",
        "python-httpx/0.28.1",
        "Go-http-client/1.1",
    ):
        for source in Source.all():
            assert find_rule(source, agent) is None


# ---------------------------------------------------------------------------- safe


def good(**changes: Any) -> Figures:
    return Figures(
        calls=MIN_CALLS,
        compared=MIN_CALLS,
        first_ms=NOW_MS - 25 * HOUR_MS,
        last_ms=NOW_MS,
        latest=[CallTimes(9, 3, False)] * MIN_CALLS,
        seen=[Seen("POST /push", "curl", NOW_MS - 25 * HOUR_MS)],
    )._replace(**changes)


def test_enough_calls_over_a_day_without_a_visible_difference_are_safe() -> None:
    old = [CallTimes(9, 3, False)] * LAST_CALLS + [CallTimes(9, 3, True)]
    known = Seen("POST /push", "wget", NOW_MS - 25 * HOUR_MS)
    both = Seen("POST /push", "curl", NOW_MS - HOUR_MS)
    assert missing(good(), NOW_MS) == []
    assert missing(good(latest=old), NOW_MS) == []
    assert missing(good(old_failed=3, differ=9), NOW_MS) == []
    assert missing(good(seen=[*good().seen, known, both]), NOW_MS) == []


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"compared": 99}, "99 of 100 calls compared"),
        ({"first_ms": NOW_MS - 6 * HOUR_MS}, "calls of 6.0 of 24 hours"),
        (
            {"seen": [Seen("POST /push", "curl", NOW_MS - HOUR_MS)]},
            "new route in the last 24 hours: POST /push",
        ),
        (
            {"seen": [*good().seen, Seen("POST /push", "wget", NOW_MS - HOUR_MS)]},
            "new client in the last 24 hours: wget",
        ),
        ({"ours_failed": 1}, "1 calls failed here"),
        (
            {"latest": [CallTimes(9, 3, False)] * 49 + [CallTimes(9, 3, True)]},
            "1 of the last 50 calls differ in what the client reads",
        ),
    ],
)
def test_what_is_missing_is_said_in_numbers(changes: dict[str, Any], why: str) -> None:
    assert why in missing(good(**changes), NOW_MS)


def test_the_figures_have_the_promised_names() -> None:
    shadow = Shadow(alias_id="a", old_url="https://ntfy.sh")
    times = [CallTimes(old, 100 - old, False) for old in range(1, 101)]
    difference = CountedDifference("code", 2, "POST /push", "curl", "{}", '{"a":1}')
    figures = good(latest=times, differences=[difference])
    assert describe(shadow, figures, NOW_MS) == {
        "alias_id": "a",
        "phase": "comparing",
        "old_url": "https://ntfy.sh",
        "calls": 100,
        "compared": 100,
        "differ": 0,
        "client_visible": 0,
        "old_failed": 0,
        "ours_failed": 0,
        "safe": True,
        "why": [],
        "median_ms": {"old": 50, "ours": 49},
        "p99_ms": {"old": 99, "ours": 98},
        "differences": [
            {
                "kind": "code",
                "count": 2,
                "route": "POST /push",
                "client": "curl",
                "old": {},
                "ours": {"a": 1},
            }
        ],
    }


# -------------------------------------------------------------------------- under way


class Silent:
    """Old servers that answer when the test says so."""

    def __init__(self) -> None:
        self.asked = 0
        self.answers = asyncio.Event()

    async def ask(self, shadow: Shadow, copy: Copy) -> Answer | NoAnswer:
        self.asked += 1
        await self.answers.wait()
        return answer({})


@pytest.fixture
async def under_way(tmp_path: Path) -> AsyncIterator[tuple[Shadows, Silent]]:
    secret = SecretKey(b"a secret of the tests")
    store = await SqliteStore.open(tmp_path / "store.db")
    silent = Silent()
    own, given = OwnSecrets(store, secret), Given(secret)
    async with Shadows(store, "0" * 16, silent, own, given, lambda: 0.0) as made:
        yield made, silent
        silent.answers.set()
    await store.close()


async def a_copy() -> Copy:
    return Copy("POST", "/", "", CIMultiDict(), b"")


async def test_beyond_64_copies_we_answer_alone(
    under_way: tuple[Shadows, Silent],
) -> None:
    shadows, silent = under_way
    shadow = Shadow(alias_id="a", old_url="http://old.test", timeout_ms=60_000)
    asking = [shadows.ask(shadow, a_copy) for _ in range(MAX_IN_FLIGHT)]
    assert await shadows.ask(shadow, a_copy).wait() is None
    silent.answers.set()
    assert [await each.wait() for each in asking] == [answer({})] * MAX_IN_FLIGHT
    assert silent.asked == MAX_IN_FLIGHT
    assert await shadows.ask(shadow, a_copy).wait() == answer({})


async def test_a_fault_of_a_copy_is_no_fault_of_the_call(
    under_way: tuple[Shadows, Silent],
) -> None:
    async def broken() -> Copy:
        raise RuntimeError("the store is gone")

    shadow = Shadow(alias_id="a", old_url="http://old.test")
    assert await under_way[0].ask(shadow, broken).wait() is None


# --------------------------------------------------------------------------- breaker


def test_five_failures_in_a_row_open_the_breaker_for_30_s_then_one_call_probes() -> (
    None
):
    breaker = Breaker()
    for _ in range(OPENS_AFTER - 1):
        breaker.failed(0.0)
    breaker.answered()
    for _ in range(OPENS_AFTER):
        assert breaker.may_ask(0.0)
        breaker.failed(0.0)
    assert not breaker.may_ask(OPEN_S - 0.1)
    assert breaker.may_ask(OPEN_S)
    assert not breaker.may_ask(OPEN_S)  # the probe is under way
    breaker.failed(OPEN_S)
    assert not breaker.may_ask(OPEN_S * 2 - 0.1)
    assert breaker.may_ask(OPEN_S * 2)
    breaker.answered()
    assert breaker.may_ask(OPEN_S * 2)
    assert breaker.may_ask(OPEN_S * 2)
