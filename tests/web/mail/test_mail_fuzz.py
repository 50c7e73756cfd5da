"""Any bytes end in SMTP's answers: nothing crashes, hangs or leaks a key."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.gateway import Gateway
from tests.golden import KEY
from tests.logged import LoggedServer, serving
from tests.web.mail_peer import DOMAIN, Peer, mail_gateway

RCPT = f"RCPT TO:<{KEY}@{DOMAIN}>\r\n".encode()
MAIL = b"MAIL FROM:<a@b.test>\r\n"

_COMMANDS = st.sampled_from(
    [
        b"HELO x\r\n",
        b"EHLO x\r\n",
        MAIL,
        MAIL[:-2] + b" SIZE=10 BODY=8BITMIME SMTPUTF8\r\n",
        b"MAIL FROM:<>\r\n",
        RCPT,
        b"RCPT TO:<nobody@mail.test>\r\n",
        b"RCPT TO:",
        b"DATA\r\n",
        b"Subject: =?gbk?B?tPLTobv6?=\r\n\r\nbody",
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n",
        b"\r\n.\r\n",
        b"\n.\n",
        b"RSET\r\n",
        b"NOOP\r\n",
        b"VRFY x\r\n",
        b"EXPN x\r\n",
        b"HELP\r\n",
        b"STARTTLS\r\n",
        b"AUTH PLAIN AGEAYg==\r\n",
        b"AUTH LOGIN\r\n",
        b"AUTH PLAIN\r\n",
        b"*\r\n",
        b"QUIT\r\n",
        b"x" * 1_200,
        b"\r\n",
    ]
)


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    with mail_gateway(tmp_path_factory.mktemp("fuzz")) as gateway:
        yield gateway


@pytest.mark.hypothesis
@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=80)
@given(st.lists(st.one_of(_COMMANDS, st.binary(max_size=12)), max_size=25))
@example([b"HELO x\r\n", MAIL, RCPT, b"DATA\r\n", b"unended"])
@example([b"EHLO x\r\n", b"AUTH LOGIN\r\n", b"x" * 3_000, b"\r\n"])
@example([b"HELO x\r\n", b'MAIL FROM:<"\xff\x00@[>\r\n', b"RCPT TO:<a@b@c>\r\n"])
def test_any_bytes_are_answered_and_the_next_mail_is_taken(
    gateway: Gateway, pieces: list[bytes]
) -> None:
    with Peer(gateway, greet=False) as peer:
        try:
            peer.send(b"".join(pieces))
            heard = peer.rest()
        except ConnectionError:
            heard = b""  # hung up while there was more to hear
    for line in heard.splitlines():
        assert line[:3].isdigit(), line
        assert line[3:4] in (b" ", b"-"), line
    with Peer(gateway) as peer:
        assert peer.mail(KEY, content=b"Subject: s\r\n\r\nx").startswith("250 ")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[LoggedServer]:
    settings = {"PUSHGO_SMTP_ADDR": "127.0.0.1:0", "PUSHGO_SMTP_DOMAIN": DOMAIN}
    with serving(tmp_path, **settings) as server:
        yield server


def test_no_key_password_or_text_of_a_mail_is_logged(server: LoggedServer) -> None:
    secrets = [KEY, "opensesame", "AG9wZW5zZXNhbWUAb3BlbnNlc2FtZQ==", "dear diary"]
    with Peer(server.gateway) as peer:
        peer.ask("AUTH PLAIN AG9wZW5zZXNhbWUAb3BlbnNlc2FtZQ==")
        peer.ask(KEY)
        peer.ask(f"VRFY {KEY}")
        peer.ask(f"MAIL FROM:<{KEY}@lan.test>")
        peer.ask(f"RCPT TO:<{KEY}x@{DOMAIN}>")
        assert peer.mail(f"{KEY}", content=b"Subject: s\r\n\r\ndear diary") != ""
        peer.ask("DATA " + KEY)
    log = server.log()
    assert "MAIL {topic}" in log
    for secret in secrets:
        assert secret not in log
