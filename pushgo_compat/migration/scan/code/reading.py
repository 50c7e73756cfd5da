"""A program → the old calls in it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from pushgo_compat.migration.calls import FoundCall, Span, Unreadable
from pushgo_compat.migration.clients.common import FORM
from pushgo_compat.migration.scan.code.clients import (
    SENDERS,
    client_of,
    imported_client,
)
from pushgo_compat.migration.scan.code.expressions import Program
from pushgo_compat.migration.scan.code.requests import (
    build_request,
    method_in,
)
from pushgo_compat.migration.scan.code.tokens import (
    Token,
    read_tokens,
    without_documentation,
)
from pushgo_compat.migration.scan.code.values import Call, Fields, Items, Known, Value
from pushgo_compat.migration.scan.findings import Found
from pushgo_compat.migration.scan.kinds import Kind
from pushgo_compat.migration.scan.shell import judge_call
from pushgo_compat.migration.scan.vendors import OldHosts
from pushgo_compat.migration.words import MADE_UP, Variables, Word

_ASSIGNS = frozenset({"=", ":="})
_MAKES_REQUEST = frozenset({"request", "newrequest", "newrequestwithcontext"})
_MAX_HEADERS = 100
_SETS_HEADER = (
    "header.set",
    "header.add",
    "add_header",
    "setrequestheader",
    "addheader",
)


def scan_code(
    data: bytes, kind: Kind, hosts: OldHosts
) -> tuple[list[Found], list[Token]]:
    """The old calls of a program, and its tokens."""
    text = data.decode("latin-1")
    tokens = list(read_tokens(kind, text))
    if kind is Kind.PYTHON:
        tokens = without_documentation(tokens, text)
    variables = Variables(data.decode("utf-8", "surrogateescape"))
    program = Program(kind, text, tokens, variables)
    calls = list(_calls(program))
    imported = imported_client(text)
    found = []
    for call in (*_prepared(calls, program), *_php_handles(calls, program)):
        if one := _judge(call, program, hosts, imported):
            found.append(one)
    return found, tokens


def learn(program: Program) -> list[tuple[str, int, int]]:
    """Note what is assigned to which name; where the calls of a program stand."""
    places: list[tuple[str, int, int]] = []
    tokens = program.tokens
    opened: list[str] = []
    index = 0
    while index < len(tokens):
        if tokens[index].kind != "name":
            if tokens[index].kind == "sign":
                _follow(opened, tokens[index].text)
            index += 1
            continue
        name, after = program.path(index)
        sign, at = _sign_behind(tokens, after)
        if sign in _ASSIGNS and opened[-1:] != ["("]:  # no named argument
            program.assign(name, tokens[at].start, at + 1)
        elif sign == "(":
            places.append((name, index, after))
            if name.lower() == "define" and after + 3 < len(tokens):  # PHP
                program.assign(tokens[after + 1].text, tokens[after].start, after + 3)
        index = after
    return places


def _follow(opened: list[str], sign: str) -> None:
    """Keep which brackets are open."""
    if sign in ("(", "[", "{"):
        opened.append(sign)
    elif sign in (")", "]", "}") and opened:
        opened.pop()


def _sign_behind(tokens: Sequence[Token], index: int) -> tuple[str, int]:
    """What follows a name, past its type: ``const URL: string = …``."""
    if index >= len(tokens):
        return "", index
    text = tokens[index].text if tokens[index].kind != "string" else ""
    is_typed = (
        index + 2 < len(tokens)
        and text == ":"
        and tokens[index + 1].kind == "name"
        and tokens[index + 2].text == "="
    )
    if is_typed:
        return "=", index + 2
    if text == "string" and index + 1 < len(tokens):  # Go: const x string = …
        return tokens[index + 1].text, index + 1
    return text, index


def _calls(program: Program) -> Iterator[Call]:
    """Every call that may send, or sets a header."""
    for name, index, after in learn(program):
        if program.work.is_done:
            return
        last = Call(name, 0).last
        is_header = name.lower().endswith(_SETS_HEADER)
        if last in SENDERS or last.startswith("curl_") or is_header:
            call = program.call(name, program.tokens[index].start, after)
            call.method_hint = method_in(call.arguments, program)
            yield call


def _prepared(calls: Sequence[Call], program: Program) -> Iterator[Call]:
    """Calls that send, with the headers that are set on them in later statements."""
    open_call: Call | None = None
    for call in calls:
        if call.name.lower().endswith(_SETS_HEADER):
            if open_call is not None and len(call.arguments) > 1:
                name, value, *_ = call.arguments
                if isinstance(name, Word):
                    add_header(open_call, name, value)
            continue
        if call.last.startswith("curl_") or _is_of_another(call):
            continue
        if open_call is not None:
            yield open_call
        open_call = call
    if open_call is not None:
        yield open_call


def _is_of_another(call: Call) -> bool:
    """Whether a call sends a request that is made, and found, elsewhere."""
    first = call.arguments[0] if call.arguments else None
    return isinstance(first, Call) and first.last in _MAKES_REQUEST


def add_header(call: Call, name: Word, value: Value) -> None:
    """A header that is set on a call."""
    for index, (key, given) in enumerate(call.named):
        if key.text == "headers" and isinstance(given, Fields):
            if len(given.pairs) >= _MAX_HEADERS:
                return
            call.named[index] = (key, Fields([*given.pairs, (name, value)]))
            return
    call.named.append((Word.made_up("headers"), Fields([(name, value)])))


_CURL_OPTIONS = {
    "url": "url",
    "postfields": "body",
    "httpheader": "headers",
    "customrequest": "method",
}


def _php_handles(calls: Sequence[Call], program: Program) -> Iterator[Call]:
    """``curl_init`` and the options that are set after it, as one call."""
    handle: Call | None = None
    for call in calls:
        match call.last:
            case "curl_init":
                if handle is not None:
                    yield handle
                handle = Call("curl_init", call.start, call.end)
                if call.arguments:
                    handle.named.append((Word.made_up("url"), call.arguments[0]))
            case "curl_setopt" if handle is not None and len(call.arguments) > 2:  # noqa: PLR2004
                _set(handle, call.arguments[1], call.arguments[2], program)
            case "curl_setopt_array" if handle is not None and len(call.arguments) > 1:
                given = call.arguments[1]
                for name, value in given.pairs if isinstance(given, Fields) else ():
                    _set(handle, name, value, program)
            case _:
                pass
    if handle is not None:
        yield handle


def _set(handle: Call, name: Value, value: Value, program: Program) -> None:
    written = program.variables.restore(name.text) if isinstance(name, Word) else ""
    option = written.lower().removeprefix("curlopt_")
    if option == "post" and not (isinstance(value, Known) and not value.value):
        handle.method_hint = "POST"
    if (key := _CURL_OPTIONS.get(option)) is not None:
        if key == "body":
            handle.method_hint = handle.method_hint or "POST"
            if isinstance(value, Fields):
                key = "form"
            elif isinstance(value, Call) and value.last == "http_build_query":
                key, value = "form", value.arguments[0] if value.arguments else value
        handle.named = [pair for pair in handle.named if pair[0].text != key]
        handle.named.append((Word.made_up(key), value))


def _judge(
    call: Call, program: Program, hosts: OldHosts, imported: str | None
) -> Found | None:
    try:
        request = build_request(call, program)
    except Unreadable:
        return None
    names = {name.lower() for name, _ in request.headers}
    if call.name == "curl_init" and request.body and "content-type" not in names:
        request = replace(request, headers=[("Content-Type", FORM), *request.headers])
    if not request.url.host or request.url.scheme not in ("http", "https"):
        return None
    client = client_of(call.name, program.kind, imported)
    if call.name == "curl_init":
        client = "php-curl"
    span = Span(call.start, call.end)
    found_call = FoundCall(
        client=client or program.kind.name.lower(), span=span, request=request
    )
    found = judge_call(found_call, program.variables, hosts)
    if found is None:
        return None
    return replace(found, client=client, spans=(span, *spans_of(call)))


def spans_of(value: Value) -> Iterator[Span]:
    """Where the texts of a call stand, those of its constants too."""
    match value:
        case Word():
            yield from _pieces(value)
        case Call():
            for each in (*value.arguments, *(each for _, each in value.named)):
                yield from spans_of(each)
        case Fields():
            for _, each in value.pairs:
                yield from spans_of(each)
        case Items():
            for each in value.values:
                yield from spans_of(each)
        case Known():
            pass


def _pieces(word: Word) -> Iterator[Span]:
    if (whole := word.span()) is not None:
        yield Span(*whole)
        return
    start = end = MADE_UP
    for char, place in zip(word.text, word.offsets, strict=True):
        if place == MADE_UP:
            continue
        if place != end:
            if start != MADE_UP:
                yield Span(start, end)
            start = place
        end = place + len(char.encode("utf-8", "surrogateescape"))
    if start != MADE_UP:
        yield Span(start, end)
