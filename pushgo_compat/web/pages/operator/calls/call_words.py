"""How the pages name a call, its client and its key."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence

from aiohttp import web

from pushgo_compat.core.auth.opening.grants import UNKNOWN_KEY
from pushgo_compat.core.calls.entries import CallEntry
from pushgo_compat.core.calls.reasons import Words
from pushgo_compat.model import Source
from pushgo_compat.web.pages.content.safe_text import shows_something, visible
from pushgo_compat.web.pages.language import language_of
from pushgo_compat.web.pages.texts import Texts
from pushgo_compat.web.services import SERVICES

_MAX_TITLE_CHARS = 300
_PRODUCT = re.compile(r"[^/(]{1,60}")
"""What stands before the version in a User-Agent."""


def in_language(request: web.Request, words: Words) -> str:
    """A sentence of the core in the reader's language."""
    return words.zh if language_of(request) == "zh" else words.en


def title_of(request: web.Request, entry: CallEntry) -> str:
    """What the call was about; of a refused one the true reason."""
    t = Texts(language_of(request))
    if entry.reason is not None:
        return visible(in_language(request, entry.reason))
    if entry.record.receivers > 1 and entry.message_ids:
        return str(
            t("calls.batch", n=entry.record.receivers, taken=len(entry.message_ids))
        )
    if not entry.title:
        return visible(entry.record.route)
    if not shows_something(entry.title):
        return str(t("inbox.no_title"))
    title = visible(entry.title)
    return title if len(title) <= _MAX_TITLE_CHARS else title[:_MAX_TITLE_CHARS] + "…"


def client_name(user_agent: str) -> str:
    """A client without its version: ``python-requests/2.34`` is ``python-requests``."""
    found = _PRODUCT.match(user_agent)
    return found[0].strip() if found else ""


async def unknown_ids(
    request: web.Request, calls: Sequence[CallEntry]
) -> Mapping[str, str]:
    """By the id of a call the key that it showed in vain, if only one can be meant.

    A call keeps the masked key alone, which several keys may share.
    """
    wanted = [entry for entry in calls if entry.code == UNKNOWN_KEY]
    if not wanted:
        return {}
    known: defaultdict[tuple[Source, str], list[str]] = defaultdict(list)
    for key in await request.app[SERVICES].store.unknown_keys():
        known[key.dialect, key.hint].append(key.unknown_id)
    found = {
        entry.call_id: known[entry.dialect, entry.record.key_hint] for entry in wanted
    }
    return {call_id: ids[0] for call_id, ids in found.items() if len(ids) == 1}
