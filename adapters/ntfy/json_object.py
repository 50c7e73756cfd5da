"""A JSON object in a body, as Go's decoder reads one."""

from __future__ import annotations

import json

from adapters.ntfy.errors import refusal
from adapters.shared.json_text import refuse_constant
from adapters.shared.parsing import decode_utf8

_BLANKS = " \t\r\n"


def load_object(body: bytes) -> dict[str, object]:
    """The first JSON value. Text behind it is ignored; null is an empty object.

    Refuses with 40024.
    """
    text = decode_utf8(body).lstrip(_BLANKS)
    try:
        value, _ = _DECODER.raw_decode(text)
    except (ValueError, RecursionError) as error:
        raise refusal(40024) from error
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise refusal(40024)
    return value


_DECODER = json.JSONDecoder(parse_constant=refuse_constant)
