"""A call of an HTTP library → the request that it sends."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import quote_plus

from pushgo_compat.migration.calls import HttpRequest, Unreadable
from pushgo_compat.migration.clients.common import FORM, Headers, as_bytes
from pushgo_compat.migration.scan.code.clients import METHODS
from pushgo_compat.migration.scan.code.expressions import Program
from pushgo_compat.migration.scan.code.values import Call, Fields, Items, Known, Value
from pushgo_compat.migration.scan.kinds import Kind
from pushgo_compat.migration.urls import parse_url
from pushgo_compat.migration.words import Word

_METHOD = re.compile(r"(?i)get|post|put|patch|delete|head")
_GO_METHOD = re.compile(r"(?i)(?:http\.)?method(get|post|put|patch|delete|head)")
_JSON = "application/json"
_AS_JSON = frozenset({"stringify", "dumps", "json_encode", "marshal", "to_json"})
_OF_TEXT = frozenset(
    {"encode", "tostring", "strip", "trim", "format", "join", "getbytes"}
)
"""Methods of a text, whose arguments are not what is sent."""
_AS_FORM = frozenset(
    {"urlsearchparams", "http_build_query", "urlencode", "values", "formdata"}
)
_OPTIONS = ("headers", "header", "method", "body", "json", "data", "form", "params")


class Body(NamedTuple):
    """What is sent, and its type where the library sets one."""

    data: bytes = b""
    content_type: str = ""


def address_of(call: Call) -> Word | None:
    """The first text among a call's arguments that may be an address."""
    named = Fields(call.named)
    value = named.get("url", "uri", "endpoint", "requesturi")
    # os.environ.get("NTFY_URL", "https://ntfy.sh") is no call: its first says so.
    count = 1 if call.last in METHODS else 3
    options: list[Value | None] = [value, *call.arguments[:count]]
    for argument in call.arguments[:2]:
        if isinstance(argument, Fields):
            options.append(argument.get("url", "uri") or _from_parts(argument))
    words = []
    for option in options:
        inner = option
        if isinstance(option, Call) and option.arguments:
            inner = option.arguments[0]
        if isinstance(inner, Word) and inner.text and not _METHOD.fullmatch(inner.text):
            words.append(inner)
    whole = [word for word in words if "://" in word.text]
    return next(iter(whole or words), None)


def _from_parts(options: Fields) -> Word | None:
    """Node's ``{hostname: …, path: …}``."""
    host, path = options.get("hostname", "host"), options.get("path")
    if not isinstance(host, Word) or not isinstance(path, Word):
        return None
    return Word.joined([Word.made_up("https://"), host, path])


def build_request(call: Call, program: Program) -> HttpRequest:
    """The request of a call. Raises Unreadable."""
    address = address_of(call)
    if address is None:
        raise Unreadable("the call holds no address")
    url, _ = parse_url(address.without_blanks(), as_is=True)
    options = _options(call)
    body = _body(call, options, program)
    query = _pairs(options.get("params", "searchparams", "qs", "query"), program)
    if query:
        url = url._replace(query=f"{url.query}&{query}" if url.query else query)
    own: Headers = [("Content-Type", body.content_type)] if body.content_type else []
    written = headers_of(options.get("headers", "header"), program)
    names = {name.lower() for name, _ in written}
    own = [pair for pair in own if pair[0].lower() not in names]
    return HttpRequest(
        method=_method(call, options, body),
        url=url,
        headers=[*own, *written],
        body=[body.data] if body.data else [],
    )


def headers_of(value: Value | None, program: Program) -> Headers:
    """Headers as a mapping, a list of lines, or lines in one text."""
    if isinstance(value, Call) and value.arguments:
        value = value.arguments[0]
    lines: list[str] = []
    pairs: Headers = []
    match value:
        case Fields():
            for name, given in value.pairs:
                text = _text(given, program)
                if text is not None:
                    pairs.append((name.text, text))
        case Items():
            lines = [each.text for each in value.values if isinstance(each, Word)]
        case Word():
            lines = value.text.splitlines()
        case _:
            pass
    for line in lines:
        header, colon, content = line.partition(":")
        if colon:
            pairs.append((header.strip(), content.strip()))
    return [(name, text) for name, text in pairs if name and name.isprintable()]


def _options(call: Call) -> Fields:
    """The named arguments, and those that stand in an object."""
    pairs = list(call.named)
    for argument in call.arguments:
        is_options = isinstance(argument, Fields) and argument.get(*_OPTIONS, "url")
        if isinstance(argument, Fields) and is_options is not None:
            pairs += argument.pairs
    for value in [*call.arguments, *(value for _, value in call.named)]:
        # PHP: stream_context_create(['http' => ['method' => 'POST', …]])
        if isinstance(value, Call) and value.last == "stream_context_create":
            inner = value.arguments[0] if value.arguments else None
            http = inner.get("http", "https") if isinstance(inner, Fields) else None
            if isinstance(http, Fields):
                pairs += http.pairs
    return Fields(pairs)


