"""Forms: read within a bound, and only those that a page of ours has sent."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

from aiohttp import web

from pushgo_compat.errors import NativeError, RequestTooLarge
from pushgo_compat.web.read_body import read_body
from pushgo_compat.web.services import SERVICES

MAX_FORM_BYTES = 64 * 1024
MAX_FORM_FIELDS = 100
_DEFAULT_PORTS = (":80", ":443")
_FIELDS = web.RequestKey("form_fields", dict[str, str])


class ForeignForm(NativeError):
    """A page of another address has posted a form here, or nothing says which has."""

    status = 403
    code = "foreign_form"


async def read_own_form(request: web.Request) -> dict[str, str]:
    """The fields of a form, of repeated ones the last; read once a request.

    Raises ForeignForm, RequestTooLarge beyond 64 KiB or 100 fields.
    """
    known: dict[str, str] | None = request.get(_FIELDS)
    if known is not None:
        return known
    if not is_own(request):
        raise ForeignForm
    body, beyond = await read_body(request, MAX_FORM_BYTES)
    if beyond:
        raise RequestTooLarge
    try:
        fields = parse_qs(
            body.decode("utf-8", "replace"),
            keep_blank_values=True,
            max_num_fields=MAX_FORM_FIELDS,
        )
    except ValueError:
        raise RequestTooLarge from None
    request[_FIELDS] = form = {name: values[-1] for name, values in fields.items()}
    return form


def is_own(request: web.Request) -> bool:
    """Whether the browser says that a page of ours sends this.

    ``Sec-Fetch-Site`` says it; browsers leave that out on plain http, where ``Origin``
    has to name the host that was called. The scheme is not compared: TLS may end at a
    proxy.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site == "same-origin"
    try:
        origin = urlsplit(request.headers.get("Origin", "")).netloc
    except ValueError:
        return False
    callers = request.app[SERVICES].callers
    own = (callers.host(request), urlsplit(callers.base_url(request)).netloc)
    return bool(origin) and _host(origin) in map(_host, own)


def _host(netloc: str) -> str:
    """A host and its port, which is left out where a scheme means it."""
    host = netloc.lower()
    for port in _DEFAULT_PORTS:
        host = host.removesuffix(port)
    return host
