"""The way to an old server: where it is dialled, and under which name."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from multidict import CIMultiDict

from pushgo_compat.core.shadows.answers import Answer, Copy, NoAnswer
from pushgo_compat.core.stores.old_calls.shadows import Shadow
from pushgo_compat.delivery.old_servers import OldServers
from tests.golden import NOW_MS
from tests.old_server import OldServer, old_server
from tests.tls import self_signed

NAME = "ntfy.test"


@pytest.fixture
def over_tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[OldServer]:
    """An old server whose certificate is good for ``ntfy.test``."""
    cert, key, _ = self_signed(tmp_path, NAME)
    monkeypatch.setenv("SSL_CERT_FILE", str(cert))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(cert, key)
    with old_server(context) as server:
        yield server


@pytest.fixture
async def way() -> AsyncIterator[OldServers]:
    way = OldServers(lambda: NOW_MS)
    yield way
    await way.close()


def a_copy(path: str = "/topic", body: bytes | Path = b"x", label: str = "") -> Copy:
    headers: CIMultiDict[str] = CIMultiDict({"Title": "t"})
    return Copy("POST", path, "a=%41", headers, body, label)


def shadow(old_url: str, connect: str | None = None) -> Shadow:
    return Shadow(alias_id="a", old_url=old_url, connect=connect)


async def test_a_certificate_is_asked_for_under_the_name_of_the_url(
    over_tls: OldServer, way: OldServers
) -> None:
    url = f"https://{NAME}:{over_tls.port}/root"
    answer = await way.ask(shadow(url, "127.0.0.1"), a_copy())
    assert isinstance(answer, Answer), answer
    assert answer.status == 200
    (got,) = over_tls.got
    assert got.headers["Host"] == f"{NAME}:{over_tls.port}"
    assert got.target == "/root/topic?a=%41"


async def test_a_certificate_of_another_name_is_not_trusted(
    over_tls: OldServer, way: OldServers
) -> None:
    url = f"https://other.test:{over_tls.port}"
    answer = await way.ask(shadow(url, "127.0.0.1"), a_copy())
    assert isinstance(answer, NoAnswer)
    assert "not trusted" in answer.reason
    assert over_tls.got == []


async def test_the_port_of_connect_beats_that_of_the_url(
    old: OldServer, way: OldServers
) -> None:
    answer = await way.ask(
        shadow("http://ntfy.test", f"127.0.0.1:{old.port}"), a_copy()
    )
    assert isinstance(answer, Answer)
    assert old.got[0].headers["Host"] == "ntfy.test"


@pytest.mark.parametrize(
    ("url", "label", "host"),
    [
        ("http://push.ft07.com", "sctp1tabc", "sctp1tabc.push.ft07.com"),
        ("http://1.push.ft07.com", "1", "1.push.ft07.com"),
        ("http://push.ft07.com", "", "push.ft07.com"),
    ],
)
async def test_a_key_in_the_host_name_goes_along(
    old: OldServer, way: OldServers, url: str, label: str, host: str
) -> None:
    await way.ask(shadow(url, f"127.0.0.1:{old.port}"), a_copy(label=label))
    assert old.got[0].headers["Host"] == host


async def test_a_file_is_sent_whole_and_one_that_is_gone_is_said(
    old: OldServer, way: OldServers, tmp_path: Path
) -> None:
    file = tmp_path / "upload"
    file.write_bytes(b"0123456789" * 10_000)
    assert isinstance(await way.ask(shadow(old.url), a_copy(body=file)), Answer)
    assert old.got[0].body == file.read_bytes()
    gone = await way.ask(shadow(old.url), a_copy(body=tmp_path / "gone"))
    assert gone == NoAnswer("its file is gone")
