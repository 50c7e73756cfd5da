"""One SMTP connection: aiosmtpd's commands, our reading of DATA, bounds on both."""

from __future__ import annotations

import asyncio
import base64
import logging
import ssl
from collections import defaultdict
from email.errors import HeaderParseError
from typing import AnyStr, Protocol, cast

import structlog
from aiosmtpd.smtp import (
    SMTP,
    AuthResult,
    Envelope,
    LoginPassword,
    Session,
    TLSSetupException,
    syntax,
)

from pushgo_compat.legacy import LegacyReply
from pushgo_compat.web.connection.forwarded import is_loopback
from pushgo_compat.web.mail.door import Caller, MailDoor, Receiver
from pushgo_compat.web.mail.limits import MailLimits, MailRoom
from pushgo_compat.web.native.edge import describe_fault

# It logs every command line, and addresses are keys.
logging.getLogger("mail.log").disabled = True

NAME = "pushgo-compat"
_END = b"\r\n.\r\n"
_MAX_AUTH_LINE = 1_000
_MAX_NAME_CHARS = 255
_COMMANDS = {"*": 20, "MAIL": 1_000, "DATA": 1_000, "RSET": 1_000, "RCPT": 10_000}
"""How often a command may come on one connection."""
_HEARD, _TOO_LARGE, _NO_ROOM = "heard", "too large", "no room"

log = structlog.get_logger(__name__)


class House(Protocol):
    """What connections share."""

    @property
    def door(self) -> MailDoor:
        """Where mail goes."""
        ...

    @property
    def limits(self) -> MailLimits:
        """Their bounds."""
        ...

    @property
    def room(self) -> MailRoom:
        """Memory for mails."""
        ...

    @property
    def tls(self) -> ssl.SSLContext | None:
        """For STARTTLS."""
        ...

    @property
    def is_stopping(self) -> bool:
        """Whether no further mail is taken."""
        ...

    def gone(self, connection: MailConnection) -> None:
        """A connection has ended."""
        ...


class MailEnvelope(Envelope):
    """One mail on its way in."""

    def __init__(self) -> None:
        super().__init__()
        self.receivers: dict[str, Receiver] = {}
        """By key: who is named twice gets the mail once."""


class _Hooks:
    """What aiosmtpd asks of its handler, for one connection."""

    def __init__(self, connection: MailConnection) -> None:
        self._connection = connection

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self,
        _server: SMTP,
        _session: Session,
        envelope: MailEnvelope,
        address: str,
        _options: list[str],
    ) -> str:
        return await self._connection.take_recipient(envelope, address)


