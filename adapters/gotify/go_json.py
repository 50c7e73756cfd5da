"""JSON as Go's ``encoding/json`` prints a value without a type, to the byte."""

from __future__ import annotations

import json
import re
from decimal import Decimal

_HTML_SIGNS = re.compile("[<>&\u2028\u2029]")
"""Written as escapes, so that no page that holds the text can be broken out of."""
_SURROGATE = re.compile("[\ud800-\udfff]")
_SHORT_EXPONENT = re.compile(r"e-0(\d)$")
_PLAIN_FROM, _PLAIN_BELOW = 1e-6, 1e21
"""Numbers outside have an exponent."""


def go_json(value: object) -> str:
    """A decoded JSON value; keys are sorted, as those of a Go map.

    Raises RecursionError where it nests too deeply.
    """
    match value:
        case None | bool():
            return json.dumps(value)
        case float():
            return _number(value)
        case str():
            return go_text(value)
        case dict():
            members = (
                f"{go_text(name)}:{go_json(value[name])}" for name in sorted(value)
            )
            return f"{{{','.join(members)}}}"
        case list():
            return f"[{','.join(map(go_json, value))}]"
        case _:
            raise TypeError(type(value).__name__)


def whole_text(text: str) -> str:
    """The text with U+FFFD for halves of a surrogate pair, as Go decodes them."""
    return text if text.isascii() else _SURROGATE.sub("\ufffd", text)


def go_text(text: str) -> str:
    """A text in quotes."""
    quoted = json.dumps(whole_text(text), ensure_ascii=False)
    return _HTML_SIGNS.sub(lambda found: f"\\u{ord(found[0]):04x}", quoted)


def _number(value: float) -> str:
    """The shortest digits that mean this float."""
    if value and not _PLAIN_FROM <= abs(value) < _PLAIN_BELOW:
        return _SHORT_EXPONENT.sub(r"e-\1", repr(float(value)).replace(".0e", "e"))
    text = format(Decimal(repr(float(value))), "f")
    return text.removesuffix(".0")
