"""Ten thousand random requests at all doors: shaped answers, and a log that is silent.

They look like what clients send, one piece of it wrong, doubled, missing or random.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from pushgo_compat.model import Source
from tests.dialects import SOURCES
from tests.found import as_line, examples
from tests.gateway import LOGIN, Mount
from tests.golden import CHANNEL_ID, KEY, PASSWORD, UNKNOWN_KEY, Case, load_found
from tests.logged import LoggedServer, serving
from tests.web.random_requests import CANARY, OTHER_SECRET, SOME, Sent, requests
from tests.web.shapes import assert_shaped
from tests.wire import Closed, Reply, Wire, chunked, request

EXAMPLES = 170
"""Times the examples' requests, times six doors: more than ten thousand."""

ROUTES = st.sampled_from(
    [
        b"/message",
        b"/message",
        f"/channel/{CHANNEL_ID}/messages".encode(),
        f"/channel/{CHANNEL_ID}/messages/{'0' * 32}".encode(),
        f"/channel/{CHANNEL_ID}/messages/x".encode(),
        f"/channel/{CHANNEL_ID}/stream".encode(),
        b"/nothing",
    ]
)
pytestmark = [pytest.mark.hypothesis, pytest.mark.timeout(300)]
relaxed = settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))


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


def sent(case: Case) -> Sent:
    """A request of ``fixtures/fuzz`` as this test would have drawn it."""
    target = case.filled(case.request["path"]).encode()
    return case.request["method"], target, case.header_lines(), case.body()


@st.composite
def native_requests(draw: st.DrawFn) -> Sent:
    """Any request, sent to a native route, with a login or without one."""
    method, target, lines, body = draw(requests())
    query = target[target.find(b"?") :] * (b"?" in target)
    login = draw(st.sampled_from([[], [LOGIN]]))
    return method, draw(ROUTES) + query, [*login, *lines], body


def ask(server: LoggedServer, place: tuple[int, str, str], what: Sent) -> Reply:
    """Send it; a stream has been answered once it has begun."""
    (port, prefix, host), (method, target, lines, body) = place, what
    note(f"to keep it, put this into fixtures/fuzz: {as_line(*what)}")
    raw = request(method, prefix.encode() + target, lines, body, host=host)
    return server.gateway.ask(port, raw, method, whole=False)


@pytest.mark.parametrize("mount", [Mount.PREFIX, Mount.HOST])
@pytest.mark.parametrize("dialect", [Source.NTFY, Source.BARK, Source.SERVERCHAN])
def test_random_requests_are_answered_in_the_dialects_shape(
    server: LoggedServer, dialect: Source, mount: Mount
) -> None:
    place = server.gateway.place(dialect, mount)

    @relaxed
    @examples([sent(case)] for case in load_found(dialect))
    @given(SOME)
    def run(some: list[Sent]) -> None:
        for one in some:
            assert_shaped(dialect, one[0], ask(server, place, one))

    run()
    assert_silent(server)


def test_random_requests_to_native_routes_get_the_envelope(
    server: LoggedServer,
) -> None:
    place = (server.gateway.ports["main"], "", "localhost")

    @settings(relaxed, max_examples=EXAMPLES // 2)
    @examples([sent(case)] for case in load_found("native"))
    @given(st.lists(native_requests(), min_size=10, max_size=10))
    def run(some: list[Sent]) -> None:
        for one in some:
            assert_shaped(Source.NATIVE, one[0], ask(server, place, one))

    run()
    assert_silent(server)


@pytest.mark.parametrize("site", ["main", *map(str, SOURCES)])
def test_random_bytes_are_refused_without_an_echo(
    server: LoggedServer, site: str
) -> None:
    heads = st.one_of(
        st.binary(max_size=80).filter(lambda raw: raw.strip(b"\r\n")),
        st.binary(max_size=40).map(lambda raw: b"GET /" + KEY.encode() + raw),
        st.binary(max_size=40).map(lambda raw: KEY.encode() + raw + b" / HTTP/1.1"),
        st.binary(max_size=9).map(lambda raw: UNKNOWN_KEY.encode() + raw + b" /x"),
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
