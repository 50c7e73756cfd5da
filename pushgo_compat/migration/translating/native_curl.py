"""The native call as a line for the shell, its variables still variables."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping

from pushgo_compat.core.receipts.receipts import curl_line
from pushgo_compat.migration.words import Variables

_SPECIAL = re.compile(r'[\\"$`]')


def native_curl(
    fields: Mapping[str, object], base_url: str, variables: Variables
) -> str:
    """A line that sends these fields, which hold markers, to ``POST /message``."""
    body = json.dumps(fields, ensure_ascii=False)
    if not variables.are_in(body):
        return curl_line(fields, base_url)
    quoted = "".join(
        text if is_variable else _SPECIAL.sub(r"\\\g<0>", text)
        for text, is_variable in variables.split(body)
    )
    return (
        f"curl -X POST {shlex.quote(base_url + '/message')}"
        f" -H 'Content-Type: application/json' -d \"{quoted}\""
    )
