"""Providers that fail by chance, and write down what they took, in one process.

    python -m tests.providers.unreliable http|apns FOLDER SEED

A provider fails, stalls, resets, answers 429 or 503, or takes a message and hangs up.
Every message that it takes is a line of ``FOLDER/http.jsonl`` or ``apns.jsonl``, which
outlives the gateway: target, title, and whether the answer got out. The port is in
``FOLDER/http.port`` or ``apns.port`` once it listens.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from aiohttp import web

from tests.providers.apns import FakeApns, Taken, running

DIES_AFTER = 20
"""Messages that the receiver ``webhook-dead`` takes before it is gone (410)."""
_STALL_S = 30.0
_ANSWERS: Mapping[str, Mapping[str, object]] = {
    "webhook": {},
    "ntfy": {"id": "abcdefghijkl"},
    "bark": {"code": 200, "message": "success"},
    "pushgo": {"success": True, "data": {"message_id": "1"}},
    "fcm": {"name": "projects/p/messages/1"},
    "apprise": {},
}


FATES = (
    ("take", 890),
    ("fail", 70),
    ("hang up", 20),
    ("take and hang up", 16),
    ("later", 2),
    ("slower", 2),
    ("stall", 2),
)
"""What becomes of a request, and of how many in about a thousand."""


class Record:
    """What was taken, one line each, on disk before it is answered."""

    def __init__(self, path: Path) -> None:
        self._file: IO[str] = path.open("a", encoding="utf-8")

    def add(self, target: str, title: str, *, answered: bool) -> None:
        """Write one line."""
        self._file.write(json.dumps([target, title, answered]) + "\n")
        self._file.flush()


class UnreliableHttp:
    """Every provider that speaks HTTP/1, told apart by the first part of the path."""

    def __init__(self, record: Record, draw: random.Random) -> None:
        self._record = record
        self._draw = draw
        self._died = 0

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Take one message, or do not."""
        name = request.path.split("/")[1]
        if name == "token":
            return web.json_response({"access_token": "t", "expires_in": 3599})
        try:
            document = json.loads(await request.read())
        except ConnectionError:  # the gateway was killed in the middle
            return hung_up(request)
        kind = name.partition("-")[0]
        title = title_of(kind, document)
        if name == "webhook-dead":
            self._died += 1
            if self._died > DIES_AFTER:
                return web.Response(status=410)
        return await self._try_luck(request, kind, name, title)

    async def _try_luck(
        self, request: web.Request, kind: str, name: str, title: str
    ) -> web.Response:
        fates = [fate for fate, _ in FATES]
        weights = [weight for _, weight in FATES]
        (fate,) = self._draw.choices(fates, weights)
        if fate == "stall":
            await asyncio.sleep(_STALL_S)
        if fate.startswith("take"):
            self._record.add(name, title, answered=fate == "take")
        match fate:
            case "fail":
                answer = web.Response(status=503)
            case "later":
                answer = web.Response(status=503, headers={"Retry-After": "1"})
            case "slower":
                answer = web.Response(status=429, headers={"Retry-After": "1"})
            case "take":
                answer = web.json_response(_ANSWERS[kind])
            case _:
                answer = hung_up(request)
        return answer


def hung_up(request: web.Request) -> web.Response:
    """End the connection in the middle."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


def title_of(kind: str, document: dict[str, Any]) -> str:
    """The title in each kind's words."""
    match kind:
        case "webhook":
            return str(document["data"]["title"])
        case "fcm":
            return str(document["message"]["data"]["title"])
        case "apprise":
            return str(document["message"])
        case _:
            return str(document["title"])


async def serve_http(folder: Path, seed: int) -> None:
    """Serve until the process ends."""
    service = UnreliableHttp(Record(folder / "http.jsonl"), random.Random(seed))
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", service.handle)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    (folder / "http.port").write_text(str(runner.addresses[0][1]), "ascii")
    await asyncio.Event().wait()


async def serve_apns(folder: Path, seed: int) -> None:
    """The same over HTTP/2 and TLS; its certificate is ``FOLDER/cert.pem``."""
    record = Record(folder / "apns.jsonl")

    def take(taken: Taken, answered: bool) -> None:
        alert: Any = taken.payload["aps"]
        record.add(taken.device_token, alert["alert"]["title"], answered=answered)

    service = FakeApns(draw=random.Random(seed), on_taken=take)
    async with running(service, folder):
        (folder / "apns.port").write_text(str(service.port), "ascii")
        await asyncio.Event().wait()


if __name__ == "__main__":
    which, where, seed_ = sys.argv[1:]
    serve = serve_http if which == "http" else serve_apns
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(Path(where), int(seed_)))
