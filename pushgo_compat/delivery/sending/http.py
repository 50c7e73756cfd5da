"""HTTP for senders: the answer as plain values, failures as outcomes."""

from __future__ import annotations

import email.utils
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import aiohttp
import orjson
from yarl import URL

from pushgo_compat.core.delivery import Delivery, Misconfigured, Retry, Scope
from pushgo_compat.delivery.sending.guard import TIMEOUT, PrivateAddress

MAX_ANSWER_BYTES = 64 * 1024
LONGEST_RETRY_AFTER_S = 3600.0
"""A ``Retry-After`` counts up to an hour."""
NO_ANSWER = "no answer in time"
VIA_HEADER = "X-PushGo-Via"
_SECONDS = frozenset("0123456789")
_OUR_HEADERS = (
    "Accept",
    "Accept-Encoding",
    "Content-Disposition",
    "Content-Type",
    "User-Agent",
)
"""Headers that aiohttp adds by itself."""
_NO_TIMEOUT = aiohttp.ClientTimeout()


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A provider's answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(default=b"", repr=False)
    at_s: float = 0.0
    """The time of the answer, in Unix seconds."""

    @property
    def json(self) -> dict[str, object]:
        """The body as a JSON object; an empty one when it is anything else."""
        try:
            document = orjson.loads(self.body)
        except orjson.JSONDecodeError:
            return {}
        return document if isinstance(document, dict) else {}

    def text_of(self, *path: str) -> str:
        """A text inside the JSON body; "" when it is not there or no text."""
        value: object = self.json
        for name in path:
            value = value.get(name) if isinstance(value, dict) else None
        return value if isinstance(value, str) else ""

    @property
    def retry_after_s(self) -> float | None:
        """``Retry-After`` in seconds, from a number or a date (RFC 9110, 10.2.3)."""
        given = self.headers.get("Retry-After", "").strip()
        if given and _SECONDS.issuperset(given):
            return min(float(given[:9]), LONGEST_RETRY_AFTER_S)
        try:
            date = email.utils.parsedate_to_datetime(given)
        except (TypeError, ValueError):
            return None
        wait_s = date.timestamp() - self.at_s
        return min(max(0.0, wait_s), LONGEST_RETRY_AFTER_S)


class HttpClient:
    """One kind's way to the outside; its session opens with the first send."""

    def __init__(
        self,
        now_ms: Callable[[], int],
        open_session: Callable[[], aiohttp.ClientSession],
    ) -> None:
        self._now_ms = now_ms
        self._open_session = open_session
        self._session: aiohttp.ClientSession | None = None

    async def post(
        self,
        url: str | URL,
        body: object,
        headers: Mapping[str, str],
        *,
        method: str = "POST",
        max_answer_bytes: int = MAX_ANSWER_BYTES,
        as_it_came: bool = False,
        server_hostname: str | None = None,
    ) -> Answer | Retry | Misconfigured:
        """Send a body; the answer, or why there is none.

        Redirects are not followed. No reason repeats the URL: it may hold a secret.
        ``as_it_came`` adds no header of our own, and leaves the time to the caller.
        ``server_hostname`` is the name that the certificate must have, in place of
        that of the URL.
        """
        if self._session is None:
            self._session = self._open_session()
        try:
            # A redirect could lead a message and its credentials to another host, and
            # many clients make a GET of a POST on the way (RFC 9110, 15.4.2).
            async with self._session.request(
                method,
                url,
                data=body,
                headers=headers,
                allow_redirects=False,
                skip_auto_headers=_OUR_HEADERS if as_it_came else (),
                timeout=_NO_TIMEOUT if as_it_came else TIMEOUT,
                server_hostname=server_hostname,
            ) as response:
                content = await _read(response.content, max_answer_bytes)
                return Answer(
                    status=response.status,
                    headers=response.headers,
                    body=content,
                    at_s=self._now_ms() / 1000,
                )
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return _failure(error)

    async def close(self) -> None:
        """Let go of the connections."""
        if self._session is not None:
            await self._session.close()


async def _read(content: aiohttp.StreamReader, limit: int) -> bytes:
    """At most ``limit`` bytes; the rest is left unread, which ends the connection."""
    pieces, size = [], 0
    while size < limit:
        piece = await content.read(limit - size)
        if not piece:
            break
        pieces.append(piece)
        size += len(piece)
    return b"".join(pieces)


def _failure(error: Exception) -> Retry | Misconfigured:
    match error:
        case TimeoutError():
            return Retry(NO_ANSWER, Scope.GROUP)
        case aiohttp.ClientConnectorCertificateError():
            cause = error.certificate_error
            return Misconfigured(f"its certificate is not trusted: {_verdict(cause)}")
        case aiohttp.ClientConnectorError() if isinstance(
            error.os_error, PrivateAddress
        ):
            return Misconfigured(
                "its name leads to a private address, which the gateway's settings"
                " do not allow",
                Scope.TARGET,
            )
        case aiohttp.ClientConnectorError():
            reason = error.os_error.strerror or type(error.os_error).__name__
            return Retry(f"cannot connect: {reason}", Scope.GROUP)
        case ValueError():  # aiohttp.InvalidURL is one
            return Misconfigured("its URL is not valid", Scope.TARGET)
        case _:
            return Retry(f"connection lost: {type(error).__name__}", Scope.GROUP)


def via_header(delivery: Delivery) -> dict[str, str]:
    """The header by which a loop of gateways ends (docs/delivery.md, "Loops")."""
    return {VIA_HEADER: ", ".join(delivery.via)} if delivery.via else {}


def _verdict(cause: Exception) -> str:
    if isinstance(cause, ssl.SSLCertVerificationError):
        return cause.verify_message
    return type(cause).__name__
