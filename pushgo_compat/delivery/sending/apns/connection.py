"""One HTTP/2 connection to Apple's push service, on ``h2``.

The client libraries tried lose requests that are in flight when Apple sends GOAWAY, or
cannot tell unprocessed requests from unknown ones (docs/delivery.md, A2). Here:

- GOAWAY frames are taken out of the byte stream here, since ``h2`` closes its state
  machine on them (python-hyper/h2#1181). Streams up to the last id go on, higher ones
  were not processed.
- A request begins only when the connection's window holds all of its body: HEADERS
  without DATA would leave a half-open stream behind.
- A time-out or a cancellation resets its stream, so that no slot is lost.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import h2.config
import h2.connection
import h2.errors
import h2.events
import h2.exceptions

MAX_STREAMS = 1000
SETTINGS_TIMEOUT_S = 5.0
SILENCE_BEFORE_PING_S = 60.0
PING_TIMEOUT_S = 5.0
MAX_ANSWER_BYTES = 16 * 1024
_FRAME_HEAD_BYTES = 9
"""Length, type, flags and stream of a frame (RFC 9113, 4.1)."""
_GOAWAY = 7
"""The type of the frame (RFC 9113, 6.8)."""
_STREAM_ID_MASK = 0x7FFF_FFFF
"""The first bit of a stream's number is reserved (RFC 9113, 4.1)."""
_READ_BYTES = 65_536


_AnswerEvent = (
    h2.events.ResponseReceived
    | h2.events.DataReceived
    | h2.events.StreamEnded
    | h2.events.StreamReset
)


class NotProcessed(Exception):
    """The request was certainly not acted on: it may go again at once."""


class Lost(Exception):
    """The connection or stream ended without an answer; the outcome is unknown."""


