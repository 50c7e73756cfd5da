"""A push service that speaks APNs' protocol: HTTP/2 over TLS, JWTs, refusals.

It misbehaves by the first byte of the device token (hex), see ``Behaviour``. By hand:

    python -m tests.providers.apns --port 8443

prints where it listens and the certificate to trust (``SSL_CERT_FILE``).
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import enum
import json
import random
import ssl
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import h2.config
import h2.connection
import h2.errors
import h2.events
import h2.settings
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from pushgo_compat.delivery.sending.vapid import unb64url
from tests.tls import self_signed

MAX_PAYLOAD_BYTES = 4096
_GOAWAY_FRAME_TYPE = 7


class Behaviour(enum.StrEnum):
    """The first byte of a device token, and what the service does with it."""

    FINE = "00"
    NO_APNS_ID = "01"
    SPLIT_REASON = "02"
    """400 BadTopic, its JSON in two DATA frames."""
    NO_BODY = "03"
    """503 without a body."""
    RESET = "04"
    REFUSED_ONCE = "05"
    """REFUSED_STREAM the first time, then 200."""
    STALL = "06"
    HANG_UP = "07"
    GOAWAY_AFTER = "08"
    """GOAWAY that accepts what is in flight, answered afterwards."""
    GOAWAY_BEFORE = "09"
    """GOAWAY that leaves this request unprocessed; taken on the next connection."""
    BAD_TOKEN = "0a"
    UNREGISTERED = "0b"
    TOO_MANY_UPDATES = "0c"
    HTML = "0d"
    """502 with a page that is not Apple's."""
    EXPIRED_ONCE = "0e"
    """ExpiredProviderToken for the first provider token that it shows."""
    SLOW = "0f"
    SHUTDOWN = "10"
    TOO_LARGE_ONCE = "11"
    UNRELIABLE = "12"
    """Fails, stalls, resets, or takes it and hangs up: by chance, mostly takes it."""


@dataclass
class Taken:
    """One notification that the service took."""

    device_token: str
    headers: dict[str, str]
    payload: dict[str, object]
    size: int


@dataclass
class FakeApns:
    """What the service saw; ``public_key`` set: provider tokens are checked."""

    port: int = 0
    public_key: ec.EllipticCurvePublicKey | None = None
    max_streams: int = 1000
    taken: list[Taken] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    """Device tokens of all requests, in order."""
    jwts: set[str] = field(default_factory=set)
    connections: int = 0
    open_streams: int = 0
    most_streams: int = 0
    resets: int = 0
    once: set[str] = field(default_factory=set)
    delay_s: float = 0.0
    draw: random.Random = field(default_factory=random.Random)
    """Decides how UNRELIABLE tokens fare."""
    on_taken: Callable[[Taken, bool], None] = lambda _taken, _answered: None
    """Called with each notification that is taken, and whether its answer gets out."""

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}"


