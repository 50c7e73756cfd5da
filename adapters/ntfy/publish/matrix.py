"""The Matrix push gateway (docs/dialects/ntfy.md 11).

The whole JSON of a homeserver becomes the body of a publish.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from multidict import CIMultiDict, CIMultiDictProxy

from adapters.ntfy.errors import CORS, refusal
from pushgo_compat.legacy import LegacyReply, LegacyRequest

MAX_MATRIX_BYTES = 4095
"""docs/dialects/ntfy.md 11."""
_NO_HEADERS: CIMultiDictProxy[str] = CIMultiDictProxy(CIMultiDict())


def read_pushkey(request: LegacyRequest) -> str:
    """The publish address in the homeserver's JSON. Refuses with 41302 or 40019."""
    if len(request.body) > MAX_MATRIX_BYTES:
        raise refusal(41302)
    try:
        pushkey = json.loads(request.body)["notification"]["devices"][0]["pushkey"]
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise refusal(40019) from error
    if not isinstance(pushkey, str) or not pushkey:
        raise refusal(40019)
    return pushkey


def publish_request(request: LegacyRequest, pushkey: str) -> LegacyRequest | None:
    """The publish to the address in the pushkey; None when it is no address of ours.

    Refuses with 50003 where our own address is not known.
    """
    if not request.base_url:
        raise refusal(50003)
    if not pushkey.startswith(request.base_url + "/"):
        return None
    target = pushkey.removeprefix(request.base_url)
    path, _, query = target.partition("#")[0].partition("?")
    return LegacyRequest(
        method="POST",
        path=path,
        query=query,
        headers=_NO_HEADERS,
        body=request.body,
        received_at_ms=request.received_at_ms,
        base_url=request.base_url,
        client_address=request.client_address,
    )


def matrix_reply(*rejected: str) -> LegacyReply:
    """Answer the homeserver, which forgets the pushkeys that are rejected."""
    answer: Mapping[str, object] = {"rejected": rejected}
    body = json.dumps(answer, separators=(",", ":")) + "\n"
    return LegacyReply(body=body.encode(), headers=CORS)
