"""A call in a script → the native call in its place."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pushgo_compat.migration.calls import Span
from pushgo_compat.migration.scan.changes.edits import Change, Edit
from pushgo_compat.migration.scan.findings import Found
from pushgo_compat.migration.scan.kinds import Kind

_CLIENT = re.compile(rb"(?:\S*/)?(?:curl|wget2?)(?=\s)")
_BREAKS = (
    "a quote, a backslash or a line end in a variable would break the new call's JSON:"
    " translate shows a form that takes any text"
)
_REST = "only a whole call of curl or wget in a script is rewritten; change it by hand"


def native_change(
    found: Found, kind: Kind | None, data: bytes, curl: Sequence[str]
) -> Change:
    """The change of one finding; a note where the whole call does not stand there."""
    call = found.call
    if call is None or call.client not in ("curl", "wget") or kind is not Kind.SHELL:
        return Change(note=_REST)
    span = Span(*call.span)
    written = data[span.start : span.end]
    if not curl or not _CLIENT.match(written) or b"{}" in written:
        return Change(note=_REST)
    line_start = data.rfind(b"\n", 0, span.start) + 1
    before = data[line_start : span.start]
    text = " && ".join(curl).encode("utf-8", "surrogateescape")
    if before.count(b'"') % 2 or before.count(b"'") % 2 or b"`" in before:
        return Change(note=_REST)  # within another text, whose quotes it would close
    if b"%" in text and re.match(rb"\s*(?:[\d*][\d*/,-]*\s+){5}|\s*@", before):
        text = text.replace(b"%", b"\\%")
    note = _BREAKS if b' -d "' in text else None
    return Change([Edit(span, text)], note)
