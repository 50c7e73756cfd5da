"""The bytes that old clients put on the wire, and what comes back."""

from __future__ import annotations

import gzip
from collections.abc import Callable

import pytest

from pushgo_compat.model import Source
from tests.gateway import CHANNEL_NAME, DIALECTS, Gateway, Mount
from tests.golden import KEY
from tests.wire import Reply, Wire, chunked, request

JSON = ("Content-Type", b"application/json")
FORM = ("Content-Type", b"application/x-www-form-urlencoded")
CHUNKED = ("Transfer-Encoding", b"chunked")

every_mount = pytest.mark.parametrize("mount", Mount)
every_dialect = pytest.mark.parametrize("dialect", DIALECTS)

Sending = Callable[[bytes], tuple[str, bytes]]
PUBLISH: dict[Source, Sending] = {
    Source.NTFY: lambda text: (
        "GET",
        b"/%b/publish?message=%b" % (KEY.encode(), text),
    ),
    Source.BARK: lambda text: ("GET", b"/%b/%b" % (KEY.encode(), text)),
    Source.SERVERCHAN: lambda text: (
        "GET",
        b"/%b.send?title=t&desp=%b" % (KEY.encode(), text),
    ),
}
"""Per dialect a request whose line holds the message's text."""


def raw_publish(
    gateway: Gateway, dialect: Source, mount: Mount, text: bytes
) -> tuple[int, bytes]:
    method, path = PUBLISH[dialect](text)
    port, prefix, host = gateway.place(dialect, mount)
    return port, request(method, prefix.encode() + path, host=host)


def is_success(dialect: Source, reply: Reply) -> bool:
    """Whether a client of the dialect would call this a success."""
    if reply.status != 200:
        return False
    match dialect:
        case Source.NTFY:
            return "id" in reply.json
        case Source.BARK:
            return bool(reply.json["code"] == 200)
        case _:
            return bool(reply.json["code"] == 0)


def is_shaped(dialect: Source, reply: Reply) -> bool:
    """Whether a refusal is worded as the dialect words its own."""
    body = reply.json
    match dialect:
        case Source.NTFY:
            return {"code", "http", "error"} <= set(body) <= {
                "code",
                "http",
                "error",
                "link",
            } and body["http"] == reply.status
        case Source.BARK:
            return set(body) == {"code", "message", "timestamp"} and (
                body["code"] == reply.status
            )
        case Source.SERVERCHAN:
            return isinstance(body.get("code"), int)
        case _:
            return set(body) == {"success", "data", "error", "error_code"}


# ------------------------------------------------------------------ the request line


@every_dialect
@every_mount
def test_raw_utf8_in_the_request_line_arrives_as_text(
    gateway: Gateway, dialect: Source, mount: Mount
) -> None:
    port, raw = raw_publish(gateway, dialect, mount, "推送Grüße🔥".encode())
    reply = gateway.ask(port, raw, "GET")
    assert is_success(dialect, reply), reply.body
    assert gateway.only_message(reply)["body"] == "推送Grüße🔥"


@every_dialect
@every_mount
@pytest.mark.parametrize("charset", ["gbk", "latin-1"])
def test_bytes_of_other_charsets_in_the_request_line_are_accepted(
    gateway: Gateway, dialect: Source, mount: Mount, charset: str
) -> None:
    text = "推送标题" if charset == "gbk" else "Grüße aus Köln"
    sent = text.encode(charset).replace(b" ", b"+")
    port, raw = raw_publish(gateway, dialect, mount, sent)
    reply = gateway.ask(port, raw, "GET")
    assert is_success(dialect, reply), reply.body
    assert gateway.only_message(reply)["body"]


@every_dialect
def test_the_request_line_may_be_cut_anywhere(
    gateway: Gateway, dialect: Source
) -> None:
    port, raw = raw_publish(gateway, dialect, Mount.PORT, "推 送".encode())
    cuts = range(1, raw.index(b"\r\n") + 2)
    with Wire(port) as wire:
        replies = []
        for cut in cuts:
            wire.send(raw[:cut])
            wire.send(raw[cut:])
            replies.append(wire.read())
    assert all(is_success(dialect, reply) for reply in replies)
    assert gateway.only_message(replies[-1])["body"] == "推 送"


