"""The e-mail door: keys at RCPT, one commit before 250, bounds, STARTTLS, an end."""

from __future__ import annotations

import base64
import smtplib
import socket
from collections.abc import Iterator
from email.mime.image import MIMEImage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from pathlib import Path
from typing import Any

import pytest

from pushgo_compat.model import Credential, Source
from tests.gateway import Gateway
from tests.golden import CHANNEL_ID, KEY, PASSWORD
from tests.tls import self_signed
from tests.web.mail_peer import DOMAIN, Peer, mail_gateway

TOKEN = Credential(user=None, secret="tk_1")
OK = "250 2.0.0 OK: queued"
FORBIDDEN = "550 5.7.1 forbidden"
END = b"\r\n.\r\n"


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    with mail_gateway(tmp_path_factory.mktemp("mail")) as gateway:
        gateway.alias(Source.NTFY, "nas")
        gateway.alias(Source.NTFY, "rack", require_auth=True, credentials=(TOKEN,))
        yield gateway


@pytest.fixture
def peer(gateway: Gateway) -> Iterator[Peer]:
    with Peer(gateway) as peer:
        yield peer


def last(gateway: Gateway) -> dict[str, Any]:
    message = gateway.last_message()
    assert message is not None
    return message


# ------------------------------------------------------------------------------- keys


def test_a_mail_to_a_universal_key_becomes_a_message_with_a_receipt(
    gateway: Gateway, peer: Peer
) -> None:
    content = (
        f"Subject: Toner low\r\nTo: {KEY}@{DOMAIN}\r\nX-Mailer: MFP 3000\r\n"
        f"\r\nTray 2, see {KEY}"
    )
    assert peer.mail(KEY, content=content.encode()) == OK
    message = last(gateway)
    assert message["title"] == "Toner low"
    assert message["metadata"]["compat.source"] == "ntfy"
    receipt = gateway.stored(message["message_id"])["receipt"]
    assert receipt["route"] == "MAIL {topic}"
    assert receipt["mount"] == "smtp"
    assert receipt["key"]["form"] == "universal"
    assert receipt["client"] == "MFP 3000"
    assert receipt["reply"] == {"status": 250, "body": "2.0.0 OK: queued"}
    assert receipt["request"]["method"] == "MAIL"
    assert receipt["request"]["headers"]["Subject"] == "Toner low"
    assert PASSWORD not in str(receipt["request"])


def test_an_ntfy_subscriber_sees_the_mail(gateway: Gateway, peer: Peer) -> None:
    content = b"Subject: For phones\r\nX-Priority: 1\r\n\r\nbody"
    assert peer.mail("nas", content=content) == OK
    poll = gateway.native("GET", "/ntfy/nas/json?poll=1&since=latest")
    (event,) = [line for line in poll.body.splitlines() if b"For phones" in line]
    assert b'"priority":4' in event
    assert b'"topic":"nas"' in event


@pytest.mark.parametrize(
    "key",
    ["nobody", CHANNEL_ID, f"{CHANNEL_ID}wrongpassword", "rack", "rack+tk_wrong"],
)
def test_whatever_opens_nothing_is_refused_at_rcpt_in_one_wording(
    peer: Peer, key: str
) -> None:
    peer.ask("MAIL FROM:<a@b.test>")
    assert peer.ask(f"RCPT TO:<{key}@{DOMAIN}>") == FORBIDDEN
    assert peer.ask("DATA") == "503 5.5.1 need RCPT command"


def test_other_domains_and_bad_topics_are_refused_at_rcpt(peer: Peer) -> None:
    peer.ask("MAIL FROM:<a@b.test>")
    relayed = "550 5.7.1 relaying denied: not a domain of this server"
    assert peer.ask(f"RCPT TO:<{KEY}@elsewhere.test>") == relayed
    assert peer.ask(f"RCPT TO:<v1@{DOMAIN}>") == "550 5.1.1 no topic of this server"
    assert peer.ask("RCPT TO:<>").startswith("5")
    assert peer.ask('RCPT TO:<"\\>').startswith("5")


