"""Files on their way out, over the wire: whole, in ranges, and harmless."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from pushgo_compat.model import Source
from tests.gateway import FILES, LOGIN, Gateway, Mount, running
from tests.golden import CHANNEL_ID, KEY
from tests.wire import HeaderLines, Reply

CONTENT = bytes(range(256)) * 1000
HOUR_MS = 3600 * 1000


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A server whose clock these tests may turn."""
    with running(tmp_path_factory.mktemp("downloads")) as gateway:
        yield gateway


def upload(
    gateway: Gateway, content: bytes, name: str = "a.bin", mount: Mount = Mount.PORT
) -> Reply:
    lines = [("Filename", name.encode())] if name else []
    return gateway.call(Source.NTFY, mount, "PUT", f"/{KEY}", lines, content)


def path_of(reply: Reply) -> str:
    """Where the file is below the mount."""
    url: str = reply.json["attachment"]["url"]
    return "/file/" + url.rpartition("/file/")[2]


def get(
    gateway: Gateway,
    path: str,
    headers: HeaderLines = (),
    method: str = "GET",
    mount: Mount = Mount.PORT,
) -> Reply:
    return gateway.call(Source.NTFY, mount, method, path, headers)


@pytest.mark.parametrize("mount", Mount)
@pytest.mark.parametrize("size", [0, 1, len(CONTENT)])
def test_a_file_comes_back_as_it_was_sent_at_every_mount(
    gateway: Gateway, mount: Mount, size: int
) -> None:
    sent = upload(gateway, CONTENT[:size], mount=mount)
    for place in Mount:
        reply = get(gateway, path_of(sent), mount=place)
        assert (reply.status, reply.body) == (200, CONTENT[:size])
        assert reply.headers["Content-Length"] == str(size)
        assert reply.headers["Access-Control-Allow-Origin"] == "*"
        assert reply.headers["X-Request-Id"]


def test_the_address_in_the_reply_leads_to_the_file(gateway: Gateway) -> None:
    sent = upload(gateway, b"hi", mount=Mount.PREFIX)
    url: str = sent.json["attachment"]["url"]
    host, path = re.fullmatch(r"http://([^/]+)(/ntfy/file/\w+\.txt)", url).groups()  # type: ignore[union-attr]  # the test fails then
    assert host == "localhost"
    assert gateway.native("GET", path).body == b"hi"


def test_the_extension_is_nothing_but_a_courtesy(gateway: Gateway) -> None:
    path = path_of(upload(gateway, b"hi"))
    for other in (path.partition(".")[0], path.replace(".txt", ".jpeg")):
        assert get(gateway, other).body == b"hi"


def test_head_has_the_head_alone(gateway: Gateway) -> None:
    path = path_of(upload(gateway, CONTENT))
    reply = get(gateway, path, method="HEAD")
    assert (reply.status, reply.body) == (200, b"")
    assert reply.headers["Content-Length"] == str(len(CONTENT))
    assert "Content-Disposition" not in reply.headers


@pytest.mark.parametrize(
    ("wanted", "start", "end"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=100-199", 100, 200),
        ("bytes=255000-", 255_000, 256_000),
        ("bytes=255000-999999", 255_000, 256_000),
        ("bytes=-10", 255_990, 256_000),
    ],
)
def test_a_range_is_a_part_of_the_file(
    gateway: Gateway, wanted: str, start: int, end: int
) -> None:
    path = path_of(upload(gateway, CONTENT))
    reply = get(gateway, path, [("Range", wanted.encode())])
    assert (reply.status, reply.body) == (206, CONTENT[start:end])
    assert reply.headers["Content-Range"] == f"bytes {start}-{end - 1}/256000"


@pytest.mark.parametrize("wanted", [b"bytes=256000-", b"bytes=9999999-10000000"])
def test_a_range_beyond_the_file_is_refused(gateway: Gateway, wanted: bytes) -> None:
    path = path_of(upload(gateway, CONTENT))
    reply = get(gateway, path, [("Range", wanted)])
    assert (reply.status, reply.headers["Content-Range"]) == (416, "bytes */256000")


