"""The kinds of field that native messages have, each with its error code.

A fault is a marshmallow error whose message is the code. No field reads an absent value
(``is_absent``).
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from marshmallow import fields, missing

from pushgo_compat.model import Scalar, Severity

MAX_TIME_MS = 2**53 - 1
"""Largest time either side of 1970: what every JSON reader holds exactly."""
_SECONDS_BELOW = 10**12
"""A smaller number counts as seconds: in milliseconds it would lie before
September 2001 (docs/native-api.md)."""
_JSON_NUMBER = re.compile(
    r"-?(?:0|[1-9][0-9]{0,30})(?:\.[0-9]{1,30})?(?:[eE][+-]?\d+)?"
)
_FORBIDDEN_SCHEMES = frozenset({"javascript", "data", "vbscript"})
# Browsers drop these from a URL before they look for its scheme (WHATWG URL, 4.1).
_IGNORED_IN_SCHEMES = dict.fromkeys(range(0x21))
_SEVERITIES = {str(severity): severity for severity in Severity}


Readers = Mapping[str, tuple[str, Callable[[object], Any]]]
"""For each field where its value goes, and its ``Coded.read``."""


def is_absent(name: str, value: object) -> bool:
    """Whether a value counts as not sent: null or blank."""
    if not isinstance(value, str):
        return value is None
    # Blanks may be all there is of a ciphertext; nobody here can tell.
    return not value or (value.isspace() and name != "ciphertext")


def read_fields(data: Mapping[str, object], readers: Readers) -> dict[str, Any]:
    """What was sent, read field by field.

    Raises KeyError for an unknown name, and ValidationError for the first fault.
    """
    values = {}
    for name, value in data.items():
        attribute, read = readers[name]
        if (
            value is None or (isinstance(value, str) and not value.strip())
        ) and is_absent(name, value):
            continue
        values[attribute] = read(value)
    return values


class Coded(fields.Field[Any]):
    """A field that ``read`` alone takes in.

    marshmallow's own way through a field (pre-load and post-load functions, a list of
    validators) costs more than the checks themselves; none of ours needs it.
    """

    def deserialize(self, value: Any, *args: object, **kwargs: object) -> Any:  # noqa: ANN401 - marshmallow's signature
        """Take in a value or its absence."""
        if value is missing:
            self._validate_missing(value)
            return missing
        return self.read(value)

    def read(self, value: object) -> object:
        """Check and normalise; raises ValidationError with the code of the fault."""
        raise NotImplementedError


class Text(Coded, fields.String):
    """Text of a certain length and pattern."""

    def __init__(
        self,
        *,
        invalid: str = "invalid_json_data",
        required_code: str = "",
        strip: bool = False,
        length: tuple[int, int | None] = (1, None),
        pattern: str | None = None,
        **metadata: object,
    ) -> None:
        shown = {"minLength": length[0], "maxLength": length[1], "pattern": pattern}
        super().__init__(
            required=bool(required_code),
            error_messages={"invalid": invalid, "required": required_code},
            metadata={k: v for k, v in shown.items() if v is not None} | metadata,
        )
        self._strip = strip
        self._min, self._max = length[0], length[1] or math.inf
        self._matches = re.compile(pattern).fullmatch if pattern else None

    def read(self, value: object) -> str:
        """The text, trimmed where the rules say so."""
        if not isinstance(value, str):
            raise self.make_error("invalid")
        text = value.strip() if self._strip else value
        if not self._min <= len(text) <= self._max:
            raise self.make_error("invalid")
        if self._matches is not None and not self._matches(text):
            raise self.make_error("invalid")
        return text


class ChannelId(Text):
    """A channel id in any case, read as upper case."""

    def read(self, value: object) -> str:
        """The id in upper case."""
        return super().read(value).upper()


class SeverityWord(Text):
    """A severity in any case."""

    def read(self, value: object) -> Severity:
        """The severity; an unknown word means ``normal``."""
        return _SEVERITIES.get(super().read(value).lower(), Severity.NORMAL)


class Link(Text):
    """Any URL but those that run as a script."""

    def read(self, value: object) -> str:
        """The URL, trimmed."""
        text = super().read(value)
        scheme, colon, _ = text.partition(":")
        if (
            colon
            and scheme.translate(_IGNORED_IN_SCHEMES).lower() in _FORBIDDEN_SCHEMES
        ):
            raise self.make_error("invalid")
        return text


class Moment(Coded, fields.Integer):
    """Unix seconds or milliseconds, also as text."""

    def __init__(
        self,
        *,
        attribute: str,
        invalid: str,
        required_code: str = "",
        **metadata: object,
    ) -> None:
        """``required_code`` waits for a schema that makes the field required."""
        super().__init__(
            attribute=attribute,
            error_messages={"invalid": invalid, "required": required_code},
            metadata={"type": ["number", "string"], **metadata},
        )

    def read(self, value: object) -> int:
        """The moment in milliseconds."""
        number = _number(value.strip()) if isinstance(value, str) else value
        if isinstance(number, bool) or not isinstance(number, int | float):
            raise self.make_error("invalid")
        if not math.isfinite(number):
            raise self.make_error("invalid")
        moment = round(number * 1000 if abs(number) < _SECONDS_BELOW else number)
        if abs(moment) > MAX_TIME_MS:
            raise self.make_error("invalid")
        return moment


def _number(text: str) -> int | float | None:
    """A JSON number given as text; None when it is not one."""
    if not _JSON_NUMBER.fullmatch(text):
        return None
    return int(text) if text.lstrip("-").isdecimal() else float(text)


class TextList(Coded, fields.List[str]):
    """Trimmed texts without repeats, in their order."""

    def __init__(
        self, *, invalid: str, max_items: int, max_chars: int, **metadata: object
    ) -> None:
        item = fields.String(metadata={"minLength": 1, "maxLength": max_chars})
        super().__init__(
            item,
            error_messages={"invalid": invalid},
            metadata={"maxItems": max_items, **metadata},
        )
        self._max_items, self._max_chars = max_items, max_chars

    def read(self, value: object) -> tuple[str, ...]:
        """The texts; the limit counts them before repeats are removed."""
        if not isinstance(value, list) or len(value) > self._max_items:
            raise self.make_error("invalid")
        texts: dict[str, None] = {}
        for item in value:
            text = item.strip() if isinstance(item, str) else ""
            if not 1 <= len(text) <= self._max_chars:
                raise self.make_error("invalid")
            texts[text] = None
        return tuple(texts)


class Scalars(Coded, fields.Dict):
    """Names and single values; the values keep their JSON type."""

    def __init__(
        self,
        *,
        invalid: str,
        max_key_chars: int,
        max_value_chars: int,
        **metadata: object,
    ) -> None:
        values = {"type": ["string", "number", "boolean"]}
        super().__init__(
            error_messages={"invalid": invalid},
            metadata={"additionalProperties": values, **metadata},
        )
        self._max_key_chars, self._max_value_chars = max_key_chars, max_value_chars

    def read(self, value: object) -> dict[str, Scalar]:
        """The values under their trimmed names; of equal names the last counts."""
        if not isinstance(value, dict):
            raise self.make_error("invalid")
        scalars: dict[str, Scalar] = {}
        for key, scalar in value.items():
            name = key.strip()
            if not 1 <= len(name) <= self._max_key_chars or not self._fits(scalar):
                raise self.make_error("invalid")
            scalars[name] = scalar
        return scalars

    def _fits(self, value: object) -> bool:
        if isinstance(value, str):
            return 1 <= len(value.strip()) <= self._max_value_chars
        # A number has at most 64 bits here, so its text is never too long.
        return isinstance(value, int | float)
