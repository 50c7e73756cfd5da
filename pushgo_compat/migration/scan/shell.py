"""Calls in shell: scripts, crontabs, and shell within other files."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import accumulate

from pushgo_compat.migration.calls import FoundCall, FoundCalls, Span, Url
from pushgo_compat.migration.powershell.reading import read_powershell
from pushgo_compat.migration.scan.findings import Found
from pushgo_compat.migration.scan.vendors import NTFY, OldHosts, is_own_page, key_in
from pushgo_compat.migration.shell.reading import read_batch_file, read_source
from pushgo_compat.migration.shell.source import Source
from pushgo_compat.migration.words import Variables

_HINTS = (("ntfy", "ntfy"), ("bark", "bark"), ("gotify", "gotify"))
_SERVERCHAN = re.compile(r"(?i)sckey|sct?_?key|server_?chan|ftqq|send_?key|push_?key")
_NAMES = re.compile(rb"\$\{?(\w+)|%(\w+)%|\$env:(\w+)")
_DEFAULT_HOST = (
    "its server is default-host in client.yml (/etc/ntfy or ~/.config/ntfy), else"
    " ntfy.sh: set that, or write the whole address in the place of the topic"
)
_SENT = re.compile(r"\.send/?$")


def scan_shell(source: Source, hosts: OldHosts) -> Iterator[Found]:
    """The old calls of a piece of shell. Raises ShellParserMissing."""
    variables = Variables(source.data.decode("utf-8", "surrogateescape"))
    yield from _old_calls(source, read_source(source, variables), hosts)


def scan_script(data: bytes, hosts: OldHosts) -> Iterator[Found]:
    """The old calls of a whole script. Raises ShellParserMissing."""
    variables = Variables(data.decode("utf-8", "surrogateescape"))
    source = Source.of_text(data, variables)
    read = read_source(source, variables)
    yield from _old_calls(Source.whole(data), read, hosts)


def scan_batch(data: bytes, hosts: OldHosts) -> Iterator[Found]:
    """The old calls of a batch file."""
    variables = Variables(data.decode("utf-8", "surrogateescape"))
    read = read_batch_file(data, variables)
    yield from _old_calls(Source.whole(data), read, hosts)


def scan_powershell(data: bytes, hosts: OldHosts) -> Iterator[Found]:
    """The old calls of PowerShell's own commands."""
    variables = Variables(data.decode("utf-8", "surrogateescape"))
    calls = read_powershell(data, variables)
    read = FoundCalls(calls=calls, variables=variables)
    yield from _old_calls(Source.whole(data), read, hosts)


def _old_calls(source: Source, read: FoundCalls, hosts: OldHosts) -> Iterator[Found]:
    ascending = _ascending(source.places)
    for call in read.calls:
        found = judge_call(call, read.variables, hosts)
        if found is None:
            continue
        text = _text(source, ascending, call.span)
        names, known = _names(text), dict(read.assignments)
        spans = list(found.spans)
        while names:
            word = known.pop(names.pop(), None)
            place = word.span() if word is not None else None
            if place is not None:
                spans.append(Span(*place))
                names |= _names(_text(source, ascending, Span(*place)))
        yield replace(found, spans=tuple(spans))


def judge_call(call: FoundCall, variables: Variables, hosts: OldHosts) -> Found | None:
    """A call to an old server; None for one to somewhere else."""
    if call.request is None:
        return None
    url = call.request.url
    written = variables.restore(f"{url.host} {url.path}")
    hint = hint_of(written) if variables.are_in(url.host) else None
    if call.client == NTFY:
        hint = NTFY
    dialect = hosts.dialect_of(url, hint)
    if dialect is None or is_own_page(dialect, url):
        return None
    key = key_in(dialect, url)
    return Found(
        start=call.span.start,
        dialect=dialect,
        client=call.client,
        what=f"{call.request.method} {dialect}",
        key=None if key is None or variables.are_in(key) else key,
        url=url,
        remark=_remark(call, url),
        call=call,
        variables=variables,
        spans=(call.span, *filter(None, (url.whole_span, url.authority_span))),
    )


def _remark(call: FoundCall, url: Url) -> str | None:
    """Where ntfy's own program is told its server, if the line does not say it."""
    return _DEFAULT_HOST if call.client == "ntfy" and url.host_span is None else None


def hint_of(written: str) -> str | None:
    """The dialect that the names of variables speak of."""
    lower = written.lower()
    for word, dialect in _HINTS:
        if word in lower:
            return dialect
    if _SERVERCHAN.search(written) or _SENT.search(written):
        return "serverchan"
    return None


def _names(text: bytes) -> set[str]:
    return {
        name.decode("utf-8", "replace")
        for found in _NAMES.findall(text)
        for name in found
        if name
    }


def _ascending(places: Sequence[int]) -> Sequence[int]:
    """The places, where one that is made up stands where the byte before it does."""
    return places if isinstance(places, range) else list(accumulate(places, max))


def _text(source: Source, ascending: Sequence[int], span: Span) -> bytes:
    """A stretch of the file, as far as this piece holds it."""
    start = bisect_left(ascending, span.start)
    return source.data[start : bisect_left(ascending, span.end)]
