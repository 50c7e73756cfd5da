"""A refusal as a page: one sentence, what to do, and the request's id."""

from __future__ import annotations

from collections.abc import Mapping

from aiohttp import web

from pushgo_compat.errors import NativeError
from pushgo_compat.web.pages.frame import render
from pushgo_compat.web.services import REQUEST_ID

_WORDED = frozenset(
    {
        "foreign_form",
        "message_not_found",
        "rate_limited",
        "route_not_found",
        "server_busy",
    }
)
"""Codes with a sentence of their own; any other is our fault or not a browser's."""


def word_refusal(
    error: NativeError, request: web.Request, _: Mapping[str, object] | None = None
) -> web.StreamResponse:
    """The page of a refusal."""
    known = error.code if error.code in _WORDED else "other"
    response = render(
        request, "error.html", sentence=f"error.{known}", request_id=request[REQUEST_ID]
    )
    response.set_status(error.status)
    return response
