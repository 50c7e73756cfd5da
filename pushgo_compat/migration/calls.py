"""What reading finds: HTTP requests as a client would send them, and their origin."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from pushgo_compat.migration.words import Variables, Word


class Span(NamedTuple):
    """A stretch of the source, in bytes."""

    start: int
    end: int


class ReadFile(NamedTuple):
    """The contents of a file that the call names, and what is done to them."""

    name: str
    encode: Callable[[bytes], bytes] = bytes
    """What the client does to the contents (``-d`` takes line ends out)."""
    is_upload: bool = False
    """The body as a whole is the file (``curl -T``)."""
    is_part: bool = False
    """It is one part of a form."""


BodyPart = bytes | ReadFile


class Url(NamedTuple):
    """Where a request goes, as the client takes it apart."""

    scheme: str
    host: str
    """Lower case; "" when there is none. Variables are markers."""
    port: str
    path: str
    """As it is sent, undecoded, with its leading slash."""
    query: str
    host_span: Span | None = None
    """Where the host stands in the source: in the call, or in the assignment of the
    variable that holds it. Without port; None where it is not in one piece."""
    authority_span: Span | None = None
    """The same with the port."""
    whole_span: Span | None = None
    """The whole URL."""

    @property
    def target(self) -> str:
        """Path and query."""
        return f"{self.path}?{self.query}" if self.query else self.path


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpRequest:
    """One request, before its files are read."""

    method: str
    url: Url
    headers: Sequence[tuple[str, str]] = ()
    """In order; text as UTF-8, other bytes as lone surrogates."""
    body: Sequence[BodyPart] = ()
    hides_options: bool = False
    """A variable or a list (``"$@"``) may hold more of it: options, data."""

    def files(self) -> list[str]:
        """The files that its body takes."""
        return [part.name for part in self.body if isinstance(part, ReadFile)]


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundCall:
    """A call that stands in a text."""

    client: str
    """``curl``, ``wget``, ``httpie``, ``xh``, ``powershell``, ``http`` (written out),
    ``har``; of what is not read its language."""
    span: Span
    """The command as it stands in the source; the first byte tells the line."""
    request: HttpRequest | None = None
    problem: str | None = None
    """Why it could not be read; then there may be no request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundCalls:
    """All calls of one text, in their order."""

    calls: Sequence[FoundCall] = ()
    variables: Variables = field(default_factory=lambda: Variables(""))
    """Gives back the variables that stand as markers in the requests."""
    assignments: Mapping[str, Word] = field(default_factory=dict)
    """The variables of the shell that the text sets once, to a value that holds
    neither variable nor command."""


class Unreadable(Exception):
    """A call that cannot be read; the text says where and why."""
