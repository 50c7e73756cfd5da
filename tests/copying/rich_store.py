"""A store in which every column of every table holds something.

Rows are made from the tables as the migrations leave them, so a table or a column that
comes later is filled as well, and a copy that forgets it is told of.
"""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Sequence

from pushgo_compat.core.auth.secrets import SecretKey
from pushgo_compat.storage.copying.tables import TABLES, Kind
from tests.golden import CHANNEL_ID, NOW_MS

SECRET = "a secret key of the rich store"
ROWS = 2


def _id(number: int, later_ms: int = 0) -> bytes:
    return (NOW_MS + later_ms).to_bytes(6, "big") + number.to_bytes(10, "big")


M1, M2, M3, M4 = (_id(number) for number in range(1, 5))
MOVED = _id(9, later_ms=60_000)
"""Where the third message came to stand; the fourth one waits."""

_SPECIAL: dict[str, dict[str, Sequence[object]]] = {
    "state": {
        "id": (1,),
        "store_id": ("0123456789abcdef",),
        "oldest_program": (2,),
        "newest": (MOVED,),
        "secret_fingerprint": (SecretKey(SECRET.encode()).fingerprint(),),
    },
    "channels": {
        "number": (1, 3, 7),
        "channel_id": (CHANNEL_ID, "06J0FZG1Y8XGG14VTQ4Y3G10MS", "up"),
        "voucher": (7, None, None),
    },
    "messages": {
        "row": (1, 2, 3, 4),
        "message_id": (M1, M2, M3, M4),
        "source": (0, 1, 2, 3),
        "deleted": (0, 1, 0, 0),
        "hidden": (1, 0, 0, 0),
        "held": (1, 0, 0, 0),
        "payload": (b'{"title":"a"}',) * 4,
        "push_number": (10_000_000, None, None, None),
        "deliver_at": (None, None, NOW_MS, NOW_MS + 3_600_000),
    },
    "positions": {
        "channel": (1, 3, 1),
        "position": (M1, M2, MOVED),
        "row": (1, 2, 3),
    },
    "moved": {"channel": (1,), "message_id": (M3,), "position": (MOVED,)},
    "schedule": {
        "channel": (1,),
        "row": (4,),
        "message_id": (M4,),
        "deliver_at": (NOW_MS + 3_600_000,),
        "sequence_id": ("later 稍后",),
    },
    "push_numbers": {
        "channel": (1,),
        "message_id": (M1,),
        "number": (10_000_000,),
    },
    "operations": {"channel": (1, 3), "message_id": (M1, M2), "op_id": ("o\0", "二")},
    "files": {"row": (1, 3), "file_id": ("a" * 16, "b" * 16)},
    "lanes": {"target": (1, 2), "cursor": (M1, M3)},
    "marks": {"target": (1, 2), "position": (M1, M3)},
    "outcomes": {"position": (M1, MOVED)},
    "targets": {"target": (1, 2), "target_id": ("t1", "t2")},
    "pairing_window": {"only_one": (1,)},
    "paired_keys": {"bound_to": ("t1", "t2")},
    "aliases": {"options": ('{"tags": ["a", "ä"], "credentials": ["x"]}', "{}")},
    "sqlite_sequence": {
        "name": ("channels", "targets", "shadow_calls", "shadow_given"),
        "seq": (8, 9, 10, 11),
    },
}
_ALIASED = {
    "aliases",
    "paired_keys",
    "shadows",
    "shadow_calls",
    "shadow_seen",
    "shadow_differences",
    "shadow_given",
}
_FLAGS = {
    (table.name, name)
    for table in TABLES
    for name, kind in table.columns
    if kind is Kind.BOOL
}


def tables(db: sqlite3.Connection) -> list[str]:
    """Every table, that of the sequences too."""
    found = db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
    return sorted(name for (name,) in found)


def fill(db: sqlite3.Connection) -> None:
    """Fill a new store."""
    db.execute("PRAGMA foreign_keys = OFF")
    numbers = itertools.count(100)
    # sqlite_sequence last: rows with numbers write it as well.
    for table in sorted(tables(db), key=lambda name: name == "sqlite_sequence"):
        db.execute(f"DELETE FROM {table}")
        special = _SPECIAL.get(table, {})
        count = max((len(values) for values in special.values()), default=ROWS)
        columns = db.execute(f"PRAGMA table_info({table})").fetchall()
        for n in range(count):
            row: dict[str, object] = {}
            for _, name, kind, *_ in columns:
                if name in special:
                    row[name] = special[name][n]
                elif name == "alias_id" and table in _ALIASED:
                    row[name] = f"alias{n}"
                elif name == "channel":
                    row[name] = 1
                elif (table, name) in _FLAGS:
                    row[name] = (n + 1) % 2
                elif kind == "INTEGER":
                    row[name] = next(numbers)
                else:
                    text = f"{table}.{name}.{n} 文"
                    row[name] = text if kind == "TEXT" else text.encode()
            places = ",".join("?" * len(row))
            names = ", ".join(row)
            db.execute(
                f"INSERT INTO {table} ({names}) VALUES ({places})", [*row.values()]
            )
    assert not db.execute("PRAGMA foreign_key_check").fetchall()


def dump(db: sqlite3.Connection) -> dict[str, list[dict[str, object]]]:
    """Every row of every table."""
    found = {}
    for table in tables(db):
        cursor = db.execute(f"SELECT * FROM {table}")
        names = [name for name, *_ in cursor.description]
        rows = sorted(cursor.fetchall(), key=repr)
        found[table] = [dict(zip(names, row, strict=True)) for row in rows]
    return found
