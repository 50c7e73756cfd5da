"""Values of a JSON publish as header values, as strict as Go's decoder.

Every function raises LegacyRefusal (40024) for a value of another JSON type.
"""

from __future__ import annotations

from adapters.ntfy.errors import refusal
from adapters.ntfy.parameters.general_refusals import WRONG_TYPE
from pushgo_compat.legacy import LegacyRefusal

_MAX_INT64 = 2**63


def wrong_type() -> LegacyRefusal:
    """The refusal of a value of another type."""
    return refusal(40024, told_as=WRONG_TYPE)


def read_text(value: object) -> str:
    """A string."""
    if not isinstance(value, str):
        raise wrong_type()
    return value if value.isascii() else without_surrogates(value)


def read_integer(value: object) -> str:
    """A whole number of 64 bits. Booleans are none in Go; 0 is the same as not sent."""
    if type(value) is not int or not -_MAX_INT64 <= value < _MAX_INT64:
        raise wrong_type()
    return str(value) if value else ""


def read_flag(value: object) -> str:
    """A boolean; false is the same as not sent."""
    if not isinstance(value, bool):
        raise wrong_type()
    return "yes" if value else ""


def read_list(value: object) -> str:
    """An array of strings, joined with commas; null inside is an empty string."""
    if not isinstance(value, list):
        raise wrong_type()
    return ",".join("" if item is None else read_text(item) for item in value)


def without_surrogates(text: str) -> str:
    r"""The text with U+FFFD for each half of a pair (``\ud800``), as Go decodes it."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