def test_a_token_behind_a_plus_sign_and_a_login_open_what_they_open_over_http(
    gateway: Gateway, peer: Peer
) -> None:
    assert peer.mail("rack+tk_1", content=b"Subject: a\r\n\r\nby token") == OK
    assert last(gateway)["body"] == "by token"
    pair = base64.b64encode(f"\0user\0{PASSWORD}".encode()).decode()
    assert peer.ask(f"AUTH PLAIN {pair}").startswith("235 ")
    assert peer.mail(CHANNEL_ID, content=b"Subject: a\r\n\r\nby login") == OK
    message = last(gateway)
    assert message["body"] == "by login"
    receipt = gateway.stored(message["message_id"])["receipt"]
    assert receipt["request"]["headers"]["Authorization"] == "…"


def test_a_refusal_is_counted_as_over_http(gateway: Gateway, peer: Peer) -> None:
    peer.ask("MAIL FROM:<a@b.test>")
    peer.ask(f"RCPT TO:<old-nas-topic@{DOMAIN}>")
    metrics = gateway.native("GET", "/metrics").body
    assert b'code="channel_not_found",source="ntfy"' in metrics


def test_a_mail_to_several_is_committed_for_all_and_each_knows_only_itself(
    gateway: Gateway, peer: Peer
) -> None:
    before = gateway.count()
    assert peer.mail("nas", KEY, "nas", content=b"Subject: s\r\n\r\nto two") == OK
    assert gateway.count() == before + 2
    page = gateway.page("all")
    receipts = [gateway.stored(m["message_id"])["receipt"] for m in page[-2:]]
    assert PASSWORD not in str(receipts)
    assert len({receipt["request"]["path"] for receipt in receipts}) == 2


def test_more_than_fifty_receivers_are_too_many(gateway: Gateway, peer: Peer) -> None:
    for number in range(50):
        gateway.alias(Source.NTFY, f"many-{number}")
    peer.ask("MAIL FROM:<a@b.test>")
    answers = [peer.ask(f"RCPT TO:<many-{n}@{DOMAIN}>") for n in range(50)]
    assert set(answers) == {"250 2.1.5 OK"}
    assert peer.ask(f"RCPT TO:<nas@{DOMAIN}>") == "452 4.5.3 too many recipients"
    before = gateway.count()
    peer.ask("DATA")
    peer.send(b"Subject: all\r\n\r\nx")
    assert peer.ask(b"\r\n.") == OK
    assert gateway.count() == before + 50


def test_ten_refused_receivers_end_the_connection(peer: Peer) -> None:
    peer.ask("MAIL FROM:<a@b.test>")
    for _ in range(10):
        assert peer.ask(f"RCPT TO:<nobody@{DOMAIN}>") == FORBIDDEN
    assert peer.answer() == ""


def test_a_dry_run_stores_nothing(gateway: Gateway, peer: Peer) -> None:
    before = gateway.count()
    content = b"X-PushGo-Dry-Run: 1\r\nSubject: s\r\n\r\nx"
    assert peer.mail("nas", content=content).startswith("250 2.0.0 OK: dry run")
    assert gateway.count() == before


def test_rate_limits_count_receivers_and_the_gateway_token_is_asked_for(
    tmp_path: Path,
) -> None:
    settings = {"token": "gate", "token_on_dialects": True, "rate_limit": 3.0}
    with mail_gateway(tmp_path, **settings) as gateway, Peer(gateway) as peer:
        peer.ask("MAIL FROM:<a@b.test>")
        assert peer.ask(f"RCPT TO:<{KEY}@{DOMAIN}>") == FORBIDDEN
        pair = base64.b64encode(b"\0\0gate").decode()
        assert peer.ask(f"AUTH PLAIN {pair}").startswith("235 ")
        assert peer.ask(f"RCPT TO:<{KEY}@{DOMAIN}>") == "250 2.1.5 OK"
        answers = [peer.ask(f"RCPT TO:<{KEY}@{DOMAIN}>") for _ in range(6)]
        assert "450 4.7.1 limit reached: too many requests" in answers


# ----------------------------------------------------------------------------- the mail


