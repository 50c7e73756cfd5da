"""Uploaded files: whole or gone, within their limits, no longer than they may."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from pushgo_compat.core.files import FileLimits, FileService
from pushgo_compat.core.stores.messages import Committed, NewMessage
from pushgo_compat.errors import RequestTooLarge, ServerBusy
from pushgo_compat.model import NewFile, Source, Upload
from pushgo_compat.storage.file_folder import FileFolder
from tests.core.conftest import Clock, House
from tests.golden import CHANNEL_ID

LIMITS = FileLimits(file_bytes=100, channel_bytes=250, total_bytes=400, expiry_s=60)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "files"


@pytest.fixture
async def files(house: House, folder: Path, clock: Clock) -> FileService:
    files = FileService(FileFolder(folder), house.store, LIMITS, clock)
    await files.open()
    return files


async def pieces(*chunks: bytes | Exception) -> AsyncIterator[bytes]:
    for chunk in chunks:
        if isinstance(chunk, Exception):
            raise chunk
        yield chunk


def new_file(upload: Upload) -> NewFile:
    return NewFile(
        file_id=upload.file_id,
        name="a.txt",
        media_type="text/plain",
        size_bytes=upload.size_bytes,
        expires_at_ms=upload.expires_at_ms,
    )


async def commit(house: House, upload: Upload) -> str:
    """Commit a message with its file, as the doors do."""
    channel = await house.store.channel(CHANNEL_ID)
    assert channel is not None
    row = NewMessage(
        channel.number,
        await house.store.generation(),
        Source.NTFY,
        b"{}",
        file=new_file(upload),
    )
    (result,) = await house.store.append([row])
    assert isinstance(result, Committed)
    return result.message_id


async def keep(house: House, files: FileService, content: bytes) -> Upload:
    async with files.receive(1, pieces(content), None) as upload:
        await commit(house, upload)
    return upload


def names(folder: Path) -> Sequence[str]:
    return sorted(path.name for path in folder.iterdir())


def size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.iterdir())


async def test_a_file_is_whole_before_its_message_is_committed(
    files: FileService, folder: Path, clock: Clock
) -> None:
    async with files.receive(1, pieces(b"one ", b"", b"two"), 7) as upload:
        assert names(folder) == [upload.file_id]
        assert (folder / upload.file_id).read_bytes() == b"one two"
    assert (upload.size_bytes, upload.head) == (7, b"one two")
    assert upload.expires_at_ms == clock.now_ms + 60_000
    assert len(upload.file_id) == 16
    assert upload.file_id.isalnum()
    assert names(folder) == [upload.file_id]


async def test_a_dialect_is_shown_the_beginning_alone(
    house: House, folder: Path, clock: Clock
) -> None:
    files = FileService(FileFolder(folder), house.store, FileLimits(), clock)
    await files.open()
    async with files.receive(1, pieces(b"a" * 4000, b"b" * 4000), None) as upload:
        assert upload.head == b"a" * 4000 + b"b" * 96


@pytest.mark.parametrize(
    "fault", [RequestTooLarge(), ServerBusy(), ValueError("any other")], ids=repr
)
async def test_a_file_goes_when_its_message_is_refused(
    files: FileService, folder: Path, fault: Exception
) -> None:
    with pytest.raises(type(fault)):
        async with files.receive(1, pieces(b"hi"), None):
            raise fault
    assert names(folder) == []


async def test_a_file_goes_when_its_sender_goes(
    files: FileService, folder: Path
) -> None:
    gone = ConnectionResetError("gone")
    with pytest.raises(ConnectionResetError):
        async with files.receive(1, pieces(b"half", gone), None):
            pytest.fail("it never was whole")
    assert names(folder) == []


async def test_a_cancelled_transfer_leaves_nothing(
    files: FileService, folder: Path
) -> None:
    writing = asyncio.Event()

    async def endless() -> AsyncIterator[bytes]:
        yield b"hi"
        writing.set()
        await asyncio.Event().wait()

    async def receive() -> None:
        async with files.receive(1, endless(), None):
            pytest.fail("it never was whole")

    task = asyncio.create_task(receive())
    await writing.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert names(folder) == []
    async with files.receive(1, pieces(b"x" * 100), None):
        pass


async def test_a_file_stays_when_nobody_knows_whether_its_message_was_committed(
    house: House, files: FileService, folder: Path
) -> None:
    committing = asyncio.Event()

    async def receive() -> None:
        async with files.receive(1, pieces(b"hi"), None):
            committing.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(receive())
    await committing.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert len(names(folder)) == 1
    await files.open()  # the next start knows
    assert names(folder) == []


@pytest.mark.parametrize("declared", [None, 101])
async def test_a_file_over_its_limit_is_refused_and_gone(
    files: FileService, folder: Path, declared: int | None
) -> None:
    with pytest.raises(RequestTooLarge):
        async with files.receive(1, pieces(b"x" * 99, b"xx"), declared):
            pytest.fail("too large")
    assert names(folder) == []


async def test_a_file_of_exactly_its_limit_is_taken(files: FileService) -> None:
    async with files.receive(1, pieces(b"x" * 100), 100) as upload:
        assert upload.size_bytes == 100


async def test_an_endless_body_is_read_no_further_than_the_limit(
    files: FileService, folder: Path
) -> None:
    taken = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal taken
        while True:
            taken += 30
            yield b"x" * 30

    with pytest.raises(RequestTooLarge):
        async with files.receive(1, endless(), None):
            pytest.fail("endless")
    assert taken == 120
    assert names(folder) == []


async def test_a_channel_has_its_limit_and_the_others_theirs(
    house: House, files: FileService
) -> None:
    for _ in range(2):
        await keep(house, files, b"x" * 100)
    with pytest.raises(RequestTooLarge):
        await keep(house, files, b"x" * 51)
    await keep(house, files, b"x" * 50)
    async with files.receive(2, pieces(b"x" * 100), None):
        pass


async def test_files_on_their_way_in_count(files: FileService) -> None:
    async with (
        files.receive(1, pieces(b"x" * 100), None),
        files.receive(2, pieces(b"x" * 100), None),
        files.receive(1, pieces(b"x" * 100), None),
    ):
        with pytest.raises(RequestTooLarge):
            async with files.receive(1, pieces(b"x" * 51), None):
                pytest.fail("no room in the channel")
        async with files.receive(3, pieces(b"x" * 100), None):
            with pytest.raises(RequestTooLarge):
                async with files.receive(4, pieces(b"x"), None):
                    pytest.fail("no room at all")


async def test_two_that_fill_the_room_together_are_not_both_taken(
    house: House, files: FileService, folder: Path
) -> None:
    for _ in range(2):
        await keep(house, files, b"x" * 100)
    both_begun = asyncio.Barrier(2)

    async def slow() -> AsyncIterator[bytes]:
        await both_begun.wait()
        yield b"x" * 40

    async def receive() -> None:
        async with files.receive(1, slow(), None) as upload:
            await commit(house, upload)

    results = await asyncio.gather(receive(), receive(), return_exceptions=True)
    assert RequestTooLarge in map(type, results)
    assert size(folder) <= 250


async def test_room_is_made_of_what_has_expired(
    house: House, files: FileService, folder: Path, clock: Clock
) -> None:
    for amount in (100, 100, 50):
        await keep(house, files, b"x" * amount)
    clock.now_ms += 60_000
    fresh = await keep(house, files, b"x" * 100)
    assert names(folder) == [fresh.file_id]


async def test_a_file_is_had_until_it_expires(
    house: House, files: FileService, folder: Path, clock: Clock
) -> None:
    upload = await keep(house, files, b"hi")
    clock.now_ms += 59_999
    found = await files.find(upload.file_id)
    assert found is not None
    stored, path = found
    assert (stored.name, path.read_bytes()) == ("a.txt", b"hi")
    clock.now_ms += 1
    assert await files.find(upload.file_id) is None
    await files.sweep()
    assert names(folder) == []


async def test_a_file_goes_with_its_message(
    house: House, files: FileService, folder: Path
) -> None:
    async with files.receive(1, pieces(b"hi"), None) as upload:
        message_id = await commit(house, upload)
    assert await house.store.delete(1, message_id)
    assert await files.find(upload.file_id) is None
    await files.sweep()
    assert names(folder) == []


@pytest.mark.parametrize("file_id", ["", "..", "../files", "/etc/passwd", "0" * 16])
async def test_nobody_has_a_file_of_a_forged_id(
    files: FileService, file_id: str
) -> None:
    assert await files.find(file_id) is None


async def test_a_rehearsal_stores_nothing_and_has_the_same_limits(
    files: FileService, folder: Path
) -> None:
    async with files.rehearse(1, pieces(b"one ", b"two"), None) as upload:
        assert (upload.size_bytes, upload.head) == (7, b"one two")
        assert names(folder) == []
    with pytest.raises(RequestTooLarge):
        async with files.rehearse(1, pieces(b"x" * 101), None):
            pytest.fail("too large")


async def test_a_start_removes_what_a_crash_has_left_and_nothing_else(
    house: House, files: FileService, folder: Path
) -> None:
    kept = await keep(house, files, b"hi")
    for name in ("A" * 16, "B" * 16 + ".part", "notes of the operator.txt"):
        (folder / name).write_text("x")
    await files.open()
    assert names(folder) == sorted([kept.file_id, "notes of the operator.txt"])


async def test_a_disk_that_fails_is_busy(
    house: House, tmp_path: Path, clock: Clock
) -> None:
    files = FileService(FileFolder(tmp_path / "nowhere"), house.store, LIMITS, clock)
    with pytest.raises(ServerBusy):
        async with files.receive(1, pieces(b"hi"), None):
            pytest.fail("not stored")
