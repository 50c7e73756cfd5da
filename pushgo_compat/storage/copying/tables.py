"""What a store keeps, in a form that no kind of store has for itself.

A kind that keeps a table otherwise says so in its own module. Not here: what a process
holds for a while (PostgreSQL's ``leases``), the bytes of files, and the numbers of the
migrations, which belong to the kind.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, Protocol, TypeAlias

import orjson

from pushgo_compat.storage.copying.uploads import Uploads

Value: TypeAlias = "int | bool | str | bytes | None"
Row: TypeAlias = Sequence[Value]

BLOCK_ROWS = 500
"""Rows that are in memory at a time, and in a commit of the copy."""
ORPHAN = bytes(16)
"""The message of a file whose message is gone already."""


class Kind(StrEnum):
    """What a column holds."""

    INT = "int"
    BOOL = "bool"
    TEXT = "text"
    BLOB = "blob"
    JSON = "json"


@dataclass(frozen=True, slots=True)
class Table:
    """One table: its name, and names and kinds of its columns."""

    name: str
    columns: tuple[tuple[str, Kind], ...]
    order: str = ""
    """In which rows are read where one refers to another of the same table."""

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns."""
        return tuple(name for name, _ in self.columns)


def _table(name: str, columns: str, order: str = "") -> Table:
    pairs = (column.partition(":") for column in columns.split())
    return Table(name, tuple((each, Kind(kind)) for each, _, kind in pairs), order)


CHANNELS = _table(
    "channels",
    "number:int channel_id:text name:text password_hash:text created_at:int"
    " voucher:int subscribed_at:int",
    order="voucher IS NOT NULL, number",
)
ALIASES = _table(
    "aliases",
    "alias_id:text dialect:text key_digest:blob folded_digest:blob hint:text"
    " channel:int send_only:bool require_auth:bool options:json created_at:int"
    " note:text last_used:int use_count:int last_client:text last_address:text",
)
MESSAGES = _table(
    "messages",
    "message_id:blob channel:int position:blob accepted_at:int source:int deleted:bool"
    " hidden:bool held:bool payload:blob view:blob receipt:blob deliver_at:int"
    " sequence_id:blob push_number:int via:text",
)
"""``position``: none while the message waits, which alone keeps a ``sequence_id``. A
number that a removed message had is not kept."""
OPERATIONS = _table(
    "operations", "channel:int thing_id:blob op_id:blob message_id:blob"
)
FILES = _table(
    "files",
    "file_id:text message_id:blob channel:int name:text media_type:text size:int"
    " expires_at:int",
)
ACCOUNT_TOKENS = _table(
    "account_tokens",
    "token_id:text place:int dialect:text digest:blob channel:int credential:blob"
    " login:text label:text created_at:int last_used:int ends_at:int",
)
STATE = _table(
    "state",
    "generation:int last_push_number:int secret_fingerprint:blob store_id:text"
    " target_changes:int admin_token_hash:text probe:int",
)
SEQUENCES = _table("sequences", "name:text last:int")
"""The last number that a table has given out, whose row may be gone."""
NUMBERED = {
    "channels": "number",
    "targets": "target",
    "shadow_calls": "row",
    "shadow_given": "row",
}
"""Tables whose numbers are never used again, and the column of the number."""

TABLES = (
    CHANNELS,
    ALIASES,
    _table(
        "unknown_keys",
        "dialect:text key_digest:blob folded_digest:blob key_length:int hint:text"
        " first_seen:int last_seen:int count:int client:text address:text network:text"
        " sample:text caught:bool",
    ),
    ACCOUNT_TOKENS,
    _table("tickets", "digest:blob channel:int password_hash:text ends_at:int"),
    MESSAGES,
    OPERATIONS,
    FILES,
    _table(
        "targets",
        "target:int target_id:text channel:int kind:text name:text origin:text"
        " state:text reason:text sealed:blob hint:text fingerprint:blob"
        " on_failure:text created_at:int",
    ),
    _table("lanes", "target:int cursor:blob due_at:int attempts:int"),
    _table(
        "outcomes",
        "position:blob target:int state:int at:int attempts:int reason:text"
        " provider_id:text",
    ),
    _table("marks", "target:int position:blob kind:int"),
    _table("provider_tokens", "name:text sealed:blob"),
    _table(
        "pairing_window",
        "window_id:text channel:int ends_at:int alias_id:text target_id:text kind:text"
        " name:text sealed:blob hint:text fingerprint:blob created_at:int is_told:bool"
        " fault:text tries:int address:text",
    ),
    _table(
        "paired_keys",
        "alias_id:text bound_to:text target_id:text kind:text name:text sealed:blob"
        " hint:text fingerprint:blob created_at:int",
    ),
    _table(
        "calls",
        "call_id:text source:int refused:bool reason:text channel:int network:text"
        " one_in:int record:blob more:blob",
    ),
    _table("call_counts", "hour:int source:int accepted:int refused:int lossy:int"),
    _table(
        "shadows",
        "alias_id:text phase:text old_url:text connect:text timeout:int delivers:bool"
        " started_at:int calls:int compared:int differ:int client_visible:int"
        " old_failed:int ours_failed:int first_call:int last_call:int"
        " last_answer:int",
    ),
    _table(
        "shadow_calls",
        "row:int alias_id:text old_ms:int ours_ms:int client_visible:bool",
    ),
    _table("shadow_seen", "alias_id:text route:text client:text first_at:int"),
    _table(
        "shadow_differences",
        "alias_id:text kind:text route:text client:text count:int old:text ours:text",
    ),
    _table("shadow_given", "row:int alias_id:text digest:blob"),
    SEQUENCES,
    STATE,
)
"""In an order in which a row comes after the rows that it refers to."""


class Rows(Protocol):
    """A store as rows, which nobody else changes meanwhile."""

    @property
    def uploads(self) -> Uploads | None:
        """The files in it; None where only a folder takes them."""
        ...

    def blocks(self, table: Table) -> AsyncIterator[list[Row]]:
        """All rows of a table, at most ``BLOCK_ROWS`` at a time."""
        ...

    async def newest(self) -> bytes:
        """A place below which every later message must not come; b"" for none."""
        ...


class NewRows(Rows, Protocol):
    """An empty store that takes rows; no server starts on it before it is whole."""

    def fitted(self, table: Table, rows: Sequence[Row]) -> Sequence[Row]:
        """The rows as this kind of store can hold them."""
        ...

    async def write(self, table: Table, rows: Sequence[Row]) -> None:
        """Add rows in a commit of their own."""
        ...

    async def complete(self, newest: bytes) -> None:
        """Check what rows refer to, and let later messages follow this place."""
        ...


class Sum(NamedTuple):
    """How many rows a table has, and a checksum of them in any order."""

    rows: int = 0
    total: int = 0

    def plus(self, rows: Iterable[Row]) -> Sum:
        """The sum with more rows."""
        count, total = self
        for row in rows:
            # The repr of None, bool, int, str and bytes is theirs alone.
            digest = hashlib.blake2b(repr(tuple(row)).encode(), digest_size=16)
            total += int.from_bytes(digest.digest(), "big")
            count += 1
        return Sum(count, total % (1 << 128))

    @property
    def checksum(self) -> str:
        """32 hex digits."""
        return f"{self.total:032x}"


def canonical_json(text: str) -> str:
    """JSON as every kind of store gives it back."""
    return orjson.dumps(orjson.loads(text), option=orjson.OPT_SORT_KEYS).decode()
