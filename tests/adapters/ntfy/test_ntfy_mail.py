"""Mail becomes what ntfy makes of it: charsets, parts, subjects, urgency, limits."""

from __future__ import annotations

import base64
import quopri
from email.mime.image import MIMEImage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.ntfy import NTFY
from adapters.ntfy.mail import NtfyMail
from adapters.ntfy.mail.charsets import decode_words
from adapters.ntfy.mail.html_text import html_to_text
from pushgo_compat.legacy import LegacyRefusal, LegacyRequest, Translation
from pushgo_compat.model import NativeMessage, Severity, Upload
from tests.golden import NOW_MS

MAIL = NtfyMail(domain="mail.test", prefix="ntfy-")
CHINESE = "打印完成：报告第 3 页"


def read(content: bytes, base_url: str = "") -> Translation:
    call = LegacyRequest(
        method="MAIL",
        path="/backups",
        body=content,
        received_at_ms=NOW_MS,
        base_url=base_url,
    )
    return MAIL.read(call, [MAIL.claim(call)]).publish.translate()


def message(content: bytes) -> NativeMessage:
    made = read(content).message
    assert made is not None
    return made


def codes(content: bytes) -> list[tuple[str, str]]:
    return [(note.field, note.code) for note in read(content).notes]


# ------------------------------------------------------------------------- addresses


@pytest.mark.parametrize(
    ("address", "topic", "authorization"),
    [
        ("ntfy-backups@mail.test", "backups", None),
        ("NTFY-backups@MAIL.TEST.", "backups", None),
        ("ntfy-backups+tk_abc@mail.test", "backups", "Bearer tk_abc"),
        (
            '"ntfy-06J0FZG1Y8XGG14VTQ4Y3G10MR:pw"@mail.test',
            "06J0FZG1Y8XGG14VTQ4Y3G10MR:pw",
            None,
        ),
    ],
)
def test_an_address_names_a_topic_and_perhaps_a_token(
    address: str, topic: str, authorization: str | None
) -> None:
    assert MAIL.recipient(address) == (topic, authorization)


@pytest.mark.parametrize(
    ("address", "text"),
    [
        ("ntfy-backups@elsewhere.test", b"5.7.1 relaying denied"),
        ("ntfy-backups", b"5.7.1 relaying denied"),
        ("ntfy-backups@mail.test@elsewhere.test", b"5.7.1 relaying denied"),
        ("backups@mail.test", b"5.1.1 no topic"),
        ("ntfy-@mail.test", b"5.1.1 no topic"),
        ("ntfy-a b@mail.test", b"5.1.1 no topic"),
        ("ntfy-docs@mail.test", b"5.1.1 no topic"),
    ],
)
def test_an_address_elsewhere_or_of_no_topic_is_refused(
    address: str, text: bytes
) -> None:
    with pytest.raises(LegacyRefusal) as refused:
        MAIL.recipient(address)
    assert refused.value.reply.status == 550
    assert refused.value.reply.body.startswith(text)


# -------------------------------------------------------------------------- charsets


@pytest.mark.parametrize(
    ("charset", "codec"),
    [
        ("gbk", "gbk"),
        ("GB2312", "gb18030"),
        ("gb18030", "gb18030"),
        ("utf-8", "utf-8"),
        ("UTF-16", "utf-16"),
        ("unknown-8bit", "gb18030"),
        ("no such charset", "utf-8"),
        ("zlib", "utf-8"),
        ("utf-8", "gb18030"),
        ("", "gbk"),
    ],
)
@pytest.mark.parametrize("encoding", ["8bit", "base64", "quoted-printable"])
def test_a_body_is_read_in_the_charset_it_names_or_a_likely_one(
    charset: str, codec: str, encoding: str
) -> None:
    raw = CHINESE.encode(codec)
    encoded = {
        "8bit": raw,
        "base64": base64.encodebytes(raw),
        "quoted-printable": quopri.encodestring(raw),
    }[encoding]
    if b"\n" in raw and encoding == "8bit":
        pytest.skip("line ends of UTF-16 are no line ends of mail")
    head = f'Content-Type: text/plain; charset="{charset}"\r\n'
    head += f"Content-Transfer-Encoding: {encoding}\r\n\r\n"
    assert message(head.encode() + encoded.replace(b"\n", b"\r\n")).body == CHINESE


