"""The native call as a line for the shell, its variables still variables."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping

from pushgo_compat.core.receipts.receipts import curl_line
from pushgo_compat.migration.words import Variables

_SPECIAL = re.compile(r'[\\"$`]')


def any_text_curl(
    fields: Mapping[str, object], base_url: str, variables: Variables
) -> str | None:
    """The same message by ``GET /message``, whatever its variables hold.

    curl escapes them one by one, where a quote in a JSON body would end the text. None
    where no variable stands in it. Of the metadata those that hold one are left out:
    they are JSON there too.
    """
    if not variables.are_in(json.dumps(fields, ensure_ascii=False)):
        return None
    words = [f"curl -G {shlex.quote(base_url + '/message')}"]
    for name, value in fields.items():
        text = _parameter(value, variables)
        if text:
            words.append(f"--data-urlencode {_quoted(f'{name}={text}', variables)}")
    return " ".join(words)


def _parameter(value: object, variables: Variables) -> str:
    match value:
        case str():
            return value
        case list():
            return ",".join(str(each) for each in value)
        case dict():
            plain = {
                name: each
                for name, each in value.items()
                if not variables.are_in(f"{name} {each}")
            }
            return json.dumps(plain, ensure_ascii=False)
        case None:
            return ""
        case _:
            return str(value)


def _quoted(text: str, variables: Variables) -> str:
    """A word of the shell, always in quotes: people put names into it.

    In double quotes where a variable stands in it.
    """
    if not variables.are_in(text):
        return "'" + text.replace("'", "'\\''") + "'"
    return f'"{_in_double_quotes(text, variables)}"'


def _in_double_quotes(text: str, variables: Variables) -> str:
    return "".join(
        piece if is_variable else _SPECIAL.sub(r"\\\g<0>", piece)
        for piece, is_variable in variables.split(text)
    )


def native_curl(
    fields: Mapping[str, object], base_url: str, variables: Variables
) -> str:
    """A line that sends these fields, which hold markers, to ``POST /message``."""
    body = json.dumps(fields, ensure_ascii=False)
    if not variables.are_in(body):
        return curl_line(fields, base_url)
    quoted = _in_double_quotes(body, variables)
    return (
        f"curl -X POST {shlex.quote(base_url + '/message')}"
        f" -H 'Content-Type: application/json' -d \"{quoted}\""
    )
