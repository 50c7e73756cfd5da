"""A text of PowerShell → the calls in it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import quote_plus

from pushgo_compat.migration.calls import (
    BodyPart,
    FoundCall,
    HttpRequest,
    ReadFile,
    Span,
    Unreadable,
)
from pushgo_compat.migration.clients.common import FORM, as_bytes, merged
from pushgo_compat.migration.clients.curl.forms import (
    CONTENT_TYPE,
    END,
    literal_part,
)
from pushgo_compat.migration.powershell.values import (
    Table,
    Value,
    ValueReader,
    as_text,
)
from pushgo_compat.migration.shell.source import Source
from pushgo_compat.migration.urls import Known, parse_url
from pushgo_compat.migration.words import Variables, Word

CLIENT = "powershell"
_CALL = re.compile(
    rb"(?i)(?<![\w$./\\-])(?:Invoke-RestMethod|Invoke-WebRequest|irm|iwr)(?![\w-])"
)
_ASSIGNMENT = re.compile(
    rb"(?m)(?:^|[;{(])[ \t]*\$((?:script:|global:)?\w+)[ \t]*=[ \t]*"
)
_NAME = re.compile(rb"-([A-Za-z]+)")
_SPLAT = re.compile(rb"@(\w+)")
_PARAMETERS = (
    *("authentication", "body", "certificate", "certificatethumbprint", "contenttype"),
    *("credential", "custommethod", "form", "headers", "infile", "maximumredirection"),
    *("maximumretrycount", "method", "outfile", "proxy", "proxycredential"),
    *("retryintervalsec", "sessionvariable", "sslprotocol", "timeoutsec", "token"),
    *(
        "transferencoding",
        "uri",
        "useragent",
        "websession",
        "erroraction",
        "httpversion",
    ),
    *(
        "responseheadersvariable",
        "statuscodevariable",
        "warningaction",
        "errorvariable",
    ),
)
"""Those that take a value; all others are switches (learn.microsoft.com, 7.5)."""
_SWITCHES = (
    *("allowinsecureredirect", "allowunencryptedauthentication", "disablekeepalive"),
    *("followrellink", "noproxy", "passthru", "preserveauthorizationonredirect"),
    *("resume", "skipcertificatecheck", "skipheadervalidation", "skiphttperrorcheck"),
    *("usebasicparsing", "usedefaultcredentials", "verbose", "debug"),
)


def names_powershell(data: bytes) -> bool:
    """Whether a text may hold calls of PowerShell."""
    return _CALL.search(data) is not None


def read_powershell(data: bytes, variables: Variables) -> list[FoundCall]:
    """Every call of a text, its variables marked."""
    source = Source.whole(data)
    values = ValueReader(source, variables)
    calls: list[FoundCall] = []
    events = [(found.start(), found) for found in _ASSIGNMENT.finditer(data)]
    events += [(found.start(), found) for found in _CALL.finditer(data)]
    done = 0
    for start, found in sorted(events, key=lambda event: event[0]):
        if found.re is _ASSIGNMENT:
            read = values.value(found.end())
            if read is not None and start >= done:
                name = found[1].decode("ascii", "replace").lower()
                values.known[name.rpartition(":")[2]] = read.value
            continue
        if start < done or _is_comment(data, start):
            continue
        given, done = _parameters(data, found.end(), values)
        span = Span(start, done)
        if isinstance(uri := given.get("uri"), Word):
            given["uri"] = _resolved(uri, values, variables)
        try:
            request = _request(given, variables)
        except Unreadable as reason:
            calls.append(FoundCall(client=CLIENT, span=span, problem=str(reason)))
        else:
            calls.append(FoundCall(client=CLIENT, span=span, request=request))
    return calls


def _resolved(uri: Word, values: ValueReader, variables: Variables) -> Word:
    """An address with the variables before its ``?`` replaced, as far as known.

    PowerShell does not tell ``$Base`` from ``$base``.
    """
    names = (variables.expression(found[0]) for found in variables.markers(uri.text))
    texts = {
        name: text
        for name in (written.strip("${}") for written in names)
        if isinstance(text := values.known.get(name.lower()), Word)
    }
    return Known(variables, texts).resolved(uri)


def _is_comment(data: bytes, at: int) -> bool:
    line = data[data.rfind(b"\n", 0, at) + 1 : at]
    return line.lstrip().startswith(b"#")


def _parameters(data: bytes, at: int, values: ValueReader) -> tuple[Table, int]:
    """The parameters of a call by their lower-case names, and where it ends."""
    given: Table = {}
    end = at
    while True:
        at = values.blanks(at)
        if named := _NAME.match(data, at):
            name = _full_name(named[1].decode("ascii").lower())
            at = values.blanks(named.end())
            if data[at : at + 1] == b":":
                at = values.blanks(at + 1)
            elif name not in _PARAMETERS:
                given[name] = True
                end = at
                continue
            read = values.value(at)
            if read is None:
                return given, end
            given[name] = read.value
            at = end = read.end
        elif (splat := _SPLAT.match(data, at)) is not None:
            table = values.known.get(splat[1].decode("ascii", "replace").lower())
            if isinstance(table, dict):
                given |= {key.lower(): value for key, value in table.items()}
            at = end = splat.end()
        else:
            read = values.value(at)
            if read is None or read.end <= at:
                return given, end
            given.setdefault("uri", read.value)
            at = end = read.end


def _full_name(name: str) -> str:
    """A parameter by its name, or by the beginning of it."""
    known = (*_PARAMETERS, *_SWITCHES)
    if name in known:
        return name
    found = [each for each in known if each.startswith(name)]
    return found[0] if len(found) == 1 else name


def _request(given: Mapping[str, Value], variables: Variables) -> HttpRequest:
    uri = given.get("uri")
    if not isinstance(uri, Word):
        raise Unreadable("the call has no -Uri that can be read")
    # .NET escapes blanks in a URL.
    url, _ = parse_url(uri.without_blanks())
    written = given.get("method", given.get("custommethod"))
    method = "GET" if written is None else as_text(written).upper()
    headers: list[tuple[str, str | None]] = []
    table = given.get("headers")
    if isinstance(table, dict):
        headers += [(name, as_text(value)) for name, value in table.items()]
    elif table is not None:
        raise Unreadable("the headers stand in a variable alone")
    body, content_type = _body(given, method)
    if isinstance(given.get("body"), dict) and method == "GET":
        query = b"".join(part for part in body if isinstance(part, bytes)).decode()
        url = url._replace(query=f"{url.query}&{query}" if url.query else query)
        body, content_type = [], ""
    if (kind := given.get("contenttype")) is not None:
        content_type = as_text(kind)
    own = [
        ("User-Agent", as_text(given.get("useragent", Word.made_up("PowerShell")))),
        ("Content-Type", content_type),
    ]
    if (token := given.get("token")) is not None:
        own.append(("Authorization", f"Bearer {as_text(token)}"))
    return HttpRequest(method=method, url=url, headers=merged(own, headers), body=body)


def _body(given: Mapping[str, Value], method: str) -> tuple[list[BodyPart], str]:
    """The body, and its type where none is written."""
    default = FORM if method == "POST" else ""
    if (name := given.get("infile")) is not None:
        return [ReadFile(as_text(name), is_upload=True)], default
    form = given.get("form")
    if isinstance(form, dict):
        parts = [part for n, v in form.items() for part in literal_part(n, as_text(v))]
        return [*parts, END], CONTENT_TYPE
    body = given.get("body")
    if body is None:
        return [], ""
    if isinstance(body, dict):
        pairs = [f"{quote_plus(n)}={quote_plus(as_text(v))}" for n, v in body.items()]
        return [as_bytes("&".join(pairs))], FORM
    return [as_bytes(as_text(body))], default