@every_dialect
@every_mount
def test_a_request_may_come_byte_by_byte(
    gateway: Gateway, dialect: Source, mount: Mount
) -> None:
    port, raw = raw_publish(gateway, dialect, mount, "推送".encode())
    with Wire(port) as wire:
        for byte in raw:
            wire.send(bytes((byte,)))
        assert is_success(dialect, wire.read())


@every_dialect
@every_mount
def test_requests_in_one_packet_are_answered_in_order(
    gateway: Gateway, dialect: Source, mount: Mount
) -> None:
    texts = ["eins", "推送", "drei-ü", "vier"]
    port, _ = raw_publish(gateway, dialect, mount, b"")
    packet = b"".join(
        raw_publish(gateway, dialect, mount, text.encode())[1] for text in texts
    )
    with Wire(port) as wire:
        wire.send(packet)
        replies = [wire.read() for _ in texts]
    assert [gateway.only_message(reply)["body"] for reply in replies] == texts


@every_dialect
def test_a_long_request_line_is_read(gateway: Gateway, dialect: Source) -> None:
    text = "x" * 3000 + "推" * 100
    method, path = PUBLISH[dialect](text.encode())
    joint = b"&" if b"?" in path else b"?"
    path += joint + b"unused=" + b"y" * 100 * 1024
    reply = gateway.call(dialect, Mount.PREFIX, method, path)
    assert is_success(dialect, reply), reply.body
    assert gateway.only_message(reply)["body"] == text


@every_dialect
@every_mount
def test_the_absolute_form_of_a_proxy_is_read(
    gateway: Gateway, dialect: Source, mount: Mount
) -> None:
    method, path = PUBLISH[dialect]("推送".encode())
    port, prefix, host = gateway.place(dialect, mount)
    target = f"http://{host}:8686{prefix}".encode() + path
    reply = gateway.ask(port, request(method, target, host=host), method)
    assert is_success(dialect, reply), reply.body
    assert gateway.only_message(reply)["body"] == "推送"


@every_dialect
def test_http_1_0_without_a_host_is_answered_and_closed(
    gateway: Gateway, dialect: Source
) -> None:
    _, path = PUBLISH[dialect](b"old")
    with Wire(gateway.ports[dialect]) as wire:
        reply = wire.ask(b"GET " + path + b" HTTP/1.0\r\n\r\n")
        assert is_success(dialect, reply)
        assert wire.is_closed()


# --------------------------------------------------------------------- path and query


def test_bark_splits_the_path_before_it_decodes_it(gateway: Gateway) -> None:
    for sent, title, body in (
        ("a%2Fb/c", "a/b", "c"),
        ("t/one%0Atwo", "t", "one\ntwo"),
        ("a+b/c%2Bd", "a b", "c+d"),
        ("t/100%25", "t", "100%"),
        ("t/%252F", "t", "%2F"),
    ):
        reply = gateway.call(Source.BARK, Mount.PREFIX, "GET", f"/{KEY}/{sent}")
        message = gateway.only_message(reply)
        assert (message["title"], message["body"]) == (title, body), sent


def test_a_line_feed_in_the_path_reaches_its_own_door(gateway: Gateway) -> None:
    for dialect in DIALECTS:
        reply = gateway.call(dialect, Mount.PREFIX, "GET", "/a%0Ab/c%0D%0Ad/e/f/g/h")
        assert reply.status in {400, 404}
        assert is_shaped(dialect, reply)


