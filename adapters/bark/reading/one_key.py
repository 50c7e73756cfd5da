"""A batch as it would have been sent to one of its device keys alone."""

from __future__ import annotations

import json
from dataclasses import replace
from urllib.parse import quote, unquote_plus

from multidict import CIMultiDict, CIMultiDictProxy

from adapters.bark.parameters.receiver import NAMES
from adapters.bark.reading.json_body import read_object
from adapters.bark.routes import Route
from pushgo_compat.legacy import LegacyRequest
from pushgo_compat.model import KeyClaim


def for_one_key(request: LegacyRequest, route: Route, claim: KeyClaim) -> LegacyRequest:
    """The request with ``device_keys`` of this one key; it names no other.

    Raises LegacyRefusal for a body that is none of a batch.
    """
    document = read_object(request, "request bind failed") or {}
    kept = {
        name: value for name, value in document.items() if name.lower() not in NAMES
    }
    body = json.dumps({**kept, "device_keys": [claim.key]}, ensure_ascii=False)
    headers = CIMultiDict(request.headers)
    headers.popall("Content-Encoding", None)
    pairs = [
        pair
        for pair in request.query.split("&")
        if unquote_plus(pair.partition("=")[0]).lower() not in NAMES
    ]
    path = request.path
    if route.key:
        texts = [raw for _, raw in route.texts]
        path = "/".join(("", quote(claim.key, safe=""), *texts))
    return replace(
        request,
        path=path,
        query="&".join(pairs),
        headers=CIMultiDictProxy(headers),
        body=body.encode("utf-8", "replace"),
    )
