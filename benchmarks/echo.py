"""The yardstick: a bare aiohttp JSON echo on the event loop that the gateway uses."""

from __future__ import annotations

import sys

import orjson
import uvloop
from aiohttp import web


async def echo(request: web.Request) -> web.Response:
    """Parse the JSON and send it back."""
    fields = orjson.loads(await request.read())
    return web.Response(body=orjson.dumps(fields), content_type="application/json")


def main() -> None:
    """Serve on the port given as the only argument."""
    app = web.Application()
    app.router.add_post("/message", echo)
    loop = uvloop.new_event_loop()
    port = int(sys.argv[1])
    web.run_app(
        app, host="127.0.0.1", port=port, loop=loop, access_log=None, print=None
    )


if __name__ == "__main__":
    main()