@every_mount
@pytest.mark.parametrize(
    ("dialect", "path", "status"),
    [
        (Source.NTFY, f"/{KEY}/publish", 200),
        (Source.NTFY, f"/{KEY}/publish/", 404),
        (Source.NTFY, f"//{KEY}//publish", 200),
        (Source.BARK, f"/{KEY}///", 200),
        (Source.BARK, f"/{KEY}/b/", 200),
        (Source.BARK, f"/{KEY}//b", 404),
        (Source.SERVERCHAN, f"/{KEY}.send/?title=t", 200),
        (Source.SERVERCHAN, f"/send/{KEY}.send/?title=t", 200),
    ],
)
def test_slashes_too_many_are_what_the_old_server_made_of_them(
    gateway: Gateway, mount: Mount, dialect: Source, path: str, status: int
) -> None:
    assert gateway.call(dialect, mount, "GET", path).status == status


@pytest.mark.parametrize("root", ["/ntfy", "/ntfy/", "/ntfy?x=1", "/ntfy//"])
def test_json_is_published_at_the_bare_prefix_without_a_redirect(
    gateway: Gateway, root: str
) -> None:
    body = b'{"topic":"%b","message":"m"}' % KEY.encode()
    reply = gateway.native("POST", root, [JSON], body)
    assert reply.status == 200
    assert gateway.only_message(reply)["body"] == "m"


@pytest.mark.parametrize("root", ["/bark", "/bark/", "/bark?x=1"])
def test_bark_answers_ok_at_its_bare_prefix(gateway: Gateway, root: str) -> None:
    assert gateway.native("GET", root).body == b"ok"


@pytest.mark.parametrize("path", ["/ntfyx", "/Bark", "/", "/serverchan2/x.send"])
def test_what_is_no_mount_is_native(gateway: Gateway, path: str) -> None:
    reply = gateway.native("GET", path)
    assert reply.status == 404
    assert reply.json["error_code"] == "route_not_found"


@every_dialect
@every_mount
def test_head_sends_nothing(gateway: Gateway, dialect: Source, mount: Mount) -> None:
    before = gateway.count()
    _, path = PUBLISH[dialect](b"x")
    reply = gateway.call(dialect, mount, "HEAD", path)
    wanted = {Source.NTFY: 404, Source.BARK: 200, Source.SERVERCHAN: 405}
    assert reply.status == wanted[dialect]
    assert gateway.count() == before


# --------------------------------------------------------------------------- headers


@every_mount
def test_a_repeated_content_type_counts_the_first_time(
    gateway: Gateway, mount: Mount
) -> None:
    lines = [JSON, ("content-type", b"application/x-www-form-urlencoded")]
    body = b'{"device_key":"%b","body":"qinglong"}' % KEY.encode()
    reply = gateway.call(Source.BARK, mount, "POST", "/push", lines, body)
    assert gateway.only_message(reply)["body"] == "qinglong"


@every_dialect
@every_mount
def test_heads_with_bare_line_feeds_are_read(
    gateway: Gateway, dialect: Source, mount: Mount
) -> None:
    port, raw = raw_publish(gateway, dialect, mount, "推送".encode())
    reply = gateway.ask(port, raw.replace(b"\r\n", b"\n"), "GET")
    assert is_success(dialect, reply), reply.body


@every_mount
@pytest.mark.parametrize(
    ("sent", "title"),
    [
        ("Grüße 推送".encode(), "Grüße 推送"),
        ("Grüße".encode("latin-1"), "Grüße"),
        (b"=?UTF-8?B?R3LDvMOfZQ==?=", "Grüße"),
        ("Preis: 5 €".encode("cp1252"), "Preis: 5 €"),
        (b"tab\there", "tab\there"),
    ],
)
def test_header_values_arrive_in_the_charset_they_were_sent(
    gateway: Gateway, mount: Mount, sent: bytes, title: str
) -> None:
    lines = [("X-Title", sent)]
    reply = gateway.call(Source.NTFY, mount, "POST", f"/{KEY}", lines, b"m")
    assert reply.json["title"] == title
    assert gateway.only_message(reply)["title"] == title


@every_dialect
def test_a_long_header_is_read(gateway: Gateway, dialect: Source) -> None:
    method, path = PUBLISH[dialect](b"x")
    lines = [("X-Filler", b"y" * 100 * 1024)]
    assert is_success(dialect, gateway.call(dialect, Mount.PORT, method, path, lines))


