"""Ten thousand random requests at all doors: shaped answers, and a log that is silent.

They look like what clients send, one piece of it wrong, doubled, missing or random.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pushgo_compat.model import Source
from tests.gateway import LOGIN, Mount
from tests.golden import CHANNEL_ID, KEY, PASSWORD, UNKNOWN_KEY
from tests.logged import LoggedServer, serving
from tests.web.random_requests import CANARY, OTHER_SECRET, SOME, Sent, requests
from tests.web.shapes import assert_shaped
from tests.wire import Closed, Wire, chunked, request

EXAMPLES = 170
"""Times the examples' requests, times six doors: more than ten thousand."""

relaxed = settings(
    max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck)
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoggedServer]:
    with serving(tmp_path_factory.mktemp("fuzz")) as server:
        yield server


def assert_silent(server: LoggedServer) -> None:
    """No key, no password, no text and no traceback in anything that was written."""
    log = server.log()
    for secret in (PASSWORD, CANARY, OTHER_SECRET, UNKNOWN_KEY, KEY[20:40]):
        assert secret not in log
        assert secret.lower() not in log.lower()
    assert "Traceback" not in log
    assert "request failed" not in log
    assert "Unhandled" not in log


@pytest.mark.parametrize("mount", [Mount.PREFIX, Mount.HOST])
@pytest.mark.parametrize("dialect", [Source.NTFY, Source.BARK, Source.SERVERCHAN])
def test_random_requests_are_answered_in_the_dialects_shape(
    server: LoggedServer, dialect: Source, mount: Mount
) -> None:
    port, prefix, host = server.gateway.place(dialect, mount)

    @relaxed
    @given(SOME)
    def run(some: list[Sent]) -> None:
        for method, target, lines, body in some:
            raw = request(method, prefix.encode() + target, lines, body, host=host)
            reply = server.gateway.ask(port, raw, method)
            assert_shaped(dialect, method, reply)

    run()
    assert_silent(server)


def test_random_requests_to_native_routes_get_the_envelope(
    server: LoggedServer,
) -> None:
    routes = st.sampled_from(
        [
            "/message",
            "/message",
            f"/channel/{CHANNEL_ID}/messages",
            f"/channel/{CHANNEL_ID}/messages/{'0' * 32}",
            f"/channel/{CHANNEL_ID}/messages/x",
            "/nothing",
        ]
    )
    logins = st.sampled_from([[], [LOGIN]])

    @settings(relaxed, max_examples=EXAMPLES // 2)
    @given(st.lists(st.tuples(routes, logins, requests()), min_size=10, max_size=10))
    def run(
        some: list[tuple[str, list[tuple[str, bytes]], Sent]],
    ) -> None:
        for route, login, (method, target, lines, body) in some:
            path = route.encode() + target[target.find(b"?") :] * (b"?" in target)
            reply = server.gateway.native(method, path.decode(), [*login, *lines], body)
            assert_shaped(Source.NATIVE, method, reply)

    run()
    assert_silent(server)


@pytest.mark.parametrize("site", ["main", *(str(d) for d in Source if d != "native")])
def test_random_bytes_are_refused_without_an_echo(
    server: LoggedServer, site: str
) -> None:
    heads = st.one_of(
        st.binary(max_size=80).filter(lambda raw: raw.strip(b"\r\n")),
        st.binary(max_size=40).map(lambda raw: b"GET /" + KEY.encode() + raw),
        st.binary(max_size=40).map(
            lambda raw: request("POST", f"/{KEY}", [(CANARY, raw)], chunked(raw))
        ),
    )

    @settings(relaxed, max_examples=150)
    @given(heads)
    def run(head: bytes) -> None:
        with Wire(server.gateway.ports[site]) as wire:
            try:
                wire.send(head + b"\r\n\r\n")
                reply = wire.read()
            except (Closed, ConnectionError):
                return  # what never was a request needs no answer
        assert "X-Request-Id" in reply.headers, reply
        assert b"Traceback" not in reply.body

    run()
    assert_silent(server)
