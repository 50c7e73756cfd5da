"""The pages as a browser gets them: the start page and what all pages share."""

from __future__ import annotations

import re
import string
from pathlib import Path

import pytest

from pushgo_compat.model import Source
from pushgo_compat.web import pages
from pushgo_compat.web.pages.assets import asset_name
from pushgo_compat.web.pages.frame import relative_root
from pushgo_compat.web.pages.texts import LANGUAGES, load_texts
from tests.dialects import SOURCES
from tests.gateway import Gateway, Mount
from tests.golden import KEY
from tests.wire import Reply, request

PAGES = Path(pages.__file__).parent
CHROMIUM = (b"Accept", b"text/html,application/xhtml+xml,*/*;q=0.8")
CURL = (b"Accept", b"*/*")
CHINESE = (b"Accept-Language", b"zh-CN,zh;q=0.9,en;q=0.8")


def get(
    gateway: Gateway, path: str, *headers: tuple[bytes, bytes], host: str = "nas.test"
) -> Reply:
    lines = [*headers, (b"Host", host.encode())]
    return gateway.native("GET", path, [(n.decode(), v) for n, v in lines])


def is_start(reply: Reply) -> bool:
    return reply.status == 200 and b'<input class="in mono" id="key"' in reply.body


def test_the_start_page_has_a_line_for_each_dialect_under_the_visitors_address(
    gateway: Gateway,
) -> None:
    reply = get(gateway, "/", host="nas.test:8686")
    assert reply.headers["Content-Type"] == "text/html; charset=utf-8"
    text = reply.body.decode().replace("<wbr>", "")
    for source in SOURCES:
        assert f"<code>http://nas.test:8686/{source}</code>" in text
        assert f"http://nas.test:{gateway.ports[source]}</code>" in text
    assert "curl -d &#39;Hello from ntfy&#39; http://nas.test:8686/ntfy/KEY" in text
    assert "http://nas.test:8686/message" in text
    assert "sc.test" in text


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("end", ["", "/", "?lang"])
def test_a_browser_at_a_dialects_prefix_gets_the_start_page(
    gateway: Gateway, source: Source, end: str
) -> None:
    assert is_start(get(gateway, f"/{source}{end}", CHROMIUM))
    assert not is_start(get(gateway, f"/{source}{end}", CURL))
    assert not is_start(get(gateway, f"/{source}{end}"))


def test_a_browser_at_a_topics_page_gets_the_start_page(gateway: Gateway) -> None:
    assert is_start(get(gateway, "/ntfy/backups", CHROMIUM))
    assert b"This address speaks ntfy" in get(gateway, "/ntfy/backups", CURL).body
    # UnifiedPush's discovery, a poll and a publish are no pages.
    assert get(gateway, "/ntfy/backups?up=1", CHROMIUM).json == {
        "unifiedpush": {"version": 1}
    }
    assert not is_start(get(gateway, "/ntfy/backups/json?poll=1", CHROMIUM))


def test_a_link_typed_into_a_browser_still_pushes(gateway: Gateway) -> None:
    reply = get(gateway, f"/bark/{KEY}/Hello", CHROMIUM)
    assert reply.json["message"] == "success"
    assert gateway.only_message(reply)["title"]


@pytest.mark.parametrize("mount", [Mount.PORT, Mount.HOST])
@pytest.mark.parametrize("source", SOURCES)
def test_a_port_or_host_of_a_dialect_has_no_pages(
    gateway: Gateway, source: Source, mount: Mount
) -> None:
    header = [("Accept", CHROMIUM[1])]
    assert not is_start(gateway.call(source, mount, "GET", "/", header))
    asset = f"/assets/{asset_name('pages.css')}"
    reply = gateway.call(source, mount, "GET", asset, header)
    assert b"--paper" not in reply.body


