"""Phones with Bark's app: how they become targets.

The app knows no login: it calls ``/register`` with its device token and a key, or with
no key at all. So a phone becomes a target in one of two ways:

- The operator opens the store's one *window* for a channel. The next phone that asks
  for a key gets a fresh one, and a push with a two-digit number. It becomes a target
  when the operator has typed the number that he reads on his phone.
- The user types the channel's universal key, which holds the password.

The fresh key and the number follow from the secret key and the window's random id, so
that a phone that asks twice, also after a restart, gets the same again.
"""

from __future__ import annotations

import asyncio
import hmac
import secrets
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from types import TracebackType

import structlog

from pushgo_compat.core.auth.key_forms import drawn_from
from pushgo_compat.core.auth.opening.grants import Grant
from pushgo_compat.core.auth.sealing import Sealer
from pushgo_compat.core.auth.secrets import SecretKey, mask
from pushgo_compat.core.delivery import (
    Checked,
    Configuration,
    Kind,
    Outcome,
    Sent,
)
from pushgo_compat.core.phones.phone_targets import (
    REMOVED_IN_APP,
    PhoneRefused,
    PhoneTargets,
)
from pushgo_compat.core.siblings import REGISTERED, Alone, Siblings
from pushgo_compat.core.stores.access.aliases import NewAlias
from pushgo_compat.core.stores.access.pairing import (
    PairedKey,
    PendingPhone,
    Window,
)
from pushgo_compat.core.stores.store import Store
from pushgo_compat.core.stores.targets import Origin, TargetState
from pushgo_compat.model import Channel, Source
from pushgo_compat.traits import KeyTraits

CONFIRM_WITHIN_MS = 600_000
"""Afterwards a phone that nobody has confirmed is forgotten, its key too."""
MAX_TRIES = 3
"""Numbers that may be typed for one phone; each is one guess of 100."""
RETIRE_RACE_MS = 10_000
"""Bark's app sends ``deleted`` for the old key and the registration of the new one at
the same time; where they are one key, ``deleted`` may come last."""
NOTE = "made by pairing"
LOOK_EVERY_S = 5.0
TELL_AGAIN_AFTER_MS = 20_000
"""A number that nobody has sent by then was lost with a server that has died."""
_MAX_REMEMBERED = 1000
_ID_BYTES = 8

TellNumber = Callable[[Configuration, str], Awaitable[Outcome]]
"""Sends a number to a phone."""
_Work = Callable[[], Awaitable[None]]

log = structlog.get_logger(__name__)


def number_of(secret: SecretKey, window: Window) -> str:
    """The two digits that are sent to the phone that has come."""
    target_id = window.phone.target.target_id if window.phone else ""
    digest = secret.derive_key(f"pairing-number\0{window.window_id}\0{target_id}")
    return f"{int.from_bytes(digest) % 100:02d}"


