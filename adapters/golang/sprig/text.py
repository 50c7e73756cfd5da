"""Sprig's functions of texts; lengths and positions are bytes, as in Go."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from adapters.golang.formatting.quote import quoted
from adapters.golang.template.faults import Budget, FunctionError, check_length
from adapters.golang.template.functions import Function, function
from adapters.golang.trimming import BLANKS, trim
from adapters.golang.values import (
    from_bytes,
    text_of,
    to_bytes,
)

_MAX_REPEATED_CHARS = 100_000
_BLANK = re.compile(f"[{BLANKS}]")
_WORD = re.compile(r"\w(?:[\w'’]*\w)?")


def texts_of(budget: Budget, value: object) -> list[str]:
    """The elements of a list as texts, without nil; another value is one element."""
    if value is None:
        return []
    values = value if isinstance(value, list) else [value]
    return [text_of(one, budget) for one in values if one is not None]


def _each(change: Callable[[str], str], text: str) -> str:
    """Change the case of each character alone, as Go does: ``ß`` stays one letter."""
    if text.isascii():
        return change(text)
    return "".join([new if len(new := change(old)) == 1 else old for old in text])


def _title(text: str) -> str:
    return _WORD.sub(lambda word: word[0][0].upper() + word[0][1:].lower(), text)


def _trim_all(cut: str, text: str) -> str:
    """Trim characters. Repeated ones in ``cut`` are removed, to bound the cost."""
    return text.strip("".join(set(cut)))


def _without_blanks(text: str) -> str:
    return _BLANK.sub("", text)


def _trunc(count: int, text: str) -> str:
    data = to_bytes(text)
    if count >= 0:
        return from_bytes(data[:count])
    return from_bytes(data[count:]) if len(data) + count > 0 else text


def _substr(start: int, end: int, text: str) -> str:
    data = to_bytes(text)
    if start < 0:
        start = 0
    elif end < 0 or end > len(data):
        end = len(data)
    if not 0 <= start <= end <= len(data):
        raise FunctionError("substr out of range")
    return from_bytes(data[start:end])


def _times(text: str, count: int) -> str:
    if count < 0:
        raise FunctionError("negative repeat count")
    check_length(len(text) * count)
    return text * count


def _repeat(count: int, text: str) -> str:
    if count * len(text) > _MAX_REPEATED_CHARS:
        raise FunctionError("repeat would be too long")
    return _times(text, count)


def _replace(old: str, new: str, text: str) -> str:
    check_length(len(text) + len(new) * (text.count(old) if len(new) > len(old) else 0))
    return text.replace(old, new)


def _indent(spaces: int, text: str) -> str:
    pad = _times(" ", spaces)
    check_length(len(text) + len(pad) * (text.count("\n") + 1))
    return pad + text.replace("\n", f"\n{pad}")


def _quote(budget: Budget, *values: object) -> str:
    return " ".join([quoted(text_of(v, budget)) for v in values if v is not None])


def _squote(budget: Budget, *values: object) -> str:
    return " ".join([f"'{text_of(v, budget)}'" for v in values if v is not None])


def _cat(budget: Budget, *values: object) -> str:
    return " ".join([text_of(v, budget) for v in values if v is not None])


def _join(budget: Budget, separator: str, value: object) -> str:
    texts = texts_of(budget, value)
    check_length(sum(map(len, texts)) + len(separator) * len(texts))
    return separator.join(texts)


def _split(separator: str, text: str, limit: int = -1) -> list[str]:
    if limit == 0:
        return []
    if not separator:
        count = len(text) if limit < 0 else min(limit, len(text))
        return [*text[: count - 1], text[count - 1 :]] if text else []
    return text.split(separator, limit - 1 if limit > 0 else -1)


def _numbered(parts: list[str]) -> dict[str, str]:
    return {f"_{number}": part for number, part in enumerate(parts)}


def _sort(budget: Budget, value: object) -> list[str]:
    return sorted(texts_of(budget, value), key=to_bytes)


TEXT: Mapping[str, Function] = {
    "trunc": function("int text", _trunc),
    "trim": function("text", trim),
    "upper": function("text", lambda text: _each(str.upper, text), chars_a_step=2),
    "lower": function("text", lambda text: _each(str.lower, text), chars_a_step=2),
    "title": function("text", _title, chars_a_step=1),
    "substr": function("int int text", _substr),
    "repeat": function("int text", _repeat),
    "trimAll": function("text text", _trim_all, chars_a_step=16),
    "trimall": function("text text", _trim_all, chars_a_step=16),
    "trimSuffix": function("text text", lambda end, text: text.removesuffix(end)),
    "trimPrefix": function("text text", lambda start, text: text.removeprefix(start)),
    "nospace": function("text", _without_blanks, chars_a_step=4),
    "contains": function("text text", lambda part, text: part in text),
    "hasPrefix": function("text text", lambda start, text: text.startswith(start)),
    "hasSuffix": function("text text", lambda end, text: text.endswith(end)),
    "quote": function("any*", _quote, walks=True, chars_a_step=1),
    "squote": function("any*", _squote, walks=True),
    "cat": function("any*", _cat, walks=True),
    "indent": function("int text", _indent),
    "nindent": function("int text", lambda spaces, text: f"\n{_indent(spaces, text)}"),
    "replace": function("text text text", _replace),
    "plural": function(
        "text text int", lambda one, many, count: one if count == 1 else many
    ),
    "toString": function("any", lambda budget, v: text_of(v, budget), walks=True),
    "toStrings": function("any", texts_of, walks=True),
    "join": function("text any", _join, walks=True),
    "sortAlpha": function("any", _sort, walks=True),
    "split": function("text text", lambda by, text: _numbered(_split(by, text))),
    "splitn": function(
        "text int text", lambda by, limit, text: _numbered(_split(by, text, limit))
    ),
    "splitList": function("text text", _split),
}