class MailConnection(SMTP):
    """Serves one peer. ``busy`` is true while a mail is under way."""

    def __init__(self, house: House, address: str, network: str) -> None:
        self._house = house
        self._address = address
        self.network = network
        self._refusals = 0
        self._ended = False
        self.busy = False
        super().__init__(
            _Hooks(self),
            data_size_limit=house.limits.size_bytes,
            enable_SMTPUTF8=True,  # else a sender's name that is not ASCII is refused
            hostname=house.door.domain,
            ident=NAME,
            tls_context=house.tls,
            timeout=house.limits.idle_s,
            auth_require_tls=not is_loopback(address),
            authenticator=_take_login,
            command_call_limit=_COMMANDS,
            loop=asyncio.get_running_loop(),
        )
        # aiosmtpd's are one table for all connections, which each EHLO makes larger.
        self.command_size_limits = defaultdict(lambda: self.command_size_limit)
        self.command_size_limits["AUTH"] = _MAX_AUTH_LINE

    # ---------------------------------------------------------------------- lifetime

    def _create_envelope(self) -> MailEnvelope:
        return MailEnvelope()

    def connection_lost(self, error: Exception | None) -> None:
        """Forget the peer; a mail that is being stored is stored all the same."""
        self._ended = True
        self._house.gone(self)
        super().connection_lost(error)

    def eof_received(self) -> bool | None:
        """Let a peer that has said all (``nc -N``) still hear the answers."""
        if self.session is not None and self.session.ssl is not None:
            return super().eof_received()
        return asyncio.StreamReaderProtocol.eof_received(self)

    def end(self, status: str) -> None:
        """Say goodbye and hang up."""
        transport = self._writer.transport
        if not self._ended and not transport.is_closing():
            self._ended = True
            transport.write(f"{status}\r\n".encode())
            transport.close()

    def abort(self) -> None:
        """Hang up at once; what a closing TLS layer still waits for does not count."""
        transport = self._original_transport or self.transport
        if transport is not None:
            cast("asyncio.Transport", transport).abort()

    async def push(self, status: AnyStr) -> None:
        """Answer, unless the peer was told goodbye already."""
        if self._ended:
            await asyncio.sleep(0)
            return
        await super().push(status)

    async def handle_exception(self, error: Exception) -> str:
        """Answer what no command has answered, and hang up."""
        match error:
            case asyncio.IncompleteReadError():
                self.end("421 4.4.2 the connection ended before the command")
            case ValueError() if isinstance(
                error.__context__, asyncio.LimitOverrunError
            ):
                self.end("500 5.5.6 line too long")
            case TLSSetupException():  # aiosmtpd hangs up itself
                self._house.door.dropped("mail_tls")
                self._ended = True
            case _:
                log.error("mail command failed", **describe_fault(error))
                self.end("421 4.3.0 internal error")
        return ""

    # ---------------------------------------------------------------------- commands

    def _getaddr(self, arg: str) -> tuple[str | None, str | None]:
        """Read an address; Python's parser raises more than it says."""
        try:
            return super()._getaddr(arg)
        except (HeaderParseError, LookupError, ValueError, AttributeError):
            return None, None

    @syntax("STARTTLS", when="tls_context")
    async def smtp_STARTTLS(self, arg: str) -> None:  # noqa: N802 - aiosmtpd's name
        """Begin TLS, once."""
        if self._tls_protocol is not None:
            await self.push("503 5.5.1 this is TLS already")
            return
        await super().smtp_STARTTLS(arg)

    @syntax("VRFY <address>")
    async def smtp_VRFY(self, arg: str) -> None:  # noqa: N802 - aiosmtpd's name
        """Tell nobody which keys there are."""
        await self.push("252 2.5.2 cannot verify, send some mail")

    async def take_recipient(self, envelope: MailEnvelope, address: str) -> str:
        """Open the key in a receiver's address; the answer to RCPT."""
        limits = self._house.limits
        if self._house.is_stopping:
            return "421 4.3.2 shutting down"
        if len(envelope.receivers) >= limits.recipients:
            return "452 4.5.3 too many recipients"
        receiver, reply = await self._house.door.admit(self._caller(), address)
        if receiver is not None:
            envelope.receivers[receiver.claim.key] = receiver
            return _line(reply)
        self._refusals += 1
        if self._refusals >= limits.refusals:
            self._house.door.dropped("mail_refusals")
            self.end(_line(reply))
        return _line(reply)

    def _caller(self) -> Caller:
        session = self.session
        assert session is not None  # noqa: S101 - set by connection_made
        login: object = session.auth_data
        authorization = None
        if isinstance(login, LoginPassword):
            pair = login.login.replace(b":", b"_") + b":" + login.password
            authorization = f"Basic {base64.b64encode(pair).decode()}"
        name = (session.host_name or "")[:_MAX_NAME_CHARS]
        return Caller(self._address, name, authorization)

    # -------------------------------------------------------------------------- DATA

    @syntax("DATA")
    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802 - aiosmtpd's name
        """Read a mail and send it; 250 says that it is on the disk."""
        if await self.check_helo_needed():
            return
        envelope = self.envelope
        if arg:
            await self.push("501 Syntax: DATA")
        elif not isinstance(envelope, MailEnvelope) or not envelope.receivers:
            await self.push("503 5.5.1 need RCPT command")
        else:
            self.busy = True
            try:
                await self._take_mail(tuple(envelope.receivers.values()))
            finally:
                self.busy = False
            if self._house.is_stopping:
                self.end("421 4.3.2 shutting down")

    async def _take_mail(self, receivers: tuple[Receiver, ...]) -> None:
        await self.push("354 End data with <CR><LF>.<CR><LF>")
        mail = _Incoming(self._house, self.network)
        try:
            await self._read_mail(mail)
            if mail.state is _TOO_LARGE:
                status = "552 5.3.4 message too large"
            elif mail.state is _NO_ROOM:
                status = "452 4.3.1 no room for this now, try again later"
            else:
                status = await self._deliver(receivers, mail.content())
        finally:
            mail.let_go()
        self.envelope = self._create_envelope()
        await self.push(status)
        self._wait_for(self._house.limits.idle_s)

    async def _read_mail(self, mail: _Incoming) -> None:
        """Read to the lone dot; only one between whole line ends counts.

        A bare line feed ends no mail: else one mail could smuggle in another.
        """
        limits = self._house.limits
        # The line end of DATA itself stands before a dot that comes first.
        self._reader._buffer[:0] = b"\r\n"  # type: ignore[attr-defined]
        in_window, is_whole = 0, False
        self._wait_for(limits.data_window_s)
        while not is_whole:
            try:
                piece = await self._reader.readuntil(_END)
                is_whole = True
            except asyncio.LimitOverrunError as error:
                piece = await self._reader.read(error.consumed)
            mail.add(piece)
            if mail.size_bytes > 2 * limits.size_bytes:
                self._house.door.dropped("mail_too_large")
                self.end("552 5.3.4 message too large")
                return
            in_window += len(piece)
            if in_window >= limits.data_window_bytes:
                in_window = 0
                self._wait_for(limits.data_window_s)

    async def _deliver(self, receivers: tuple[Receiver, ...], content: bytes) -> str:
        """Store the mail; a peer that hangs up meanwhile does not stop it."""
        if self._timeout_handle is not None:
            self._timeout_handle.cancel()
        delivering = self._house.door.deliver(self._caller(), receivers, content)
        return _line(await asyncio.shield(delivering))

    def _wait_for(self, seconds: float) -> None:
        if not self._ended:
            self._reset_timeout(seconds)


