"""The way to old servers: the request as it came, the answer whole."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from multidict import CIMultiDictProxy
from yarl import URL

from pushgo_compat.core.delivery import Misconfigured, Retry
from pushgo_compat.core.shadows.answers import (
    MAX_ANSWER_BYTES,
    SHADOW_HEADER,
    Answer,
    Copy,
    NoAnswer,
)
from pushgo_compat.core.shadows.service import GIVES_UP_AFTER_S
from pushgo_compat.core.stores.old_calls.shadows import Shadow
from pushgo_compat.delivery.sending.guard import bare_session
from pushgo_compat.delivery.sending.http import NO_ANSWER, HttpClient

LOOP_DETECTED = 508
"""We refuse our own echo with it."""
LEADS_BACK = "it leads back to this gateway"


class OldServers:
    """Asks old servers over one pool of connections.

    The operator has named them, so they may be in a private network.
    """

    def __init__(self, now_ms: Callable[[], int]) -> None:
        self._http = HttpClient(now_ms, bare_session)

    async def close(self) -> None:
        """Let go of the connections."""
        await self._http.close()

    async def ask(self, shadow: Shadow, copy: Copy) -> Answer | NoAnswer:
        """Send a copy."""
        url, host = _url(shadow, copy)
        copy.headers["Host"] = host
        started_s = time.monotonic()
        try:
            async with asyncio.timeout(GIVES_UP_AFTER_S):
                answer = await self._http.post(
                    url,
                    await _content(copy.body),
                    copy.headers,
                    method=copy.method,
                    max_answer_bytes=MAX_ANSWER_BYTES + 1,
                    as_it_came=True,
                    server_hostname=urlsplit(f"//{host}").hostname,
                )
        except TimeoutError:
            return NoAnswer(NO_ANSWER)
        except OSError:  # a file that has gone
            return NoAnswer("its file is gone")
        if isinstance(answer, Retry | Misconfigured):
            return NoAnswer(answer.reason)
        if answer.status == LOOP_DETECTED and SHADOW_HEADER in answer.headers:
            return NoAnswer(LEADS_BACK)
        if len(answer.body) > MAX_ANSWER_BYTES:
            return NoAnswer("its answer is over 1 MiB")
        headers = answer.headers
        assert isinstance(headers, CIMultiDictProxy)  # noqa: S101 - as aiohttp gives it
        ms = round((time.monotonic() - started_s) * 1000)
        return Answer(answer.status, answer.body, headers, ms)


async def _content(body: bytes | Path) -> object:
    if isinstance(body, Path):
        return await asyncio.to_thread(body.open, "rb")
    return body or None


def _url(shadow: Shadow, copy: Copy) -> tuple[URL, str]:
    """What is dialled, and the Host that it is asked for."""
    root = urlsplit(shadow.old_url)
    host = root.netloc
    label = copy.host_label
    if label and not host.startswith(f"{label}."):
        host = f"{label}.{host}"
    place = host
    if shadow.connect is not None:
        place = shadow.connect
        if urlsplit(f"//{place}").port is None and root.port is not None:
            place = f"{place}:{root.port}"
    path = f"{root.path.rstrip('/')}{copy.path}"
    query = f"?{copy.query}" if copy.query else ""
    return URL(f"{root.scheme}://{place}{path}{query}", encoded=True), host