def test_traditional_chinese_and_western_text_are_read_too() -> None:
    head = b"Content-Type: text/plain; charset=%s\n\n"
    assert message(head % b"big5" + "印表機".encode("big5")).body == "印表機"
    assert message(head % b"iso-8859-1" + b"caf\xe9 \x80 5").body == "café € 5"
    assert message(b"\ncaf\xe9 au lait").body == "café au lait"


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("=?GBK?B?tPLTobv6?=", "打印机"),
        ("=?gb2312?Q?=B4=F2=D3=A1=BB=FA?= 3", "打印机 3"),
        ("=?big5?B?pkyq7b73?=", "印表機"),
        ("=?utf-8?B?5omT5Q==?=\n =?utf-8?B?jbDmnLo=?=", "打印机"),  # cut in a character
        ("=?utf-8*zh?Q?=E6=89=93?= =?utf-8?Q?_x?=", "打 x"),
        ("=?x-none?B?5omT?=", "打"),
        ("=?utf-8?X?abc?=", "=?utf-8?X?abc?="),
        ("a =?utf-8?Q?b?= c", "a b c"),
        ("=?utf-8?B?!?=", ""),
    ],
)
def test_encoded_words_are_decoded_in_any_charset(written: str, text: str) -> None:
    assert decode_words(written) == text


# ----------------------------------------------------------------------------- parts


def test_a_printers_mail_is_read() -> None:
    content = (
        "Subject: =?GBK?B?tPLTobv6?=\r\n"
        "MIME-Version: 1.0\r\n"
        'Content-Type: multipart/mixed; boundary="=_b"\r\n\r\n'
        "This is a multi-part message\r\n"
        "--=_b\r\n"
        "Content-Type: text/plain; charset=GBK\r\n"
        "Content-Transfer-Encoding: base64\r\n\r\n"
        + base64.encodebytes(CHINESE.encode("gbk")).decode()
        + "\r\n--=_b\r\n"
        'Content-Type: application/pdf; name="=?GBK?B?tPLTobv6?=.pdf"\r\n'
        "Content-Transfer-Encoding: base64\r\n\r\nJVBERg==\r\n--=_b--\r\n"
    ).encode()
    made = message(content)
    assert (made.title, made.body) == ("打印机", CHINESE)
    assert ("打印机.pdf", "mail_attachment") in codes(content)


def test_of_two_forms_of_one_text_the_plain_one_is_kept() -> None:
    mail = MIMEMultipart("alternative")
    mail.attach(MIMEText("<b>loud</b>", "html"))
    mail.attach(MIMEText("plain", "plain"))
    assert message(mail.as_bytes()).body == "plain"
    assert ("text/html", "mail_alternative") in codes(mail.as_bytes())


def test_an_html_mail_is_kept_as_its_text() -> None:
    mail = MIMEText(
        "<html><head><title>x</title><style>p{}</style></head><body><p>Disk&nbsp;full"
        "<br>92&percnt; &lt;now&gt;</p>\n<table><tr><td>a</td><td>b</td></tr></table>"
        "<script>if (a<b) alert()</script></body></html>",
        "html",
    )
    assert message(mail.as_bytes()).body == "Disk full\n92% <now>\n\na b"
    assert ("text/html", "mail_html") in codes(mail.as_bytes())


@pytest.mark.parametrize(
    "nest", ["<!--", "<script>", "<", "<a ", "</p", "&", "<![CDATA["]
)
def test_html_without_ends_takes_no_more_than_one_pass(nest: str) -> None:
    html_to_text(nest * 100_000)


def test_two_multiparts_may_nest_and_a_third_may_not() -> None:
    inner = MIMEMultipart("alternative")
    inner.attach(MIMEText("deep", "plain"))
    middle = MIMEMultipart("related")
    middle.attach(inner)
    assert message(middle.as_bytes()).body == "deep"
    outer = MIMEMultipart("mixed")
    outer.attach(middle)
    with pytest.raises(LegacyRefusal) as refused:
        read(outer.as_bytes())
    assert refused.value.reply.status == 554
    assert b"nested too deep" in refused.value.reply.body


def test_more_than_a_hundred_parts_and_an_endless_head_are_refused() -> None:
    parts = b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * 102
    for content in (parts, b"X: " + b"y" * 300_000):
        with pytest.raises(LegacyRefusal) as refused:
            read(content)
        assert refused.value.reply.status == 554


def test_a_text_file_that_is_attached_is_not_the_message() -> None:
    mail = MIMEMultipart()
    log = MIMEText("a log", "plain")
    log.add_header("Content-Disposition", "attachment", filename="a.log")
    mail.attach(log)
    mail.attach(MIMEText("the text", "plain"))
    assert message(mail.as_bytes()).body == "the text"
    assert ("a.log", "mail_attachment") in codes(mail.as_bytes())


