"""Every request of a grammar gets an answer in the words of its old server.

The same request gets the same reply, message and notes at every mount, and its receipt
speaks of every field that was sent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pushgo_compat.model import Source
from tests.found import examples
from tests.gateway import Gateway, Mount
from tests.golden import load_found
from tests.web.grammar import Meant, bark_requests, serverchan_requests
from tests.web.shapes import assert_shaped
from tests.web.test_wire_golden import comparable, native_of
from tests.wire import Reply, request

relaxed = settings(max_examples=250)
VENDOR_DOMAIN, OUR_DOMAIN = "push.ft07.com", "push.sc.test"


def send(gateway: Gateway, dialect: Source, meant: Meant, mount: Mount) -> Reply:
    port, prefix, host = gateway.place(dialect, mount)
    if meant.key_in_host:
        domain = OUR_DOMAIN if mount is Mount.HOST else VENDOR_DOMAIN
        host = f"{meant.key_in_host}.{domain}"
    raw = request(
        meant.method, prefix + meant.target, meant.headers, meant.body, host=host
    )
    return gateway.ask(port, raw, meant.method)


def became(gateway: Gateway, reply: Reply) -> list[tuple[dict[str, Any], Any]]:
    """The native messages of a reply, each with its notes."""
    found = [native_of(gateway, message_id) for message_id in reply.message_ids]
    return [(message, receipt["notes"]) for message, receipt in found]


def assert_alike(gateway: Gateway, dialect: Source, meant: Meant) -> None:
    replies = [send(gateway, dialect, meant, mount) for mount in Mount]
    for reply in replies:
        assert_shaped(dialect, meant.method, reply)
    first, *others = replies
    messages = became(gateway, first)
    for other in others:
        assert comparable(other) == comparable(first)
        assert became(gateway, other) == messages
    for _, notes in messages:
        told = {note["field"].lower() for note in notes}
        assert {name.lower() for name in meant.fields} <= told, notes


def found(dialect: Source) -> Iterator[Meant]:
    """The requests of ``fixtures/fuzz`` as this test would have drawn them."""
    for case in load_found(dialect):
        yield Meant(
            method=case.request["method"],
            target=case.filled(case.request["path"]),
            headers=case.header_lines(),
            body=case.body(),
        )


@pytest.mark.hypothesis
@pytest.mark.parametrize(
    ("dialect", "requests"),
    [
        (Source.BARK, bark_requests),
        (Source.SERVERCHAN, serverchan_requests),
    ],
)
def test_what_the_grammar_allows_is_answered_alike_and_told_of_at_every_mount(
    gateway: Gateway,
    dialect: Source,
    requests: Callable[[], st.SearchStrategy[Meant]],
) -> None:
    @relaxed
    @examples(found(dialect))
    @given(requests())
    def run(meant: Meant) -> None:
        assert_alike(gateway, dialect, meant)

    run()