# ---------------------------------------------------------------------------- bodies


@every_mount
def test_chunked_bodies_are_joined_and_another_request_follows(
    gateway: Gateway, mount: Mount
) -> None:
    port, prefix, host = gateway.place(Source.NTFY, mount)
    target = f"{prefix}/{KEY}".encode()
    head = request("PUT", target, [CHUNKED], host=host)
    text = "推送".encode()
    with Wire(port) as wire:
        wire.send(head + chunked(text[:2], text[2:]) + head + chunked(b"next"))
        first, second = wire.read(), wire.read()
        third = wire.ask(request("POST", f"{prefix}/{KEY}?title=推", host=host))
    assert first.json["message"] == "推送"
    assert second.json["message"] == "next"
    assert third.json["title"] == "推"


def test_chunks_may_have_extensions_and_trailers(gateway: Gateway) -> None:
    head = request("PUT", f"/{KEY}", [CHUNKED])
    body = b"3;name=value\r\nabc\r\n0\r\nX-Trailer: 1\r\n\r\n"
    with Wire(gateway.ports[Source.NTFY]) as wire:
        assert wire.ask(head + body).json["message"] == "abc"
        assert wire.ask(request("PUT", f"/{KEY}?title=推")).json["title"] == "推"


def test_gzip_is_undone_for_bark_json_and_only_there(gateway: Gateway) -> None:
    packed = gzip.compress(b'{"body":"packed"}')
    lines = [JSON, ("Content-Encoding", b"gzip")]
    reply = gateway.call(Source.BARK, Mount.PORT, "POST", f"/{KEY}", lines, packed)
    assert gateway.only_message(reply)["body"] == "packed"
    broken = gateway.call(Source.BARK, Mount.PORT, "POST", f"/{KEY}", lines, b"nogzip")
    assert broken.status == 400
    assert is_shaped(Source.BARK, broken)
    ntfy = gateway.call(Source.NTFY, Mount.PORT, "POST", f"/{KEY}", lines, b"plain")
    assert ntfy.json["message"] == "plain"


@every_dialect
def test_a_client_that_waits_to_be_asked_for_its_body_is_asked(
    gateway: Gateway, dialect: Source
) -> None:
    method, path = PUBLISH[dialect](b"x")
    lines = [FORM, ("Expect", b"100-continue"), ("Content-Length", b"7")]
    with Wire(gateway.ports[dialect]) as wire:
        wire.send(request("POST", path.replace(b"/publish", b""), lines))
        wire.send(b"title=t")
        reply = wire.read()
        assert reply.continued
        assert is_success(dialect, reply), (method, reply.body)
        again = wire.ask(request(method, path))
        assert is_success(dialect, again)


LIMITS = {
    Source.NTFY: (f"/{KEY}", 131_073),
    Source.BARK: (f"/{KEY}", 4 * 1024 * 1024 + 1),
    Source.SERVERCHAN: (f"/{KEY}.send", 4 * 1024 * 1024 + 1),
}


@every_dialect
@pytest.mark.parametrize("framing", ["length", "chunks"])
def test_a_body_beyond_the_limit_is_refused_in_the_dialects_words(
    gateway: Gateway, dialect: Source, framing: str
) -> None:
    path, size = LIMITS[dialect]
    lines = [JSON, CHUNKED] if framing == "chunks" else [JSON]
    with Wire(gateway.ports[dialect]) as wire:
        reply = wire.ask(request("POST", path, lines, b"x" * size))
    assert 400 <= reply.status < 500, reply.body
    assert is_shaped(dialect, reply)
    assert not reply.message_ids


