"""Files on their way in, over the wire: taken whole, or refused and gone."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from pushgo_compat.model import Source
from tests.gateway import Gateway, Mount, running
from tests.golden import KEY, UNKNOWN_KEY
from tests.patience import wait_until
from tests.wire import HeaderLines, Reply, Wire, request

LIMIT = 200_000
KEPT_IN_MEMORY = 131_072
"""Of a body: what is larger goes to the disk as it comes."""
NAMED: HeaderLines = [("Filename", b"a.bin")]
CHUNKED: HeaderLines = [*NAMED, ("Transfer-Encoding", b"chunked")]

every_mount = pytest.mark.parametrize("mount", Mount)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A server that takes files up to 200,000 bytes, and 500,000 in a channel."""
    folder = tmp_path_factory.mktemp("small")
    with running(
        folder, attachment_file_limit=LIMIT, attachment_channel_limit=500_000
    ) as gateway:
        yield gateway


@dataclass
class Folder:
    """What a test adds to the folder of uploads."""

    gateway: Gateway
    before: set[Path]

    def new(self) -> list[Path]:
        """The files that have come and stayed."""
        return [file for file in self.gateway.files() if file not in self.before]

    def only(self) -> bytes:
        """The content of the one file that has come."""
        (file,) = self.new()
        return file.read_bytes()

    def wait_until_empty(self) -> None:
        """Nothing stays, once the server has seen its client go."""
        wait_until(lambda: not self.new())


@pytest.fixture
def folder(small: Gateway) -> Folder:
    small.clock.now_ms += 24 * 3600 * 1000  # what was there has expired: all is free
    return Folder(small, set(small.files()))


def put(
    gateway: Gateway, headers: HeaderLines, body: bytes, mount: Mount = Mount.PORT
) -> Reply:
    return gateway.call(Source.NTFY, mount, "PUT", f"/{KEY}", headers, body)


def wire(gateway: Gateway) -> Wire:
    return Wire(gateway.ports[Source.NTFY])


@every_mount
@pytest.mark.parametrize("size", [1, 4096, 131_072, 131_073, 131_074, LIMIT])
@pytest.mark.parametrize("headers", [NAMED, CHUNKED], ids=["whole", "chunked"])
def test_a_file_of_any_size_arrives_as_it_was_sent(
    small: Gateway, folder: Folder, mount: Mount, size: int, headers: HeaderLines
) -> None:
    content = bytes(range(256)) * (size // 256 + 1)
    reply = put(small, headers, content[:size], mount)
    assert reply.status == 200, reply.body
    assert reply.json["attachment"]["size"] == size
    assert folder.only() == content[:size]


def test_the_answer_names_a_file_that_is_on_disk(
    small: Gateway, folder: Folder
) -> None:
    reply = put(small, NAMED, b"hi")
    attachment = reply.json["attachment"]
    file_id = attachment["url"].rpartition("/")[2].partition(".")[0]
    assert [file.name for file in folder.new()] == [file_id]
    message = small.only_message(reply)
    assert message["url"] == attachment["url"]
    assert message["metadata"]["compat.ntfy.attachment_size"] == "2"


@pytest.mark.parametrize("size", [LIMIT + 1, 10**12])
def test_a_file_that_says_that_it_is_too_large_is_refused_unread(
    small: Gateway, folder: Folder, size: int
) -> None:
    head = request("PUT", f"/{KEY}", [*NAMED, ("Content-Length", b"%d" % size)])
    with wire(small) as connection:
        reply = connection.ask(head, "PUT")
    assert (reply.status, reply.json["code"]) == (413, 41301)
    assert folder.new() == []


def test_nobody_is_asked_for_a_file_that_is_too_large(
    small: Gateway, folder: Folder
) -> None:
    lines = [
        *NAMED,
        ("Expect", b"100-continue"),
        ("Content-Length", b"%d" % (LIMIT + 1)),
    ]
    with wire(small) as connection:
        reply = connection.ask(request("PUT", f"/{KEY}", lines), "PUT")
    assert (reply.status, reply.continued) == (413, False)


def test_a_client_that_waits_is_asked_for_its_file(
    small: Gateway, folder: Folder
) -> None:
    lines = [*NAMED, ("Expect", b"100-continue"), ("Content-Length", b"150000")]
    with wire(small) as connection:
        connection.send(request("PUT", f"/{KEY}", lines))
        connection.send(b"x" * 150_000)
        reply = connection.read("PUT")
    assert (reply.status, reply.continued) == (200, True)


def test_a_text_beside_an_address_may_be_longer_than_any_file(
    small: Gateway, folder: Folder
) -> None:
    body = b"x" * (LIMIT + 1)
    reply = put(small, [("Attach", b"https://x.example/a.png")], body)
    assert reply.status == 200
    assert reply.json["message"] == "x" * 4096


def test_an_endless_body_is_refused_at_the_limit(
    small: Gateway, folder: Folder
) -> None:
    with wire(small) as connection:
        connection.send(request("PUT", f"/{KEY}", CHUNKED))
        chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
        for _ in range(LIMIT // 0x10000 + 1):
            connection.send(chunk)
        reply = connection.read("PUT")
    assert (reply.status, reply.json["code"]) == (413, 41301)
    assert folder.new() == []


def test_a_channel_takes_no_more_than_its_limit(small: Gateway, folder: Folder) -> None:
    for _ in range(2):
        assert put(small, NAMED, b"x" * LIMIT).status == 200
    reply = put(small, NAMED, b"x" * 100_001)
    assert (reply.status, reply.json["code"]) == (413, 41301)
    assert put(small, NAMED, b"x" * 100_000).status == 200


@pytest.mark.parametrize("sent", [0, 10, 140_000])
@pytest.mark.parametrize("chunked", [False, True])
def test_a_client_that_goes_leaves_nothing(
    small: Gateway, folder: Folder, sent: int, chunked: bool
) -> None:
    count = small.count()
    length = [*NAMED, ("Content-Length", b"150000")]
    with wire(small) as connection:
        connection.send(request("PUT", f"/{KEY}", CHUNKED if chunked else length))
        body = b"x" * sent
        connection.send(b"%x\r\n%b\r\n" % (sent, body) if chunked and sent else body)
        if sent > KEPT_IN_MEMORY:
            wait_until(lambda: folder.new() != [])
    folder.wait_until_empty()
    assert small.count() == count


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ([("Priority", b"9")], 400, 40007),
        ([("Icon", b"ftp://x")], 400, 40021),
        ([("Delay", b"4h")], 400, 40015),
        ([("Delay", b"1s")], 400, 40005),
    ],
)
@pytest.mark.parametrize("size", [10, 150_000])
def test_a_file_is_not_kept_when_a_parameter_is_refused(
    small: Gateway,
    folder: Folder,
    headers: HeaderLines,
    status: int,
    code: int,
    size: int,
) -> None:
    reply = put(small, [*NAMED, *headers], b"x" * size)
    assert (reply.status, reply.json["code"]) == (status, code)
    assert folder.new() == []


