"""Sentences in the reader's language beside what a provider said in its own words."""

from __future__ import annotations

import re

from pushgo_compat.web.pages.operator.desk_page import Words

_EXPLAINED = tuple(
    (re.compile(pattern, re.IGNORECASE), key)
    for pattern, key in (
        (r"another secret key", "explain.other_secret"),
        (r"private address", "explain.private"),
        (r"removed in the app", "explain.removed_in_app"),
        (r"dropped by the operator", "explain.by_operator"),
        (r"too old", "explain.too_old"),
        (r"\bis not set\b", "explain.not_set"),
        (r"certificate", "explain.certificate"),
        (r"cannot connect|connection lost", "explain.connect"),
        (r"no answer", "explain.no_answer"),
        (r"redirect", "explain.redirect"),
        (r"too ?large|status 413", "explain.too_large"),
        (r"ProviderToken|clock is wrong|InvalidTeam", "explain.signing"),
        (
            r"Unregistered|NotRegistered|ExpiredToken|status 410"
            r"|subscription has ended|in a row were refused",
            "explain.unregistered",
        ),
        (r"DeviceToken|DeviceTokenNotForTopic|device key", "explain.bad_token"),
        (r"status 429|TooMany|quota", "explain.too_many"),
        (r"status 40[13]|login is wrong|token is wrong", "explain.login"),
        (r"status 404|no \S+ server there|no bark-server", "explain.nothing_there"),
        (r"status 5\d\d|InternalServer|Unavailable|Shutdown", "explain.its_fault"),
        (r"fault", "explain.our_fault"),
    )
)
"""The first that is found counts."""


def explain(reason: str | None) -> Words | None:
    """What a provider's words mean and what to do; None for words not known here."""
    for pattern, key in _EXPLAINED:
        if reason and pattern.search(reason):
            return Words(key, {})
    return None
