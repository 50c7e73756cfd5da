"""The rules of ``POST /message`` (docs/native-api.md has the table)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple, cast

from marshmallow import EXCLUDE, Schema, ValidationError

from pushgo_compat.errors import InvalidRequest
from pushgo_compat.model import (
    CHANNEL_ID_LENGTH,
    MAX_TAG_CHARS,
    MAX_TAGS,
    NativeMessage,
    Severity,
)
from pushgo_compat.schemas.fields import (
    ChannelId,
    Coded,
    Link,
    Moment,
    Readers,
    Scalars,
    SeverityWord,
    Text,
    TextList,
    is_absent,
    read_fields,
)

_CACHED_SCHEMAS = 256


class MessageSchema(Schema):
    """The fields in the order of the table, which is the order of their faults."""

    class Meta:
        """Unknown names are refused in ``load_request``, before any field is read."""

        unknown = EXCLUDE

    channel_id = ChannelId(
        required_code="channel_id_required",
        invalid="invalid_channel_id",
        length=(CHANNEL_ID_LENGTH, CHANNEL_ID_LENGTH),
        pattern="[0-9A-HJKMNP-TV-Za-hjkmnp-tv-z]{26}",
        description="The channel: Crockford's base32 in any case, shown in upper case.",
        example="06J0FZG1Y8XGG14VTQ4Y3G10MR",
    )
    password = Text(
        required_code="password_required",
        invalid="invalid_password",
        strip=True,
        length=(8, 128),
        description="The channel's password. Trimmed.",
        format="password",
    )
    title = Text(
        required_code="title_required",
        invalid="title_required",
        strip=True,
        description="Not blank. Stored trimmed.",
        example="Backup finished",
    )
    body = Text(
        description="Markdown.",
        example="NAS: **0 errors**, 42 GB.",
    )
    op_id = Text(
        invalid="op_id_invalid",
        length=(1, 128),
        pattern="[A-Za-z0-9_:-]{1,128}",
        description="Idempotency key: a repeat is answered with the first message. "
        "The gateway makes one when absent.",
        example="backup-2026-11-23",
    )
    thing_id = Text(
        invalid="thing_id_invalid",
        length=(1, 64),
        pattern="[A-Za-z0-9_:-]{1,64}",
        description="The thing that this message is about; asks for `occurred_at`.",
        example="nas:volume1",
    )
    occurred_at = Moment(
        invalid="occurred_at_invalid",
        required_code="occurred_at_required_for_thing_scoped_message",
        attribute="occurred_at_ms",
        description="When it happened, in Unix seconds or milliseconds (an absolute "
        "value below 10^12 means seconds). Now when absent; required with `thing_id`.",
        example=1795408545,
    )
    severity = SeverityWord(
        strip=True,
        description="In any case; an unknown word means `normal`.",
        enum=[str(severity) for severity in Severity],
        default="normal",
    )
    ttl = Moment(
        invalid="ttl_invalid",
        attribute="ttl_ms",
        description="When the message expires (a moment, not a duration), in Unix "
        "milliseconds or seconds. In the past: stored, never delivered.",
        example=1795494945000,
    )
    url = Link(
        invalid="url_invalid",
        strip=True,
        length=(1, 2048),
        description="What a tap opens. Any scheme but `javascript:`, `data:` and "
        "`vbscript:`.",
        example="https://nas.example/backups",
    )
    images = TextList(
        invalid="images_invalid",
        max_items=32,
        max_chars=2048,
        description="URLs of images. Trimmed, repeats removed.",
        example=["https://nas.example/disk.png"],
    )
    tags = TextList(
        invalid="tags_invalid",
        max_items=MAX_TAGS,
        max_chars=MAX_TAG_CHARS,
        description="Trimmed, repeats removed, order kept.",
        example=["nas", "disk"],
    )
    ciphertext = Text(
        description="End-to-end encrypted content, kept untouched.",
    )
    metadata = Scalars(
        invalid="metadata_invalid",
        max_key_chars=64,
        max_value_chars=512,
        description="Names of 1-64 characters; values of 1-512 characters as text: "
        "strings, numbers or booleans, which keep their type.",
        example={"host": "nas", "errors": 0},
    )


FIELD_NAMES = tuple(MessageSchema._declared_fields)
_REQUIRED = frozenset({"channel_id", "password", "title"})
_KNOWN = frozenset(FIELD_NAMES)


_READERS: Readers = {
    name: (field.attribute or name, cast("Coded", field).read)
    for name, field in MessageSchema._declared_fields.items()
}


class NativeRequest(NamedTuple):
    """The checked fields of one call of ``/message``."""

    channel_id: str
    password: str
    message: NativeMessage

    def __repr__(self) -> str:
        """The request without its password."""
        return f"NativeRequest(channel_id={self.channel_id!r}, {self.message!r})"


def load_request(data: Mapping[str, object]) -> NativeRequest:
    """Check and normalise the fields of a native message.

    Raises InvalidRequest with the code of the first fault: an unknown field, then the
    fields in the order of the table.
    """
    return accept_request(data) or check_request(data)


def accept_request(data: Mapping[str, object]) -> NativeRequest | None:
    """The request if it breaks no rule; None says nothing about the fault.

    Each value is read by its field in the schema, so the rules are the same ones. What
    is left out is marshmallow's collecting of faults, which costs twice as much.
    """
    try:
        values = read_fields(data, _READERS)
        channel_id, password = values.pop("channel_id"), values.pop("password")
    except (KeyError, ValidationError):
        return None
    if "title" not in values:
        return None
    if "thing_id" in values and "occurred_at_ms" not in values:
        return None
    return NativeRequest(channel_id, password, NativeMessage(**values))


def check_request(data: Mapping[str, object]) -> NativeRequest:
    """The request as marshmallow reads it.

    Raises InvalidRequest with the code of the first fault.
    """
    if not data.keys() <= _KNOWN:
        unknown = next(name for name in data if name not in _KNOWN)
        raise InvalidRequest("unknown_field", detail=unknown)
    present = {
        name: value for name, value in data.items() if not is_absent(name, value)
    }
    try:
        loaded = _schema_for(frozenset(present)).load(present)
    except ValidationError as error:
        raise _first_fault(error) from None
    values = cast("dict[str, Any]", loaded)  # load() also knows lists of objects
    channel_id, password = values.pop("channel_id"), values.pop("password")
    return NativeRequest(channel_id, password, NativeMessage(**values))


@lru_cache(maxsize=_CACHED_SCHEMAS)
def _schema_for(present: frozenset[str]) -> Schema:
    """A schema of the fields that are there: marshmallow pays for each declared one."""
    if "thing_id" not in present:
        return MessageSchema(only=present | _REQUIRED)
    schema = MessageSchema(only=present | _REQUIRED | {"occurred_at"})
    schema.fields["occurred_at"].required = True
    return schema


def _first_fault(error: ValidationError) -> InvalidRequest:
    faults = error.messages_dict
    name = next(name for name in FIELD_NAMES if name in faults)
    return InvalidRequest(faults[name][0], detail=name)
