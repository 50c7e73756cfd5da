"""A URL as a client takes it apart: globs, variables, host and where it stands."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import NamedTuple

from pushgo_compat.migration.calls import Span, Unreadable, Url
from pushgo_compat.migration.words import Variables, Word

MAX_URLS = 100
"""URLs that one glob may make."""
_FORBIDDEN = re.compile(r"[\x00-\x20\x7f]")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_VARIABLE = re.compile(r"\$(?:(\w+)|\{(\w+)(?::?-(.*))?\})", re.DOTALL)
_RANGE = re.compile(
    r"\[(?:([0-9]{1,9})-([0-9]{1,9})|([a-z])-([a-z])|([A-Z])-([A-Z]))(?::([0-9]{1,9}))?\]"
)
_SET = re.compile(r"\{([^{}]*)\}")
_MAX_RESOLVED = 20
_MAX_URL_CHARS = 65_536


class Known(NamedTuple):
    """What a script says of its variables."""

    variables: Variables
    assignments: Mapping[str, Word]
    environment: Mapping[str, Word] = {}
    """What is set for one command alone: ``NAME=value command``."""

    def resolved(self, word: Word) -> Word:
        """A URL with the variables before its ``?`` replaced, where they are known.

        ``${NAME:-default}`` is the default where the script does not set NAME.
        """
        skipped = 0
        for _ in range(_MAX_RESOLVED):
            markers = self.variables.markers(word.text.partition("?")[0])
            if skipped >= len(markers) or len(word.text) > _MAX_URL_CHARS:
                break
            found = markers[skipped]
            value = self._value(word.part(found.start(), found.end()))
            if value is None:
                skipped += 1
                continue
            before, after = word.part(0, found.start()), word.part(found.end())
            word = Word.joined([before, value, after])
        return word

    def _value(self, marker: Word) -> Word | None:
        expression = self.variables.expression(marker.text)
        found = _VARIABLE.fullmatch(expression)
        if found is None:
            return None
        plain, braced, default = found.groups()
        if (value := self.assignments.get(plain or braced)) is not None:
            return value
        if default is None or not default or set(default) & set("$`\\\"'"):
            return None
        start = marker.offsets[0] + len(expression[: found.start(3)].encode())
        return Word(default, _places(default, start))


def _places(text: str, start: int) -> list[int]:
    places = []
    for char in text:
        places.append(start)
        start += len(char.encode("utf-8", "surrogateescape"))
    return places


def expand_globs(word: Word) -> list[Word]:
    """The URLs that ``{a,b}`` and ``[1-3]`` stand for. Raises Unreadable."""
    made = [word]
    globs = word.text.count("{") + word.text.count("[")
    if globs > MAX_URLS:
        raise Unreadable(f"the URL holds more than {MAX_URLS} globs")
    for _ in range(globs):
        parts = (part for each in made for part in _expand_first(each))
        expanded = list(islice(parts, MAX_URLS + 1))
        if len(expanded) > MAX_URLS:
            raise Unreadable(f"the URL stands for more than {MAX_URLS}")
        if expanded == made:
            break
        made = expanded
    return made


def _expand_first(word: Word) -> Iterator[Word]:
    found = min(
        filter(None, (_SET.search(word.text), _RANGE.search(word.text))),
        key=lambda match: match.start(),
        default=None,
    )
    if found is None:
        yield word
        return
    before, after = word.part(0, found.start()), word.part(found.end())
    if found.re is _RANGE:
        for text in _range(found):
            yield Word.joined([before, Word.made_up(text), after])
        return
    at = found.start(1)
    for item in found[1].split(","):
        yield Word.joined([before, word.part(at, at + len(item)), after])
        at += len(item) + 1


def _range(found: re.Match[str]) -> list[str]:
    first, last, *letters, step = found.groups()
    stride = max(1, int(step or 1))
    if first:
        numbers = range(int(first), int(last) + 1, stride)
        if len(numbers) > MAX_URLS:
            raise Unreadable(f"the URL stands for more than {MAX_URLS}")
        width = len(first) if first.startswith("0") else 0
        return [f"{number:0{width}}" for number in numbers]
    begin, end = (letter for letter in letters if letter)
    return [chr(code) for code in range(ord(begin), ord(end) + 1, stride)]


def refuse_blanks(text: str) -> None:
    """Raise Unreadable for a part of a URL that curl refuses (exit status 3)."""
    if _FORBIDDEN.search(text):
        raise Unreadable("the URL holds a blank or a control character")


def parse_url(word: Word, *, as_is: bool = False) -> tuple[Url, str]:
    """A URL and its userinfo ("" when it has none), as curl reads it.

    ``as_is`` keeps dot segments. Raises Unreadable for what curl refuses.
    """
    if not word.text:
        raise Unreadable("the URL is empty")
    refuse_blanks(word.text)
    found = _SCHEME.match(word.text)
    scheme = found[1].lower() if found else "http"
    start = found.end() if found else 0
    rest = re.search(r"[/?#]", word.text[start:])
    end = start + rest.start() if rest else len(word.text)
    authority = word.part(start, end)
    userinfo, _, _ = authority.text.rpartition("@")
    place = word.part(start + len(userinfo) + ("@" in authority.text), end)
    host = _host_of(place)
    target, _, _ = word.text[end:].partition("#")
    path, _, query = target.partition("?")
    if not path.startswith("/"):
        path = "/" + path
    url = Url(
        scheme=scheme,
        host=host.text.lower(),
        port=place.text[len(host.text) :].removeprefix(":"),
        path=path if as_is else without_dots(path),
        query=query,
        host_span=_span(host),
        authority_span=_span(place),
        whole_span=_span(word),
    )
    return url, userinfo


def _host_of(place: Word) -> Word:
    if place.text.startswith("["):
        return place.part(0, place.text.find("]") + 1 or len(place.text))
    return place.part(0, len(place.text.partition(":")[0]))


def _span(word: Word) -> Span | None:
    found = word.span()
    return None if found is None else Span(*found)


def without_dots(path: str) -> str:
    """A path without dot segments (RFC 3986, 5.2.4)."""
    if "/." not in path:
        return path
    kept: list[str] = []
    segments = path.split("/")[1:]
    for number, segment in enumerate(segments):
        is_last = number == len(segments) - 1
        if segment in (".", ".."):
            if segment == ".." and kept:
                kept.pop()
            if is_last:
                kept.append("")
        else:
            kept.append(segment)
    return "/" + "/".join(kept)
