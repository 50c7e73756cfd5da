"""The fan-out by itself: once encoded, in slices, above what was sent already."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import pytest

from pushgo_compat.core.live import Hub
from pushgo_compat.core.stores.messages import StoredMessage
from pushgo_compat.legacy import StreamMessage
from pushgo_compat.model import NativeMessage, Source
from pushgo_compat.web.streams import fanout, open_stream
from pushgo_compat.web.streams.fanout import Fanout
from pushgo_compat.web.streams.framing import CHUNKED, PLAIN, WEBSOCKET, Framing
from pushgo_compat.web.streams.open_stream import OpenStream

ENCODED: list[str] = []


@dataclass(frozen=True, slots=True)
class Shout:
    """An encoder that keeps count; what begins with its letter it does not want."""

    unwanted: str = "-"
    content_type: str = "text/plain"

    def opened(self, now_ms: int) -> bytes:
        return b"hello"

    def keepalive(self, now_ms: int) -> bytes:
        return b"."

    def is_kept(self, message: StreamMessage) -> bool:
        return True

    def message(self, message: StreamMessage, topic: str) -> bytes | None:
        text = f"{topic}:{message.message_id[-2:]} "
        if topic.startswith("!"):
            raise ValueError
        ENCODED.append(text)
        return None if topic.startswith(self.unwanted) else text.encode()


class Pipe(asyncio.Transport):
    """A transport that keeps what is written."""

    def __init__(self, unsent: int = 0) -> None:
        super().__init__()
        self.written = b""
        self.aborted = False
        self._unsent = unsent

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += bytes(data)

    def get_write_buffer_size(self) -> int:
        return self._unsent

    def is_closing(self) -> bool:
        return self.aborted

    def abort(self) -> None:
        self.aborted = True

    def close(self) -> None:
        self.aborted = True


@dataclass
class House:
    """A hub, a fan-out, and streams that listen."""

    hub: Hub = field(default_factory=Hub)

    def __post_init__(self) -> None:
        self.held: list[int] = []
        self.fanout = Fanout(self.hub, to_stream, self.held.append)

    def listen(
        self,
        topics: Mapping[int, str],
        *,
        encoder: Shout | None = None,
        framing: Framing = PLAIN,
        live: bool = True,
        unsent: int = 0,
    ) -> tuple[OpenStream[StreamMessage], Pipe]:
        pipe = Pipe(unsent)
        stream = OpenStream(
            transport=pipe,
            encoder=encoder or Shout(),
            framing=framing,
            topics=topics,
            live=live,
        )
        self.fanout.join(stream)
        return stream, pipe


@pytest.fixture
def house() -> House:
    ENCODED.clear()
    return House()


def to_stream(stored: StoredMessage) -> StreamMessage | None:
    if stored.hidden:
        return None
    if stored.payload == b"!":
        raise ValueError
    return StreamMessage(
        message_id=stored.message_id,
        source=stored.source,
        time_ms=stored.accepted_at_ms,
        message=NativeMessage(title="t"),
        view=None,
    )


def message(number: int, channel: int = 1, *, hidden: bool = False) -> StoredMessage:
    position = number.to_bytes(16, "big")
    return StoredMessage(
        channel=channel,
        position=position,
        message_id=position.hex(),
        accepted_at_ms=number,
        source=Source.NATIVE,
        payload=b"{}",
        hidden=hidden,
    )


async def turns(count: int) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def test_who_asked_alike_is_served_by_one_encoding(house: House) -> None:
    pipes = [house.listen({1: "T"})[1] for _ in range(10)]
    other = house.listen({1: "U"})[1]
    house.hub.committed([message(1), message(2), message(3, channel=2)])
    await turns(5)
    assert {pipe.written for pipe in pipes} == {b"T:01 T:02 "}
    assert other.written == b"U:01 U:02 "
    assert sorted(ENCODED) == ["T:01 ", "T:02 ", "U:01 ", "U:02 "]


async def test_what_nobody_is_shown_or_wants_is_not_written(house: House) -> None:
    pipe = house.listen({1: "T"}, encoder=Shout("T"), framing=CHUNKED)[1]
    house.hub.committed([message(1), message(2, hidden=True)])
    await turns(5)
    assert pipe.written == b""
    assert ENCODED == ["T:01 "]


async def test_several_channels_come_under_their_own_names(house: House) -> None:
    pipe = house.listen({1: "A", 2: "B"})[1]
    house.hub.committed([message(1), message(2, channel=2), message(3)])
    await turns(5)
    assert sorted(pipe.written.split()) == [b"A:01", b"A:03", b"B:02"]


@pytest.mark.parametrize(
    ("floor", "written"),
    [(0, b"T:01 T:02 T:03 "), (1, b"T:02 T:03 "), (2, b"T:03 "), (3, b"")],
)
async def test_what_was_read_from_the_store_is_not_repeated(
    house: House, floor: int, written: bytes
) -> None:
    stream, pipe = house.listen({1: "T"})
    stream.floors = {1: floor.to_bytes(16, "big")}
    house.hub.committed([message(number) for number in (1, 2, 3)])
    await turns(5)
    assert pipe.written == written
    house.hub.committed([message(4)])
    await turns(5)
    assert pipe.written == written + b"T:04 "
    assert not stream.floors


async def test_who_still_reads_the_store_is_told_that_he_missed_something(
    house: House,
) -> None:
    stream, pipe = house.listen({1: "T"}, live=False)
    await turns(5)
    assert not stream.missed
    house.hub.committed([message(1)])
    await turns(5)
    assert (stream.missed, pipe.written) == (True, b"")


async def test_who_does_not_read_is_cut_off_alone(house: House) -> None:
    slow, stuck = house.listen({1: "T"}, unsent=open_stream.MAX_UNSENT_BYTES + 1)
    quick, pipe = house.listen({1: "T"}, unsent=open_stream.MAX_UNSENT_BYTES)
    house.hub.committed([message(1)])
    await turns(5)
    assert (slow.overrun, stuck.aborted, stuck.written) == (True, True, b"")
    assert (quick.overrun, pipe.written) == (False, b"T:01 ")


async def test_others_get_their_turn_between_the_slices(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fanout, "WRITES_A_TURN", 10)
    crowd = [house.listen({1: "T"})[1] for _ in range(100)]
    house.hub.committed([message(1)])
    await turns(2)
    served = sum(bool(pipe.written) for pipe in crowd)
    assert 0 < served < 100
    alone = house.listen({2: "U"})[1]
    house.hub.committed([message(2, channel=2)])
    await turns(3)
    assert alone.written == b"U:02 "
    assert not all(pipe.written for pipe in crowd)
    await turns(20)
    assert {pipe.written for pipe in crowd} == {b"T:01 "}


async def test_what_comes_during_a_sweep_goes_out_together(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fanout, "WRITES_A_TURN", 1)
    pipes = [house.listen({1: "T"}, framing=CHUNKED)[1] for _ in range(5)]
    house.hub.committed([message(1)])
    await turns(3)
    house.hub.committed([message(2)])
    house.hub.committed([message(3)])
    await turns(30)
    assert {pipe.written for pipe in pipes} == {
        b"5\r\nT:01 \r\n" + b"a\r\nT:02 T:03 \r\n"
    }


async def test_a_long_queue_goes_out_in_sweeps_of_bounded_size(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fanout, "_SWEEP_BYTES", 10)
    pipe = house.listen({1: "T"}, framing=CHUNKED)[1]
    house.hub.committed([message(number) for number in range(1, 6)])
    await turns(10)
    assert pipe.written.count(b"\r\nT:") == 3
    assert pipe.written.count(b"T:") == 5


async def test_who_leaves_during_a_sweep_harms_nobody(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fanout, "WRITES_A_TURN", 1)
    streams = [house.listen({1: "T"}) for _ in range(4)]
    house.hub.committed([message(1)])
    await turns(2)
    for stream, _ in streams:
        house.fanout.leave(stream)
    assert 1 not in house.hub.channels
    await turns(10)
    house.hub.committed([message(2)])
    await turns(10)
    assert all(b"02" not in pipe.written for _, pipe in streams)


# ----------------------------------------------------------------------------- faults


async def test_an_encoder_that_fails_ends_its_own_group_only(house: House) -> None:
    faulty = [house.listen({1: "!"})[1] for _ in range(3)]
    sound = house.listen({1: "T"})[1]
    for number in (1, 2):
        house.hub.committed([message(number)])
        await turns(10)
    assert all(pipe.aborted and not pipe.written for pipe in faulty)
    assert (sound.aborted, sound.written) == (False, b"T:01 T:02 ")
    late = house.listen({1: "V"})[1]
    house.hub.committed([message(3)])
    await turns(10)
    assert late.written == b"V:03 "


async def test_a_message_that_cannot_be_shown_ends_its_channel_only(
    house: House,
) -> None:
    broken, sound = house.listen({1: "T"})[1], house.listen({2: "U"})[1]
    house.hub.committed([replace(message(1), payload=b"!"), message(2, channel=2)])
    await turns(10)
    assert (broken.aborted, sound.aborted) == (True, False)
    assert sound.written == b"U:02 "


async def test_a_connection_that_fails_is_cut_off_alone(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, sound = house.listen({1: "T"})[1], house.listen({1: "T"})[1]

    def fail(data: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(broken, "write", fail)
    for number in (1, 2):
        house.hub.committed([message(number)])
        await turns(10)
    assert (broken.aborted, sound.aborted) == (True, False)
    assert sound.written == b"T:01 T:02 "


# ------------------------------------------------------------------------- revocations


async def test_a_message_of_a_later_state_of_keys_waits_and_so_do_those_behind_it(
    house: House,
) -> None:
    pipe = house.listen({1: "T"})[1]
    house.fanout.release(4)
    later = [replace(message(2), generation=5), replace(message(3), generation=6)]
    house.hub.committed([replace(message(1), generation=4), *later, message(4)])
    await turns(5)
    assert pipe.written == b"T:01 "
    assert house.held == [5, 6, 0]
    house.fanout.release(5)
    await turns(5)
    assert pipe.written == b"T:01 T:02 "
    house.fanout.release(6)
    await turns(5)
    assert pipe.written == b"T:01 T:02 T:03 T:04 "


@pytest.mark.parametrize(
    ("framing", "frames", "wire"),
    [
        (PLAIN, [b"a", b"b"], b"ab"),
        (CHUNKED, [b"a" * 10, b"b" * 6], b"10\r\n" + b"a" * 10 + b"b" * 6 + b"\r\n"),
        (CHUNKED, [], b""),
        (WEBSOCKET, [b"a", b"bc"], b"\x81\x01a\x81\x02bc"),
        (WEBSOCKET, [b"x" * 125], b"\x81\x7d" + b"x" * 125),
        (WEBSOCKET, [b"x" * 126], b"\x81\x7e\x00\x7e" + b"x" * 126),
        (WEBSOCKET, [b"x" * 65535], b"\x81\x7e\xff\xff" + b"x" * 65535),
        (WEBSOCKET, [b"x" * 65536], b"\x81\x7f" + (65536).to_bytes(8, "big")
         + b"x" * 65536),
    ],
)  # fmt: skip
def test_frames_on_the_wire(
    framing: Framing, frames: Sequence[bytes], wire: bytes
) -> None:
    assert framing.wrap(frames) == wire
