"""Sprig's encodings, checksums and paths."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import posixpath
import zlib
from collections.abc import Callable, Mapping

from adapters.golang.json import load_json
from adapters.golang.template.faults import Budget, FunctionError
from adapters.golang.template.functions import Function, function
from adapters.golang.time import GoTime
from adapters.golang.values import (
    from_bytes,
    sorted_keys,
    to_bytes,
)

_HTML = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"})


def _from_json(budget: Budget, text: str) -> object:
    budget.spend_on_json(text)
    try:
        return load_json(text)
    except ValueError:
        return None


def _must_from_json(budget: Budget, text: str) -> object:
    budget.spend_on_json(text)
    try:
        return load_json(text)
    except ValueError as error:
        raise FunctionError("not JSON") from error


def _plain(value: object) -> object:
    """The value for the encoder: keys sorted, whole floats as integers."""
    match value:
        case dict():
            return {key: _plain(value[key]) for key in sorted_keys(value)}
        case list():
            return [_plain(inner) for inner in value]
        case float() if value.is_integer() and abs(value) < 1e21:  # noqa: PLR2004 - Go's
            return int(value)
        case GoTime():
            return value.at.isoformat().replace("+00:00", "Z")
        case _:
            return value


def _to_json(*, html: bool, indent: int | None = None) -> Callable[..., str]:
    separators = (",", ":") if indent is None else (",", ": ")

    def encode(budget: Budget, value: object) -> str:
        budget.spend_on_all_of(value, times=4 if indent is None else 10)
        text = json.dumps(
            _plain(value), ensure_ascii=False, separators=separators, indent=indent
        )
        return text.translate(_HTML) if html else text

    return encode


def _decoder(decode: Callable[[bytes], bytes], name: str) -> Callable[[str], str]:
    """Make a decoder. Its result for a malformed text is the message of Go's error."""

    def run(text: str) -> str:
        try:
            return from_bytes(decode(to_bytes(text)))
        except (binascii.Error, ValueError):
            return f"illegal {name} data at input byte 0"

    return run


def _sum(algorithm: str) -> Callable[[str], str]:
    return lambda text: hashlib.new(algorithm, to_bytes(text)).hexdigest()


def _base(path: str) -> str:
    if not path:
        return "."
    return posixpath.basename(path.rstrip("/")) or "/"


def _clean(path: str) -> str:
    cleaned = posixpath.normpath(path)
    return cleaned[1:] if cleaned.startswith("//") else cleaned


def _extension(path: str) -> str:
    name = path.rpartition("/")[2]
    return name[name.rindex(".") :] if "." in name else ""


_JSON: Mapping[str, Function] = {
    "toJSON": function("any", _to_json(html=True), walks=True, price=20),
    "toRawJSON": function("any", _to_json(html=False), walks=True, price=20),
    "toPrettyJSON": function(
        "any", _to_json(html=True, indent=2), walks=True, price=30
    ),
}

ENCODING: Mapping[str, Function] = {
    "fromJSON": function("text", _from_json, walks=True, price=10),
    "mustFromJSON": function("text", _must_from_json, walks=True, price=10),
    **_JSON,
    **{f"must{name[0].upper()}{name[1:]}": run for name, run in _JSON.items()},
    "b64enc": function("text", lambda t: base64.b64encode(to_bytes(t)).decode()),
    "b64dec": function(
        "text",
        _decoder(lambda t: base64.b64decode(t, validate=True), "base64"),
        price=20,
    ),
    "b32enc": function(
        "text", lambda t: base64.b32encode(to_bytes(t)).decode(), chars_a_step=8
    ),
    "b32dec": function(
        "text", _decoder(base64.b32decode, "base32"), price=20, chars_a_step=8
    ),
    "sha1sum": function("text", _sum("sha1"), price=6),
    "sha256sum": function("text", _sum("sha256"), price=6),
    "sha512sum": function("text", _sum("sha512"), price=6),
    "adler32sum": function("text", lambda text: str(zlib.adler32(to_bytes(text)))),
    "base": function("text", _base),
    "dir": function(
        "text", lambda path: _clean(posixpath.dirname(path) or "."), chars_a_step=4
    ),
    "clean": function("text", _clean, chars_a_step=4),
    "ext": function("text", _extension),
    "isAbs": function("text", lambda path: path.startswith("/")),
}
