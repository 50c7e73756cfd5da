"""The inbox as a browser gets it: what it shows, finds, deletes and never runs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import orjson
import pytest

from pushgo_compat.model import Source
from pushgo_compat.web.pages.assets import asset_name
from tests.gateway import CHANNEL_NAME, Gateway, Mount, running
from tests.golden import CHANNEL_ID, KEY, PASSWORD
from tests.web.browser import Browser
from tests.wire import Reply


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[Gateway]:
    with running(tmp_path) as gateway:
        yield gateway


@pytest.fixture
def browser(gateway: Gateway) -> Browser:
    browser = Browser(gateway)
    browser.post("/inbox/sign-in", key=KEY)
    return browser


def send(gateway: Gateway, **fields: object) -> str:
    message = {"channel_id": CHANNEL_ID, "password": PASSWORD, "title": "t", **fields}
    header = [("Content-Type", b"application/json")]
    reply = gateway.native("POST", "/message", header, orjson.dumps(message))
    message_id: str = reply.json["data"]["message_id"]
    return message_id


def text_of(reply: Reply) -> str:
    assert reply.status == 200, reply.body
    return reply.body.decode()


def titles(page: str) -> list[str]:
    return re.findall(r'<h3 [^>]*id="t-\w+" dir="auto">(.*?)</h3>', page)


def test_the_newest_message_stands_first_and_older_ones_are_a_link_away(
    gateway: Gateway, browser: Browser
) -> None:
    for number in range(60):
        send(gateway, title=f"message {number}")
    first = text_of(browser.get("/inbox"))
    assert titles(first) == [f"message {n}" for n in range(59, 9, -1)]
    (older,) = re.findall(r'href="\./(inbox\?before=\w+)"', first)
    rest = text_of(browser.get(f"/{older}"))
    assert titles(rest) == [f"message {n}" for n in range(9, -1, -1)]
    assert "before=" not in rest


def test_markdown_is_shown_as_such_only_where_the_sender_meant_it(
    gateway: Gateway, browser: Browser
) -> None:
    send(gateway, body="native **bold** http://a.test/x")
    gateway.call(Source.NTFY, Mount.PREFIX, "POST", f"/{KEY}", [], b"plain **x** <b>")
    header = [("Markdown", b"yes")]
    gateway.call(Source.NTFY, Mount.PREFIX, "POST", f"/{KEY}", header, b"ntfy *md*")
    gateway.call(Source.BARK, Mount.PREFIX, "GET", f"/{KEY}/?body=bark **no**")
    gateway.call(Source.BARK, Mount.PREFIX, "GET", f"/{KEY}/?markdown=bark **yes**")
    page = text_of(browser.get("/inbox"))
    assert "native <strong>bold</strong>" in page
    assert 'href="http://a.test/x" rel="noopener noreferrer nofollow"' in page
    assert "plain **x** &lt;b&gt;" in page
    assert "ntfy <em>md</em>" in page
    assert "bark **no**" in page
    assert "bark <strong>yes</strong>" in page


class Elements(HTMLParser):
    """Every element of a page with its attributes, as a browser takes it apart."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[x](javascript:alert(1))",
    "[x](data:text/html,<script>alert(1)</script>)",
    "![p](https://evil.test/p.png)",
    "<svg/onload=alert(1)>",
    '<a href="https://a.test" onclick=alert(1)>x</a>',
    "<iframe src=https://evil.test></iframe>",
    "`</code><script>alert(1)</script>`",
    "<style>*{display:none}</style>",
    "| a | b |\n|---|---|\n| <b onmouseover=x> | ![q](//evil.test/q) |",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    '"><script>alert(1)</script>',
    "{{ 7 * 7 }}",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "<javascript:alert(1)>",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_message_brings_no_element_and_no_script_of_its_own(
    gateway: Gateway, browser: Browser, text: str
) -> None:
    message_id = send(gateway, title=text, body=text, tags=[text[:64]])
    for path in ("/inbox", f"/inbox/m/{message_id}"):
        page = text_of(browser.get(path))
        elements = Elements()
        elements.feed(page)
        for tag, attributes in elements.found:
            assert tag not in {"style", "math", "object", "embed", "iframe", "img"}
            assert not any(name.startswith("on") for name in attributes)
            if tag == "script":
                assert "assets/" in (attributes["src"] or "")
            scheme = (attributes.get("href") or "").strip().partition(":")[0]
            assert scheme not in {"javascript", "data", "vbscript"}