@pytest.mark.parametrize("size", [10, 150_000, 10**9])
def test_a_file_for_an_unknown_key_is_refused_as_any_message(
    small: Gateway, folder: Folder, size: int
) -> None:
    lines = [*NAMED, ("Content-Length", b"%d" % size)]
    with wire(small) as connection:
        connection.send(request("PUT", f"/{UNKNOWN_KEY}", lines))
        connection.send(b"x" * min(size, 150_000))
        reply = connection.read("PUT")
    assert (reply.status, reply.json["code"]) == (403, 40301)
    assert folder.new() == []


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br"])
def test_a_bomb_is_stored_as_it_came(
    small: Gateway, folder: Folder, encoding: str
) -> None:
    zeros = bytes(50_000_000)
    content = gzip.compress(zeros) if encoding == "gzip" else zlib.compress(zeros)
    reply = put(small, [*NAMED, ("Content-Encoding", encoding.encode())], content)
    assert reply.json["attachment"]["size"] == len(content)
    assert folder.only() == content


@pytest.mark.parametrize("size", [2, 150_000, LIMIT + 1])
def test_a_dry_run_stores_no_file(small: Gateway, folder: Folder, size: int) -> None:
    count = small.count()
    lines = [*CHUNKED, ("X-PushGo-Dry-Run", b"1")]
    receipt = put(small, lines, b"x" * size).json
    if size > LIMIT:
        assert receipt["outcome"] == "refused"
        assert receipt["reply"]["body"]["code"] == 41301
    else:
        assert receipt["reply"]["body"]["attachment"]["size"] == size
    assert folder.new() == []
    assert small.count() == count


def test_a_file_lies_where_only_its_owner_looks(small: Gateway, folder: Folder) -> None:
    put(small, NAMED, b"hi")
    (file,) = folder.new()
    assert file.parent.stat().st_mode & 0o77 == 0


def test_a_delayed_message_brings_its_file_along(
    small: Gateway, folder: Folder
) -> None:
    reply = put(small, [*NAMED, ("Delay", b"30m")], b"later")
    assert reply.status == 200
    assert folder.only() == b"later"


def test_where_files_are_off_they_are_refused(tmp_path: Path) -> None:
    with running(tmp_path, attachment_dir=None) as gateway:
        for headers, body in (
            (NAMED, b"hi"),
            ([], b"x" * 4096),
            ([], b"\0\xff"),
            (NAMED, b"x" * 1_000_000),
        ):
            reply = put(gateway, headers, body)
            assert (reply.status, reply.json["code"]) == (400, 40014)
        path = "/file/q8mWz3KdTn5VxR2b"
        reply = gateway.call(Source.NTFY, Mount.PORT, "GET", path)
        assert (reply.status, reply.json["code"]) == (404, 40401)