def _method(  # noqa: PLR0911 - one return for each place where it may stand
    call: Call, options: Fields, body: Body
) -> str:
    given = options.get("method", "type")
    if isinstance(given, Word) and _METHOD.fullmatch(given.text):
        return given.text.upper()
    for argument in call.arguments[:2]:
        if isinstance(argument, Word) and _METHOD.fullmatch(argument.text):
            return argument.text.upper()
    if call.method_hint:
        return call.method_hint
    last = call.last.removesuffix("async")
    if last in METHODS:
        return last.upper()
    if last in ("postform", "post_form", "postjson", "uploadstring", "wp_remote_post"):
        return "POST"
    if body.data and call.last in ("urlopen", "request"):
        return "POST"
    return "GET"


def _body(call: Call, options: Fields, program: Program) -> Body:
    if (value := options.get("json")) is not None and not isinstance(value, Known):
        return Body(_json(value, program), _JSON)
    if (value := options.get("form", "form_params", "payload")) is not None:
        return Body(as_bytes(_pairs(value, program)), FORM)
    value = options.get("data", "body", "content")
    if value is None:
        value = _positional_body(call)
    if isinstance(value, Known) or value is None:
        return Body()
    return _encoded(value, call, program)


def _positional_body(  # noqa: PLR0911 - one return for each signature
    call: Call,
) -> Value | None:
    """``post(url, body)``; of Go ``Post(url, type, body)``, ``NewRequest``."""
    last = call.last
    if last == "newrequest" and len(call.arguments) > 2:  # noqa: PLR2004
        return call.arguments[2]
    if last == "newrequestwithcontext" and len(call.arguments) > 3:  # noqa: PLR2004
        return call.arguments[3]
    if last not in (
        "post",
        "put",
        "patch",
        "postform",
        "urlopen",
        "request",
        "postasync",
    ):
        return None
    rest = call.arguments[1:]
    if (
        last == "post"
        and len(rest) > 1
        and isinstance(rest[0], Word)
        and _is_type(rest[0])
    ):
        return rest[1]
    for value in rest[:1]:
        if isinstance(value, Fields) and value.get(*_OPTIONS) is not None:
            inner = value.get("title", "message", "topic", "desp", "device_key")
            if inner is None:
                return None
        return value
    return None


def _is_type(word: Word) -> bool:
    return re.fullmatch(r"[a-z]+/[\w.+-]+(?:;.*)?", word.text) is not None


def _encoded(value: Value, call: Call, program: Program) -> Body:
    given = call.arguments[1] if len(call.arguments) > 1 else None
    content_type = given.text if isinstance(given, Word) and _is_type(given) else ""
    while isinstance(value, Call):
        if (
            value.last in _AS_JSON
            and value.arguments
            and not isinstance(value.arguments[0], Word)
        ):
            return Body(_json(value.arguments[0], program), content_type)
        if value.last in _AS_FORM and value.arguments:
            return Body(
                as_bytes(_pairs(value.arguments[0], program)), content_type or FORM
            )
        if not value.arguments or value.last in _OF_TEXT:
            return Body(
                as_bytes(program.unknown(value.start, value.end).text), content_type
            )
        value = value.arguments[0]
    if isinstance(value, Fields):
        is_form = (
            program.kind in (Kind.PYTHON, Kind.POWERSHELL)
            or call.last == "postform"
            or "urlencode" in call.name
        )
        if is_form:
            return Body(as_bytes(_pairs(value, program)), FORM)
        return Body(_json(value, program), _JSON)
    text = _text(value, program)
    if not content_type and program.kind is Kind.JAVASCRIPT and call.last != "fetch":
        content_type = FORM if "=" in (text or "") else ""
    return Body(as_bytes(text or ""), content_type)


def _pairs(value: Value | None, program: Program) -> str:
    """A mapping as a form or a query has it."""
    if isinstance(value, Call) and value.arguments:
        value = value.arguments[0]
    if isinstance(value, Word):
        return value.text
    if not isinstance(value, Fields):
        return ""
    pairs = [(name.text, _text(given, program)) for name, given in value.pairs]
    return "&".join(
        f"{quote_plus(as_bytes(name))}={quote_plus(as_bytes(text))}"
        for name, text in pairs
        if text is not None
    )


def _text(  # noqa: PLR0911 - one return for each kind of value
    value: Value, program: Program
) -> str | None:
    match value:
        case Word():
            return value.text
        case Known(value=None):
            return None
        case Known(value=bool() as truth):
            return "true" if truth else "false"
        case Known():
            return str(value.value).removesuffix(".0")
        case Items(values=[only]):
            return _text(only, program)
        case Items():
            return ",".join(_text(each, program) or "" for each in value.values)
        case _:
            return program.as_word(value, len(program.tokens)).text


def _json(value: Value, program: Program) -> bytes:
    return as_bytes(json.dumps(_plain(value, program), ensure_ascii=False))


def _plain(value: Value, program: Program) -> object:
    match value:
        case Word():
            return value.text
        case Fields():
            return {name.text: _plain(each, program) for name, each in value.pairs}
        case Items():
            return [_plain(each, program) for each in value.values]
        case Known(value=float() as number) if number.is_integer():
            return int(number)
        case Known():
            return value.value
        case _:
            return program.as_word(value, len(program.tokens)).text


def method_in(values: Sequence[Value], program: Program) -> str:
    """``http.MethodPost`` among a call's arguments."""
    for value in values[:2]:
        if isinstance(value, Word) and program.variables.is_whole(value.text):
            found = _GO_METHOD.fullmatch(program.variables.restore(value.text))
            if found:
                return found[1].upper()
    return ""