@dataclass(frozen=True, slots=True)
class Response:
    """Apple's answer to one request."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(slots=True)
class _Stream:
    answered: asyncio.Future[Response]
    headers: dict[str, str] = field(default_factory=dict)
    body: bytearray = field(default_factory=bytearray)


class Connection:
    """Requests share it; ``is_usable`` says whether new ones may begin."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._h2 = h2.connection.H2Connection(
            h2.config.H2Configuration(client_side=True, header_encoding="utf-8")
        )
        self._streams: dict[int, _Stream] = {}
        self._buffer = bytearray()
        self._ready = asyncio.Event()
        """The server's SETTINGS have come."""
        self._changed = asyncio.Condition()
        """A slot or window has grown, or the connection has ended."""
        self._pinged = asyncio.Event()
        self._heard = asyncio.Event()
        self._closing = False
        self._draining = False
        self.reason = ""
        """The reason of GOAWAY, in the server's own words."""
        self._tasks: list[asyncio.Task[None]] = []

    @classmethod
    async def open(cls, host: str, port: int, context: ssl.SSLContext) -> Connection:
        """Connect, and wait for the server's SETTINGS. Raises OSError, TimeoutError."""
        async with asyncio.timeout(SETTINGS_TIMEOUT_S):
            reader, writer = await asyncio.open_connection(host, port, ssl=context)
            connection = cls(reader, writer)
            try:
                await connection._begin()
            except BaseException:
                await connection.close()
                raise
        return connection

    async def _begin(self) -> None:
        tls = self._writer.get_extra_info("ssl_object")
        if tls is None or tls.selected_alpn_protocol() != "h2":
            raise ConnectionError("the server speaks no HTTP/2")
        self._h2.initiate_connection()
        self._flush()
        self._tasks.append(asyncio.create_task(self._read()))
        await self._ready.wait()
        if self._closing:
            raise ConnectionError("the server hung up")
        self._tasks.append(asyncio.create_task(self._ping()))

    @property
    def is_usable(self) -> bool:
        """Whether new requests may begin."""
        return not (self._closing or self._draining)

    @property
    def is_idle(self) -> bool:
        """Whether no request is under way."""
        return not self._streams

    async def request(
        self, headers: Sequence[tuple[str, str]], body: bytes
    ) -> Response:
        """Send one request. Raises NotProcessed, Lost.

        Time-outs are the caller's: a cancelled request resets its stream.
        """
        async with self._changed:
            await self._changed.wait_for(lambda: self._may_begin(len(body)))
            if not self.is_usable:
                raise NotProcessed
            try:
                stream_id = self._h2.get_next_available_stream_id()
                self._h2.send_headers(stream_id, headers)
                self._h2.send_data(stream_id, body, end_stream=True)
            except h2.exceptions.ProtocolError as error:
                self._draining = True
                raise NotProcessed from error
            stream = _Stream(asyncio.get_running_loop().create_future())
            self._streams[stream_id] = stream
            self._flush()
        try:
            return await stream.answered
        except asyncio.CancelledError:
            self._reset(stream_id)
            raise
        finally:
            self._streams.pop(stream_id, None)
            await self._notify()

    def _may_begin(self, size: int) -> bool:
        if not self.is_usable:
            return True  # to be told so
        limit = min(MAX_STREAMS, self._h2.remote_settings.max_concurrent_streams)
        window = min(
            self._h2.outbound_flow_control_window,
            self._h2.remote_settings.initial_window_size,
        )
        return len(self._streams) < limit and window >= size

    async def _notify(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    def _reset(self, stream_id: int) -> None:
        if self._closing:
            return
        with contextlib.suppress(h2.exceptions.ProtocolError):
            self._h2.reset_stream(stream_id, h2.errors.ErrorCodes.CANCEL)
            self._flush()

    def _flush(self) -> None:
        self._writer.write(self._h2.data_to_send())

    # ------------------------------------------------------------------ reading

    async def _read(self) -> None:
        try:
            while data := await self._reader.read(_READ_BYTES):
                self._heard.set()
                self._buffer += data
                for frame in self._whole_frames():
                    self._take_frame(frame)
                self._flush()
                await self._notify()
        except (OSError, h2.exceptions.ProtocolError) as error:
            self.reason = self.reason or type(error).__name__
        finally:
            self._end()
            await self._notify()

    def _whole_frames(self) -> list[bytes]:
        frames = []
        start = 0
        buffer = self._buffer
        while len(buffer) - start >= _FRAME_HEAD_BYTES:
            length = int.from_bytes(buffer[start : start + 3], "big")
            end = start + _FRAME_HEAD_BYTES + length
            if end > len(buffer):
                if length > self._h2.max_inbound_frame_size:
                    raise h2.exceptions.FrameTooLargeError
                break
            frames.append(bytes(buffer[start:end]))
            start = end
        del buffer[:start]
        return frames

    def _take_frame(self, frame: bytes) -> None:
        if frame[3] == _GOAWAY:
            # h2 ends the whole connection at a GOAWAY; streams up to its last one still
            # get their answers (RFC 9113, 6.8).
            self._go_away(frame[_FRAME_HEAD_BYTES:])
            return
        for event in self._h2.receive_data(frame):
            self._take_event(event)

    def _go_away(self, payload: bytes) -> None:
        """Nothing new; what was above the last stream was not processed."""
        self._draining = True
        last = int.from_bytes(payload[:4], "big") & _STREAM_ID_MASK
        self.reason = payload[8:].decode("utf-8", "replace")[:200]
        for stream_id, stream in self._streams.items():
            if stream_id > last:
                _fail(stream, NotProcessed())

    def _take_event(self, event: h2.events.Event) -> None:
        match event:
            case h2.events.RemoteSettingsChanged():
                self._ready.set()
            case h2.events.PingAckReceived():
                self._pinged.set()
            case (
                h2.events.ResponseReceived()
                | h2.events.DataReceived()
                | h2.events.StreamEnded()
                | h2.events.StreamReset()
            ):
                self._take_answer(event)
            case _:
                pass  # nothing that an answer waits for

    def _take_answer(self, event: _AnswerEvent) -> None:
        if isinstance(event, h2.events.DataReceived):
            size = event.flow_controlled_length or 0
            self._h2.acknowledge_received_data(size, event.stream_id or 0)
        stream = self._streams.get(event.stream_id or 0)
        if stream is None:
            return  # it timed out
        match event:
            case h2.events.ResponseReceived():
                stream.headers = {
                    _text(name): _text(value) for name, value in event.headers or ()
                }
            case h2.events.DataReceived():
                if len(stream.body) < MAX_ANSWER_BYTES:
                    stream.body += event.data or b""
            case h2.events.StreamEnded():
                _answer(stream)
            case h2.events.StreamReset():
                # "Not processed", so it may go again (RFC 9113, 8.7).
                refused = event.error_code == h2.errors.ErrorCodes.REFUSED_STREAM
                _fail(stream, NotProcessed() if refused else Lost("stream reset"))

    # ------------------------------------------------------------------ ending

    async def _ping(self) -> None:
        """Ping after a minute of silence; without an answer close the connection."""
        while True:
            self._heard.clear()
            try:
                async with asyncio.timeout(SILENCE_BEFORE_PING_S):
                    await self._heard.wait()
                continue
            except TimeoutError:
                pass  # silence
            self._pinged.clear()
            self._h2.ping(b"pushgo\0\0")
            self._flush()
            try:
                async with asyncio.timeout(PING_TIMEOUT_S):
                    await self._pinged.wait()
            except TimeoutError:
                self.reason = "no answer to a ping"
                self._writer.transport.abort()
                return

    def _end(self) -> None:
        self._closing = True
        self._ready.set()
        for stream in self._streams.values():
            _fail(stream, Lost(self.reason or "connection closed"))

    async def close(self) -> None:
        """Close the connection; whatever is under way is lost."""
        self._end()
        self._writer.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(1):
                await self._writer.wait_closed()


def _answer(stream: _Stream) -> None:
    if stream.answered.done():
        return
    status = stream.headers.get(":status", "")
    if status.isdecimal():
        response = Response(int(status), stream.headers, bytes(stream.body))
        stream.answered.set_result(response)
    else:
        stream.answered.set_exception(Lost("an answer without a status"))


def _fail(stream: _Stream, error: Exception) -> None:
    if not stream.answered.done():
        stream.answered.set_exception(error)


def _text(value: str | bytes) -> str:
    return value if isinstance(value, str) else value.decode("utf-8", "replace")
