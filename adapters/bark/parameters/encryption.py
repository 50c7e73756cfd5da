"""Ciphertext and IV: passed on, never opened (docs/dialects/bark.md 10 and 12.3).

Sender and phone share a key that no server has.
"""

from __future__ import annotations

import base64
import binascii
import re

from adapters.bark.draft import PREFIX, Layer, PushDraft, Sent
from adapters.bark.parameters.parameter import FromJson, Parameter, View
from pushgo_compat.legacy import Note, NoteText, Verdict
from pushgo_compat.model import NativeMessage

IV_METADATA = f"{PREFIX}iv"
_GCM_IV_CHARS = 12
"""No other mode of Bark's has an IV of this length (docs/dialects/bark.md 12.3)."""
_GCM_LEAST_BYTES = 17
"""A tag of 16 bytes and one byte of text."""
_SPACED_BASE64 = re.compile(r"[A-Za-z0-9+/ ]+={0,2}")
_BASE64_GROUP = 4
_BASE64 = re.compile(r"[A-Za-z0-9+/]+={0,2}")
_BLANKS = re.compile(r"[ \t\r\n]+")
_URL_ALPHABET = str.maketrans("-_", "+/")
_OUTER_PLACES = {
    "title": "title",
    "body": "body",
    "markdown": "body",
    "url": "url",
    "image": "images",
    "group": "tags",
}
"""What native readers see of the fields beside a ciphertext."""


def ciphertext(draft: PushDraft, sent: Sent, *, rejoins_iv: bool) -> str:
    """The native ciphertext: as received, but for what transport and layout need."""
    text, code = sent.text, "ciphertext"
    if sent.form_decoded:
        text = _restore_plus(text)
        if text != sent.text:
            code = "ciphertext_plus"
    rejoined = None
    if rejoins_iv:
        # A blank that form decoding left is a plus sign; any other parts two lines.
        rejoined = _join_iv(
            text.replace(" ", "+") if sent.form_decoded else text, draft.iv
        )
    if rejoined is not None:
        text, code = rejoined, "ciphertext_rejoined"
    draft.notes.append(Note(sent.name, code))
    return text


def note_outer_fields(draft: PushDraft, fields: Layer) -> None:
    """Note the fields beside a ciphertext that Bark's app hides or replaces."""
    for name, place in _OUTER_PLACES.items():
        sent = fields.get(name)
        if sent is not None and sent.text:
            draft.notes.append(Note(sent.name, "outer_shown", place))


def _translate_ciphertext(draft: PushDraft, name: str, sent: Sent) -> None:
    draft.ciphertext = sent


def _translate_iv(draft: PushDraft, name: str, sent: Sent) -> None:
    draft.iv = sent.text
    draft.keep_whole(name, sent)


def _forward_ciphertext(message: NativeMessage, view: View) -> str | None:
    text = message.ciphertext
    if text is None:
        return None
    return _part_iv(text, str(message.metadata.get(IV_METADATA, "")))


def _restore_plus(ciphertext: str) -> str:
    """Put back each ``+`` that form decoding made a space, in Base64 alone.

    Shell scripts send Base64 unescaped; a space can have no other origin there.
    """
    if (
        " " in ciphertext
        and len(ciphertext) % _BASE64_GROUP == 0
        and _SPACED_BASE64.fullmatch(ciphertext)
    ):
        return ciphertext.replace(" ", "+")
    return ciphertext


def _join_iv(ciphertext: str, iv: str) -> str | None:
    """Base64 of ciphertext, tag and IV: the layout that the native client opens.

    None unless the IV is GCM's, 12 ASCII characters, and the ciphertext is Base64 of a
    tag and at least one byte: in lines, of the URL alphabet or without padding as well.
    """
    if len(iv) != _GCM_IV_CHARS or not iv.isascii():
        return None
    sealed = _read_base64(ciphertext)
    if sealed is None or len(sealed) < _GCM_LEAST_BYTES:
        return None
    return base64.b64encode(sealed + iv.encode()).decode()


def _read_base64(text: str) -> bytes | None:
    """The bytes of Base64 as ``base64``, OpenSSL and browsers write it; None else."""
    compact = _BLANKS.sub("", text).translate(_URL_ALPHABET)
    if not _BASE64.fullmatch(compact):
        return None
    bare = compact.rstrip("=")
    try:
        return base64.b64decode(bare + "=" * (-len(bare) % _BASE64_GROUP))
    except binascii.Error:  # one character of a group alone
        return None


def _part_iv(ciphertext: str, iv: str) -> str:
    """Undo ``_join_iv``; a ciphertext that does not end in its IV stays as it is."""
    if len(iv) != _GCM_IV_CHARS or not iv.isascii():
        return ciphertext
    try:
        joined = base64.b64decode(ciphertext, validate=True)
    except (binascii.Error, ValueError):
        return ciphertext
    if len(joined) < _GCM_LEAST_BYTES + _GCM_IV_CHARS or not joined.endswith(
        iv.encode()
    ):
        return ciphertext
    return base64.b64encode(joined[:-_GCM_IV_CHARS]).decode()


PARAMETERS = (
    Parameter(
        name="ciphertext",
        translate=_translate_ciphertext,
        from_json=FromJson.PLAIN,
        forward=_forward_ciphertext,
        notes={
            "ciphertext": NoteText(
                Verdict.KEPT,
                "ciphertext",
                "The ciphertext is passed on as it came.",
                "密文原样传递。",
            ),
            "ciphertext_plus": NoteText(
                Verdict.CHANGED,
                "ciphertext",
                "Unescaped plus signs had become blanks.",
                "没有转义的加号变成了空格，已还原。",
            ),
            "ciphertext_rejoined": NoteText(
                Verdict.CHANGED,
                "ciphertext",
                "The IV was appended, where the native client looks.",
                "IV 已接在密文末尾，原生客户端从那里读取。",
            ),
            "outer_shown": NoteText(
                Verdict.LOST,
                "{}",
                "Bark's app hides it once it has decrypted the message; here "
                "it stays visible.",
                "Bark 应用解密后会隐藏它，这里仍然可见。",
            ),
            "does_not_fit": NoteText(
                Verdict.LOST,
                None,
                "It is too large for a native message, so nothing is sent.",
                "超出原生消息的容量，没有发送。",
            ),
        },
    ),
    Parameter(name="iv", translate=_translate_iv),
)
