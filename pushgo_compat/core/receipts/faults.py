"""What a dialect refused by itself, in the operator's words and with the value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from pushgo_compat.core.receipts.sent_fields import (
    BODY_FIELD,
    SentField,
    SentFields,
    StoredRequest,
)
from pushgo_compat.legacy import Dialect, Fault, Place

_MAX_VALUE_CHARS = 80
_VALUE = "{value}"

_PLACES: Mapping[Place | None, tuple[str, str]] = {
    Place.PATH: ("{} in the path", "路径里的 {}"),
    Place.QUERY: ("{} in the query", "查询里的 {}"),
    Place.FORM: ("the form field {}", "表单字段 {}"),
    Place.JSON: ("{} in the JSON", "JSON 里的 {}"),
    Place.HEADER: ("the header {}", "请求头 {}"),
    Place.BODY: ("the body", "请求体"),
    None: ("{}", "{}"),
}
"""How a field is called in English and in Chinese."""


class FaultWords(NamedTuple):
    """A fault in both languages: the sentence, and the name of what is to be mended."""

    en: str
    zh: str
    what_en: str
    """"" where no field alone is to be mended."""
    what_zh: str


def word_fault(
    dialect: Dialect, fault: Fault, request: StoredRequest
) -> FaultWords | None:
    """None: the dialect has no sentence for it, or no longer.

    The value is read from the masked request, of which nothing is kept where no key
    has opened a channel.
    """
    text = dialect.refusals.get(fault.code)
    if text is None:
        return None
    if not fault.field:
        return FaultWords(_filled(text.en, ""), _filled(text.zh, ""), "", "")
    fields = SentFields(request, dialect.reading(request.route, request.content_type))
    sent = next(iter(fields.named(fault.field)), None)
    value = _quoted(sent)
    what = [words.replace("{}", fault.field) for words in _called(fault, sent)]
    return FaultWords(_filled(text.en, value), _filled(text.zh, value), *what)


def _called(fault: Fault, sent: SentField | None) -> tuple[str, str]:
    place = None if sent is None else sent.place
    return _PLACES[Place.BODY if fault.field == BODY_FIELD else place]


def _quoted(sent: SentField | None) -> str:
    if sent is None:
        return ""
    value = sent.value.strip()
    if len(value) > _MAX_VALUE_CHARS:
        value = value[:_MAX_VALUE_CHARS] + "…"
    return f"“{value}”"


def _filled(text: str, value: str) -> str:
    """The sentence with the value; without one its place closes, blank and all."""
    if value:
        return text.replace(_VALUE, value)
    return text.replace(f" {_VALUE}", "").replace(_VALUE, "").strip()
