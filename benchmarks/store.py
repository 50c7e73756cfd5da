"""What a row costs in the writer: commits of 32 rows over 20 channels.

Run ``python -m benchmarks.store``. No event loop competes here, so the figures compare
with a layout measured by itself, not with a loaded server. The median of the commits
counts: on a shared machine a few wait long for the disk.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from statistics import median

import click

from pushgo_compat.core.stores.messages import NewMessage
from pushgo_compat.model import NativeMessage, Source
from pushgo_compat.schemas import encode_message
from pushgo_compat.storage.ids import system_now_ms
from pushgo_compat.storage.sqlite.engine.connection import connect, migrate
from pushgo_compat.storage.sqlite.messages.append import Appender

ROWS_A_COMMIT = 32
CHANNELS = 20
_PAYLOAD = encode_message(
    NativeMessage(
        title="Backup done", body="Nightly backup of nas-1 finished in 42 minutes."
    )
)
_RECEIPT = b"x" * 400
KINDS: Mapping[str, Mapping[str, object]] = {
    "native": {},
    "native, op_id of its own": {"op_id": True},
    "old call with its receipt": {"receipt": _RECEIPT},
    "the same, with a push number": {"receipt": _RECEIPT, "numbered": True},
}


def rows_of(kind: Mapping[str, object], commit: int) -> list[NewMessage]:
    """The rows of one commit."""
    first = commit * ROWS_A_COMMIT
    return [
        NewMessage(
            channel=number % CHANNELS + 1,
            generation=1,
            source=Source.NATIVE,
            payload=_PAYLOAD,
            op_id=os.urandom(16).hex() if "op_id" in kind else None,
            receipt=_RECEIPT if "receipt" in kind else None,
            numbered="numbered" in kind,
        )
        for number in range(first, first + ROWS_A_COMMIT)
    ]


def measure(path: Path, kind: Mapping[str, object], rows: int) -> tuple[float, float]:
    """Microseconds and bytes a row, the fsync of the commit included."""
    migrate(path)
    with closing(connect(path)) as connection:
        appender = Appender(connection)
        commits_s = []
        for commit in range(rows // ROWS_A_COMMIT):
            batch = rows_of(kind, commit)
            started_s = time.perf_counter()
            connection.execute("BEGIN IMMEDIATE")
            appender.write(batch, system_now_ms())
            connection.execute("COMMIT")
            commits_s.append(time.perf_counter() - started_s)
    return median(commits_s) / ROWS_A_COMMIT * 1e6, path.stat().st_size / rows


@click.command()
@click.option("--rows", default=60_000, help="Rows of each kind.")
def main(rows: int) -> None:
    """Print the table."""
    print("| A row | µs | bytes |")
    print("|---|---|---|")
    for name, kind in KINDS.items():
        with tempfile.TemporaryDirectory() as folder:
            microseconds, size = measure(Path(folder) / "store.db", kind, rows)
        print(f"| {name} | {microseconds:.0f} | {size:.0f} |", flush=True)


if __name__ == "__main__":
    main()