def test_the_first_picture_becomes_the_file_of_the_message() -> None:
    mail = MIMEMultipart()
    mail.attach(MIMEText("C:\\new motion", "plain"))
    mail.attach(MIMEImage(b"\xff\xd8\xff\xe0 jpeg", "jpeg", name="cam.jpg"))
    call = LegacyRequest(
        method="MAIL",
        path="/door",
        body=mail.as_bytes(),
        received_at_ms=NOW_MS,
        base_url="https://push.test/ntfy",
    )
    publish = MAIL.read(call, [MAIL.claim(call)]).publish
    assert publish.file_content == b"\xff\xd8\xff\xe0 jpeg"
    assert publish.begin_upload is not None
    upload = Upload(
        file_id="f1",
        size_bytes=9,
        head=publish.file_content,
        expires_at_ms=NOW_MS + 10_000,
    )
    made = publish.begin_upload()(upload)
    assert made.message is not None
    assert made.message.body == "C:\\new motion"
    assert made.message.images == ("https://push.test/ntfy/file/f1.jpg",)
    assert ("cam.jpg", "mail_image") in [(n.field, n.code) for n in made.notes]


# ----------------------------------------------------------------- subject and urgency


def test_a_subject_alone_is_the_message_and_nothing_at_all_is_triggered() -> None:
    alone = message(b"Subject: Paper out\n\n\n")
    assert (alone.title, alone.body) == (None, "Paper out")
    assert ("Subject", "mail_subject") in codes(b"Subject: Paper out\n\n\n")
    assert message(b"").body == "triggered"


def test_gaps_are_closed_and_line_ends_are_line_feeds() -> None:
    assert message(b"\r\n\r\n a\r\n \t\r\n\r\n\r\n\r\nb \r\n").body == "a\n\nb"


@pytest.mark.parametrize("sign", ["x", "打"])
def test_a_text_of_more_than_4096_bytes_is_cut_between_characters(sign: str) -> None:
    whole = sign * (4096 // len(sign.encode()))
    assert message(f"\n{whole}".encode()).body == whole
    assert ("body", "cut_by_ntfy") not in codes(f"\n{whole}".encode())
    assert message(f"\n{whole}{sign}".encode()).body == whole
    assert ("body", "cut_by_ntfy") in codes(f"\n{whole}{sign}".encode())


@pytest.mark.parametrize(
    ("field", "severity"),
    [
        ("Importance: High", Severity.HIGH),
        ("importance: low", Severity.LOW),
        ("X-Priority: 1 (Highest)", Severity.HIGH),
        ("X-Priority: 5", Severity.LOW),
        ("Priority: urgent", Severity.HIGH),
        ("X-Priority: 3", Severity.NORMAL),
        ("Importance: whatever", Severity.NORMAL),
    ],
)
def test_a_mail_that_calls_itself_urgent_is(field: str, severity: Severity) -> None:
    made = message(f"{field}\n\ntext".encode())
    assert made.severity is severity


def test_every_note_of_a_mail_has_its_sentence() -> None:
    mail = MIMEMultipart()
    mail["Importance"] = "high"
    mail["Subject"] = "s"
    mail.attach(MIMEText("<p>h</p>", "html"))
    mail.attach(MIMEImage(b"i", "png"))
    for note in read(mail.as_bytes()).notes:
        assert note.code in NTFY.notes


def test_the_recorded_call_names_no_other_receiver() -> None:
    content = b"To: ntfy-other@mail.test\nSubject: s\nX-Mailer: NAS 7\n\ntext"
    call = LegacyRequest(method="MAIL", path="/t", body=content)
    letter = MAIL.read(call, [MAIL.claim(call)])
    assert dict(letter.request.headers) == {"Subject": "s", "User-Agent": "NAS 7"}
    assert letter.request.body == b"text"


# ------------------------------------------------------------------------- any bytes

_PIECES = st.sampled_from(
    [
        b"Subject: ",
        b"Content-Type: multipart/mixed; boundary=b\n",
        b"Content-Type: text/html; charset=",
        b"Content-Transfer-Encoding: base64\n",
        b"Content-Transfer-Encoding: quoted-printable\n",
        b"Content-Disposition: attachment; filename*=gbk''%B4\n",
        b"\n--b\n",
        b"\n--b--\n",
        b"\n\n",
        b"\r\n",
        b"=?gbk?B?",
        b"?=",
        b"<!--",
        b"=B4=F",
    ]
)


@pytest.mark.hypothesis
@given(st.lists(st.one_of(_PIECES, st.binary(max_size=20)), max_size=40))
def test_any_bytes_are_a_message_or_a_refusal(pieces: list[bytes]) -> None:
    try:
        made = message(b"".join(pieces))
    except LegacyRefusal:
        return
    assert made.body
    assert len(made.body.encode()) <= 4096


def test_base64_that_is_padded_at_every_sign_is_read_in_bounds() -> None:
    head = b"Content-Transfer-Encoding: base64\n\n"
    assert message(head + b"YQ==\nYg==\nYw==\n").body == "abc"
    message(head + b"=A" * 500_000)
