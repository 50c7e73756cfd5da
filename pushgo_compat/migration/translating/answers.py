"""The answer to one call of a text: dialect, verdict and receipt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from pushgo_compat.core.calls.call_id import make_call_id
from pushgo_compat.core.receipts.masking import Masker
from pushgo_compat.core.receipts.receipts import Arrival, Document, Reader
from pushgo_compat.core.receipts.rehearsal import describe
from pushgo_compat.core.receipts.verdict import CallVerdict, verdict_of_call
from pushgo_compat.legacy import (
    Dialect,
    LegacyRequest,
    Note,
    Place,
    Verdict,
    claims_of,
)
from pushgo_compat.migration.calls import FoundCall, FoundCalls
from pushgo_compat.migration.reading import read_calls
from pushgo_compat.migration.translating.acting import CHANNEL_NAME, Acted, act
from pushgo_compat.migration.translating.documents import (
    as_text,
    each_text,
    file_field,
    printable,
    suspected_keys,
    without_passing,
)
from pushgo_compat.migration.translating.freezing import Files, Frozen, freeze
from pushgo_compat.migration.translating.native_curl import any_text_curl, native_curl
from pushgo_compat.migration.translating.servers import OldServer, Servers
from pushgo_compat.migration.translating.unknown_values import (
    Reduced,
    places_of,
    quote_bare,
    reduce,
    without_first,
)
from pushgo_compat.migration.words import Variables

KEY = "KEY"
MAX_LEFT_OUT = 50
_SECRET_CHARS = 20
"""From this length on a key is nothing that a text says by chance."""


class Source(NamedTuple):
    """Where a call stands."""

    file: str | None
    line: int


class Answer(NamedTuple):
    """What one call becomes."""

    document: Document
    any_text: Sequence[str] = ()
    """The native calls again, in a form that takes any text in their variables."""


class Translator:
    """Translates calls that stand in a text; nothing is sent or stored."""

    def __init__(
        self, servers: Servers, files: Files, *, reader: Reader, now_ms: int
    ) -> None:
        """``reader``: our own address for the curl lines, and the language."""
        self._servers = servers
        self._files = files
        self._reader = reader
        self._now_ms = now_ms

    def read(self, data: bytes, *, har: bool = False) -> FoundCalls:
        """The calls of a text, those in languages that are not read as well.

        Raises Unreadable for a HAR file that is none, and ShellParserMissing.
        """
        return read_calls(data, har=har, is_old_host=self._servers.speaks)

    def answer(
        self, found: FoundCall, variables: Variables, source: Source
    ) -> Document:
        """What one call becomes."""
        return self.answer_in_full(found, variables, source).document

    def answer_in_full(
        self, found: FoundCall, variables: Variables, source: Source
    ) -> Answer:
        """What one call becomes, with lines for people beside it."""
        head: Document = {"source": {"file": source.file, "line": source.line}}
        problem, server = found.problem, None
        if found.request is not None:
            is_unknown = variables.is_whole(found.request.url.host)
            server = self._servers.find(found.request, is_unknown=is_unknown)
            if server is None:
                host = variables.restore(found.request.url.host)
                problem = f"no old call: host {host or '-'}"
        if server is None or found.request is None:
            return Answer(printable(head | _nothing(None, problem)))
        frozen = freeze(
            found.request,
            server,
            self._files,
            base_url=self._reader.base_url,
            now_ms=self._now_ms,
        )
        call = _Call(server, frozen, variables, self._reader)
        return Answer(printable(head | call.document()), call.any_text)


def is_unread(answer: Mapping[str, object]) -> bool:
    """Whether an answer tells of a call that could not be read."""
    problem = answer["problem"]
    return problem is not None and not str(problem).startswith("no old call:")


def _nothing(dialect: Dialect | None, problem: str | None) -> Document:
    source = None if dialect is None else str(dialect.source)
    return {"dialect": source, "problem": problem, "verdict": None, "receipt": None}


class _Call:
    """One call to an old server."""

    def __init__(
        self, server: OldServer, frozen: Frozen, variables: Variables, reader: Reader
    ) -> None:
        self._dialect = server.dialect
        self._frozen = frozen
        self._variables = variables
        self._reader = reader
        self.any_text: list[str] = []

    def document(self) -> Document:
        reduced = reduce(self._frozen.request, self._dialect, self._variables)
        acted = self._act(reduced.request)
        if not acted.rehearsed.accepted:
            reduced, acted = self._without_more(reduced, acted)
        if self._lacks_data() or (not acted.rehearsed.accepted and self._is_hidden()):
            # Not which: a command in it may hold the key.
            return _nothing(self._dialect, "what is sent stands in a variable alone")
        receipt = self._receipt(reduced, acted)
        notes = receipt["notes"]
        assert isinstance(notes, list)  # noqa: S101 - as render makes it
        verdict = verdict_of_call(
            accepted=acted.rehearsed.accepted,
            notes=[Verdict(note["verdict"]) for note in notes],
        )
        if acted.key_in_host:
            verdict = CallVerdict.MUST_CHANGE
        return {
            "dialect": str(self._dialect.source),
            "problem": None,
            "verdict": str(verdict),
            "receipt": receipt,
        }

    def _act(self, request: LegacyRequest) -> Acted:
        frozen = self._frozen
        content = frozen.content
        if request.body != frozen.request.body:
            content = request.body
        return act(self._dialect, request, content, frozen.attachment)

    def _without_more(self, reduced: Reduced, acted: Acted) -> tuple[Reduced, Acted]:
        """Leave out one variable after the other, until the call is accepted."""
        smaller = Reduced(reduced.request, list(reduced.left_out))
        for _ in range(MAX_LEFT_OUT):
            if not without_first(smaller, self._dialect, self._variables):
                break
            again = self._act(smaller.request)
            if again.rehearsed.accepted:
                return smaller, again
        return reduced, acted

    def _is_hidden(self) -> bool:
        """Whether the whole body is one variable where fields are looked for."""
        request = self._frozen.request
        places = places_of(request, self._dialect)
        if Place.JSON not in places and Place.FORM not in places:
            return False
        return self._variables.is_whole(as_text(request.body).strip())

    def _lacks_data(self) -> bool:
        """Whether a key alone is asked for, and the rest stands in a variable."""
        path = self._frozen.request.path
        return self._frozen.may_lack_data and path.count("/") <= 1

    # ----------------------------------------------------------------------- receipts

    def _receipt(self, reduced: Reduced, acted: Acted) -> Document:
        variables, frozen = self._variables, self._frozen
        keys = [
            key
            for claim in claims_of(acted.call)
            for key in (claim.key, *claim.alternatives)
        ] or suspected_keys(frozen.request)
        masker = Masker(keys, dict.fromkeys(keys, KEY))
        added = [Note(each.name, "variable") for each in reduced.left_out]
        files = [(name, "text.file-read") for name in frozen.read]
        files += [(name, "text.file-unread") for name in frozen.unread]
        added += [Note(file_field(name), code, "body") for name, code in files]
        if acted.untitled:
            added.append(Note("title", "text.channel-name"))
        if acted.key_in_host:
            added.append(Note("Host", "text.key-in-host"))
        rehearsed = replace(
            acted.rehearsed, notes=(*added, *acted.rehearsed.notes), grant=None
        )
        now_ms = frozen.request.received_at_ms
        shown, body = frozen.request, frozen.request.body
        if Place.JSON in places_of(shown, self._dialect):
            # Fields are looked for in it, and a bare variable is no JSON.
            quoted = quote_bare(as_text(body), variables)
            shown = replace(shown, body=quoted.encode("utf-8", "surrogateescape"))
        receipt = describe(
            self._dialect,
            shown,
            Arrival(make_call_id(now_ms), "", "", ""),
            acted.call,
            rehearsed,
            masker=masker,
            reader=self._reader,
            now_ms=now_ms,
        )
        for name in ("call_id", "at", "duration_ms"):
            receipt[name] = None
        request = receipt["request"]
        assert isinstance(request, dict)  # noqa: S101 - as render makes it
        request["body"] = masker.body(body)
        self._complete_notes(receipt, reduced)
        self._complete_messages(receipt, keys)
        receipt["reply"] = without_passing(receipt["reply"])
        curl = receipt["curl"]
        restored = each_text(receipt, variables.restore)
        assert isinstance(restored, dict)  # noqa: S101 - it was one
        restored["curl"] = curl
        return restored

    def _complete_notes(self, receipt: Document, reduced: Reduced) -> None:
        """Say where a field stood that was left out, and what it said."""
        notes = receipt["notes"]
        assert isinstance(notes, list)  # noqa: S101 - as render makes it
        for note, left_out in zip(notes, reduced.left_out, strict=False):
            note["place"], note["value"] = str(left_out.place), left_out.value

    def _complete_messages(self, receipt: Document, keys: Sequence[str]) -> None:
        messages = receipt["messages"]
        assert isinstance(messages, list)  # noqa: S101 - as render makes it
        secrets = [key for key in keys if len(key) >= _SECRET_CHARS]
        if secrets:
            hide = Masker(secrets, dict.fromkeys(secrets, KEY)).text
            messages = [each_text(message, hide) for message in messages]
        base_url = self._reader.base_url
        curl, shown = [], []
        for message in messages:
            assert isinstance(message, dict)  # noqa: S101 - as above
            if message.get("occurred_at") == self._frozen.request.received_at_ms:
                # The time of arrival, which a call has by itself each time.
                message = {n: v for n, v in message.items() if n != "occurred_at"}
            curl.append(native_curl(message, base_url, self._variables))
            if line := any_text_curl(message, base_url, self._variables):
                self.any_text.append(line)
            untitled = message["title"] == CHANNEL_NAME
            shown.append(message | {"title": None} if untitled else message)
        receipt["curl"], receipt["messages"] = curl, shown