class Pairing:
    """Answers phones, from entering its context to leaving it."""

    def __init__(
        self,
        store: Store,
        secret: SecretKey,
        kind: Kind,
        keys: KeyTraits,
        tell: TellNumber,
        now_ms: Callable[[], int],
    ) -> None:
        """``keys``: what keys of the app's dialect are like."""
        self._store = store
        self._secret = secret
        self._sealer = Sealer(secret)
        self._phones = PhoneTargets(store, secret, kind, now_ms)
        self._dialect = kind.dialect or Source.NATIVE
        self._keys = keys
        self._tell = tell
        self._now_ms = now_ms
        self._registered: OrderedDict[bytes, int] = OrderedDict()
        """When a key was registered last, by its digest."""
        self.siblings: Siblings = Alone()
        self.tasks: set[asyncio.Task[None]] = set()
        """What goes on in the background, numbers on their way to phones too."""

    async def __aenter__(self) -> Pairing:
        return self

    def watch(self) -> None:
        """Look after windows and phones, in one process of those on a store."""
        self._start(self._run)

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)

    # ---------------------------------------------------------------- a phone's calls

    async def register_new(self, device_token: str, address: str) -> str:
        """Let a phone without a key have the window; its fresh key.

        ``address``: from where it calls; the operator is shown it.

        Raises PhoneRefused where no window is open, and when another phone was first.
        """
        checked = self._phones.checked(device_token)
        now_ms = self._now_ms()
        window = await self._store.pairing.window(now_ms)
        if window is None:
            raise PhoneRefused("no pairing window is open")
        key = self._key_for(window, device_token)
        if window.phone is not None:
            fingerprint = self._phones.fingerprint(checked)
            if hmac.compare_digest(window.phone.target.fingerprint, fingerprint):
                if window.phone.fault is not None:
                    self._start(self._tell_number)
                return key  # the app asks again: its first answer was lost
            raise PhoneRefused("another phone has the pairing window")
        alias_id = secrets.token_hex(_ID_BYTES)
        alias = NewAlias(
            alias_id=alias_id,
            dialect=self._dialect,
            key_digest=self._secret.alias_digest(self._dialect, key),
            folded_digest=self._secret.alias_digest(self._dialect, key.lower()),
            hint=mask(key),
            channel=window.channel.number,
            send_only=True,
            note=NOTE,
            created_at_ms=now_ms,
        )
        if not await self._take(window, alias_id, checked, alias, address):
            raise PhoneRefused("another phone has the pairing window")
        self._remember(key)
        return key

    async def register(
        self, grant: Grant, key: str, device_token: str, address: str
    ) -> bool:
        """Bind a phone to a key that it shows; whether it is bound, now or before.

        A universal key binds, as it holds the password. A key made by pairing renews
        its own phone; another phone waits. Any other alias binds nothing. Raises
        PhoneRefused for a channel that is full.
        """
        alias = grant.alias
        if alias is None:
            self._remember(key)
            await self._phones.bind_by_password(
                grant.channel, self._phones.checked(device_token)
            )
            return True
        paired = await self._store.pairing.paired_key(alias.alias_id)
        if grant.caught or (paired is None and alias.note != NOTE):
            return False
        checked = self._phones.checked(device_token)
        if paired is None:
            return await self._is_pending(alias.alias_id, checked)
        self._remember(key)
        known = await self._phones.known(grant.channel, checked)
        if known is not None and known.target_id == paired.target_id:
            await self._phones.revive(known)
            return True
        await self._await_turn(grant.channel, paired, checked, address)
        return False

    async def registered_ms(self, digest: bytes) -> int | None:
        """When this process last registered a key, by its digest."""
        return self._registered.get(digest)

    async def retire(self, grant: Grant, key: str) -> None:
        """Pause the phone that gives a key up, and tell the operator."""
        digest = self._secret.alias_digest(self._dialect, key)
        known_ms = [await self.registered_ms(digest)]
        known_ms += await self.siblings.ask(REGISTERED, digest)
        latest_ms = max((each for each in known_ms if each is not None), default=None)
        if latest_ms is not None and self._now_ms() - latest_ms < RETIRE_RACE_MS:
            return
        phone = await self._phones.phone_of(grant)
        if phone is not None and phone.state is TargetState.ACTIVE:
            await self._store.targets.set_state(
                phone.target_id, TargetState.PAUSED, REMOVED_IN_APP
            )
            log.warning(
                "a phone has removed this server: its target is paused",
                target_id=phone.target_id,
                name=phone.name,
                channel_id=phone.channel.channel_id,
            )

    # -------------------------------------------------------------------- by a window

    async def _await_turn(
        self, channel: Channel, paired: PairedKey, checked: Checked, address: str
    ) -> None:
        """Another token for a paired key: it waits for the old one's end.

        While the operator pairs a phone of this channel, he is asked at once.
        """
        window = await self._store.pairing.window(self._now_ms())
        if (
            window is not None
            and window.phone is None
            and window.channel.number == channel.number
            and await self._take(window, paired.alias_id, checked, None, address)
        ):
            return
        target = self._phones.new_target(channel, checked, Origin.PAIRING)
        await self._store.pairing.await_turn(paired.alias_id, target)
        log.warning(
            "another phone wants the key of a paired one: it waits until the old one is"
            " dead, or the operator pairs it",
            target_id=paired.target_id,
            channel_id=channel.channel_id,
        )
        await self._take_over()

    async def _take(
        self,
        window: Window,
        alias_id: str,
        checked: Checked,
        key: NewAlias | None,
        address: str,
    ) -> bool:
        """Let a phone have the window, and tell it its number."""
        now_ms = self._now_ms()
        target = self._phones.new_target(window.channel, checked, Origin.PAIRING)
        phone = PendingPhone(alias_id=alias_id, target=target, address=address)
        taken = await self._store.pairing.take_window(
            window.window_id, phone, key, now_ms, now_ms + CONFIRM_WITHIN_MS
        )
        if taken:
            log.info("a phone asks to be paired", channel_id=window.channel.channel_id)
            self._start(self._tell_number)
        return taken

    async def _is_pending(self, alias_id: str, checked: Checked) -> bool:
        """Whether this phone is the one that waits for the operator, with its key."""
        window = await self._store.pairing.window(self._now_ms())
        phone = None if window is None else window.phone
        return (
            phone is not None
            and phone.alias_id == alias_id
            and hmac.compare_digest(
                phone.target.fingerprint, self._phones.fingerprint(checked)
            )
        )

    async def _tell_number(self) -> None:
        """Send the pending phone its number, and write down what came of it."""
        window = await self._store.pairing.window(self._now_ms())
        phone = None if window is None else window.phone
        if window is None or phone is None or (phone.is_told and phone.fault is None):
            return
        target = phone.target
        configuration = self._sealer.open_configuration(
            target.sealed, target.target_id, target.kind
        )
        outcome = await self._tell(configuration, number_of(self._secret, window))
        fault = None if isinstance(outcome, Sent) else outcome.reason
        await self._store.pairing.note_told(window.window_id, fault)
        if fault is not None:
            log.warning("the number has not reached the phone", reason=fault)

    # --------------------------------------------------------------- in the background

    async def _run(self) -> None:
        while True:
            try:
                await self.look()
            except Exception as error:  # the next look tries again
                log.error("pairing look failed", error=type(error).__name__)
            await asyncio.sleep(LOOK_EVERY_S)

    async def look(self) -> None:
        """Forget who was not confirmed, tell who was not told, let others take over."""
        now_ms = self._now_ms()
        await self._store.pairing.forget_expired(now_ms)
        window = await self._store.pairing.window(now_ms)
        if (
            window is not None
            and window.phone is not None
            and not window.phone.is_told
            and now_ms - window.phone.target.created_at_ms > TELL_AGAIN_AFTER_MS
        ):
            await self._tell_number()
        await self._take_over()

    async def _take_over(self) -> None:
        for target in await self._store.pairing.take_over():
            log.info(
                "a phone has taken over the key of a dead one",
                target_id=target.target_id,
                channel_id=target.channel.channel_id,
            )

    def _start(self, work: _Work) -> None:
        task = asyncio.ensure_future(_logged(work))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    # --------------------------------------------------------------------------- values

    def _key_for(self, window: Window, device_token: str) -> str:
        purpose = f"pairing-key\0{window.window_id}\0{device_token}"
        return self._keys.make(drawn_from(self._secret.derive_key(purpose)))

    def _remember(self, key: str) -> None:
        digest = self._secret.alias_digest(self._dialect, key)
        self._registered[digest] = self._now_ms()
        self._registered.move_to_end(digest)
        if len(self._registered) > _MAX_REMEMBERED:
            self._registered.popitem(last=False)


async def _logged(work: _Work) -> None:
    try:
        await work()
    except Exception as error:  # the next look tries again
        log.error("a phone was not told its number", error=type(error).__name__)
