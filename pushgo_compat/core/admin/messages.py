"""An operator's own messages: written through the store, by the rules of every door."""

from __future__ import annotations

from collections.abc import Callable

import orjson

from pushgo_compat.core.admin.alias_rules import Refused
from pushgo_compat.core.admin.results import Document
from pushgo_compat.core.auth.authenticator import Gate
from pushgo_compat.core.auth.opening.grants import Grant
from pushgo_compat.core.auth.secrets import SecretKey
from pushgo_compat.core.auth.unknown_keys import UnknownKeys
from pushgo_compat.core.messages import MessageService, Recipient
from pushgo_compat.core.stores.store import Store
from pushgo_compat.errors import ChannelNotFound, NativeError
from pushgo_compat.model import Channel, NativeMessage, Severity, Source
from pushgo_compat.schemas import load_request
from pushgo_compat.schemas.decoding import parse_json_object

MAX_BYTES = 32_768
"""The size of a native message as JSON (docs/native-api.md, "POST /message")."""
_NOT_ASKED = "not asked of an operator"


class MessageAdministration:
    """Sends into a channel without its password."""

    def __init__(
        self, store: Store, secret: SecretKey, now_ms: Callable[[], int]
    ) -> None:
        gate = Gate(store, secret, UnknownKeys(store, secret, now_ms), now_ms)
        self._store = store
        self._messages = MessageService(gate, store, secret)

    async def send(
        self, channel: Channel, title: str | None, body: str | None, severity: Severity
    ) -> Document:
        """Accept a message; the ``data`` of ``POST /message``. Raises Refused.

        Without a title the channel's name is the title, as for ntfy.
        """
        message = _checked(channel, title, body, severity)

        async def let_in() -> Grant:
            found = await self._store.channel(channel.channel_id)
            if found is None or found.number != channel.number:
                raise ChannelNotFound
            return Grant(channel=found, generation=await self._store.generation())

        recipient = Recipient(grant=await let_in(), renew=let_in)
        (result,) = await self._messages.submit(Source.NATIVE, message, [recipient])
        if isinstance(result, ChannelNotFound):
            raise Refused(f"channel {channel.channel_id} has just been deleted")
        if isinstance(result, NativeError):
            raise result
        return {
            "channel_id": result.channel_id,
            "op_id": result.op_id,
            "message_id": result.message_id,
            "accepted": True,
        }


def _checked(
    channel: Channel, title: str | None, body: str | None, severity: Severity
) -> NativeMessage:
    """The message as ``POST /message`` would read it."""
    named = title if title and title.strip() else channel.name
    fields = {
        "channel_id": channel.channel_id,
        "password": _NOT_ASKED,
        "title": named,
        "body": body,
        "severity": severity,
    }
    try:
        document = orjson.dumps(fields)
    except orjson.JSONEncodeError:  # a lone surrogate: bytes that are no UTF-8
        raise Refused(
            "a message is UTF-8: convert the text, or attach a file"
        ) from None
    if len(document) > MAX_BYTES:
        raise Refused(f"a message has at most {MAX_BYTES} bytes of JSON: shorten it")
    try:
        return load_request(parse_json_object(document)).message
    except NativeError as refusal:
        raise Refused(f"not a message: {refusal.code}") from None
