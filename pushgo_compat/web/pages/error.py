"""A refusal as a page: one sentence, what to do, and the request's id."""

from __future__ import annotations

from collections.abc import Mapping

from aiohttp import web

from pushgo_compat.errors import MethodNotAllowed, NativeError
from pushgo_compat.web.pages.frame import render
from pushgo_compat.web.services import REQUEST_ID

_WORDED = {
    "foreign_form": "foreign_form",
    "message_not_found": "message_not_found",
    "method_not_allowed": "route_not_found",
    "rate_limited": "rate_limited",
    "route_not_found": "route_not_found",
    "server_busy": "server_busy",
}
"""Codes with a sentence of their own; any other is our fault or not a browser's."""


def word_refusal(
    error: NativeError, request: web.Request, _: Mapping[str, object] | None = None
) -> web.StreamResponse:
    """The page of a refusal."""
    known = _WORDED.get(error.code, "other")
    response = render(
        request, "error.html", sentence=f"error.{known}", request_id=request[REQUEST_ID]
    )
    response.set_status(error.status)
    if isinstance(error, MethodNotAllowed):
        response.headers["Allow"] = error.allow
    return response