@every_dialect
def test_an_endless_body_is_answered_before_its_end(
    gateway: Gateway, dialect: Source
) -> None:
    path, size = LIMITS[dialect]
    with Wire(gateway.ports[dialect]) as wire:
        wire.send(request("POST", path, [JSON, CHUNKED]))
        piece = b"%x\r\n%b\r\n" % (65536, b"x" * 65536)
        try:
            for _ in range(size // 65536 + 4):
                wire.send(piece)
        except ConnectionError:
            pass  # answered and closed already
        assert is_shaped(dialect, wire.read())


@every_dialect
def test_a_body_that_trickles_is_waited_for(gateway: Gateway, dialect: Source) -> None:
    method, path = PUBLISH[dialect](b"x")
    method = "POST" if dialect is not Source.NTFY else "PUT"
    path = path.replace(b"/publish", b"")
    with Wire(gateway.ports[dialect]) as wire:
        wire.send(request(method, path, [FORM, ("Content-Length", b"7")]))
        for byte in b"title=t":
            wire.send(bytes((byte,)))
        assert is_success(dialect, wire.read())


def test_a_body_that_breaks_off_becomes_no_message(gateway: Gateway) -> None:
    before = gateway.count()
    for dialect, (path, _) in LIMITS.items():
        with Wire(gateway.ports[dialect]) as wire:
            wire.send(request("POST", path, [FORM, ("Content-Length", b"99")]))
            wire.send(b"title=half")
    assert gateway.count() == before


# -------------------------------------------------------------------- parser's refusals

BROKEN = {
    "bad header": [b"bad header"],
    "bad length": [b"Content-Length: x"],
    "two lengths": [b"Content-Length: 1", b"Content-Length: 2"],
    "length and chunks": [b"Content-Length: 1", b"Transfer-Encoding: chunked"],
    "unknown coding": [b"Transfer-Encoding: gzip"],
    "two hosts": [b"Host: elsewhere"],
    "NUL in a header": [b"X-Title: a\0b"],
}


@every_dialect
@every_mount
@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN.keys())
def test_a_head_that_cannot_be_parsed_is_refused_in_the_words_of_its_door(
    gateway: Gateway, dialect: Source, mount: Mount, broken: list[bytes]
) -> None:
    port, prefix, host = gateway.place(dialect, mount)
    head = request("GET", f"{prefix}/{KEY}/x", host=host).removesuffix(b"\r\n")
    with Wire(port) as wire:
        reply = wire.ask(head + b"\r\n".join([*broken, b"", b""]))
        assert wire.is_closed()
    assert reply.status == 400
    assert is_shaped(dialect, reply), reply.body
    assert KEY.encode() not in reply.body
    assert reply.headers["X-Request-Id"]


@pytest.mark.parametrize(
    "garbage", [b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", b"\r\n\r\nnonsense\r\n\r\n"]
)
def test_garbage_is_refused_in_native_words_on_the_main_listener(
    gateway: Gateway, garbage: bytes
) -> None:
    with Wire(gateway.ports["main"]) as wire:
        reply = wire.ask(garbage)
    assert reply.status == 400
    assert is_shaped(Source.NATIVE, reply)


@every_dialect
def test_garbage_on_a_port_of_its_own_is_refused_in_the_dialects_words(
    gateway: Gateway, dialect: Source
) -> None:
    with Wire(gateway.ports[dialect]) as wire:
        reply = wire.ask(b"nonsense\r\n\r\n")
    assert is_shaped(dialect, reply)


# --------------------------------------------------------------------------- upgrades


@pytest.mark.parametrize("protocol", [b"websocket", b"h2c"])
@every_dialect
def test_a_refused_upgrade_leaves_a_working_connection(
    gateway: Gateway, dialect: Source, protocol: bytes
) -> None:
    port, raw = raw_publish(gateway, dialect, Mount.PORT, "推送".encode())
    lines = [("Connection", b"Upgrade"), ("Upgrade", protocol)]
    with Wire(port) as wire:
        wire.ask(request("GET", "/a/b/c/d/e/f", lines))
        for _ in range(2):
            assert is_success(dialect, wire.ask(raw))


def test_a_title_that_ntfy_did_not_get_is_the_channels_name(gateway: Gateway) -> None:
    reply = gateway.call(Source.NTFY, Mount.HOST, "PUT", f"/{KEY}", [], b"m")
    assert "title" not in reply.json
    assert gateway.only_message(reply)["title"] == CHANNEL_NAME