class _Incoming:
    """The bytes of one mail, as long as it may be and there is room."""

    def __init__(self, house: House, network: str) -> None:
        self._limits = house.limits
        self._room = house.room
        self._network = network
        self._held = bytearray()
        self._counted = 0
        self.size_bytes = 0
        self.state = _HEARD

    def add(self, piece: bytes) -> None:
        """Keep a piece, or only count it once the mail is refused."""
        self.size_bytes += len(piece)
        if self.size_bytes > self._limits.size_bytes + len(_END):
            self._drop(_TOO_LARGE)
        elif self.state is _HEARD:
            self._held += piece
            wanted = len(self._held) - self._counted
            if len(self._held) > self._limits.small_bytes:
                if self._room.take(self._network, wanted):
                    self._counted += wanted
                else:
                    self._drop(_NO_ROOM)

    def content(self) -> bytes:
        """The mail without its end, the dots before dots removed (RFC 5321, 4.5.2)."""
        del self._held[-len(b".\r\n") :]
        whole = self._held.replace(b"\r\n.", b"\r\n")
        self._held.clear()  # as each copy may have 15 MB
        del whole[: len(b"\r\n")]
        return bytes(whole)

    def let_go(self) -> None:
        """The mail is stored or refused."""
        self._held.clear()
        self._room.let_go(self._network, self._counted)
        self._counted = 0

    def _drop(self, state: str) -> None:
        self.state = state
        self.let_go()


def _take_login(
    _server: SMTP,
    _session: Session,
    _envelope: Envelope,
    _mechanism: str,
    login: object,
) -> AuthResult:
    """Keep a login; whether it is good depends on the receiver."""
    return AuthResult(success=True, auth_data=login)


def _line(reply: LegacyReply) -> str:
    return f"{reply.status} {reply.body.decode()}"
