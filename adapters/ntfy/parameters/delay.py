"""When a delayed message is due: Unix seconds, a duration, or English.

See docs/dialects/ntfy.md 4.4; the English words are in the folder ``english``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from adapters.golang.durations import parse_duration
from adapters.golang.time import Clock
from adapters.ntfy.errors import refusal
from adapters.ntfy.event import EventView
from adapters.ntfy.parameters.english import parse_english_time
from adapters.ntfy.parameters.found import Found
from adapters.ntfy.parameters.json_values import read_text
from adapters.ntfy.parameters.native_fields import NativeFields
from adapters.ntfy.parameters.parameter import Parameter
from pushgo_compat.legacy import NoteText, RefusalText, Verdict

MIN_DELAY_S = 10
MAX_DELAY_S = 3 * 86_400
_MAX_CHARS = 1000
"""No time takes more words; patterns over a head of 1 MiB take half a second."""

_MAX_INT64 = 2**63 - 1
_UNIX_TIME = re.compile(r"[+-]?[0-9]{1,19}")
_WORDED_DURATION = re.compile(
    r"([0-9]{1,18})\s*"
    r"(d(?i:ays?)?|h(?i:ours?)?|m(?i:ins?|inutes?)?|s(?i:ecs?|econds?)?)",
    re.ASCII,
)
"""The first letter of the unit only in lower case, as on ntfy."""
_UNITS_MS: Mapping[str, int] = {
    "d": 86_400_000,
    "h": 3_600_000,
    "m": 60_000,
    "s": 1000,
}


def read_delay(value: str, clock: Clock) -> int:
    """When the message is due, in Unix seconds; refuses with 40004, 40005 or 40006.

    ``value`` is trimmed. Both limits are in whole seconds and may be met exactly.
    """
    if len(value) > _MAX_CHARS:
        raise refusal(40004)
    due_ms = _unix_time(value, clock.now_ms)
    if due_ms is None:
        due_ms = _duration(value, clock.now_ms)
    if due_ms is None:
        due_ms = parse_english_time(value, clock.now_ms, clock.zone)
    if due_ms is None:
        raise refusal(40004)
    due_s, now_s = due_ms // 1000, clock.now_ms // 1000
    if due_s < now_s + MIN_DELAY_S:
        raise refusal(40005)
    if due_s > now_s + MAX_DELAY_S:
        raise refusal(40006)
    return due_s


def _unix_time(value: str, now_ms: int) -> int | None:
    """Seconds from now on; a time in the past is no time at all."""
    if not _UNIX_TIME.fullmatch(value):
        return None
    seconds = int(value)
    return seconds * 1000 if now_ms // 1000 <= seconds <= _MAX_INT64 else None


def _duration(value: str, now_ms: int) -> int | None:
    if (nanoseconds := parse_duration(value)) is not None:
        return now_ms + nanoseconds // 10**6
    if worded := _WORDED_DURATION.fullmatch(value):
        return now_ms + int(worded[1]) * _UNITS_MS[worded[2][0]]
    return None


def _check_delay(found: Found, view: EventView, value: str) -> None:
    """Without a cache, with an e-mail or with a call ntfy refuses any delay."""
    if "cache" in view:
        raise refusal(40002)
    if "email" in found.values:
        raise refusal(40003)
    if "call" in found.values:
        raise refusal(40037)
    view["time"] = read_delay(value, found.clock)


def _translate_delay(native: NativeFields, value: str, sent_as: str) -> str:
    native.record("delay", value, sent_as)
    return "delay"


PARAMETERS = (
    Parameter(
        name="delay",
        names=("x-delay", "delay", "x-at", "at", "x-in", "in"),
        from_json=read_text,
        check=_check_delay,
        turn=7,
        translate=_translate_delay,
        notes={
            "delay": NoteText(
                Verdict.KEPT,
                "occurred_at",
                "The message waits until then; metadata.compat.ntfy.delay has "
                "the words.",
                "消息会等到那个时间；原文在 metadata.compat.ntfy.delay。",
            ),
        },
        refusals={
            "40002": RefusalText(
                "A message without cache cannot be delayed",
                "不缓存的消息不能延迟发送",
            ),
            "40003": RefusalText(
                "A message with an e-mail cannot be delayed",
                "带邮件的消息不能延迟发送",
            ),
            "40037": RefusalText(
                "A message with a phone call cannot be delayed",
                "带电话的消息不能延迟发送",
            ),
            "40004": RefusalText(
                "The delay {value} is no time that ntfy can read",
                "延迟时间{value}无法识别",
            ),
            "40005": RefusalText(
                "The delay {value} is shorter than 10 seconds",
                "延迟时间{value}少于 10 秒",
            ),
            "40006": RefusalText(
                "The delay {value} is longer than 3 days",
                "延迟时间{value}超过 3 天",
            ),
        },
    ),
)
