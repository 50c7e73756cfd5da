"""A stored Bark push as another Bark server, or Bark's app, is to get it.

The parameters come back from the native message, from its ``compat.bark.*`` metadata
and from the view, which holds what the other two cannot say.
"""

from __future__ import annotations

from collections.abc import Mapping

from adapters.bark.draft import PREFIX
from adapters.bark.parameters import FORWARD
from adapters.bark.parameters.history import forward_deletion
from pushgo_compat.model import NativeMessage

_TRUNCATED = f"{PREFIX}truncated"
"""Our own list of what was cut; no parameter of the sender's."""
_NOTHING: Mapping[str, object] = {}


def forward(
    message: NativeMessage, view: Mapping[str, object] | None, message_id: str
) -> Mapping[str, object]:
    """The parameters that the sender wrote: names in lower case, values texts.

    Left out are the receiver, secrets, ``level=active``, which the app assumes anyway,
    and what metadata could not hold. ``message_id`` plays no part: a push without an
    ``id`` of the sender's own replaces nothing on the phone.
    """
    deletion = forward_deletion(message)
    if deletion is not None:
        return deletion
    parameters: dict[str, object] = {
        name.removeprefix(PREFIX): str(value)
        for name, value in message.metadata.items()
        if name.startswith(PREFIX) and name != _TRUNCATED
    }
    for name, read in FORWARD.items():
        text = read(message, view or _NOTHING)
        if text:
            parameters[name] = text
    return parameters
