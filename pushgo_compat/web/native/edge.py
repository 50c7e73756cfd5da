"""Around every native route: request id, envelope for refusals, last-resort 500."""

from __future__ import annotations

import itertools
import os
import re
import secrets
import time
import traceback
from collections.abc import Awaitable, Callable, Mapping
from typing import NamedTuple

import structlog
from aiohttp import web

from pushgo_compat.errors import (
    InternalError,
    InvalidRequest,
    MethodNotAllowed,
    NativeError,
    RequestTooLarge,
    RouteNotFound,
)
from pushgo_compat.model import Source
from pushgo_compat.web.connection.http_call import HttpCall
from pushgo_compat.web.native.envelope import NO_HEADERS, refused
from pushgo_compat.web.refusal_log import loggable_id
from pushgo_compat.web.services import REQUEST_ID, SERVICES, Services

REQUEST_ID_HEADER = "X-Request-Id"
SENDING = "/message"
"""Calls to it are counted; what reads and lists is no call of a sender."""
_process_id = secrets.token_hex(4)
_counter = itertools.count(1)
# A caller's id goes into a header and into log lines: no blanks, no line ends.
_SANE_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")

STARTED = web.RequestKey("started", float)
"""When the call came, on the clock of ``time.perf_counter``."""
IS_REFUSED = web.RequestKey("is_refused", bool)


class Visit(NamedTuple):
    """One call of a native route, as the log and the metrics know it."""

    route: str
    """Method and pattern."""
    address: str
    request_id: str
    started: float
    """See ``STARTED``."""

    @property
    def duration_ms(self) -> float:
        """How long the call has taken so far."""
        return (time.perf_counter() - self.started) * 1000


Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Wording = Callable[
    [NativeError, web.Request, Mapping[str, object] | None], web.StreamResponse
]
"""Makes the answer to a refusal: JSON for programs, a page for people."""
log = structlog.get_logger()


def _be_another_process() -> None:
    """A forked process has the beginning of its parent's ids, and needs its own."""
    global _process_id
    _process_id = secrets.token_hex(4)


os.register_at_fork(after_in_child=_be_another_process)


def native_edge(
    handler: Handler,
    word: Wording = refused,
    headers: Mapping[str, str] = NO_HEADERS,
) -> Handler:
    """Give every answer its request id, and word every refusal: by the envelope.

    ``headers`` are those of every answer that has none of the name.
    """

    async def edge(request: web.Request) -> web.StreamResponse:
        request[STARTED] = started = time.perf_counter()
        request[REQUEST_ID] = request_id = request_id_for(request)
        services = request.app[SERVICES]
        try:
            response = await handler(request)
            if services.refusals.has_all and not request.get(IS_REFUSED):
                note_accepted(services, _visit_of(request, services), response.status)
        except NativeError as error:
            response = refuse(request, error, word=word)
        except web.HTTPException as error:
            response = refuse(request, _own_words(error), word=word)
        except ConnectionError:
            raise  # nobody is left to answer; aiohttp closes the connection
        except Exception as fault:  # the last resort
            note_fault(request_id, fault)
            response = refuse(request, InternalError(), word=word)
        if not response.prepared:
            for name, value in headers.items():
                response.headers.setdefault(name, value)
            if request.method == "GET":  # what sends must not be answered by a cache
                response.headers.setdefault("Cache-Control", "no-store")
            finish(services, request_id, started, response)
        return response

    return edge


def refuse(
    request: web.Request,
    error: NativeError,
    data: Mapping[str, object] | None = None,
    *,
    word: Wording = refused,
) -> web.StreamResponse:
    """Count and log a refusal and answer it."""
    services = request.app[SERVICES]
    request[IS_REFUSED] = True
    note_refused(services, _visit_of(request, services), error)
    return word(error, request, data)


def _visit_of(request: web.Request, services: Services) -> Visit:
    resource = request.match_info.route.resource
    return Visit(
        f"{request.method} {resource.canonical if resource else ''}",
        services.callers.address(request),
        request[REQUEST_ID],
        request[STARTED],
    )


def note_refused(services: Services, visit: Visit, error: NativeError) -> None:
    """Count a refusal, and leave a line for the operator."""
    services.metrics.refused(Source.NATIVE, error.code)
    if visit.route.partition(" ")[2] == SENDING:
        services.counts.refused(Source.NATIVE, services.now_ms())
    services.refusals.note(
        Source.NATIVE,
        route=visit.route,
        status=error.status,
        code=error.code,
        address=visit.address,
        request_id=visit.request_id,
        duration_ms=visit.duration_ms,
    )


def note_accepted(services: Services, visit: Visit, status: int) -> None:
    """Leave a line of a call that was not refused, where all calls have one."""
    services.refusals.accepted(
        Source.NATIVE,
        route=visit.route,
        status=status,
        address=visit.address,
        request_id=visit.request_id,
        duration_ms=visit.duration_ms,
    )


def finish(
    services: Services, request_id: str, started: float, response: web.StreamResponse
) -> None:
    """Name the call in its answer, and note how long it took."""
    response.headers[REQUEST_ID_HEADER] = request_id
    latency = services.metrics.latency[Source.NATIVE]
    latency.observe(time.perf_counter() - started)


def note_fault(request_id: str, fault: BaseException) -> None:
    """Leave a line of a fault of ours, without a text that may quote the request."""
    log.error(
        "request failed", request_id=loggable_id(request_id), **describe_fault(fault)
    )


def refuse_unread(
    services: Services, request: web.BaseRequest, method: str, error: NativeError
) -> web.Response:
    """Count, log and answer a call whose head could not be parsed."""
    services.metrics.refused(Source.NATIVE, error.code)
    request_id = request_id_for(request)
    services.refusals.note(
        Source.NATIVE,
        route=method,
        status=error.status,
        code=error.code,
        address=services.callers.address(request),
        request_id=request_id,
    )
    response = refused(error, request)
    response.headers[REQUEST_ID_HEADER] = request_id
    return response


def request_id_for(request: HttpCall) -> str:
    """The caller's own id, if it is a sane one, or a fresh one."""
    theirs = request.headers.get(REQUEST_ID_HEADER)
    if theirs is not None and _SANE_REQUEST_ID.fullmatch(theirs):
        return theirs
    return fresh_request_id()


def fresh_request_id() -> str:
    """An id that no other call has."""
    return f"{_process_id}{next(_counter):08x}"


def describe_fault(fault: BaseException) -> dict[str, str]:
    """The origin of an exception, without its text, which may quote the request."""
    frames = traceback.extract_tb(fault.__traceback__)
    where = " < ".join(f"{f.filename}:{f.lineno} {f.name}" for f in reversed(frames))
    return {"error": type(fault).__qualname__, "where": where}


def _own_words(error: web.HTTPException) -> NativeError:
    """A refusal of aiohttp's as one of ours."""
    match error:
        case web.HTTPNotFound():
            return RouteNotFound()
        case web.HTTPMethodNotAllowed():
            return MethodNotAllowed(", ".join(sorted(error.allowed_methods)))
        case web.HTTPRequestEntityTooLarge():
            return RequestTooLarge()
        case _:
            return InvalidRequest("invalid_json_data", detail="request")