@pytest.mark.parametrize(
    ("content", "told", "served"),
    [
        (b"<html><script>alert(1)</script>", "text/html", "text/plain"),
        (b"<svg onload=alert(1)>", "image/svg+xml", "text/plain"),
        (b'<?xml version="1.0"?><x/>', "text/xml", "text/plain"),
        (b'<?xml version="1.0"?><rss/>', "application/rss+xml", "text/plain"),
        (b"#!/usr/bin/env node\n", "text/javascript", "text/plain"),
        (b"\x89PNG\r\n\x1a\n\0", "image/png", "image/png"),
        (b'{"a": 1}', "application/json", "application/json"),
        (b"plain", "text/plain", "text/plain"),
    ],
)
def test_a_browser_is_given_nothing_to_run(
    gateway: Gateway, content: bytes, told: str, served: str
) -> None:
    sent = upload(gateway, content)
    assert sent.json["attachment"]["type"].partition(";")[0] == told
    headers = get(gateway, path_of(sent)).headers
    assert headers["Content-Type"].partition(";")[0] == served
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"] == "sandbox"
    assert headers["Content-Disposition"].startswith("attachment; ")


@pytest.mark.parametrize(
    ("name", "disposition"),
    [
        ("a b.txt", 'filename="a b.txt"'),
        ("", 'filename="attachment.txt"'),
        ('a"b\\c.txt', 'filename="a_b_c.txt"'),
        ("../../etc/passwd", 'filename=".._.._etc_passwd"'),
        ("日志.txt", "filename=\"__.txt\"; filename*=UTF-8''%E6%97%A5%E5%BF%97.txt"),
        ("x" * 300 + ".txt", f'filename="{"x" * 196}.txt"'),
    ],
)
def test_a_name_does_nothing_but_name(
    gateway: Gateway, name: str, disposition: str
) -> None:
    reply = get(gateway, path_of(upload(gateway, b"hi \xff", name)))
    assert reply.headers["Content-Disposition"] == f"attachment; {disposition}"


def test_a_name_breaks_no_line(gateway: Gateway) -> None:
    path = f"/{KEY}?filename=a%0D%0AX-Evil:%201%00%85.txt"
    sent = gateway.call(Source.NTFY, Mount.PORT, "PUT", path, (), b"hi")
    headers = get(gateway, path_of(sent)).headers
    assert "X-Evil" not in headers
    assert headers["Content-Disposition"].startswith('attachment; filename="a__X-Evil')


def assert_not_there(reply: Reply) -> None:
    assert (reply.status, reply.json["code"]) == (404, 40401)
    assert reply.headers["Access-Control-Allow-Origin"] == "*"


def test_an_expired_file_is_not_there(gateway: Gateway) -> None:
    path = path_of(upload(gateway, b"hi"))
    gateway.clock.now_ms += 3 * HOUR_MS - 1
    assert get(gateway, path).status == 200
    gateway.clock.now_ms += 1
    assert_not_there(get(gateway, path))
    assert get(gateway, path, method="HEAD").status == 404


def test_a_file_is_removed_with_its_message(gateway: Gateway) -> None:
    sent = upload(gateway, b"hi")
    name = path_of(sent).rpartition("/")[2].partition(".")[0]
    assert name in [file.name for file in gateway.files()]
    message_path = f"/channel/{CHANNEL_ID}/messages/{sent.message_ids[0]}"
    assert gateway.native("DELETE", message_path, [LOGIN]).status == 200
    assert_not_there(get(gateway, path_of(sent)))
    assert name not in [file.name for file in gateway.files()]


@pytest.mark.parametrize(
    "path",
    [
        "/file/AAAAAAAAAAAAAAAA",
        "/file/AAAAAAAAAAAAAAAA.txt",
        "/file/..%2fgateway.db",
        "/file/%2e%2e%2fgateway.db",
        "/file/../gateway.db",
        "/file/....//gateway.db",
        "/file//etc/passwd",
        "/file/%00",
        "/file/a%0d%0ab",
        "/file/" + "A" * 64,
        "/file/",
    ],
)
def test_a_forged_name_opens_nothing(gateway: Gateway, path: str) -> None:
    for mount in Mount:
        assert_not_there(get(gateway, path, mount=mount))


def test_an_unfinished_file_is_not_there(gateway: Gateway) -> None:
    folder = gateway.folder / FILES
    for name in ("A" * 16, "A" * 16 + ".part"):
        (folder / name).write_bytes(b"no message knows it")
        assert_not_there(get(gateway, f"/file/{name}"))
        (folder / name).unlink()


def test_a_dry_run_shows_no_file(gateway: Gateway) -> None:
    path = path_of(upload(gateway, b"a secret"))
    reply = get(gateway, f"{path}?pushgo_dry_run=1")
    receipt: dict[str, Any] = reply.json
    assert (receipt["outcome"], receipt["reply"]["status"]) == ("accepted", 200)
    assert b"a secret" not in reply.body
