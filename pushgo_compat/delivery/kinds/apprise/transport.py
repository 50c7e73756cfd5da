"""Sending through the library: bounded in number and time.

A call of the library blocks, and no cancellation reaches it. So each runs in a thread
of its own: one that never ends holds up neither another service, as in the library's
pool, nor the end of the process. A service has one call at a time.

The library tells success from failure, but not a passing failure from a lasting one, so
a failure is tried again eight times and then given up.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections import OrderedDict
from collections.abc import Callable

import apprise

from pushgo_compat.core.delivery import (
    Configuration,
    Delivery,
    GiveUp,
    Outcome,
    Retry,
    Scope,
    Sent,
)
from pushgo_compat.model import Severity

DEADLINE_S = 30.0
MAX_TRIES = 8
_MAX_TRACKED = 10_000
_TYPES = {
    Severity.CRITICAL: apprise.NotifyType.FAILURE,
    Severity.HIGH: apprise.NotifyType.WARNING,
    Severity.NORMAL: apprise.NotifyType.INFO,
    Severity.LOW: apprise.NotifyType.INFO,
}

# Their logs repeat addresses; what a failure was is told by the outcome.
for _name in ("apprise", "urllib3", "requests"):
    logging.getLogger(_name).setLevel(logging.CRITICAL)


class AppriseSender:
    """Sends to all apprise targets."""

    def __init__(self) -> None:
        self._tries: OrderedDict[tuple[str, str], int] = OrderedDict()
        self._calls: dict[str, threading.Thread] = {}
        """The call of each service that is under way, or was given up."""

    def group(self, configuration: Configuration) -> str:
        """Each service is a group of its own."""
        return f"apprise {configuration['scheme']}"

    async def send(self, configuration: Configuration, delivery: Delivery) -> Outcome:
        """Notify one service."""
        url = str(configuration["url"])
        service = apprise.Apprise(asset=_asset())
        service.add(url)
        message = delivery.message

        def notify() -> bool:
            return bool(
                service.notify(
                    body=message.body or message.title or "",
                    title=(message.title or "") if message.body else "",
                    notify_type=_TYPES[message.severity],
                    body_format=apprise.NotifyFormat.MARKDOWN,
                )
            )

        if url in self._calls and self._calls[url].is_alive():
            return self._failed(url, delivery, "its call before has not ended yet")
        try:
            async with asyncio.timeout(DEADLINE_S):
                was_taken = await self._called(url, notify)
        except TimeoutError:
            return self._failed(url, delivery, "no answer in time")
        if was_taken:
            self._tries.pop((url, delivery.message_id), None)
            return Sent()
        return self._failed(url, delivery, "the service did not take it")

    async def _called(self, url: str, notify: Callable[[], bool]) -> bool:
        """Call in a thread that the process does not wait for when it ends."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[bool] = loop.create_future()

        def tell(result: bool | Exception) -> None:
            if answer.done():  # it was given up
                return
            if isinstance(result, Exception):
                answer.set_exception(result)
            else:
                answer.set_result(result)

        def call() -> None:
            try:
                result: bool | Exception = notify()
            except Exception as fault:  # told where the answer is awaited
                result = fault
            with contextlib.suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(tell, result)

        thread = threading.Thread(target=call, name="apprise", daemon=True)
        self._calls[url] = thread
        thread.start()
        was_taken = await answer
        self._calls.pop(url, None)
        return was_taken

    def _failed(self, url: str, delivery: Delivery, reason: str) -> Outcome:
        key = url, delivery.message_id
        tries = self._tries.pop(key, 0) + 1
        if tries >= MAX_TRIES:
            return GiveUp(f"{reason}, {tries} times")
        self._tries[key] = tries
        if len(self._tries) > _MAX_TRACKED:
            self._tries.popitem(last=False)
        return Retry(reason, Scope.TARGET)

    async def close(self) -> None:
        """Nothing stays open."""


def _asset() -> apprise.AppriseAsset:
    """Settings under which a call runs in the thread that makes it."""
    return apprise.AppriseAsset(async_mode=False, service_timeout=0)


def is_known(url: str) -> bool:
    """Whether the library knows the scheme of a URL."""
    return bool(apprise.Apprise().add(url))
