"""How long the operator's list of calls takes over a full store.

100,000 messages of one channel that old calls made, 100,000 calls of the journal (2,000
of them refused, as many as a store keeps), and 50 channels' messages between them.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from statistics import median

import click

from adapters import DIALECTS
from pushgo_compat.core.auth.opening.grants import Grant
from pushgo_compat.core.calls.call_id import make_call_id
from pushgo_compat.core.calls.filters import CallFilter, Fields, Outcome
from pushgo_compat.core.calls.journal import JournalEntry
from pushgo_compat.core.calls.service import Calls
from pushgo_compat.core.receipts.reading import ReceiptReader
from pushgo_compat.core.receipts.receipts import CallRecord, Reader
from pushgo_compat.core.stores.messages import NewMessage
from pushgo_compat.core.stores.store import Store
from pushgo_compat.legacy import Note
from pushgo_compat.model import Channel, KeyForm, NativeMessage, Severity, Source
from pushgo_compat.schemas import encode_message
from pushgo_compat.storage import open_store

_CHANNELS = 50
_BATCH = 500
_START_MS = 1_795_408_545_000
_CLIENTS = ("curl/8.5", "Uptime-Kuma/2.5", "Apprise/2.2", "python-requests/2.34")


def _record(call_id: str, number: int, notes: list[Note]) -> CallRecord:
    return CallRecord(
        route="POST /{topic}",
        client=_CLIENTS[number % len(_CLIENTS)],
        method="POST",
        target="/06J0…",
        headers={"Title": f"Backup {number}", "Priority": "4", "Tags": "nas,backup"},
        body="Nightly backup of nas-1 finished in 42 minutes.",
        notes=notes,
        call_id=call_id,
        request_id=f"5cb25280{number:08x}",
        mount="prefix",
        address="192.0.2.14",
    )


_KEPT = [Note("Title", "title"), Note("Priority", "priority"), Note("Tags", "tags")]
_LOST = [*_KEPT, Note("Call", "call")]


async def fill(store: Store, clock: list[int], count: int) -> list[Channel]:
    """Messages of old calls, one a millisecond, each tenth in another channel."""
    channels = []
    for number in range(_CHANNELS):
        channel_id = f"{number:026d}"
        made = await store.create_channel(channel_id, f"c{number}", "hash", _START_MS)
        assert made is not None
        channels.append(made)
    generation = await store.generation()
    for first in range(0, count, _BATCH):
        rows = []
        for number in range(first, first + _BATCH):
            home = channels[0] if number % 10 else channels[number // 10 % _CHANNELS]
            notes = _LOST if number % 5_000 == 0 else _KEPT
            record = _record(make_call_id(clock[0]), number, notes)
            grant = Grant(
                channel=home,
                generation=generation,
                key_hint="06J0…",
                form=KeyForm.UNIVERSAL,
            )
            message = NativeMessage(
                title=f"Backup {number}",
                body="Nightly backup of nas-1 finished in 42 minutes.",
                severity=Severity.HIGH,
                tags=("nas", "backup"),
            )
            rows.append(
                NewMessage(
                    home.number,
                    generation,
                    Source.NTFY,
                    encode_message(message),
                    view=b'{"time":1795601664,"expires":1795644864}',
                    receipt=record.pack(grant),
                )
            )
        clock[0] += _BATCH
        await store.append(rows)
    return channels


async def fill_journal(store: Store, count: int) -> None:
    """Registrations, and behind them as many refused calls as are kept."""
    for first in range(0, count, _BATCH):
        rows = []
        for number in range(first, first + _BATCH):
            call_id = make_call_id(_START_MS + number)
            refused = number >= count - 2_000
            entry = JournalEntry(
                call_id=call_id,
                source=Source.BARK,
                record=_record(call_id, number, []).pack(None),
                refused=refused,
                reason="unknown_key" if refused else "",
                address=f"192.0.2.{number % 250}",
                status=400 if refused else 200,
                reply='{"code":400,"message":"failed"}',
                duration_ms=3,
            )
            rows.append(entry.row())
        await store.calls.record_calls(rows)


async def _measure(name: str, ask: Callable[[], Awaitable[object]]) -> None:
    times, busy = [], []
    for _ in range(7):
        started, cpu = time.perf_counter(), time.process_time()
        await ask()
        times.append((time.perf_counter() - started) * 1000)
        busy.append((time.process_time() - cpu) * 1000)
    print(f"| {name} | {median(times):.1f} | {max(times):.1f} | {median(busy):.1f} |")


async def _run(count: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        clock = [_START_MS]
        store = await open_store(
            f"sqlite:///{Path(folder) / 'store.db'}",
            create=True,
            clock=lambda: clock[0],
        )
        channels = await fill(store, clock, count)
        await fill_journal(store, count)
        calls = Calls(store.calls, store.channels, ReceiptReader(DIALECTS))
        first = await calls.list(CallFilter(), limit=50)
        print(f"{count:,} messages with receipts, {count:,} calls in the journal")
        print("| question | ms, median | ms, worst of 7 | CPU ms, median |")
        print("|---|---|---|---|")
        wanted = CallFilter()
        questions = {
            "the newest 50": wanted,
            "50 of one channel": replace(wanted, channel=channels[0].number),
            "50 of a small channel": replace(wanted, channel=channels[1].number),
            "50 before a time": replace(wanted, before_ms=_START_MS + count // 2),
            "50 refused": replace(wanted, outcome=Outcome.REFUSED),
            "a client": replace(wanted, client="uptime"),
            "a client that is nowhere": replace(wanted, client="nobody"),
            "something lost (few)": replace(wanted, fields=Fields.LOST),
            "a title that is nowhere": replace(wanted, text="no such title"),
            "a dialect that is nowhere": replace(wanted, dialect=Source.SERVERCHAN),
        }
        for name, question in questions.items():
            await _measure(name, lambda q=question: calls.list(q, limit=50))  # type: ignore[misc]
        await _measure("the second page", lambda: calls.list(wanted, first.older))
        reader = Reader("https://push.example", is_operator=True)
        middle = await calls.list(questions["50 before a time"], limit=50)
        for entry in (first.calls[0], middle.calls[-1]):
            await _measure(
                "one call by its id",
                lambda call_id=entry.call_id: calls.get(call_id, reader),  # type: ignore[misc]
            )
        await store.close()


@click.command()
@click.option("--calls", "count", default=100_000, help="Of each kind.")
def main(count: int) -> None:
    """Print the table."""
    asyncio.run(_run(count))


if __name__ == "__main__":
    main()
