"""Old calls that an old server gets as well (docs/shadow.md).

Ours is made durable as always, the old server is asked at the same time, and the client
gets its answer if that comes in time, else ours.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

import orjson
from multidict import CIMultiDict, CIMultiDictProxy

from pushgo_compat.core.auth.opening.grants import Grant
from pushgo_compat.core.receipts.masking import Masker
from pushgo_compat.core.receipts.receipts import reply_body
from pushgo_compat.core.shadows.answers import Answer, NoAnswer
from pushgo_compat.core.shadows.clients import client_name, find_rule
from pushgo_compat.core.shadows.compare import Terms, compare, unpacked
from pushgo_compat.core.shadows.service import Asking, Shadows
from pushgo_compat.core.stores.access.aliases import Alias
from pushgo_compat.core.stores.old_calls.shadows import Comparison, Shadow
from pushgo_compat.errors import NativeError
from pushgo_compat.legacy import Dialect, LegacyReply, LegacyRequest, Publish, Subscribe
from pushgo_compat.model import KeyClaim
from pushgo_compat.web.legacy.keyring import Keyring, Opened
from pushgo_compat.web.legacy.shadow.copying import OF_THE_CONNECTION, Copier

_SUCCESS = range(200, 300)
_FAULT = 500
_CATCH_ALL_HINT = "*"


class _Part(NamedTuple):
    """One key of a call, and what the old server is asked about it."""

    claim: KeyClaim
    place: int
    """In the batch."""
    asking: Asking


def shadow_of(grant: object) -> Shadow | None:
    """The shadow that an opened key may have: a bound key's, and no other's."""
    if not isinstance(grant, Grant) or grant.alias is None:
        return None
    alias: Alias = grant.alias
    return None if grant.caught or alias.hint == _CATCH_ALL_HINT else alias.shadow


class Shadowed:
    """One call that an old server is asked about as well."""

    def __init__(
        self,
        shadowing: Shadowing,
        keyring: Keyring,
        call: Publish,
        grants: Sequence[tuple[int, KeyClaim, Shadow]],
    ) -> None:
        self._shadowing = shadowing
        self._keyring = keyring
        self._call = call
        self._grants = grants
        self._parts: list[_Part] = []
        self._started_s = time.perf_counter()

    @property
    def has_begun(self) -> bool:
        """Whether the old server has been asked."""
        return bool(self._parts)

    def begin(self, body: Path | None = None) -> None:
        """Ask; ``body`` is the file that an upload has become."""
        copier, shadows = self._shadowing.copier, self._shadowing.shadows
        for place, claim, shadow in self._grants:
            request = self._keyring.request
            if self._call.batch and self._call.single is not None:
                request = self._call.single(claim)
            asking = shadows.ask(shadow, partial(copier.copy, request, claim, body))
            self._parts.append(_Part(claim, place, asking))

    async def settle(self, ours: LegacyReply, *, accepted: bool) -> LegacyReply:
        """The reply for the client, and a row in the figures."""
        our_ms = round((time.perf_counter() - self._started_s) * 1000)
        if not self._parts:  # an upload that was refused, or never came
            self.begin_nothing()
        reply = ours
        answers = [await part.asking.wait() for part in self._parts]
        for part, answer in zip(self._parts, answers, strict=True):
            mine = ours
            if self._call.batch:
                mine = _entry(ours, part.place) or ours
                if isinstance(answer, Answer):
                    reply = _with_entry(reply, part.place, answer)
            elif isinstance(answer, Answer):
                reply = _handed_on(answer)
            self._record(part, answer, mine, our_ms, accepted=accepted)
        return reply

    def begin_nothing(self) -> None:
        """Count the call, though the old server was not asked."""
        self._parts = [
            _Part(claim, place, Asking(shadow, None))
            for place, claim, shadow in self._grants
        ]

    def _record(
        self,
        part: _Part,
        answer: Answer | NoAnswer | None,
        ours: LegacyReply,
        our_ms: int,
        *,
        accepted: bool,
    ) -> None:
        keyring, dialect = self._keyring, self._shadowing.dialect
        request, shadow = keyring.request, part.asking.shadow
        masker = Masker.of(self._call.claims)
        agent = masker.header(keyring.client)
        rule = find_rule(keyring.source, agent)
        row = Comparison(
            alias_id=shadow.alias_id,
            at_ms=request.received_at_ms,
            route=self._call.route,
            client=client_name(rule, agent),
            ours_ms=our_ms,
            old_failed=isinstance(answer, NoAnswer),
            ours_failed=not accepted and ours.status >= _FAULT,
        )
        if isinstance(answer, Answer):
            mine = Answer(ours.status, ours.body)
            terms = Terms(
                shadow.old_url, request.base_url, dialect.traits.added_fields, rule
            )
            differences = compare(answer, mine, terms)
            row = row._replace(
                old_ms=answer.ms,
                ours_failed=not accepted and answer.status in _SUCCESS,
                differences=differences,
                old=_shown(answer, masker) if differences else "",
                ours=_shown(mine, masker) if differences else "",
                given=self._shadowing.shadows.given.digests_of(answer),
            )
        self._shadowing.shadows.recorder.add(row)


class Shadowing:
    """The shadows of one dialect's door."""

    def __init__(self, dialect: Dialect, shadows: Shadows) -> None:
        self.dialect = dialect
        self.shadows = shadows
        self.copier = Copier(dialect.source, shadows.own)

    async def of_call(
        self, keyring: Keyring, call: Publish, opened: Opened | None = None
    ) -> Shadowed | None:
        """The old servers to ask; None where there are none.

        Without ``opened`` every key is looked at. A shadow that a key was opened with
        may have been cut over since.
        """
        if keyring.request.method == "HEAD":
            return None
        grants = []
        for place, claim in enumerate(call.claims):
            if opened is not None and shadow_of(opened[place]) is None:
                continue
            try:
                shadow = shadow_of(await keyring.renew(claim))
            except NativeError:
                continue
            if shadow is not None:
                grants.append((place, claim, shadow))
        return Shadowed(self, keyring, call, grants) if grants else None

    async def ask_alone(
        self, shadow: Shadow, request: LegacyRequest, claim: KeyClaim | None
    ) -> LegacyReply | None:
        """The old server's answer to a question that only it can answer."""
        copy = partial(self.copier.copy, request, claim, None)
        answer = await self.shadows.ask(shadow, copy).wait()
        return _handed_on(answer) if isinstance(answer, Answer) else None

    async def ask_since(
        self, request: LegacyRequest, call: Subscribe, grants: Sequence[Grant]
    ) -> LegacyReply | None:
        """The old server's messages after one whose id it may have given out."""
        if not call.poll or call.since.first_message_id is None or len(grants) > 1:
            return None
        shadow = shadow_of(grants[0])
        if shadow is None:
            return None
        return await self.ask_alone(shadow, request, call.claims[0])

    async def ask_giver(self, request: LegacyRequest, name: str) -> LegacyReply | None:
        """The answer of the old server that has given this out; None: nobody has."""
        shadow = await self.shadows.store.giver(self.shadows.given.digest(name))
        if shadow is None or request.method == "HEAD":
            return None
        return await self.ask_alone(shadow, request, None)