def test_the_language_is_the_browsers_until_somebody_chooses(gateway: Gateway) -> None:
    assert b'<html lang="en">' in get(gateway, "/").body
    assert b'<html lang="zh-Hans">' in get(gateway, "/", CHINESE).body
    chosen = get(gateway, "/ntfy?lang=zh&x=1", CHROMIUM)
    assert (chosen.status, chosen.headers["Location"]) == (303, "ntfy?x=1")
    cookie = chosen.headers["Set-Cookie"]
    assert cookie.startswith("pushgo_lang=zh;")
    assert "Path=/" in cookie
    assert "Max-Age=31536000" in cookie
    kept = (b"Cookie", b"pushgo_lang=en")
    assert b'<html lang="en">' in get(gateway, "/", CHINESE, kept).body
    assert get(gateway, "/?lang=zh").headers["Location"] == "./"
    assert is_start(get(gateway, "/?lang=fr"))


def test_a_page_can_run_load_and_frame_nothing_foreign(gateway: Gateway) -> None:
    reply = get(gateway, "/", host='"><script>alert(1)</script>')
    assert b"<script>alert" not in reply.body
    policy = reply.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self';")
    assert "unsafe" not in policy
    assert "require-trusted-types-for 'script'" in policy
    assert reply.headers["Referrer-Policy"] == "same-origin"
    assert reply.headers["X-Content-Type-Options"] == "nosniff"
    assert reply.headers["Cache-Control"] == "no-store"
    assert "Cross-Origin-Opener-Policy" not in reply.headers  # plain http
    text = reply.body.decode()
    assert not re.search(r"\sstyle=|\son[a-z]+=|javascript:|data:", text)
    assert not re.search(r'(?:href|src)="(?:/|https?:)', text)  # all links relative


@pytest.mark.parametrize("target", ["/", "/?lang=zh", "/inbox", "/admin", "/nothing"])
def test_no_answer_of_a_page_is_sniffed_stored_or_framed(
    gateway: Gateway, target: str
) -> None:
    headers = get(gateway, target, CHROMIUM).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("GET", "/admin/nothing"),
        ("DELETE", "/admin"),
        ("GET", "/admin/stream"),
        ("GET", "/inbox/stream"),
        ("POST", "/inbox/sign-in"),
        ("PUT", "/inbox/webpush"),
        ("GET", "/channel/x/messages"),
        ("GET", "/manifest.webmanifest"),
        ("GET", "/sw.js"),
        ("GET", "/assets/nothing.js"),
    ],
)
def test_no_refusal_and_no_file_is_taken_for_another_type(
    gateway: Gateway, method: str, target: str
) -> None:
    reply = gateway.native(method, target)
    assert reply.headers["X-Content-Type-Options"] == "nosniff"


def test_a_browser_where_nothing_is_gets_a_page_and_a_program_json(
    gateway: Gateway,
) -> None:
    page = get(gateway, "/admin/nothing", CHROMIUM)
    assert (page.status, "Not found" in page.body.decode()) == (404, True)
    wrong = get(gateway, "/inbox/sign-in", CHROMIUM)
    assert (wrong.status, wrong.headers["Allow"]) == (405, "POST")
    assert "Not found" in wrong.body.decode()
    for accept in ((), (("Accept", b"*/*"),)):
        reply = gateway.native("GET", "/admin/nothing", accept)
        assert reply.json["error_code"] == "route_not_found"


def test_assets_are_kept_for_good_under_the_hash_of_their_contents(
    gateway: Gateway,
) -> None:
    text = get(gateway, "/ntfy/backups", CHROMIUM).body.decode()
    links = re.findall(r'(?:href|src)="\.\./(assets/[^"]+)"', text)
    assert len(links) == 3
    for link in links:
        reply = get(gateway, f"/{link}")
        assert reply.status == 200
        assert "immutable" in reply.headers["Cache-Control"]
    assert get(gateway, "/assets/pages.css").status == 404
    assert get(gateway, "/assets/..%2F..%2F__init__.py").status == 404


@pytest.mark.parametrize(
    ("path", "root"),
    [("/", "./"), ("/docs", "./"), ("/ntfy/", "../"), ("/admin/calls/7", "../../")],
)
def test_links_lead_to_the_root_from_any_depth(path: str, root: str) -> None:
    assert relative_root(path) == root


