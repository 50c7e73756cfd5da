"""The operator's settings of Bark, over the wire."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator

import pytest

from pushgo_compat.model import Source
from tests.adapters.bark_vectors import GCM_TEXT, KEY_32, PLAINTEXT, open_envelope
from tests.gateway import Gateway, Mount, running
from tests.golden import KEY, SECOND_KEY
from tests.web.dialect_calls import JSON, every_mount
from tests.wire import HeaderLines, Reply


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    with running(
        tmp_path_factory.mktemp("bark"),
        bark_user="me",
        bark_password="pa:ss",
        bark_rejoin_iv=True,
        bark_max_batch=2,
    ) as gateway:
        yield gateway


def basic(login: str, scheme: str = "Basic") -> tuple[str, bytes]:
    encoded = base64.b64encode(login.encode()).decode()
    return "Authorization", f"{scheme} {encoded}".encode()


LOGIN = basic("me:pa:ss")


def ask(gateway: Gateway, mount: Mount, path: str, *lines: tuple[str, bytes]) -> Reply:
    return gateway.call(Source.BARK, mount, "GET", path, lines)


@every_mount
@pytest.mark.parametrize(
    "path",
    [
        *("/", "/?x=1", "/ping", "/ping/", "/healthz", f"/register/{KEY}"),
        f"/register?key={KEY}&devicetoken=t",
    ],
)
def test_some_doors_are_open_without_the_login(
    guarded: Gateway, mount: Mount, path: str
) -> None:
    assert ask(guarded, mount, path).status == 200


@every_mount
@pytest.mark.parametrize("path", ["/registerxyz", "/pingfoo/b"])
def test_open_doors_are_told_by_their_first_letters(
    guarded: Gateway, mount: Mount, path: str
) -> None:
    assert ask(guarded, mount, path).status == 400


@every_mount
@pytest.mark.parametrize(
    "path",
    [
        *("/PING", "/Healthz", "/info", "/push", "/mcp", f"/{KEY}/b", "/a/b/c/d/e"),
        "/nobody",
    ],
)
@pytest.mark.parametrize(
    "lines",
    [
        [],
        [basic("me:pa")],
        [basic("me")],
        [basic("ME:pa:ss")],
        [basic("me:pa:ss", "Bearer")],
        [("Authorization", b"Basic \xff\xfe")],
        [("Authorization", b"")],
    ],
)
def test_everything_else_is_a_teapot_without_it(
    guarded: Gateway, mount: Mount, path: str, lines: HeaderLines
) -> None:
    reply = ask(guarded, mount, path, *lines)
    assert (reply.status, reply.body) == (418, b"I'm a teapot")
    assert reply.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert reply.headers["Server"] == "Bark"
    assert "WWW-Authenticate" not in reply.headers


@every_mount
@pytest.mark.parametrize("scheme", ["Basic", "basic", "BASIC"])
def test_the_login_opens_them(guarded: Gateway, mount: Mount, scheme: str) -> None:
    reply = ask(guarded, mount, f"/{KEY}/Hello", basic("me:pa:ss", scheme))
    assert guarded.only_message(reply)["body"] == "Hello"


@every_mount
def test_a_gcm_push_is_rejoined_with_its_iv_for_the_native_client(
    guarded: Gateway, mount: Mount
) -> None:
    body = json.dumps({"ciphertext": GCM_TEXT, "iv": "abcdefghijkl"}).encode()
    lines = [JSON, LOGIN]
    reply = guarded.call(Source.BARK, mount, "POST", f"/{KEY}", lines, body)
    message = guarded.only_message(reply)
    assert open_envelope(KEY_32, message["ciphertext"]) == PLAINTEXT


@every_mount
@pytest.mark.parametrize(("keys", "status"), [(2, 200), (3, 400)])
@pytest.mark.parametrize("is_list", [True, False])
def test_a_batch_may_have_so_many_device_keys_and_no_more(
    guarded: Gateway, mount: Mount, keys: int, status: int, is_list: bool
) -> None:
    named = [KEY, SECOND_KEY, KEY][:keys]
    fields = {"device_keys": named if is_list else ",".join(named)}
    body = json.dumps(fields).encode()
    reply = guarded.call(Source.BARK, mount, "POST", "/push", [JSON, LOGIN], body)
    assert reply.status == status
    assert len(reply.message_ids) == (0 if status == 400 else keys)
    if status == 400:
        assert reply.json["message"] == (
            "batch push count exceeds the maximum limit: 2"
        )
