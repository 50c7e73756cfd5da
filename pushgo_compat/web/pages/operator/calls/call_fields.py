"""The table of a call: what was sent, and what it became. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from pushgo_compat.core.receipts.sent_fields import MAX_VALUE_CHARS
from pushgo_compat.legacy import Verdict
from pushgo_compat.web.pages.content.safe_text import visible
from pushgo_compat.web.pages.content.verdicts import ORDER

_METADATA = "metadata."
Json = Mapping[str, Any]


class Became(NamedTuple):
    """A native field, and what stands in it."""

    name: str
    value: str | None
    """None: it has none, or is not shown."""
    is_same: bool


class Remark(NamedTuple):
    """What one note says."""

    verdict: Verdict
    why: str
    became: Became | None


class FieldRow(NamedTuple):
    """One field of the call and all that is noted of it."""

    name: str
    place: str | None
    value: str | None
    remarks: Sequence[Remark]

    @property
    def verdict(self) -> Verdict:
        """The worst of them."""
        return min((each.verdict for each in self.remarks), key=ORDER.index)


def field_rows(
    notes: Sequence[Json], messages: Sequence[Json], number: int
) -> list[FieldRow]:
    """The fields of one message of the call, from the notes of its receipt."""
    message = messages[number] if number < len(messages) else {}
    rows: dict[tuple[str, str | None, str | None], list[Remark]] = {}
    for note in notes:
        if note["message"] not in (None, number):
            continue
        key = note["field"], note["place"], note["value"]
        remark = Remark(
            Verdict(note["verdict"]),
            note["why"],
            _became(note["to"], note["value"], message),
        )
        rows.setdefault(key, []).append(remark)
    found = [
        FieldRow(
            visible(name), place, None if value is None else visible(value), remarks
        )
        for (name, place, value), remarks in rows.items()
    ]
    return sorted(found, key=lambda row: ORDER.index(row.verdict))


def counts(rows: Sequence[FieldRow]) -> list[tuple[Verdict, int]]:
    """How many fields met each verdict, in their order."""
    return [
        (verdict, count)
        for verdict in ORDER
        if (count := sum(row.verdict is verdict for row in rows))
    ]


def as_text(value: object) -> str:
    """A native value as people read it: texts as they are, others as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def as_json(value: object) -> str:
    """A document over several lines, safe to look at."""
    return visible(json.dumps(value, ensure_ascii=False, indent=2))


def _became(to: str | None, sent: str | None, message: Json) -> Became | None:
    if to is None:
        return None
    if to.startswith(_METADATA):
        value = message.get("metadata", {}).get(to.removeprefix(_METADATA))
    else:
        value = message.get(to)
    if value is None:
        return Became(visible(to), None, False)
    text = as_text(value)
    # Of a long field a note shows the beginning.
    is_same = sent is not None and text[:MAX_VALUE_CHARS] == sent
    return Became(visible(to), visible(text), is_same)
