"""A finding → its verdict, made by the dialects themselves where there is a call."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from pushgo_compat.core.auth.secrets import mask
from pushgo_compat.core.receipts.receipts import Document
from pushgo_compat.core.receipts.verdict import CallVerdict
from pushgo_compat.migration.calls import FoundCall
from pushgo_compat.migration.scan.findings import Found, Takes
from pushgo_compat.migration.scan.vendors import has_key_in_host
from pushgo_compat.migration.translating.answers import Source, Translator

_IN_BODY = re.compile(
    rb'"(?:topic|device_key)"\s*:\s*"([^"\\]+)"|\bdevice_key=([^&\s]+)'
)
_ONLY_KEY = (
    "the client is given a key and no address: lead the vendor's name here by DNS,"
    " or use another client"
)
_KEY_IN_HOST = (
    "the key stands in the host name: write /send/KEY.send, or lead the name here by"
    " DNS"
)


class Judged(NamedTuple):
    """What moving a call takes."""

    verdict: str
    why: str | None
    """The reason of ``must_change``, or what else has to be known."""
    notes: Sequence[Document]
    key_hint: str | None
    curl: Sequence[str] = ()
    """The native call, one line a message."""


class Judge:
    """Judges findings; the translators read no files."""

    def __init__(self, translators: Mapping[str, Translator]) -> None:
        """``translators``: one a dialect, which any host is taken to speak."""
        self._translators = translators

    def judge(self, found: Found) -> Judged:
        """The verdict of one finding."""
        if found.call is not None:
            return self._call(found, found.call)
        hint = None if found.key is None else mask(found.key)
        verdict, why = str(CallVerdict.WORKS), found.remark
        if found.takes is Takes.KEY:
            verdict, why = str(CallVerdict.MUST_CHANGE), _ONLY_KEY
        elif found.url is not None and has_key_in_host(found.url):
            verdict, why = str(CallVerdict.MUST_CHANGE), _KEY_IN_HOST
        return Judged(verdict, why, (), hint)

    def _call(self, found: Found, call: FoundCall) -> Judged:
        translator = self._translators[found.dialect]
        answer = translator.answer(call, found.variables, Source(None, 0))
        key = found.key or _key_in_body(found, call)
        hint = None if key is None else mask(key)
        receipt = answer["receipt"]
        if not isinstance(receipt, dict):
            problem = None if answer["problem"] is None else str(answer["problem"])
            if found.key is not None and problem is not None:
                problem = problem.replace(found.key, mask(found.key))
            return Judged(str(CallVerdict.WORKS), problem, (), hint)
        verdict = str(answer["verdict"])
        why = found.remark
        if receipt["outcome"] == "refused":
            why = f"the old server refuses it as well: {_words(receipt['reply'])}"
        elif verdict == CallVerdict.MUST_CHANGE:
            why = _KEY_IN_HOST
        return Judged(verdict, why, receipt["notes"], hint, receipt["curl"])


def _key_in_body(found: Found, call: FoundCall) -> str | None:
    """A key that stands in the body, as ``/push`` of Bark and ntfy's root take it."""
    request = call.request
    for part in request.body if request else ():
        matched = _IN_BODY.search(part) if isinstance(part, bytes) else None
        if matched is not None:
            key = (matched[1] or matched[2]).decode("utf-8", "replace")
            return None if found.variables.are_in(key) else key
    return None


def _words(reply: object) -> str:
    """What an old server's refusal says."""
    body = reply.get("body") if isinstance(reply, dict) else None
    if isinstance(body, dict):
        for name in ("message", "error", "info"):
            if isinstance(body.get(name), str) and body[name]:
                return str(body[name])
    status = reply.get("status") if isinstance(reply, dict) else ""
    return body if isinstance(body, str) and body else f"status {status}"
