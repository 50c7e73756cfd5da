"""The address of a recipient: ``[prefix]TOPIC[+TOKEN]@DOMAIN``."""

from __future__ import annotations

from typing import NamedTuple

from adapters.ntfy.keys import RESERVED_TOPICS, may_be_key


class MailAddress(NamedTuple):
    """What an address names."""

    topic: str
    token: str = ""
    """Counts as a Bearer token."""


class ForeignDomain(Exception):
    """The address is not of this server."""


class BadTopic(Exception):
    """The local part is no topic and no key, or a name that ntfy keeps for itself."""


def read_address(address: str, prefix: str, domain: str) -> MailAddress:
    """Read a recipient. Raises ForeignDomain and BadTopic.

    Prefix and domain are read in any case, as some senders write both in capitals.
    """
    local, at, host = address.rpartition("@")
    if not at or host.rstrip(".").lower() != domain.lower():
        raise ForeignDomain
    local = local.strip('"')  # a key with a colon is legal only in quotes
    if local[: len(prefix)].lower() != prefix.lower():
        raise BadTopic
    topic, _, token = local[len(prefix) :].partition("+")
    if not may_be_key(topic) or topic in RESERVED_TOPICS:
        raise BadTopic
    return MailAddress(topic, token)
