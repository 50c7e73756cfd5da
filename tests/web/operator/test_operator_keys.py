"""The operator's page of keys: what a key is, binding in three clicks, aliases."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pushgo_compat.core.admin.service import Administration
from pushgo_compat.core.stores.access.aliases import Alias, AliasUse
from pushgo_compat.core.stores.access.unknown_keys import UnknownKey
from pushgo_compat.model import Severity, Source
from tests.gateway import CHANNEL_NAME, Gateway, Mount, running
from tests.golden import CHANNEL_ID, KEY, NOW_MS
from tests.web.browser import Browser
from tests.web.operator_pages import TOKEN, codes, number, signed_in, text
from tests.wire import Reply

TOPIC = "backups-of-the-nas-at-home"
DAY_MS = 86_400_000


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[Gateway]:
    """A gateway of each test's own: the tests change its aliases."""
    with running(tmp_path, admin_token=TOKEN) as gateway:
        yield gateway


@pytest.fixture
def operator(gateway: Gateway) -> Browser:
    return signed_in(gateway)


def publish(gateway: Gateway, topic: str, client: str = "nas-script/2.1") -> Reply:
    headers = [("User-Agent", client.encode()), ("Title", b"Disk full")]
    return gateway.call(
        Source.NTFY, Mount.PREFIX, "POST", f"/{topic}", headers, b"the body"
    )


def unknown(digest: int, **changes: object) -> UnknownKey:
    """A key that nobody knows, as a server has written it down."""
    values = {
        "dialect": Source.NTFY,
        "key_digest": (digest << 240).to_bytes(32),
        "folded_digest": (digest << 240).to_bytes(32),
        "key_length": 26,
        "hint": f"key{digest}",
        "first_seen_ms": NOW_MS,
        "last_seen_ms": NOW_MS - digest,
        "count": 1,
        "client": "nas-script/2.1",
        "address": "192.0.2.14",
        "network": f"192.0.2.{digest % 200}",
        "sample": {"Title": 9, "body": 8},
        **changes,
    }
    return UnknownKey(**values)  # type: ignore[arg-type]


def seen(gateway: Gateway, *keys: UnknownKey) -> None:
    gateway.administer(lambda admin: admin.store.record_unknown(keys))


def _digest(gateway: Gateway, topic: str) -> bytes:
    async def digest(admin: Administration) -> bytes:
        return admin.secret.alias_digest(Source.NTFY, topic)

    return gateway.administer(digest)


def aliases(gateway: Gateway) -> list[Alias]:
    return list(gateway.administer(lambda admin: admin.store.aliases()))


def unknown_ids(gateway: Gateway) -> list[str]:
    found = gateway.administer(lambda admin: admin.store.unknown_keys())
    return [key.unknown_id for key in found]


# ------------------------------------------------------------------------ unknown keys


def test_an_unknown_key_is_bound_in_three_clicks_and_undone_in_one(
    gateway: Gateway, operator: Browser
) -> None:
    key = unknown(1, hint="b…s", client="nas-script/2.1", count=214)
    digest = replace(key, key_digest=_digest(gateway, TOPIC))
    seen(gateway, digest)
    assert publish(gateway, TOPIC).status != 200
    page = text(operator.get("/admin/keys"))
    assert '<code class="break">b…s</code>' in page
    assert "214 calls" in page
    assert "9 characters" in page
    assert '<span class="count">1<' in page
    (link,) = re.findall(r'href="\.\./(admin/keys\?bind=[0-9a-f]+)#', page)
    form = text(operator.get(f"/{link}"))
    assert f">Bind to {CHANNEL_NAME}</button>" in form
    assert 'value="nas-script"' in form
    path = f"/admin/keys/unknown/{digest.unknown_id}/bind"
    done = operator.post(
        path,
        channel=CHANNEL_ID,
        note="NAS",
        tags="nas, backup",
        **{"severity-high": "critical"},
    )
    (alias,) = aliases(gateway)
    assert done.headers["Location"].endswith(f"admin/keys?bound={alias.alias_id}#bound")
    assert (alias.note, alias.tags) == ("NAS", ("nas", "backup"))
    assert alias.severity_map == {Severity.HIGH: Severity.CRITICAL}
    assert publish(gateway, TOPIC).status == 200
    page = text(operator.get(f"/admin/keys?bound={alias.alias_id}"))
    assert "b…s is bound to" in page
    assert not unknown_ids(gateway)
    operator.post(f"/admin/keys/aliases/{alias.alias_id}/undo")
    assert not aliases(gateway)
    assert unknown_ids(gateway) == [digest.unknown_id]
    assert "214 calls" in text(operator.get("/admin/keys"))
    assert publish(gateway, TOPIC).status != 200


