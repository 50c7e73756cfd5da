"""The waiting part of ``watch``."""

from __future__ import annotations

import asyncio
import json
import signal
from datetime import UTC, datetime
from typing import Any

import click

from pushgo_compat.core.admin.alias_rules import Refused
from pushgo_compat.core.admin.service import Administration
from pushgo_compat.core.auth.secrets import printable
from pushgo_compat.core.live import Hub
from pushgo_compat.core.stores.messages import StoredMessage
from pushgo_compat.errors import InvalidRequest
from pushgo_compat.model import Channel, Severity
from pushgo_compat.web.message_json import DerivedMetadata, wire_fields
from pushgo_compat.web.native.read import Start, find_start

PAGE_ROWS = 100
LOOK_AGAIN_S = 1.0
"""How often a silent channel is asked whether it is there at all."""


class Watch:
    """Prints one channel's messages. Woken by the hub, it reads on in the store."""

    def __init__(self, hub: Hub, derived: DerivedMetadata, *, as_json: bool) -> None:
        self._hub = hub
        self._derived = derived
        self._as_json = as_json
        self._grown = asyncio.Event()

    def push(self, message: StoredMessage) -> None:
        """The channel has grown."""
        self._grown.set()

    async def run(
        self, admin: Administration, id_or_name: str, since: str | None
    ) -> None:
        """Print until SIGINT or SIGTERM, or until nobody reads. Raises Refused."""
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - the loop runs nothing else
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, task.cancel)
        try:
            channel = await admin.find_channel(id_or_name)
            self._hub.read_from(admin.store)
            self._hub.join(self, [channel.number])
            await self._hub.settled([channel.number])
            await self._follow(admin, channel, await _start(admin, channel, since))
        except (asyncio.CancelledError, BrokenPipeError):
            return
        finally:
            await self._hub.close()

    async def _follow(
        self, admin: Administration, channel: Channel, start: Start
    ) -> None:
        after = start.after
        while True:
            self._grown.clear()
            page = await admin.store.page(
                channel.number, after, start.since_ms, PAGE_ROWS
            )
            for stored in page:
                self._print(wire_fields(stored, channel.channel_id, self._derived))
                after = stored.position
            if len(page) == PAGE_ROWS:
                continue
            try:
                async with asyncio.timeout(LOOK_AGAIN_S):
                    await self._grown.wait()
            except TimeoutError:
                found = await admin.store.channel(channel.channel_id)
                if found is None or found.number != channel.number:
                    raise Refused(
                        f"channel {channel.channel_id} has been deleted"
                    ) from None

    def _print(self, fields: dict[str, Any]) -> None:
        if self._as_json:
            click.echo(json.dumps(fields, ensure_ascii=False))
            return
        time = datetime.fromtimestamp(fields["accepted_at"] / 1000, UTC)
        severity = Severity(fields["severity"])
        mark = "" if severity is Severity.NORMAL else f"[{severity}] "
        click.echo(f"{time:%Y-%m-%d %H:%M:%S} UTC  {mark}{printable(fields['title'])}")
        for name in ("body", "url"):
            for line in str(fields.get(name, "")).splitlines():
                click.echo(f"  {printable(line)}")


async def _start(admin: Administration, channel: Channel, since: str | None) -> Start:
    if since is None:
        return Start(await admin.store.last_position(channel.number), 0)
    try:
        return await find_start(admin.store, channel.number, since)
    except InvalidRequest:
        raise Refused(
            "--since takes a message_id of this channel, Unix milliseconds, or all"
        ) from None
