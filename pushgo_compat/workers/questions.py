"""Questions of one process to all others, which the supervisor hands on."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from pushgo_compat.workers.children import Child
from pushgo_compat.workers.frames import Message

WAIT_S = 2.0
"""A process that says nothing for so long is left out of an answer."""


@dataclass(slots=True)
class _Question:
    asker: Child
    number: int
    topic: str
    waits_for: set[Child]
    until_s: float
    values: list[object] = field(default_factory=list)


class Questions:
    """Those that are open."""

    def __init__(self, add: Callable[[str], Sequence[object]]) -> None:
        """``add``: what the supervisor itself adds to every answer on a topic."""
        self._add = add
        self._open: dict[int, _Question] = {}
        self._numbers = itertools.count(1)

    def ask(
        self, asker: Child, message: Message, others: set[Child], now_s: float
    ) -> None:
        """Hand a question on to the others."""
        question = _Question(
            asker, message.number, message.topic, others, now_s + WAIT_S
        )
        number = next(self._numbers)
        self._open[number] = question
        for other in others:
            other.send(Message("ask", number, message.topic, message.value))
        self._close_answered()

    def take(self, child: Child, message: Message) -> None:
        """Take an answer."""
        question = self._open.get(message.number)
        if question is not None and child in question.waits_for:
            question.waits_for.discard(child)
            if message.value is not None:
                question.values.append(message.value)
        self._close_answered()

    def forget(self, child: Child) -> None:
        """A process has ended: nobody waits for it, and it waits for nobody."""
        for number, question in tuple(self._open.items()):
            question.waits_for.discard(child)
            if question.asker is child:
                del self._open[number]
        self._close_answered()

    def look(self, now_s: float) -> None:
        """Answer without those that took too long."""
        for question in self._open.values():
            if question.until_s <= now_s:
                question.waits_for.clear()
        self._close_answered()

    @property
    def until_s(self) -> float | None:
        """When it has to be looked at again."""
        return min((each.until_s for each in self._open.values()), default=None)

    def _close_answered(self) -> None:
        for number, question in tuple(self._open.items()):
            if not question.waits_for:
                del self._open[number]
                values = [*question.values, *self._add(question.topic)]
                question.asker.send(
                    Message("answer", question.number, question.topic, values)
                )