class _Session:
    """One connection."""

    def __init__(
        self,
        service: FakeApns,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        self.service = service
        self._reader, self._writer = reader, writer
        self._h2 = h2.connection.H2Connection(
            h2.config.H2Configuration(client_side=False, header_encoding="utf-8")
        )
        self._headers: dict[int, dict[str, str]] = {}
        self._bodies: dict[int, bytearray] = {}
        self._answers: set[asyncio.Task[None]] = set()
        self._refuse_above: int | None = None

    async def run(self) -> None:
        streams = h2.settings.SettingCodes.MAX_CONCURRENT_STREAMS
        self._h2.local_settings = h2.settings.Settings(
            client=False, initial_values={streams: self.service.max_streams}
        )
        self._h2.initiate_connection()
        self._flush()
        try:
            while data := await self._reader.read(65_536):
                for event in self._h2.receive_data(data):
                    self._take(event)
                self._flush()
        finally:
            for answer in self._answers:
                answer.cancel()
            await asyncio.gather(*self._answers, return_exceptions=True)
            self._writer.close()

    def _flush(self) -> None:
        if not self._writer.is_closing():
            self._writer.write(self._h2.data_to_send())

    def _take(self, event: h2.events.Event) -> None:
        match event:
            case h2.events.RequestReceived(stream_id=int(stream)):
                self._headers[stream] = {
                    str(name): str(value) for name, value in event.headers or ()
                }
                self._bodies[stream] = bytearray()
                self.service.open_streams += 1
                self.service.most_streams = max(
                    self.service.most_streams, self.service.open_streams
                )
            case h2.events.DataReceived(stream_id=int(stream)):
                self._h2.acknowledge_received_data(
                    event.flow_controlled_length or 0, stream
                )
                if stream in self._bodies:
                    self._bodies[stream] += event.data or b""
            case h2.events.StreamEnded(stream_id=int(stream)):
                task = asyncio.create_task(self._serve(stream))
                self._answers.add(task)
                task.add_done_callback(self._answers.discard)
            case h2.events.StreamReset(stream_id=int(stream)):
                self.service.resets += 1
                self._done(stream)
            case _:
                pass

    def _done(self, stream: int) -> None:
        if self._headers.pop(stream, None) is not None:
            self.service.open_streams -= 1

    async def _serve(self, stream: int) -> None:
        headers = self._headers[stream]
        device_token = headers[":path"].rpartition("/")[2]
        self.service.asked.append(device_token)
        if self.service.delay_s:
            await asyncio.sleep(self.service.delay_s)
        if self._refuse_above is not None and stream > self._refuse_above:
            return  # as a server that has sent GOAWAY
        await self._behave(stream, device_token, headers)
        self._done(stream)

    async def _behave(  # noqa: C901, PLR0912 - one arm a behaviour
        self, stream: int, device_token: str, headers: dict[str, str]
    ) -> None:
        first_time = device_token not in self.service.once
        self.service.once.add(device_token)
        jwt = headers.get("authorization", "").removeprefix("bearer ")
        self.service.jwts.add(jwt)
        if self.service.public_key is not None and not _is_signed(
            jwt, self.service.public_key
        ):
            self._answer(stream, 403, "InvalidProviderToken")
            return
        match Behaviour(device_token[:2]):
            case Behaviour.NO_APNS_ID:
                self._accept(stream, device_token, headers, with_id=False)
            case Behaviour.SPLIT_REASON:
                self._split(stream)
            case Behaviour.NO_BODY:
                self._answer(stream, 503, None)
            case Behaviour.RESET:
                self._reset(stream, h2.errors.ErrorCodes.INTERNAL_ERROR)
            case Behaviour.REFUSED_ONCE if first_time:
                self._reset(stream, h2.errors.ErrorCodes.REFUSED_STREAM)
            case Behaviour.STALL:
                await asyncio.sleep(3600)
            case Behaviour.HANG_UP:
                self._writer.transport.abort()
            case Behaviour.GOAWAY_AFTER if first_time:
                self._go_away(last=stream)
                await asyncio.sleep(0.05)
                self._accept(stream, device_token, headers)
            case Behaviour.GOAWAY_BEFORE if first_time:
                self._go_away(last=max(0, stream - 2))
            case Behaviour.BAD_TOKEN:
                self._answer(stream, 400, "BadDeviceToken")
            case Behaviour.UNREGISTERED:
                self._answer(stream, 410, "Unregistered", timestamp=1_700_000_000_000)
            case Behaviour.TOO_MANY_UPDATES:
                self._answer(stream, 429, "TooManyProviderTokenUpdates")
            case Behaviour.HTML:
                self._answer(stream, 502, None, body=b"<html>bad gateway</html>")
            case Behaviour.EXPIRED_ONCE if first_time:
                self._answer(stream, 403, "ExpiredProviderToken")
            case Behaviour.SLOW:
                await asyncio.sleep(0.2)
                self._accept(stream, device_token, headers)
            case Behaviour.SHUTDOWN if first_time:
                self._answer(stream, 503, "Shutdown")
            case Behaviour.TOO_LARGE_ONCE if first_time:
                self._answer(stream, 413, "PayloadTooLarge")
            case Behaviour.UNRELIABLE:
                await self._try_luck(stream, device_token, headers)
            case _:
                self._accept(stream, device_token, headers)

    def _accept(
        self,
        stream: int,
        device_token: str,
        headers: dict[str, str],
        *,
        with_id: bool = True,
    ) -> None:
        body = bytes(self._bodies[stream])
        if len(body) > MAX_PAYLOAD_BYTES:
            self._answer(stream, 413, "PayloadTooLarge")
            return
        self._take_over(device_token, headers, body, answered=True)
        answer = [(":status", "200")]
        if with_id:
            answer.append(("apns-id", headers.get("apns-id", "made-by-apple")))
        self._h2.send_headers(stream, answer, end_stream=True)
        self._flush()

    def _take_over(
        self, device_token: str, headers: dict[str, str], body: bytes, *, answered: bool
    ) -> None:
        taken = Taken(device_token, headers, json.loads(body), len(body))
        self.service.taken.append(taken)
        self.service.on_taken(taken, answered)

    async def _try_luck(
        self, stream: int, device_token: str, headers: dict[str, str]
    ) -> None:
        luck = self.service.draw.random()
        if luck < 0.06:
            self._answer(stream, 503, "ServiceUnavailable")
        elif luck < 0.07:
            self._answer(stream, 429, "TooManyRequests")
        elif luck < 0.09:
            self._reset(stream, h2.errors.ErrorCodes.INTERNAL_ERROR)
        elif luck < 0.092:
            await asyncio.sleep(3600)
        elif luck < 0.107:
            body = bytes(self._bodies[stream])
            self._take_over(device_token, headers, body, answered=False)
            self._writer.transport.abort()
        else:
            self._accept(stream, device_token, headers)

    def _answer(
        self,
        stream: int,
        status: int,
        reason: str | None,
        *,
        body: bytes = b"",
        **more: object,
    ) -> None:
        if reason is not None:
            body = json.dumps({"reason": reason, **more}).encode()
        self._h2.send_headers(stream, [(":status", str(status))], end_stream=not body)
        if body:
            self._h2.send_data(stream, body, end_stream=True)
        self._flush()

    def _split(self, stream: int) -> None:
        self._h2.send_headers(stream, [(":status", "400")])
        self._h2.send_data(stream, b'{"reason":"Bad')
        self._flush()
        self._h2.send_data(stream, b'Topic"}', end_stream=True)
        self._flush()

    def _reset(self, stream: int, code: h2.errors.ErrorCodes) -> None:
        self._h2.reset_stream(stream, code)
        self._flush()

    def _go_away(self, last: int) -> None:
        """A GOAWAY written by hand: ``h2`` would close its side with it."""
        self._refuse_above = last
        payload = last.to_bytes(4, "big") + (0).to_bytes(4, "big") + b"maintenance"
        head = len(payload).to_bytes(3, "big") + bytes([_GOAWAY_FRAME_TYPE, 0])
        self._flush()
        self._writer.write(head + (0).to_bytes(4, "big") + payload)


def _is_signed(jwt: str, key: ec.EllipticCurvePublicKey) -> bool:
    try:
        signed, _, signature = jwt.rpartition(".")
        head, claims = (json.loads(unb64url(part)) for part in signed.split("."))
        raw = unb64url(signature)
        der = encode_dss_signature(
            int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big")
        )
        key.verify(der, signed.encode(), ec.ECDSA(hashes.SHA256()))
    except (ValueError, InvalidSignature):
        return False
    return head["alg"] == "ES256" and "kid" in head and {"iss", "iat"} <= claims.keys()


def make_key() -> tuple[str, ec.EllipticCurvePublicKey]:
    """A team's signing key as a .p8 text, and its public half."""
    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return pem.decode(), key.public_key()


@asynccontextmanager
async def running(service: FakeApns, folder: Path) -> AsyncIterator[Path]:
    """Run the service; the path of the certificate that a client must trust."""
    certificate, key, _ = self_signed(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    context.set_alpn_protocols(["h2"])
    sessions: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        service.connections += 1
        task = asyncio.current_task()
        if task is not None:
            sessions.add(task)
        with contextlib.suppress(OSError, asyncio.CancelledError):
            await _Session(service, reader, writer).run()

    server = await asyncio.start_server(serve, "127.0.0.1", service.port, ssl=context)
    service.port = server.sockets[0].getsockname()[1]
    try:
        yield certificate
    finally:
        server.close()
        for session in sessions:
            session.cancel()
        await asyncio.gather(*sessions, return_exceptions=True)
        await server.wait_closed()


async def _main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8443)
    port: int = parser.parse_args().port
    service = FakeApns(port=port)
    with tempfile.TemporaryDirectory() as folder:
        async with running(service, Path(folder)) as certificate:
            print(f"{service.url}  SSL_CERT_FILE={certificate}")  # noqa: T201
            seen = 0
            while True:
                await asyncio.sleep(0.2)
                for taken in service.taken[seen:]:
                    print(taken.device_token, json.dumps(taken.payload))  # noqa: T201
                seen = len(service.taken)


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_main())
