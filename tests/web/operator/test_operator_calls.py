"""The operator's pages of old calls: the list, one call, and why it was refused."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from pushgo_compat.core.calls.service import Calls
from pushgo_compat.model import Source
from tests.gateway import CHANNEL_NAME, Gateway, Mount, running
from tests.golden import CHANNEL_ID, KEY, PASSWORD, UNKNOWN_KEY
from tests.web.browser import Browser
from tests.web.operator_pages import TOKEN, signed_in, text
from tests.wire import HeaderLines, Reply

HOSTILE = "<script>x</script>\u202egnp"
OLD_KEY = "an-old-key-of-a-script"
CHINESE = ("Accept-Language", "zh-CN")


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[Gateway]:
    with running(tmp_path, admin_token=TOKEN) as gateway:
        yield gateway


@pytest.fixture
def operator(gateway: Gateway) -> Browser:
    return signed_in(gateway)


def ntfy(gateway: Gateway, *lines: tuple[str, bytes], key: str = KEY) -> Reply:
    """One call a second."""
    gateway.clock.now_ms += 1000
    return gateway.call(Source.NTFY, Mount.PREFIX, "POST", f"/{key}", lines, b"text")


def page_of(reply: Reply) -> str:
    """Where the operator sees a call."""
    return f"/admin/calls/{reply.headers['X-PushGo-Call-Id']}"


def listed(reply: Reply) -> list[str]:
    """What the rows of a list are called, the newest first."""
    return re.findall(r'class="cover break"[^>]*><bdi>([^<]*)</bdi>', text(reply))


def led_to(reply: Reply) -> str:
    assert reply.status == 303
    return reply.headers["Location"].removeprefix("../")


def beside(reply: Reply) -> list[str]:
    """The calls that a page leads to: the newer one, the older one."""
    links = r'href="[./]*(/admin/calls/[^"]+)">(Newer|Older)</a>'
    return [f"{word} {path}" for path, word in re.findall(links, text(reply))]


# ------------------------------------------------------------------------------- list


def test_the_pages_want_a_session(gateway: Gateway) -> None:
    reply = ntfy(gateway, ("Title", b"private"))
    stranger = Browser(gateway)
    for path in ("/admin/calls", page_of(reply)):
        page = stranger.get(path)
        assert b'name="token"' in page.body
        assert b"private" not in page.body


def test_a_row_is_one_link_with_title_route_client_key_and_what_was_lost(
    gateway: Gateway, operator: Browser
) -> None:
    call = ntfy(
        gateway, ("Title", b"Backup"), ("User-Agent", b"curl/8.5.0"), ("Call", b"yes")
    )
    page = text(operator.get("/admin/calls"))
    assert f'href="../admin/calls/{page_of(call).rpartition("/")[2]}"' in page
    assert listed(operator.get("/admin/calls")) == ["Backup"]
    assert "POST /{topic}" in page
    assert "<bdi>curl</bdi>" in page
    assert '<span class="tag bad">1 lost</span>' in page
    assert f'<bdi class="break">{CHANNEL_NAME}</bdi>' in page
    assert '<span class="tag ok">200</span>' in page
    assert 'aria-current="page">Calls' in page
    assert KEY not in page


def test_the_row_of_a_refused_call_tells_the_reason_and_leads_to_its_binding(
    gateway: Gateway, operator: Browser
) -> None:
    ntfy(gateway, key=UNKNOWN_KEY)
    page = operator.get("/admin/calls")
    assert listed(page) == ["Unknown key"]
    (link,) = re.findall(r'href="\.\./(admin/keys\?bind=[^"]+)"', text(page))
    assert "Bind to" in text(operator.get(f"/{link.partition('#')[0]}"))
    assert UNKNOWN_KEY not in text(page)


def test_reasons_and_labels_are_chinese_for_a_chinese_reader(gateway: Gateway) -> None:
    ntfy(gateway, key=UNKNOWN_KEY)
    page = signed_in(gateway, CHINESE).get("/admin/calls")
    assert listed(page) == ["未认领的密钥"]
    assert "调用记录，最新的在前" in text(page)


def test_terms_of_the_address_choose_calls_and_stay_in_the_form(
    gateway: Gateway, operator: Browser
) -> None:
    ntfy(gateway, ("Title", b"first"), ("User-Agent", b"curl/8.5.0"))
    gateway.call(Source.BARK, Mount.PREFIX, "GET", f"/{KEY}/second")
    ntfy(gateway, ("Title", b"third"), ("Call", b"yes"))
    ntfy(gateway, key=UNKNOWN_KEY)

    def found(query: str) -> list[str]:
        return listed(operator.get(f"/admin/calls?{query}"))

    assert found("dialect=ntfy&outcome=accepted") == ["third", "first"]
    assert found("outcome=refused") == ["Unknown key"]
    assert found("fields=lost") == ["third"]
    assert found("client=curl") == ["first"]
    assert found("q=FIR") == ["first"]
    assert found(f"channel={CHANNEL_ID}&q=third") == ["third"]
    assert found(f"before={gateway.clock.now_ms - 1500}") == ["Notification", "first"]
    assert found(f"since={gateway.clock.now_ms}") == ["Unknown key"]
    page = text(operator.get(f"/admin/calls?q=fir&dialect=ntfy&channel={CHANNEL_ID}"))
    assert 'name="q" type="search" value="fir"' in page
    assert '<option value="ntfy" selected>' in page
    assert f'type="hidden" name="channel" value="{CHANNEL_ID}"' in page


def test_fifty_calls_are_a_page_and_the_older_ones_a_link_away(
    gateway: Gateway, operator: Browser
) -> None:
    for n in range(55):
        ntfy(gateway, ("Title", str(n).encode()))
    first = operator.get("/admin/calls?client=")
    assert listed(first) == [str(n) for n in range(54, 4, -1)]
    (older,) = re.findall(r'href="\.\./(admin/calls\?cursor=[^"]+)"', text(first))
    second = operator.get(f"/{older}")
    assert listed(second) == ["4", "3", "2", "1", "0"]
    assert "cursor=" not in text(second)


def test_a_search_that_was_cut_short_says_how_far_it_came_and_goes_on(
    gateway: Gateway, operator: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    ntfy(gateway, ("Title", b"the one"))
    for n in range(5):
        ntfy(gateway, ("Title", str(n).encode()))
    limits = Calls.list.__kwdefaults__ or {}
    monkeypatch.setattr(Calls.list, "__kwdefaults__", {**limits, "look_back": 3})
    first = operator.get("/admin/calls?q=one")
    assert listed(first) == []
    assert "Searched back to" in text(first)
    assert "Search further" in text(first)
    (further,) = re.findall(
        r'href="\.\./(admin/calls\?q=one[^"]+cursor[^"]+)"', text(first)
    )
    assert listed(operator.get("/" + further.replace("&amp;", "&"))) == ["the one"]


def test_under_a_flood_the_list_says_how_many_were_kept(
    gateway: Gateway, operator: Browser
) -> None:
    for _ in range(60):
        gateway.call(Source.NTFY, Mount.PREFIX, "POST", f"/{UNKNOWN_KEY}")
    page = text(operator.get("/admin/calls"))
    assert re.search(r"Under the flood at .* one call in \d+ was kept\.", page)
    assert re.search(r"1 of \d+", page)


def test_nothing_found_names_the_time_and_the_addresses_of_this_gateway(
    operator: Browser,
) -> None:
    page = text(operator.get("/admin/calls?client=Nobody"))
    assert "No call like this has reached this gateway since" in page
    assert "http://nas.test/ntfy" in page
    assert "ntfy.test" in page


def test_a_key_that_is_searched_for_leads_to_its_place_without_the_key(
    gateway: Gateway, operator: Browser
) -> None:
    ntfy(gateway, key=UNKNOWN_KEY)
    alias_id = gateway.alias(Source.NTFY, OLD_KEY)
    refused = f"admin/calls?channel={CHANNEL_ID}&outcome=refused"
    places = {
        OLD_KEY: f"admin/keys/aliases/{alias_id}",
        KEY: f"admin/calls?channel={CHANNEL_ID}",
        f"{CHANNEL_ID}wrongpassword": refused,
        "06J0FZG1Y8XGG14VTQ4Y3G10MZnobodyknows": "admin/calls?key=unknown",
    }
    for key, place in places.items():
        assert led_to(operator.get(f"/admin/calls?q={key}")) == place
    assert "no call with it has reached" in text(
        operator.get("/admin/calls?key=unknown")
    )
    operator.get("/admin/calls")  # writes what waits in memory
    to_unknown = led_to(operator.get(f"/admin/calls?q={UNKNOWN_KEY}"))
    assert to_unknown == "admin/calls?key=unknown" or "bind=" in to_unknown


def test_a_bad_cursor_or_channel_is_not_found(operator: Browser) -> None:
    for query in ("cursor=x", "cursor=1.2", "channel=nothing", f"channel={'0' * 26}"):
        assert operator.get(f"/admin/calls?{query}").status == 404
    assert operator.get("/admin/calls?since=x&dialect=none&outcome=no").status == 200


# --------------------------------------------------------------------------- one call


def test_one_call_says_first_what_was_lost_then_shows_the_evidence(
    gateway: Gateway, operator: Browser
) -> None:
    call = ntfy(
        gateway,
        ("Title", b"Backup failed"),
        ("Priority", b"urgent"),
        ("Call", b"yes"),
        ("User-Agent", b"curl/8.5.0"),
        ("X-Request-Id", b"their-own-id"),
    )
    page = text(operator.get(page_of(call)))
    assert "<bdi>Backup failed</bdi></h1>" in page
    assert "One field was lost. One field has changed." in page
    order = re.findall(r'<span class="v (\w+)">', page.partition("<tbody>")[2])
    assert order[:2] == ["lost", "changed"]
    assert order == sorted(order, key=["lost", "changed", "kept", "recorded"].index)
    assert '<span class="name"><bdi>Priority</bdi></span>' in page
    assert '<span class="name">severity</span><div class="val"><bdi>critical' in page
    assert "the same" in page
    for fact in (
        "curl/8.5.0",
        "127.0.0.1",
        "their-own-id",
        "universal key",
        "HTTP 200",
    ):
        assert fact in page
    assert "under the prefix" in page
    assert "CHANNEL_PASSWORD" in page
    assert KEY not in page


def test_notes_on_one_field_share_a_row(gateway: Gateway, operator: Browser) -> None:
    gateway.alias(Source.NTFY, OLD_KEY, tags=("nas", "old"), severity_map={})
    call = ntfy(gateway, ("Tags", b"warning"), key=OLD_KEY)
    page = text(operator.get(page_of(call)))
    assert page.count("<bdi>Tags</bdi>") == 1
    assert "alias" in page


def test_a_batch_is_a_table_of_messages_and_then_one_of_them(
    gateway: Gateway, operator: Browser
) -> None:
    other = gateway.administer(lambda admin: admin.create_channel("Second"))
    body = {"title": "Door", "device_keys": [KEY, other.key, UNKNOWN_KEY]}
    head: HeaderLines = [("Content-Type", b"application/json")]
    data = json.dumps(body).encode()
    call = gateway.call(Source.BARK, Mount.PREFIX, "POST", "/push", head, data)
    assert listed(operator.get("/admin/calls"))[0] == "3 receivers, 2 accepted"
    page = text(operator.get(page_of(call)))
    assert page.index("2 messages") < page.index("Message 1: what was sent")
    assert "One of its keys opened nothing" in page
    assert "Message 2: what was sent" in text(operator.get(page_of(call) + "?m=1"))
    for number in ("2", "-1", "x"):
        assert operator.get(page_of(call) + f"?m={number}").status == 404
    assert other.key not in page


def test_hostile_text_is_text_everywhere(gateway: Gateway, operator: Browser) -> None:
    call = ntfy(
        gateway,
        ("Title", HOSTILE.encode()),
        ("User-Agent", b"<b>agent</b>"),
        ("X-<i>", b"1"),
        ("Tags", HOSTILE.encode()),
    )
    for path in ("/admin/calls", page_of(call)):
        page = text(operator.get(path))
        assert "<script>x" not in page
        assert "<b>agent" not in page
        assert "\u202e" not in page
        assert "[U+202E]" in page


def test_an_unknown_key_is_bound_from_its_refused_call_in_the_flow_of_why(
    gateway: Gateway, operator: Browser
) -> None:
    call = ntfy(gateway, ("Title", b"secret words"), key=UNKNOWN_KEY)
    page = text(operator.get(page_of(call)))
    assert "<bdi>Unknown key</bdi></h1>" in page
    assert "Refused 40" in page
    assert "Values are not kept" in page
    assert "secret words" not in page
    assert UNKNOWN_KEY not in page
    (bind,) = re.findall(r'class="btn main" href="[./]+(admin/keys\?bind=[^"#]+)', page)
    form = text(operator.get(f"/{bind}"))
    (action,) = re.findall(r'action="\.\./(admin/keys/unknown/\w+/bind)"', form)
    assert operator.post(f"/{action}", channel=CHANNEL_ID).status == 303
    assert ntfy(gateway, key=UNKNOWN_KEY).status == 200
    assert "has been bound to" in text(operator.get(page_of(call)))


def test_a_wrong_password_leads_to_its_channel(
    gateway: Gateway, operator: Browser
) -> None:
    call = ntfy(gateway, key=f"{CHANNEL_ID}wrongpassword")
    page = text(operator.get(page_of(call)))
    assert f"<bdi>Wrong password for {CHANNEL_NAME}</bdi></h1>" in page
    assert re.search(rf'class="btn main" href="[./]+admin/channels/{CHANNEL_ID}"', page)
    assert "wrongpassword" not in page


def test_a_refusal_of_the_dialect_shows_the_request_with_its_key_masked(
    gateway: Gateway, operator: Browser
) -> None:
    call = ntfy(gateway, ("Priority", b"9"))
    page = text(operator.get(page_of(call)))
    assert "<bdi>Priority “9” is not one of 1 to 5</bdi></h1>" in page
    assert "Mend the header Priority; the answer is in the old server" in page
    assert "invalid priority parameter" in page
    assert "Priority: 9" in page
    assert KEY not in page


def test_a_call_that_is_not_there_is_not_found(operator: Browser) -> None:
    for call_id in ("0" * 24, "0" * 32, "x", "0" * 23):
        assert operator.get(f"/admin/calls/{call_id}").status == 404


def test_a_call_leads_to_the_one_before_and_the_one_after(
    gateway: Gateway, operator: Browser
) -> None:
    pages = [page_of(ntfy(gateway, ("Title", b"first")))]
    pages += [page_of(ntfy(gateway, key=UNKNOWN_KEY)) for _ in range(2)]
    gateway.native(
        "GET", f"/message?channel_id={CHANNEL_ID}&password={PASSWORD}&title=x"
    )
    pages.append(page_of(ntfy(gateway, ("Title", b"last"))))
    for at, page in enumerate(pages):
        expected = [f"Newer {path}" for path in pages[at + 1 : at + 2]]
        expected += [f"Older {path}" for path in pages[max(0, at - 1) : at]]
        assert beside(operator.get(page)) == expected


def test_a_call_of_a_filtered_list_leads_to_those_of_the_list(
    gateway: Gateway, operator: Browser
) -> None:
    calls = [
        page_of(ntfy(gateway, ("Title", title), ("User-Agent", client), key=key))
        for title, client, key in (
            (b"a", b"curl/8", KEY),
            (b"b", b"other", KEY),
            (b"c", b"curl/8", UNKNOWN_KEY),
            (b"d", b"other", UNKNOWN_KEY),
            (b"e", b"curl/9", KEY),
        )
    ]
    a, b, c, d, e = calls
    since = gateway.clock.now_ms - 3500
    for query, order in (
        ("?client=curl", [a, c, e]),
        ("?outcome=accepted", [a, b, e]),
        ("?outcome=refused", [c, d]),
        (f"?channel={CHANNEL_ID}", [a, b, e]),
        (f"?client=curl&channel={CHANNEL_ID}", [a, e]),
        (f"?since={since}", [b, c, d, e]),
        (f"?before={gateway.clock.now_ms}", [a, b, c, d]),
    ):
        linked = [path + query.replace("&", "&amp;") for path in order]
        for at, path in enumerate(order):
            page = operator.get(path + query)
            expected = [f"Newer {each}" for each in linked[at + 1 : at + 2]]
            expected += [f"Older {each}" for each in linked[max(0, at - 1) : at]]
            assert beside(page) == expected, query
            assert f'admin/calls{query.replace("&", "&amp;")}">← ' in text(page)
    rows = re.findall(
        r'class="cover break" href="[./]*(/admin/calls/[^"]+)',
        text(operator.get("/admin/calls?client=curl")),
    )
    assert rows == [f"{path}?client=curl" for path in (e, c, a)]


def test_a_batch_is_one_step_to_the_next_call(
    gateway: Gateway, operator: Browser
) -> None:
    first = page_of(ntfy(gateway))
    gateway.clock.now_ms += 1000
    keys = json.dumps({"device_keys": [KEY] * 3, "body": "x"}).encode()
    line = [("Content-Type", b"application/json")]
    batch = gateway.call(Source.BARK, Mount.PREFIX, "POST", "/push", line, keys)
    last = page_of(ntfy(gateway))
    both = [f"Newer {last}", f"Older {first}"]
    assert beside(operator.get(page_of(batch))) == both
    assert beside(operator.get(last)) == [f"Older {page_of(batch)}"]
    assert beside(operator.get(first)) == [f"Newer {page_of(batch)}"]
