"""A stored message as another ntfy server is to get it."""

from __future__ import annotations

from collections.abc import Mapping

from adapters.ntfy.event import VIEW_KEYS
from adapters.ntfy.ids import ntfy_id
from adapters.ntfy.subscribe.foreign import to_view
from pushgo_compat.model import NativeMessage, Source

_KEYS = tuple(key for key in VIEW_KEYS if key not in ("poll_id", "encoding"))


def forward(
    message: NativeMessage, view: Mapping[str, object] | None, message_id: str
) -> Mapping[str, object]:
    """The message's own event, without what the other server makes anew.

    Left out are id, times, topic and the ids of actions. A message without a sequence
    id gets its ntfy id for one, by which its sender may update, clear or delete it
    later. Of ``message_delete`` and ``message_clear`` there is no more than event and
    sequence id.
    """
    sent: Mapping[str, object] = view or {**to_view(message, Source.NTFY)}
    return {
        "event": sent.get("event", "message"),
        **{key: sent[key] for key in _KEYS if key in sent},
        "sequence_id": sent.get("sequence_id") or ntfy_id(message_id),
    }