def test_what_cannot_be_bound_is_refused_and_the_form_is_kept(
    gateway: Gateway, operator: Browser
) -> None:
    key = unknown(1)
    seen(gateway, key)
    path = f"/admin/keys/unknown/{key.unknown_id}/bind"
    refused = operator.post(path, channel=CHANNEL_ID, note="x" * 257)
    assert refused.status == 422
    assert "at most 256 characters" in text(refused)
    assert "x" * 257 in text(refused)
    other = operator.post("/admin/keys/unknown/00/bind", channel=CHANNEL_ID)
    assert "It was removed meanwhile." in text(other)
    assert not aliases(gateway)


def test_an_old_login_opens_an_alias_that_asks_for_one(
    gateway: Gateway, operator: Browser
) -> None:
    key = unknown(1)
    seen(gateway, key)
    path = f"/admin/keys/unknown/{key.unknown_id}/bind"
    form = {"channel": CHANNEL_ID, "credential": "phil:a secret of his"}
    assert operator.post(path, **form).status == 422
    operator.post(path, **form, **{"require-auth": "1", "send-only": "1"})
    (alias,) = aliases(gateway)
    assert (alias.require_auth, alias.send_only) == (True, True)
    assert len(alias.credential_digests) == 1
    assert "a secret of his" not in text(operator.get("/admin/keys"))


def test_text_of_callers_is_shown_as_text(gateway: Gateway, operator: Browser) -> None:
    hostile = "<script>alert(1)</script>\u202e"
    seen(gateway, unknown(1, client=hostile, hint=hostile, sample={hostile: 3}))
    for path in ("/admin/keys", f"/admin/keys?bind={unknown(1).unknown_id}"):
        page = text(operator.get(path))
        assert "<script>alert" not in page
        assert "\u202e" not in page
        assert page.count("&lt;script&gt;alert(1)&lt;/script&gt;[U+202E]") >= 3


def test_a_key_is_forgotten_and_a_flood_at_once(
    gateway: Gateway, operator: Browser
) -> None:
    flood = [unknown(n, network="203.0.113.9") for n in range(100, 130)]
    seen(gateway, unknown(1), unknown(2), *flood)
    page = text(operator.get("/admin/keys"))
    assert page.count("<article") == 3
    assert "30 keys from 203.0.113.9" in page
    operator.post("/admin/keys/forget", network="203.0.113.9")
    assert len(unknown_ids(gateway)) == 2
    operator.post("/admin/keys/forget", unknown=unknown(1).unknown_id)
    assert unknown_ids(gateway) == [unknown(2).unknown_id]
    operator.post("/admin/keys/forget")
    assert len(unknown_ids(gateway)) == 1


def test_many_keys_are_paged_and_filtered_by_dialect(
    gateway: Gateway, operator: Browser
) -> None:
    keys = [unknown(n) for n in range(1, 120)]
    seen(gateway, *keys, unknown(300, dialect=Source.BARK, hint="bark-key"))
    first = text(operator.get("/admin/keys"))
    assert first.count("<article") == 50
    (after,) = re.findall(r'href="\.\./(admin/keys\?after=[^"]+)"', first)
    second = text(operator.get(f"/{after}"))
    assert second.count("<article") == 50
    assert "key1</code>" in first
    assert "key1</code>" not in second
    only = text(operator.get("/admin/keys?dialect=bark"))
    assert only.count("<article") == 1
    assert "bark-key" in only


def test_an_empty_tray_says_how_keys_come(operator: Browser) -> None:
    page = text(operator.get("/admin/keys"))
    assert "No unknown keys." in page
    assert "No aliases yet." in page
    assert 'class="count"' not in page


# ---------------------------------------------------------------------------- key check


def test_a_key_or_a_line_of_curl_is_looked_up(
    gateway: Gateway, operator: Browser
) -> None:
    alias_id = gateway.alias(Source.NTFY, TOPIC, note="NAS")

    def check(line: str) -> str:
        reply = operator.post("/admin/keys/check", key=line)
        assert reply.status == 200
        assert line not in text(reply)
        return text(reply)

    found = check(f"curl -d hi https://ntfy.sh/{TOPIC}")
    assert f"it sends to {CHANNEL_NAME}." in found
    assert f"admin/keys/aliases/{alias_id}" in found
    assert f"The universal key of {CHANNEL_NAME}." in check(KEY)
    wrong = check(f"{CHANNEL_ID}another-password")
    assert "but its password is another one." in wrong
    assert "no call with it has reached this gateway" in check("never-called-key")
    other = replace(unknown(7), key_digest=_digest(gateway, "called-in-vain-topic"))
    seen(gateway, other)
    called = check("called-in-vain-topic")
    assert "It has called once." in called
    assert f"?bind={other.unknown_id}" in called


