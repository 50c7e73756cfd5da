"""Answer a login that comes without a key: show its account, or serve its tokens."""

from __future__ import annotations

from pushgo_compat.core.accounts import Accounts, Issued, TokenRefused
from pushgo_compat.core.auth.opening.grants import Grant
from pushgo_compat.core.auth.secrets import mask
from pushgo_compat.core.stores.access.tokens import TokenChange
from pushgo_compat.errors import RouteNotFound
from pushgo_compat.legacy import (
    Account,
    AccountView,
    LegacyRefusal,
    LegacyReply,
    TokenAct,
    TokenWish,
)
from pushgo_compat.model import Source
from pushgo_compat.web.services import Services


async def answer_account(
    services: Services, source: Source, call: Account, address: str, dry_run: bool
) -> LegacyReply:
    """The answer to an account's call. A dry run makes and changes no token.

    Raises ChannelNotFound and RateLimited for a login that is not good, LegacyRefusal
    for a token that is not there or may not be had.
    """
    if services.accounts is None:
        raise RouteNotFound
    login = await services.gate.log_in(source, call.credentials, address)
    services.limiter.check_key(login.channel.channel_id)
    if call.wish is None:
        return call.reply(AccountView(login=login.login))
    wish = call.wish()
    if dry_run:
        return call.reply(_rehearsed(login, wish))
    try:
        issued = await _serve(services.accounts, source, login, wish)
    except TokenRefused as refusal:
        raise LegacyRefusal(call.refused_token(refusal.fault)) from None
    if issued is None:
        return call.reply(AccountView(login=login.login))
    return call.reply(_view(issued))


async def _serve(
    accounts: Accounts, source: Source, login: Grant, wish: TokenWish
) -> Issued | None:
    match wish.act:
        case TokenAct.MAKE:
            label = wish.label or ""
            return await accounts.make(source, login, label, wish.ends_at_ms)
        case TokenAct.CHANGE:
            change = TokenChange(
                label=wish.label, moves_end=wish.moves_end, ends_at_ms=wish.ends_at_ms
            )
            return await accounts.change(source, login, wish.shown, wish.own, change)
        case TokenAct.DROP:
            await accounts.drop(source, login, wish.shown, wish.own)
            return None


def _view(issued: Issued) -> AccountView:
    token = issued.token
    return AccountView(
        login=token.login,
        token=issued.text,
        label=token.label,
        last_used_ms=token.last_used_ms,
        ends_at_ms=token.ends_at_ms,
    )


def _rehearsed(login: Grant, wish: TokenWish) -> AccountView:
    """An account with a token that nobody has, masked."""
    return AccountView(
        login=login.login,
        token=mask(wish.shown) if wish.shown else mask("tk_" + "0" * 29),
        label=wish.label or "",
        ends_at_ms=wish.ends_at_ms,
    )
