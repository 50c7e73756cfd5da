"""A plain HTTP service: writes down what it gets and answers as it was told."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from aiohttp import web
from aiohttp.test_utils import TestServer


class Receiver:
    """What arrived, and what is answered."""

    def __init__(self) -> None:
        self.got: list[tuple[web.Request, bytes]] = []
        self.answer: Callable[[], web.Response] = lambda: web.Response(status=204)

    async def handle(self, request: web.Request) -> web.Response:
        self.got.append((request, await request.read()))
        return self.answer()

    def says(self, document: object, status: int = 200) -> None:
        """Answer with JSON from now on."""
        self.answer = lambda: web.json_response(document, status=status)


@asynccontextmanager
async def receiver() -> AsyncIterator[tuple[Receiver, str]]:
    """Run one on loopback; it and its URL."""
    made = Receiver()
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", made.handle)
    async with TestServer(app, host="127.0.0.1") as server:
        yield made, f"http://127.0.0.1:{server.port}"
