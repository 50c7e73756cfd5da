"""The rows of a PostgreSQL store."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager

from pushgo_compat.core.admin.alias_rules import Refused
from pushgo_compat.storage.copying.tables import (
    BLOCK_ROWS,
    MESSAGES,
    NUMBERED,
    SEQUENCES,
    STATE,
    TABLES,
    Kind,
    Row,
    Table,
    canonical_json,
)
from pushgo_compat.storage.ids import COUNTER_BITS, RANDOM_BITS
from pushgo_compat.storage.postgres.engine.database import (
    Connection,
    as_columns,
    transaction,
)
from pushgo_compat.storage.postgres.engine.faults import FAILURES, reason_of
from pushgo_compat.storage.postgres.messages.file_pieces import (
    KEEP_PIECE,
    READ_PIECE,
)
from pushgo_compat.storage.postgres.texts import storable

OWN_TABLES = ("store", "leases", "file_pieces", "migrations")
"""Tables that only this kind of store has."""
ALL_TABLES = (
    *(table.name for table in TABLES if table is not SEQUENCES),
    *OWN_TABLES,
)

_ARRAYS = {
    Kind.INT: "bigint[]",
    Kind.BOOL: "boolean[]",
    Kind.TEXT: "text[]",
    Kind.BLOB: "bytea[]",
    Kind.JSON: "text[]",
}
_LAST = (
    "(SELECT last_value FROM pg_sequences WHERE to_regclass(quote_ident(schemaname)"
    " || '.' || quote_ident(sequencename))"
    " = pg_get_serial_sequence('{table}', '{column}')::regclass)"
)
_SELECT = {
    MESSAGES: "SELECT "
    + ", ".join(
        "CASE WHEN position IS NULL THEN sequence_id END"
        if name == "sequence_id"
        else "CASE WHEN NOT deleted THEN push_number END"
        if name == "push_number"
        else name
        for name in MESSAGES.names
    )
    + " FROM messages ORDER BY message_id",
    SEQUENCES: "SELECT * FROM (VALUES "
    + ", ".join(
        f"('{table}', {_LAST.format(table=table, column=column)})"
        for table, column in NUMBERED.items()
    )
    + ") AS v (name, last) WHERE last IS NOT NULL",
    STATE: f"SELECT {', '.join(STATE.names)} FROM state, store",
}
_SET_LAST = "SELECT setval(pg_get_serial_sequence($1, $2), $3)"
_KEEP_STATE = (
    "UPDATE state SET generation = $1, last_push_number = $2",
    "UPDATE store SET secret_fingerprint = $1, store_id = $2, target_changes = $3,"
    " admin_token_hash = $4, probe = $5",
)
_FOLLOW = (
    "WITH n AS (SELECT $1::bigint AS ms, $2::int AS count UNION ALL"
    " SELECT last_ms, last_count FROM state ORDER BY 1 DESC, 2 DESC LIMIT 1)"
    " UPDATE state SET last_ms = n.ms, last_count = n.count FROM n"
)
_NEWEST = (
    "SELECT newest FROM ((SELECT message_id AS newest FROM messages"
    " ORDER BY 1 DESC LIMIT 1) UNION ALL (SELECT position FROM messages"
    " WHERE position IS NOT NULL ORDER BY 1 DESC LIMIT 1)) AS n"
    " ORDER BY 1 DESC LIMIT 1"
)


class PostgresRows:
    """The rows of one database; its connection is the caller's.

    Reading stands in the caller's transaction, where there is one; writing in its own.
    """

    def __init__(self, connection: Connection, shown: str) -> None:
        self._db = connection
        self._shown = shown

    @property
    def uploads(self) -> PostgresRows:
        """Files in pieces."""
        return self

    async def blocks(self, table: Table) -> AsyncIterator[list[Row]]:
        """All rows, as every kind of store has them. Raises Refused."""
        async with self._reading():
            order = f" ORDER BY {table.order}" if table.order else ""
            names = ", ".join(table.names)
            select = _SELECT.get(table, f"SELECT {names} FROM {table.name}{order}")
            json = _places(table, Kind.JSON)
            await self._db.execute(f"DECLARE reading NO SCROLL CURSOR FOR {select}")
            while found := await self._db.fetch(f"FETCH {BLOCK_ROWS} FROM reading"):
                rows = [list(row.values()) for row in found]
                for row in rows:
                    for place in json:
                        row[place] = canonical_json(row[place])
                yield [tuple(row) for row in rows]
            await self._db.execute("CLOSE reading")

    async def chunks(self, file_id: str) -> AsyncIterator[bytes]:
        """The bytes of a file. Raises FileNotFoundError, Refused."""
        async with self._reading():
            number = 0
            while piece := await self._db.fetchval(READ_PIECE, file_id, number):
                yield piece
                number += 1
            if not number and piece is None:
                raise FileNotFoundError(file_id)

    async def keep(self, file_id: str, chunks: AsyncIterator[bytes]) -> None:
        """Write a file, a piece a commit. Raises Refused, and as ``chunks`` does."""
        number = 0
        async for piece in chunks:
            async with self._writing():
                await self._db.execute(KEEP_PIECE, file_id, number, piece)
            number += 1
        if not number:  # an empty file has a piece as well
            async with self._writing():
                await self._db.execute(KEEP_PIECE, file_id, number, b"")

    async def forget(self, file_ids: Sequence[str]) -> None:
        """Nothing: the table of pieces goes with the others."""

    def fitted(self, table: Table, rows: Sequence[Row]) -> Sequence[Row]:
        """The rows with texts that PostgreSQL can hold, as the store writes them."""
        texts = _places(table, Kind.TEXT, Kind.JSON)
        return [_fitted(row, texts) for row in rows]

    async def newest(self) -> bytes:
        """The last place that was given, whose message may be gone."""
        found = await self._db.fetchrow("SELECT last_ms, last_count FROM state")
        if found is None:
            return b""
        value = (found[0] << COUNTER_BITS | found[1]) << RANDOM_BITS
        return int(value).to_bytes(16, "big")

    async def write(self, table: Table, rows: Sequence[Row]) -> None:
        """Add rows in one transaction."""
        async with self._writing(f"{self._shown}: {table.name}"):
            if table is SEQUENCES:
                for name, last in rows:
                    await self._db.execute(_SET_LAST, name, NUMBERED[str(name)], last)
            elif table is STATE:
                ((generation, number, *store),) = rows
                fingerprint, store_id, changes, token, probe = store
                await self._db.execute(_KEEP_STATE[0], generation, number)
                await self._db.execute(
                    _KEEP_STATE[1], fingerprint, store_id, changes, token, probe
                )
            else:
                await self._db.execute(
                    _insert(table), *as_columns(rows, len(table.columns))
                )

    async def complete(self, newest: bytes) -> None:
        """Let places and numbers go on behind those that were copied."""
        async with self._writing():
            newest = max(newest, await self._db.fetchval(_NEWEST) or b"")
            value = int.from_bytes(newest, "big") >> RANDOM_BITS
            count = value & (1 << COUNTER_BITS) - 1
            await self._db.execute(_FOLLOW, value >> COUNTER_BITS, count)
            await self._db.execute(
                "SELECT setval(pg_get_serial_sequence('account_tokens', 'place'),"
                " place) FROM account_tokens ORDER BY place DESC LIMIT 1"
            )

    @asynccontextmanager
    async def _reading(self) -> AsyncIterator[None]:
        """The caller's transaction, or else one for a cursor."""
        if self._db.is_in_transaction():
            with self._worded(self._shown):
                yield
        else:
            async with self._writing():
                yield

    @asynccontextmanager
    async def _writing(self, what: str = "") -> AsyncIterator[None]:
        with self._worded(what or self._shown):
            async with transaction(self._db):
                yield

    @contextmanager
    def _worded(self, what: str) -> Iterator[None]:
        """Word what the database says without any of the data."""
        try:
            yield
        except FAILURES as error:
            if isinstance(error, FileNotFoundError):
                raise
            raise Refused(f"{what}: {reason_of(error)}") from error


def _places(table: Table, *kinds: Kind) -> list[int]:
    return [place for place, (_, kind) in enumerate(table.columns) if kind in kinds]


def _fitted(row: Row, texts: Sequence[int]) -> Row:
    if all(_is_plain(row[place]) for place in texts):
        return row
    values = list(row)
    for place in texts:
        text = values[place]
        if isinstance(text, str):
            # In JSON a NUL is written so, and is no part of our own texts.
            values[place] = storable(text.replace("\\u0000", "\\ufffd"))
    return values


def _is_plain(text: object) -> bool:
    return not isinstance(text, str) or (
        text.isascii() and "\0" not in text and "\\u0000" not in text
    )


def _insert(table: Table) -> str:
    names = ", ".join(table.names)
    values = ", ".join(
        f"{name}::jsonb" if kind is Kind.JSON else name for name, kind in table.columns
    )
    arrays = ", ".join(
        f"${place}::{_ARRAYS[kind]}"
        for place, (_, kind) in enumerate(table.columns, start=1)
    )
    return (
        f"INSERT INTO {table.name} ({names}) OVERRIDING SYSTEM VALUE"
        f" SELECT {values} FROM unnest({arrays}) AS u ({names})"
    )
