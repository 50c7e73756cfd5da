"""ntfy's templates: Go's ``text/template`` over JSON (docs/dialects/ntfy.md 6)."""

from __future__ import annotations

import re

from adapters.golang.json import load_json
from adapters.golang.sprig import SPRIG, dates_at, random_from
from adapters.golang.template.builtins import BUILTINS
from adapters.golang.template.faults import (
    DISALLOWED,
    FAILED,
    NO_SUCH_TEMPLATE,
    NOT_JSON,
    TEMPLATE_TOO_LARGE,
    Budget,
    TemplateFault,
)
from adapters.golang.template.interpreter import execute
from adapters.golang.template.parser import parse
from adapters.golang.time import Clock
from adapters.ntfy.templates.named import NAMED
from adapters.ntfy.templates.payload import Payload, Story
from adapters.shared.parsing import clean_text

__all__ = ["TemplateFault", "render", "tell"]

_MAX_TEMPLATE_BYTES = 32_768
_DISALLOWED = re.compile(r"\{\{-?[\t\n\f\r ]*(?:call|template|define)\b")


def render(
    template: str, source: str, clock: Clock, budget: Budget | None = None
) -> str:
    """Render a template over JSON. Raises TemplateFault with ntfy's number.

    Faults are checked in ntfy's order. ``clock`` is the time of ``now``. The templates
    of one request share a budget.
    """
    budget = budget or Budget(monotonic_s=clock.outside.monotonic_s)
    if len(template.encode("utf-8", "replace")) > _MAX_TEMPLATE_BYTES:
        raise TemplateFault(TEMPLATE_TOO_LARGE)
    if _DISALLOWED.search(template):
        raise TemplateFault(DISALLOWED)
    budget.spend_on_json(source)
    data = _load(source)
    drawn = random_from(clock.outside.random_bytes)
    functions = {**SPRIG, **dates_at(clock), **drawn, **BUILTINS}
    try:
        statements = parse(clean_text(template), functions, budget)
        text = execute(statements, data, functions, budget)
    except RecursionError as error:
        raise TemplateFault(FAILED) from error
    return _joined(text)


def tell(name: str, source: str) -> Story:
    """Render a built-in template over JSON. Raises TemplateFault."""
    story_of = NAMED.get(name)
    if story_of is None:
        raise TemplateFault(NO_SUCH_TEMPLATE)
    return story_of(Payload(_load(source)))


def _load(source: str) -> object:
    """Decode the data of a template. Raises TemplateFault when it is no JSON."""
    try:
        return load_json(source)
    except ValueError as error:
        raise TemplateFault(NOT_JSON) from error


def _joined(text: str) -> str:
    """The text, with bytes that form a character joined to it again."""
    if text.isascii():
        return text
    raw = text.encode("utf-8", "surrogateescape")
    return clean_text(raw.decode("utf-8", "surrogateescape"))
