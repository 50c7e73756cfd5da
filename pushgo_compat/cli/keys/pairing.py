"""The waiting part of ``channel pair``."""

from __future__ import annotations

import asyncio
import signal
from types import FrameType

import click

from pushgo_compat.config.config import Config
from pushgo_compat.core.admin.alias_rules import Refused
from pushgo_compat.core.admin.pairing import PairingAdministration, WrongNumber
from pushgo_compat.core.admin.results import Document
from pushgo_compat.core.admin.service import Administration
from pushgo_compat.core.admin.targets import added_document
from pushgo_compat.core.stores.access.pairing import PendingPhone, Window
from pushgo_compat.core.stores.targets import Target
from pushgo_compat.outgoing import pairing_fault

LOOK_EVERY_S = 0.5


async def pair_phone(
    admin: Administration, config: Config, channel_id: str, minutes: int
) -> Document:
    """Wait for a phone, ask for its number, and tell which target it became.

    Raises Refused, also when no phone comes. However it ends, the window is closed.
    """
    channel = await admin.find_channel(channel_id)
    fault = pairing_fault(config)
    if fault is not None:
        raise Refused(f"phones cannot be paired: {fault}")
    signal.signal(signal.SIGTERM, _leave)
    pairing = admin.pairing()
    window = await pairing.open(channel, minutes)
    try:
        base = (config.public_base_url or "http://this-server").rstrip("/")
        _say(
            f"Within {minutes} minutes add the server {base}/bark in Bark's app on the"
            f" phone that shall get the messages of {channel.name}."
        )
        phone = await _come(pairing, window)
        origin = f" from {phone.address}" if phone.address else ""
        _say(
            f"A phone has come ({phone.target.hint}{origin}) and is sent a two-digit"
            " number."
        )
        target = await _confirmed(pairing, window)
    finally:
        await pairing.close(window.window_id)
    return added_document(target)


async def _come(pairing: PairingAdministration, window: Window) -> PendingPhone:
    """Wait until the number has been sent, or has failed to be."""
    while True:
        found = await pairing.find(window.window_id)
        if found is None:
            raise Refused("no phone has come: run pushgo-compat channel pair again")
        if found.phone is not None and found.phone.is_told:
            if found.phone.fault is not None:
                raise Refused(f"the number was not delivered: {found.phone.fault}")
            return found.phone
        await asyncio.sleep(LOOK_EVERY_S)


async def _confirmed(pairing: PairingAdministration, window: Window) -> Target:
    """Ask until the number is right. Raises Refused when the tries are used up."""
    while True:
        number = click.prompt("The number that the phone shows", err=True)
        answer = await pairing.confirm(window.window_id, str(number))
        if not isinstance(answer, WrongNumber):
            return answer
        _say(f"Another number was sent; tries left: {answer.tries_left}.")


def _leave(number: int, _frame: FrameType | None) -> None:
    """End as Ctrl-C does: the window is closed on the way out."""
    raise SystemExit(128 + number)


def _say(text: str) -> None:
    # On stderr: stdout is for the JSON document.
    click.echo(text, err=True)