def test_characters_that_reorder_or_hide_text_are_written_out(
    gateway: Gateway, browser: Browser
) -> None:
    send(gateway, title="\u202eevil\u2066", body="a\u202eb\x07c", tags=["x\u200fy"])
    page = text_of(browser.get("/inbox"))
    assert "[U+202E]evil[U+2066]" in page
    assert "a[U+202E]b[U+0007]c" in page
    assert "x[U+200F]y" in page
    assert not set(page) & set("\u202e\u2066\u200f\x07")


def test_the_details_write_out_such_characters_of_an_old_call(
    gateway: Gateway, browser: Browser
) -> None:
    header = [("Tags", "a\u202eb".encode()), ("Title", "\u202eevil".encode())]
    reply = gateway.call(Source.NTFY, Mount.PREFIX, "POST", f"/{KEY}", header, b"x")
    page = text_of(browser.get(f"/inbox/m/{reply.message_ids[0]}"))
    assert "[U+202E]evil" in page
    assert "\u202e" not in page


def test_a_title_that_nobody_can_see_is_named(
    gateway: Gateway, browser: Browser
) -> None:
    send(gateway, title="\u200b\u2060")
    assert "(no visible title)" in text_of(browser.get("/inbox"))


def test_search_finds_titles_bodies_and_tags_and_filters_join(
    gateway: Gateway, browser: Browser
) -> None:
    send(gateway, title="one", body="Needle here", severity="high")
    send(gateway, title="two needle", severity="low")
    send(gateway, title="three", tags=["needle", "nas"])
    send(gateway, title="four")

    def found(query: str) -> list[str]:
        return titles(text_of(browser.get(f"/inbox?{query}")))

    assert found("q=NEEDLE") == ["three", "two needle", "one"]
    assert found("q=needle&urgent=1") == ["one"]
    assert found("tag=nas") == ["three"]
    assert found("tag=na") == []
    assert "Nothing found." in text_of(browser.get("/inbox?q=straw"))


