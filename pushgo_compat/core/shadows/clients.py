"""What each known client reads of an answer: only that is visible to it.

``clients.json`` has a row for each client whose User-Agent tells it from others: the
statuses that it takes for success, whether the body has to be JSON, and the fields that
it looks at. They were measured by running each client. A library's User-Agent
(``python-requests``) says nothing of the program that uses it, so those are unknown.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping
from importlib import resources
from typing import NamedTuple

import orjson

from pushgo_compat.model import Source

_MAX_CLIENT_CHARS = 120
_STATUSES: Mapping[str, Callable[[int], bool]] = {
    "any": lambda status: True,
    "200": lambda status: status == 200,  # noqa: PLR2004 - as the client compares
    "2xx": lambda status: 200 <= status < 300,  # noqa: PLR2004 - as above
    "<300": lambda status: status < 300,  # noqa: PLR2004 - as above
    "<400": lambda status: status < 400,  # noqa: PLR2004 - as above
}
UNKNOWN_FIELDS = frozenset({"code", "errno", "id"})
"""What a client that nobody knows may look at, wherever it stands."""


class ClientRule(NamedTuple):
    """What one client reads."""

    name: str
    dialect: Source
    user_agent: re.Pattern[str]
    is_success: Callable[[int], bool]
    body: str
    """``any``, ``json`` or ``object``."""
    fields: frozenset[str]


@functools.cache
def client_rules() -> tuple[ClientRule, ...]:
    """All rows of the data file."""
    file = resources.files("pushgo_compat.core.shadows") / "clients.json"
    return tuple(
        ClientRule(
            row["client"],
            Source(row["dialect"]),
            re.compile(row["user_agent"]),
            _STATUSES[row["status"]],
            row["body"],
            frozenset(row["fields"]),
        )
        for row in orjson.loads(file.read_bytes())
    )


def find_rule(dialect: Source, user_agent: str) -> ClientRule | None:
    """The row of a client; None: unknown."""
    for rule in client_rules():
        if rule.dialect is dialect and rule.user_agent.search(user_agent):
            return rule
    return None


def client_name(rule: ClientRule | None, user_agent: str) -> str:
    """A client as figures name it: known ones in a word, others as they say."""
    return rule.name if rule else user_agent[:_MAX_CLIENT_CHARS]
