"""Shows what is read from a text in a form that tests compare easily."""

from __future__ import annotations

from typing import NamedTuple

from pushgo_compat.migration.calls import FoundCall, ReadFile
from pushgo_compat.migration.reading import read_calls


class Shown(NamedTuple):
    """One request, its variables as they were written."""

    method: str
    url: str
    headers: dict[str, str]
    body: str


def read(text: str, *, har: bool = False) -> list[Shown]:
    """The requests of a text that is read without a problem."""
    found = read_calls(text.encode("utf-8", "surrogateescape"), har=har)
    shown = []
    for call in found.calls:
        assert call.problem is None, call.problem
        request = call.request
        assert request is not None
        url = request.url
        host = f"{url.host}:{url.port}" if url.port else url.host
        body = "".join(
            f"<{part.name}>" if isinstance(part, ReadFile) else _text(part)
            for part in request.body
        )
        restore = found.variables.restore
        shown.append(
            Shown(
                request.method,
                restore(f"{url.scheme}://{host}{url.target}"),
                {name: restore(value) for name, value in request.headers},
                restore(body),
            )
        )
    return shown


def read_one(text: str) -> Shown:
    """The only request of a text."""
    (one,) = read(text)
    return one


def problems(text: str) -> list[str | None]:
    """The problems of the calls of a text."""
    return [call.problem for call in found_calls(text)]


def found_calls(text: str) -> list[FoundCall]:
    """The calls of a text."""
    return list(read_calls(text.encode("utf-8", "surrogateescape")).calls)


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")
