"""One parameter, one native place (bark.md, 12.1)."""

from __future__ import annotations

import math
import re
from collections.abc import Callable

from adapters.bark.draft import Draft
from adapters.bark.layers import Parameter
from adapters.bark.notes import shown_name
from adapters.shared.parsing import (
    MAX_NATIVE_URL_CHARS,
    MAX_TAG_CHARS,
    is_http_url,
    native_url,
)
from pushgo_compat.model import Severity

_LAST_EXPIRY_MS = 253_402_300_799_000
"""The end of the year 9999; what expires later does not expire."""
_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_MAX_NUMBER_CHARS = 64
_METADATA_NAME = re.compile(r"[a-z0-9_.-]{1,48}")
_SECRET_NAME = re.compile(
    r"(?:^|[_.-])(?:key|auth|pass|pwd)(?:$|[_.-])"
    r"|(?:token|password|passwd|secret|sendkey|apikey|devicekey"
    r"|authorization|credentials?)(?:$|[_.-])"
)
_SEVERITIES = {
    "critical": Severity.CRITICAL,
    "timesensitive": Severity.HIGH,
    "active": Severity.NORMAL,
    "passive": Severity.LOW,
}


def _keep_text(draft: Draft, name: str, parameter: Parameter) -> None:
    draft.texts[name] = parameter


def _keep_ciphertext(draft: Draft, name: str, parameter: Parameter) -> None:
    draft.ciphertext = parameter


def _keep_iv(draft: Draft, name: str, parameter: Parameter) -> None:
    draft.iv = parameter.text
    _map_whole(draft, name, parameter)


def _map_level(draft: Draft, name: str, parameter: Parameter) -> None:
    severity = _SEVERITIES.get(parameter.text.lower())
    if severity is None:
        draft.metadata.add_prose(name, parameter.name, parameter.text, "level_unknown")
    else:
        draft.severity = severity
        draft.note(parameter.name, "level")


def _map_url(draft: Draft, name: str, parameter: Parameter) -> None:
    url = parameter.text.strip()
    if not url:
        draft.note(parameter.name, "empty")
    elif len(url.encode()) > MAX_NATIVE_URL_CHARS:
        draft.metadata.drop_long(name, parameter.name)
    else:
        draft.url = native_url(url)
        draft.note(parameter.name, "url" if draft.url else "url_forbidden")


def _map_image(draft: Draft, name: str, parameter: Parameter) -> None:
    image = parameter.text.strip()
    if is_http_url(image) and len(image.encode()) <= MAX_NATIVE_URL_CHARS:
        draft.images = (image,)
        draft.note(parameter.name, "image")
    else:
        _map_whole(draft, name, parameter)


def _map_ttl(draft: Draft, name: str, parameter: Parameter) -> None:
    """Seconds of history become an expiry; never one in the past."""
    text = parameter.text.strip()
    seconds = math.nan
    if len(text) <= _MAX_NUMBER_CHARS and _NUMBER.fullmatch(text):
        seconds = float(text)
    if 0 < seconds <= (_LAST_EXPIRY_MS - draft.received_at_ms) / 1000:
        draft.ttl_ms = draft.received_at_ms + round(seconds * 1000)
        draft.note(parameter.name, "ttl")
    else:
        draft.note(parameter.name, "ttl_ignored")


def _map_group(draft: Draft, name: str, parameter: Parameter) -> None:
    draft.metadata.add_prose(name, parameter.name, parameter.text)
    tag = parameter.text.strip()
    if tag and len(tag.encode()) <= MAX_TAG_CHARS:
        draft.tags = (tag,)
        draft.note(parameter.name, "group_tag")


def _map_prose(draft: Draft, name: str, parameter: Parameter) -> None:
    draft.metadata.add_prose(name, parameter.name, parameter.text)


def _map_whole(draft: Draft, name: str, parameter: Parameter) -> None:
    draft.metadata.add_whole(name, parameter.name, parameter.text)


def map_extra(draft: Draft, name: str, parameter: Parameter) -> None:
    """A parameter that bark-server would pass through to the phone."""
    if not _METADATA_NAME.fullmatch(name):
        draft.note(shown_name(parameter.name), "unfit_name")
    elif _SECRET_NAME.search(name):
        draft.note(parameter.name, "secret")
    else:
        draft.metadata.add_extra(name, parameter.name, parameter.text)


def _lose(code: str) -> Callable[[Draft, str, Parameter], None]:
    def lose(draft: Draft, name: str, parameter: Parameter) -> None:
        draft.note(parameter.name, code)

    return lose


MAPPERS: dict[str, Callable[[Draft, str, Parameter], None]] = {
    **dict.fromkeys(("title", "subtitle", "body", "markdown"), _keep_text),
    "ciphertext": _keep_ciphertext,
    "iv": _keep_iv,
    "level": _map_level,
    "url": _map_url,
    "image": _map_image,
    "ttl": _map_ttl,
    "group": _map_group,
    **dict.fromkeys(("icon", "id", "sound"), _map_whole),
    **dict.fromkeys(
        (
            "action",
            "autocopy",
            "automaticallycopy",
            "badge",
            "call",
            "category",
            "copy",
            "isarchive",
            "volume",
        ),
        _map_prose,
    ),
    "delete": _lose("delete_ignored"),
    "device_keys": _lose("batch_needs_json"),
    "aps": _lose("aps"),
    "pushgo_dry_run": _lose("secret"),
}
"""One mapper for each parameter that Bark knows, by lower-case name."""
