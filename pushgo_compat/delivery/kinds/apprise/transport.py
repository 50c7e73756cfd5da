"""Sending through the library: bounded in number and time.

The library runs its services in a pool of threads that no cancellation reaches, so at
most a few calls are under way; it tells success from failure, but not a passing failure
from a lasting one, so a failure is tried again eight times and then given up.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict

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

    def group(self, configuration: Configuration) -> str:
        """Each service is a group of its own."""
        return f"apprise {configuration['scheme']}"

    async def send(self, configuration: Configuration, delivery: Delivery) -> Outcome:
        """Notify one service."""
        url = str(configuration["url"])
        service = apprise.Apprise()
        service.add(url)
        message = delivery.message
        try:
            async with asyncio.timeout(DEADLINE_S):
                result = await service.async_notify(
                    body=message.body or message.title or "",
                    title=(message.title or "") if message.body else "",
                    notify_type=_TYPES[message.severity],
                    body_format=apprise.NotifyFormat.MARKDOWN,
                )
        except TimeoutError:
            return self._failed(url, delivery, "no answer in time")
        if bool(result):
            self._tries.pop((url, delivery.message_id), None)
            return Sent()
        return self._failed(url, delivery, "the service did not take it")

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


def is_known(url: str) -> bool:
    """Whether the library knows the scheme of a URL."""
    return bool(apprise.Apprise().add(url))