def test_a_search_says_how_far_it_looked_and_goes_on_from_there(
    gateway: Gateway, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pushgo_compat.web.pages.inbox.search.MOST_SEARCHED", 4)
    monkeypatch.setattr("pushgo_compat.web.pages.inbox.search._STEP", 2)
    send(gateway, title="needle")
    for _ in range(5):
        send(gateway, title="straw")
    page = text_of(browser.get("/inbox?q=needle"))
    assert titles(page) == []
    assert "Searched back to" in page
    (further,) = re.findall(r'href="\./(inbox\?q=needle&amp;before=\w+)"', page)
    assert titles(text_of(browser.get("/" + further.replace("&amp;", "&")))) == [
        "needle"
    ]


def test_pictures_of_other_hosts_wait_for_a_click_in_a_frame_that_names_them(
    gateway: Gateway, browser: Browser
) -> None:
    message_id = send(
        gateway, images=["https://cam.test/a.jpg", "http://b.test:81/c.png"]
    )
    page = text_of(browser.get("/inbox"))
    assert "2 pictures at <b>cam.test, b.test:81</b>" in page
    assert "<img" not in page
    frame = browser.get(f"/inbox/m/{message_id}/pictures")
    policy = frame.headers["Content-Security-Policy"]
    assert "img-src http://b.test:81 https://cam.test;" in policy
    assert policy.startswith("default-src 'none';")
    assert policy.endswith("; sandbox")
    assert frame.headers["Referrer-Policy"] == "no-referrer"
    assert b'src="https://cam.test/a.jpg"' in frame.body


@pytest.mark.parametrize("url", ["https://a.test;script-src/x.png", "https://a b/x"])
def test_an_address_cannot_write_into_the_frames_policy(
    gateway: Gateway, browser: Browser, url: str
) -> None:
    message_id = send(gateway, images=[url])
    frame = browser.get(f"/inbox/m/{message_id}/pictures")
    assert frame.headers["Content-Security-Policy"].count("script-src") == 0


def test_files_and_pictures_that_lie_here_are_shown_at_once(
    gateway: Gateway, browser: Browser
) -> None:
    base = [("Host", b"nas.test")]
    png = b"\x89PNG\r\n\x1a\n" + b"0" * 60

    def put(name: bytes, body: bytes) -> None:
        headers = [*base, ("Filename", name)]
        gateway.call(Source.NTFY, Mount.PREFIX, "PUT", f"/{KEY}", headers, body)

    put(b"cam.png", png)
    put(b"report.pdf", b"%PDF-1.4 \xff\xfe")
    page = text_of(browser.get("/inbox"))
    (picture,) = re.findall(r'<img src="\./(ntfy/file/[^"]+)"', page)
    assert "report.pdf</bdi>" in page
    assert browser.get(f"/{picture}").body == png


def test_view_actions_are_links_and_others_are_only_named(
    gateway: Gateway, browser: Browser
) -> None:
    actions = b"view, Open log, https://nas.test/log; http, Restart, https://nas.test/r"
    header = [("Actions", actions), ("Tags", b"rotating_light,nas"), ("Title", b"T")]
    gateway.call(Source.NTFY, Mount.PREFIX, "POST", f"/{KEY}", header, b"x")
    page = text_of(browser.get("/inbox"))
    assert re.search(r'href="https://nas.test/log"[^>]*><bdi>Open log</bdi>', page)
    assert "“Restart” works only in an app" in page
    assert "https://nas.test/r" not in page
    assert titles(page) == ["🚨 T"]
    assert "tag=nas" in page
    assert "tag=rotating_light" not in page


def test_the_details_show_the_receipt_and_the_whole_body(
    gateway: Gateway, browser: Browser
) -> None:
    body = b"x" * 4000 + b" the end"
    header = [("Priority", b"urgent"), ("Email", b"a@b.test")]
    reply = gateway.call(Source.NTFY, Mount.PREFIX, "POST", f"/{KEY}", header, body)
    (message_id,) = reply.message_ids
    page = text_of(browser.get(f"/inbox/m/{message_id}"))
    assert "the end" in page
    assert "What the old call became" in page
    assert "<b>Priority</b>" in page
    assert KEY not in page
    assert PASSWORD not in page


def test_a_long_body_is_cut_in_the_list_and_says_so(
    gateway: Gateway, browser: Browser
) -> None:
    message_id = send(gateway, body="word " * 1000 + "the end")
    page = text_of(browser.get("/inbox"))
    assert "the end" not in page
    assert f'href="./inbox/m/{message_id}">Show all (5.0 kB)' in page


def test_deleting_asks_first_and_then_goes_for_everybody(
    gateway: Gateway, browser: Browser
) -> None:
    message_id = send(gateway, title="secret")
    path = f"/inbox/m/{message_id}/delete"
    assert "Delete for everybody?" in text_of(browser.get(path))
    assert gateway.stored(message_id)
    assert browser.post(path).headers["Location"] == "../../../inbox"
    assert "secret" not in text_of(browser.get("/inbox"))
    gone = browser.get(f"/inbox/m/{message_id}")
    assert gone.status == 404
    assert b"This has expired or was deleted." in gone.body


@pytest.mark.parametrize("end", ["", "/card", "/pictures", "/delete"])
def test_no_other_channels_message_is_shown(
    gateway: Gateway, browser: Browser, end: str
) -> None:
    other = gateway.administer(lambda admin: admin.create_channel("Other"))
    login = {"channel_id": other.channel_id, "password": other.password}
    message_id = send(gateway, title="theirs", **login)
    reply = browser.get(f"/inbox/m/{message_id}{end}")
    assert reply.status == 404
    assert b"theirs" not in reply.body


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/inbox/m/" + "0" * 32),
        ("GET", "/inbox/m/" + "0" * 32 + "/card"),
        ("GET", "/inbox/m/" + "0" * 32 + "/pictures"),
        ("POST", "/inbox/m/" + "0" * 32 + "/delete"),
        ("POST", "/inbox/test"),
        ("PUT", "/inbox/webpush"),
        ("DELETE", "/inbox/webpush"),
        ("GET", "/inbox/stream"),
    ],
)
def test_nothing_behind_the_door_is_done_without_a_session(
    gateway: Gateway, method: str, path: str
) -> None:
    origin = [("Host", b"nas.test"), ("Origin", b"http://nas.test")]
    reply = gateway.native(method, path, origin, b"{}" if method == "PUT" else b"")
    is_form = reply.status == 200 and b'name="key"' in reply.body
    assert is_form or reply.status in (401, 403)