# --------------------------------------------------------------------------- texts


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_both_languages_have_the_same_texts_with_the_same_placeholders() -> None:
    english, chinese = map(load_texts, LANGUAGES)
    assert english.keys() == chinese.keys()
    for key, text in english.items():
        assert placeholders(text) == placeholders(chinese[key]), key


NEVER_ONE = {
    # Limits of ours.
    "docs.characters",
    "docs.characters_each",
    "refused.tags",
    "refused.too_long",
    "refused.too_many_phones",
    "shadow.check_calls",
    "shadow.check_hours",
    # Shown only of several.
    "again.first_of",
    "call.batch",
    "calls.batch",
}


def test_a_counted_noun_has_a_form_for_one() -> None:
    nouns = (
        "aliases|calls|characters|days|fields|files|hours|keys|kinds|messages|minutes"
        "|phones|pictures|receivers|tags|targets"
    )
    counted = re.compile(rf"\{{\w+\}} (?:\w+ )?(?:{nouns})\b")
    plural = {key for key, text in load_texts("en").items() if counted.search(text)}
    assert {key for key in plural if not key.endswith(".other")} == NEVER_ONE


def test_every_text_is_used_and_every_used_one_is_there() -> None:
    templates = (PAGES / "templates").rglob("*.html")
    source = "".join(t.read_text(encoding="utf-8") for t in templates)
    used = set(re.findall(r"""\bt\('([\w.]+)'[,)]""", source))
    counted = set(re.findall(r"""\bt\('([\w.]+)', count=""", source))
    used = used - counted | {f"{key}.{n}" for key in counted for n in ("one", "other")}
    begun = set(re.findall(r"""(?:\bt\(|{% set \w+ = )'([\w.]+)' ~""", source))
    known = load_texts("en").keys()
    for module in PAGES.rglob("*.py"):  # a page chooses among a few, or a list's end
        code = module.read_text(encoding="utf-8")
        used |= known & set(re.findall(r'"([a-z_]+\.[\w.]+)"', code))
        begun |= set(re.findall(r'f"([a-z_]+\.[\w.]*){', code))
    assert used <= known
    unused = {
        key for key in known - used if not any(key.startswith(start) for start in begun)
    }
    assert unused == set()


@pytest.mark.parametrize(
    ("segment", "kept"),
    [
        ("https:other.test", "https%3Aother.test"),
        ("javascript:alert(1)", "javascript%3Aalert(1)"),
        ("https:%5C%5Cother.test", "https%3A%5C%5Cother.test"),
        ("a%2F%2Fother.test", "a%2F%2Fother.test"),
        ("http:%5B", "http%3A%5B"),
    ],
)
def test_choosing_a_language_leads_to_no_other_place(
    gateway: Gateway, segment: str, kept: str
) -> None:
    reply = gateway.native("GET", f"/admin/calls/{segment}?lang=zh")
    assert (reply.status, reply.headers["Location"]) == (303, kept)


@pytest.mark.parametrize(
    "host", [b"[", b"[::1", b"nas.test:99999", b"nas.test:abc", b"\xff", b"a@b"]
)
def test_a_host_that_is_none_is_not_shown(gateway: Gateway, host: bytes) -> None:
    browser = [("Accept", b"text/html")]
    raw = request("GET", "/", browser, b"", host="HOST").replace(b"HOST", host)
    reply = gateway.ask(gateway.ports["main"], raw, "GET")
    assert reply.status == 200
    assert b"http://127.0.0.1:%d/ntfy" % gateway.ports["main"] in reply.body.replace(
        b"<wbr>", b""
    )


@pytest.mark.parametrize(
    ("method", "path"),
    [("HEAD", "/admin"), ("HEAD", "/"), ("POST", "/inbox/sign-in"), ("GET", "/inbox")],
)
def test_no_page_is_kept(gateway: Gateway, method: str, path: str) -> None:
    reply = gateway.native(method, path)
    assert reply.headers["Cache-Control"] == "no-store"
