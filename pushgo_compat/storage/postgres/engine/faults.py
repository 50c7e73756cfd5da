"""The reasons of failed statements, in an operator's words."""

from __future__ import annotations

import asyncpg

from pushgo_compat.core.trouble import DISK_FULL
from pushgo_compat.errors import ServerBusy

FAILURES: tuple[type[Exception], ...] = (
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    OSError,
)
"""What asyncpg raises when the database refuses, or cannot be reached.

InternalClientError comes of a connection that broke in a statement. TimeoutError is an
OSError.
"""

NOT_WRITTEN: tuple[type[Exception], ...] = (ServerBusy, *FAILURES)
"""The same, worded already or not."""

_REASONS: tuple[tuple[type[Exception], str], ...] = (
    (asyncpg.DiskFullError, DISK_FULL),
    (asyncpg.ReadOnlySQLTransactionError, "read-only"),
    (asyncpg.TooManyConnectionsError, "too many connections"),
    (asyncpg.CannotConnectNowError, "the database is starting or stopping"),
    (asyncpg.AdminShutdownError, "the database was stopped"),
    (asyncpg.CrashShutdownError, "the database was stopped"),
    (asyncpg.InvalidAuthorizationSpecificationError, "the login was refused"),
    (asyncpg.InsufficientPrivilegeError, "the database user may not do this"),
    (asyncpg.IdleSessionTimeoutError, "the database ended a quiet connection"),
    (asyncpg.QueryCanceledError, "no answer in time"),
    (asyncpg.LockNotAvailableError, "no answer in time"),
    (asyncpg.PostgresConnectionError, "the connection was lost"),
    (asyncpg.InterfaceError, "the connection was lost"),
    (asyncpg.InternalClientError, "the connection was lost"),
    (TimeoutError, "no answer in time"),
    (OSError, "the database cannot be reached"),
)
_LOST = (
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.CannotConnectNowError,
    asyncpg.IdleSessionTimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    OSError,
)


def reason_of(error: BaseException) -> str:
    """A few words without any of the data; the kind of error where there are none."""
    if isinstance(error, ServerBusy):
        return error.detail
    for kind, words in _REASONS:
        if isinstance(error, kind):
            return words
    return type(error).__name__


def is_lost(error: BaseException) -> bool:
    """Whether the connection has gone, so that another one may work."""
    return isinstance(error, _LOST)