# ------------------------------------------------------------------------------ aliases


def test_aliases_say_what_they_add_and_when_they_were_used(
    gateway: Gateway, operator: Browser
) -> None:
    busy = gateway.alias(
        Source.NTFY,
        TOPIC,
        note="NAS <b>",
        tags=("nas",),
        severity_map={Severity.HIGH: Severity.CRITICAL},
        send_only=True,
    )
    gateway.alias(Source.BARK, "*")
    page = text(operator.get("/admin/keys"))
    assert "NAS &lt;b&gt;" in page
    assert "High → Critical" in page
    assert "send only" in page
    assert "never" in page
    assert "Every key that nothing else knows" in page
    now_ms = gateway.clock.now_ms = NOW_MS + 20 * DAY_MS
    use = AliasUse(last_ms=now_ms - 9 * DAY_MS, count=11, client="Uptime Kuma")
    gateway.administer(lambda admin: admin.store.record_uses({busy: use}))
    operator = signed_in(gateway)
    assert "quiet for 9 days, before daily" in text(operator.get("/admin/keys"))
    use = AliasUse(last_ms=now_ms - 60_000, count=1)
    gateway.administer(lambda admin: admin.store.record_uses({busy: use}))
    page = text(operator.get("/admin/keys"))
    assert "1 min ago" in page
    assert "quiet" not in re.findall(r"<td class=\"num\">.*?</td>", page)
    assert operator.get(f"/admin/keys/aliases/{busy}/uses").body == b"12"


def test_an_alias_is_changed(gateway: Gateway, operator: Browser) -> None:
    alias_id = gateway.alias(Source.NTFY, TOPIC, note="NAS", tags=("nas",))
    its = f"/admin/keys/aliases/{alias_id}"
    form = text(operator.get(its))
    assert 'value="NAS"' in form
    assert 'value="nas"' in form
    refused = operator.post(its, note="kept", tags="x" * 65)
    assert refused.status == 422
    assert 'value="kept"' in text(refused)
    operator.post(its, note="Backups", tags="a，b", **{"severity-low": "normal"})
    (alias,) = aliases(gateway)
    assert (alias.note, alias.tags) == ("Backups", ("a", "b"))
    assert alias.severity_map == {Severity.LOW: Severity.NORMAL}
    operator.post(its, note="", tags="", **{"send-only": "1"})
    (alias,) = aliases(gateway)
    assert (alias.note, alias.tags, alias.severity_map) == ("", (), {})
    assert alias.send_only


def test_an_alias_is_removed_after_a_question(
    gateway: Gateway, operator: Browser
) -> None:
    alias_id = gateway.alias(Source.NTFY, TOPIC)
    its = f"/admin/keys/aliases/{alias_id}"
    asked = text(operator.get(f"{its}/remove"))
    assert "Scripts with this key are refused from now on." in asked
    operator.post(f"{its}/remove")
    assert not aliases(gateway)
    assert operator.get(its).status == 404


def test_an_old_key_is_added_and_never_shown(
    gateway: Gateway, operator: Browser
) -> None:
    form = {"dialect": "ntfy", "channel": CHANNEL_ID, "key": TOPIC, "note": "NAS"}
    done = operator.post("/admin/keys/aliases", **form)
    assert done.status == 303
    assert publish(gateway, TOPIC).status == 200
    again = operator.post("/admin/keys/aliases", **form)
    assert again.status == 422
    assert "This key is bound already." in text(again)
    assert TOPIC not in text(again)
    for wrong, words in (
        ({"dialect": "pigeon"}, "Choose a dialect."),
        ({"key": KEY}, "begins with the id of a channel"),
    ):
        refused = operator.post("/admin/keys/aliases", **{**form, **wrong})
        assert words in text(refused)
    assert len(aliases(gateway)) == 1


def test_a_made_key_is_shown_once_and_made_once(
    gateway: Gateway, operator: Browser
) -> None:
    form = {
        "number": number(operator.get("/admin/keys/aliases/new")),
        "dialect": "ntfy",
        "channel": CHANNEL_ID,
    }
    made = operator.post("/admin/keys/aliases", **form)
    (key,) = codes(made)
    assert publish(gateway, key).status == 200
    again = operator.post("/admin/keys/aliases", **form)
    assert "Already done." in text(again)
    assert key not in text(again)
    assert len(aliases(gateway)) == 1


def test_the_page_speaks_chinese(gateway: Gateway) -> None:
    seen(gateway, unknown(1))
    browser = signed_in(gateway, ("Accept-Language", "zh-CN"))
    page = text(browser.get(f"/admin/keys?bind={unknown(1).unknown_id}"))
    assert "这个密钥是谁的？" in page
    assert f"绑定到“{CHANNEL_NAME}”" in page