def _handed_on(answer: Answer) -> LegacyReply:
    """The old server's answer, whole but for what belongs to its connection."""
    named = answer.headers.getall("Connection", [])
    dropped = {name.strip().lower() for line in named for name in line.split(",")}
    headers: CIMultiDict[str] = CIMultiDict()
    for name, value in answer.headers.items():
        if name.lower() not in OF_THE_CONNECTION and name.lower() not in dropped:
            headers.add(name, value)
    return LegacyReply(
        status=answer.status,
        body=answer.body,
        content_type=None,
        headers=CIMultiDictProxy(headers),
    )


def _entry(reply: LegacyReply, place: int) -> LegacyReply | None:
    """Our answer to one key of a batch, in the form of a batch of one."""
    try:
        document = orjson.loads(reply.body)
        entry = document["data"][place]
    except (ValueError, LookupError, TypeError):
        return None
    return replace(reply, body=orjson.dumps({**document, "data": [entry]}))


def _with_entry(reply: LegacyReply, place: int, answer: Answer) -> LegacyReply:
    """A batch's reply with the old server's answer to one of its keys."""
    try:
        document = orjson.loads(reply.body)
        document["data"][place] = orjson.loads(unpacked(answer))["data"][0]
    except (ValueError, LookupError, TypeError):
        return reply
    return replace(reply, body=orjson.dumps(document))


def _shown(answer: Answer, masker: Masker) -> str:
    """An answer without secrets, as JSON."""
    body = masker.body(unpacked(answer))
    shown = {
        "status": answer.status,
        "body": reply_body(LegacyReply(body=body.encode())),
    }
    return orjson.dumps(shown).decode()