@pytest.mark.parametrize(
    "between", [b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r.\r", b"\r\n.\r", b"\n..\r\n"]
)
def test_a_bare_line_end_ends_no_mail(
    gateway: Gateway, peer: Peer, between: bytes
) -> None:
    before = gateway.count()
    smuggled = f"MAIL FROM:<x@y.test>\r\nRCPT TO:<nas@{DOMAIN}>\r\nDATA\r\n".encode()
    content = b"Subject: one\r\n\r\na" + between + smuggled + b"second"
    assert peer.mail("nas", content=content) == OK
    assert peer.ask("NOOP") == "250 OK"
    assert gateway.count() == before + 1
    assert "second" in last(gateway)["body"]


@pytest.mark.parametrize(
    ("sent", "body"),
    [
        (b"..", "triggered"),
        (b"\r\n..one\r\n...two\r\nthree.", ".one\n..two\nthree."),
        (b"", "triggered"),
        (b"\r\n" + b"a" * 3_000 + b"\r\n", "a" * 3_000),
    ],
)
def test_dots_are_undone_and_long_lines_are_taken(
    gateway: Gateway, peer: Peer, sent: bytes, body: str
) -> None:
    peer.ask("MAIL FROM:<a@b.test>")
    peer.ask(f"RCPT TO:<nas@{DOMAIN}>")
    peer.ask("DATA")
    peer.send(sent + END if sent else b".\r\n")
    assert peer.answer() == OK
    assert last(gateway)["body"] == body


def test_a_mail_in_single_bytes_and_one_with_all_commands_at_once_are_taken(
    gateway: Gateway, peer: Peer
) -> None:
    whole = (
        b"MAIL FROM:<a@b.test>\r\nRCPT TO:<nas@mail.test>\r\nDATA\r\n"
        b"Subject: at once\r\n\r\nx\r\n.\r\nNOOP\r\nMAIL FROM:<a@b.test>\r\n"
    )
    peer.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for byte in whole:
        peer.send(bytes((byte,)))
    answers = [peer.answer()[:3] for _ in range(6)]
    assert answers == ["250", "250", "354", "250", "250", "250"]
    assert last(gateway)["title"] == "at once"


def test_a_peer_that_has_said_all_still_hears_the_answers(gateway: Gateway) -> None:
    with Peer(gateway, greet=False) as peer:
        peer.send(
            b"HELO x\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<nas@mail.test>\r\nDATA\r\n"
            b"Subject: half\r\n\r\nx\r\n.\r\n"
        )
        heard = peer.rest().decode().splitlines()
    assert heard[4] == OK
    assert last(gateway)["title"] == "half"


def test_a_mail_of_more_than_15_mb_is_refused_and_the_next_one_taken(
    gateway: Gateway, peer: Peer
) -> None:
    announced = peer.ask("MAIL FROM:<a@b.test> SIZE=15728641")
    assert announced.startswith("552 ")
    content = b"Subject: s\r\n\r\n" + b"x" * (15 * 1024 * 1024)
    assert peer.mail("nas", content=content) == "552 5.3.4 message too large"
    assert peer.mail("nas", content=b"Subject: small\r\n\r\nx") == OK
    fits = b"Subject: fits\r\n\r\n" + b"x\r\n" * 5_000_000
    assert peer.mail("nas", content=fits) == OK
    assert last(gateway)["title"] == "fits"


def test_a_mail_that_nests_too_deep_is_refused_after_data(peer: Peer) -> None:
    mail = MIMEMultipart()
    mail.attach(middle := MIMEMultipart())
    middle.attach(inner := MIMEMultipart())
    inner.attach(MIMEText("x"))
    answer = peer.mail("nas", content=mail.as_bytes().replace(b"\n", b"\r\n"))
    assert answer.startswith("554 5.6.0 ")


def test_a_picture_comes_along_where_the_public_address_is_known(
    tmp_path: Path,
) -> None:
    settings = {"public_base_url": "https://push.test"}
    with mail_gateway(tmp_path, **settings) as gateway, Peer(gateway) as peer:
        mail = MIMEMultipart()
        mail["Subject"] = "Motion"
        mail.attach(MIMEText("at the door"))
        mail.attach(MIMEImage(b"\x89PNG\r\n\x1a\n picture", "png", name="cam.png"))
        content = mail.as_bytes().replace(b"\n", b"\r\n")
        assert peer.mail(KEY, content=content) == OK
        message = last(gateway)
        (image,) = message["images"]
        assert image.startswith("https://push.test/ntfy/file/")
        assert message["body"] == "at the door"
        (file,) = gateway.files()
        assert file.read_bytes() == b"\x89PNG\r\n\x1a\n picture"


def test_a_picture_without_room_is_left_out_and_the_text_kept(tmp_path: Path) -> None:
    settings = {"public_base_url": "https://push.test", "attachment_channel_limit": 5}
    with mail_gateway(tmp_path, **settings) as gateway, Peer(gateway) as peer:
        mail = MIMEMultipart()
        mail.attach(MIMEText("at the door"))
        mail.attach(MIMEImage(b"\x89PNG\r\n\x1a\n picture", "png", name="cam.png"))
        content = mail.as_bytes().replace(b"\n", b"\r\n")
        assert peer.mail(KEY, content=content) == OK
        assert last(gateway)["body"] == "at the door"
        assert not gateway.files()


# ------------------------------------------------------------------------ connections


def test_the_eleventh_connection_of_an_address_is_sent_away(gateway: Gateway) -> None:
    peers = [Peer(gateway, greet=False) for _ in range(10)]
    try:
        late = Peer(gateway, greet=False)
        assert late.greeting.startswith("421 4.7.0 ")
        assert late.answer() == ""
        late.__exit__()
    finally:
        for peer in peers:
            peer.ask("QUIT")
            peer.__exit__()
    with Peer(gateway) as peer:
        assert peer.mail("nas", content=b"x: y\r\n\r\nroom again") == OK


def test_starttls_uses_the_servers_certificate_and_forgets_what_came_before(
    tmp_path: Path,
) -> None:
    cert, key, trusted = self_signed(tmp_path)
    settings = {"tls_cert": cert, "tls_key": key}
    with mail_gateway(tmp_path, **settings) as gateway, Peer(gateway) as peer:
        assert "250-STARTTLS" in peer.greeting.splitlines()
        peer.start_tls(trusted, then=b"MAIL FROM:<injected@x.test>\r\n")
        assert peer.ask("MAIL FROM:<a@b.test>").startswith("503 ")
        assert "STARTTLS" not in peer.ask("EHLO again.test")
        assert peer.ask("STARTTLS").startswith("503 ")
        assert peer.mail(KEY, content=b"Subject: sealed\r\n\r\nx") == OK


def test_a_broken_handshake_ends_one_connection_and_leaves_no_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cert, key, _ = self_signed(tmp_path)
    settings = {"tls_cert": cert, "tls_key": key}
    with mail_gateway(tmp_path, **settings) as gateway:
        with Peer(gateway) as peer:
            assert peer.ask("STARTTLS").startswith("220 ")
            peer.send(b"no hello\r\n" * 10)
            peer.rest()
        with Peer(gateway) as peer:
            assert peer.mail(KEY, content=b"Subject: s\r\n\r\nx") == OK
    assert "error" not in capsys.readouterr().out


def test_smtplib_sends_over_starttls_with_a_login(tmp_path: Path) -> None:
    cert, key, trusted = self_signed(tmp_path)
    settings = {"tls_cert": cert, "tls_key": key, "smtp_prefix": "ntfy-"}
    with mail_gateway(tmp_path, **settings) as gateway:
        mail = MIMEText("打印完成", _charset="gb2312")
        mail["Subject"] = "报告"
        port = gateway.ports["smtp"]
        with smtplib.SMTP("localhost", port) as client:
            client.starttls(context=trusted)
            client.login("any", PASSWORD)
            to = [f"ntfy-{CHANNEL_ID}@{DOMAIN}"]
            assert client.sendmail("a@b.test", to, mail.as_bytes()) == {}
            with pytest.raises(smtplib.SMTPRecipientsRefused):
                client.sendmail("a@b.test", [f"{CHANNEL_ID}@{DOMAIN}"], b"x")