def test_a_test_message_arrives_as_any_other(
    gateway: Gateway, browser: Browser
) -> None:
    assert "Nothing has arrived yet" in text_of(browser.get("/inbox"))
    assert browser.post("/inbox/test").status == 303
    assert titles(text_of(browser.get("/inbox"))) == ["Test"]
    message = gateway.last_message()
    assert message is not None
    assert message["title"] == "Test"


def test_the_app_can_be_installed_below_any_prefix(
    gateway: Gateway, browser: Browser
) -> None:
    page = text_of(browser.get("/inbox"))
    assert '<link rel="manifest" href="./manifest.webmanifest">' in page
    manifest = browser.get("/manifest.webmanifest").json
    assert manifest["start_url"] == manifest["scope"] == "inbox"
    for icon in manifest["icons"]:
        assert not icon["src"].startswith(("/", "http"))
        assert browser.get(f"/{icon['src']}").status == 200
    worker = text_of(browser.get("/sw.js"))
    assert f'"assets/{asset_name("pages.css")}"' in worker
    assert '"KEPT"' not in worker


def test_the_channels_name_is_text(gateway: Gateway, browser: Browser) -> None:
    gateway.administer(lambda admin: admin.rename_channel(CHANNEL_ID, "<b>x</b>"))
    page = text_of(browser.get("/inbox"))
    assert CHANNEL_NAME not in page
    assert "<bdi>&lt;b&gt;x&lt;/b&gt;</bdi>" in page


def test_a_picture_is_loaded_at_once_only_if_its_address_is_a_files(
    gateway: Gateway, browser: Browser
) -> None:
    base = "http://nas.test/ntfy/file"
    for url in (
        f"{base}/../../bark/{KEY}/hello",
        f"{base}/%2e%2e/%2e%2e/bark/{KEY}/hello",
        f"{base}/a%2f..%2f..%2f..",
        f"{base}/a/b",
        f"{base}/a.png?x",
    ):
        send(gateway, images=[url])
    page = text_of(browser.get("/inbox"))
    assert "<img" not in page


@pytest.mark.parametrize("hidden", ["\u2800", "\u115f\u1160", "\uffa0", "\ufe0e\u180b"])
def test_a_title_of_blank_letters_is_named(
    gateway: Gateway, browser: Browser, hidden: str
) -> None:
    send(gateway, title=hidden, body="x")
    assert hidden not in text_of(browser.get("/inbox"))


def test_short_rows_of_a_table_are_not_filled_up_without_end(
    gateway: Gateway, browser: Browser
) -> None:
    table = "a|" * 500 + "\n" + "-|" * 500 + "\n" + "a\n" * 900
    send(gateway, body=table)
    assert "<td" not in text_of(browser.get("/inbox"))


def test_a_run_of_text_without_a_blank_is_no_hunt_for_addresses(
    gateway: Gateway, browser: Browser
) -> None:
    body = "http://a.b/" * 200 + " http://c.test/x"
    send(gateway, body=body)
    gateway.call(Source.NTFY, Mount.PREFIX, "POST", f"/{KEY}", [], body.encode())
    page = text_of(browser.get("/inbox"))
    assert page.count('href="http://c.test/x"') == 2
    assert f'href="{"http://a.b/" * 200}"' not in page


def test_a_channels_name_cannot_reorder_the_page(
    gateway: Gateway, browser: Browser
) -> None:
    gateway.administer(lambda admin: admin.rename_channel(CHANNEL_ID, "a\u202eb"))
    message_id = send(gateway)
    for path in ("/inbox", f"/inbox/m/{message_id}"):
        page = text_of(browser.get(path))
        assert "a[U+202E]b" in page
        assert "\u202e" not in page
