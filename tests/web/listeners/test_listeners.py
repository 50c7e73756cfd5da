"""Listeners beside the main one: TLS, metrics, the operator's pages."""

from __future__ import annotations

import json
import os
import signal
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from pushgo_compat.model import Source
from tests.gateway import ANY_PORT, Gateway, running
from tests.golden import KEY
from tests.logged import serving
from tests.patience import wait_until
from tests.tls import self_signed
from tests.wire import Wire, request


def status_of(port: int, path: str, tls: ssl.SSLContext | None = None) -> int:
    with Wire(port, tls=tls) as wire:
        return wire.ask(request("GET", path)).status


# ----------------------------------------------------------------------------- TLS


@pytest.fixture
def secured(tmp_path: Path) -> Iterator[tuple[Gateway, ssl.SSLContext]]:
    certificate, key, trusting = self_signed(tmp_path)
    with running(
        tmp_path, https_addr=ANY_PORT, tls_cert=certificate, tls_key=key
    ) as gateway:
        yield gateway, trusting


def test_an_address_for_tls_leaves_all_others_plain(
    secured: tuple[Gateway, ssl.SSLContext],
) -> None:
    gateway, trusting = secured
    ports = gateway.ports
    assert status_of(ports["https"], "/healthz", trusting) == 200
    assert status_of(ports["main"], "/healthz") == 200
    assert status_of(ports[Source.NTFY], "/v1/health") == 200


def test_the_address_for_tls_has_prefixes_and_host_names(
    secured: tuple[Gateway, ssl.SSLContext],
) -> None:
    gateway, trusting = secured
    with Wire(gateway.ports["https"], tls=trusting) as wire:
        below = request("POST", f"/ntfy/{KEY}", [], b"hello")
        assert wire.ask(below).status == 200
        at_host = request("POST", f"/{KEY}", [], b"hello", host="ntfy.test")
        assert wire.ask(at_host).status == 200


def test_a_link_to_a_file_names_the_scheme_by_which_the_sender_came(
    secured: tuple[Gateway, ssl.SSLContext],
) -> None:
    gateway, trusting = secured
    with Wire(gateway.ports["https"], tls=trusting) as wire:
        lines = [("Filename", b"a.bin")]
        reply = wire.ask(request("PUT", f"/ntfy/{KEY}", lines, b"content"))
        assert reply.json["attachment"]["url"].startswith("https://")


def test_a_certificate_is_read_again_and_open_connections_stay(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    old.mkdir()
    new.mkdir()
    certificate, key, trusts_old = self_signed(old)
    other_certificate, other_key, trusts_new = self_signed(new)
    settings = {"PUSHGO_TLS_CERT": str(certificate), "PUSHGO_TLS_KEY": str(key)}
    with serving(tmp_path, PUSHGO_HTTPS_ADDR="127.0.0.1:0", **settings) as server:
        port = server.gateway.ports["https"]
        with Wire(port, tls=trusts_old) as kept:
            assert kept.ask(request("GET", "/healthz")).status == 200
            certificate.write_bytes(b"half a certif")
            os.kill(server.process_id, signal.SIGHUP)
            wait_until(lambda: "was not read again" in server.log())
            assert status_of(port, "/healthz", trusts_old) == 200

            certificate.write_bytes(other_certificate.read_bytes())
            key.write_bytes(other_key.read_bytes())
            os.kill(server.process_id, signal.SIGHUP)
            wait_until(lambda: "was read again" in server.log())
            assert status_of(port, "/healthz", trusts_new) == 200
            with pytest.raises(ssl.SSLCertVerificationError):
                status_of(port, "/healthz", trusts_old)
            assert kept.ask(request("GET", "/healthz")).status == 200


def test_a_hang_up_without_a_certificate_ends_nothing(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        os.kill(server.process_id, signal.SIGHUP)
        wait_until(lambda: "no certificate to read again" in server.log())
        assert status_of(server.gateway.ports["main"], "/healthz") == 200


# ----------------------------------------------------------- parts on their own


def test_metrics_move_to_their_own_listener(tmp_path: Path) -> None:
    with running(tmp_path, metrics_addr=ANY_PORT) as gateway:
        main, own = gateway.ports["main"], gateway.ports["metrics"]
        assert status_of(own, "/metrics") == 200
        assert status_of(main, "/metrics") == 404
        for path in ("/healthz", "/message", "/admin", "/inbox", "/", f"/ntfy/{KEY}"):
            assert status_of(own, path) == 404, path
        with Wire(main) as wire:
            described = wire.ask(request("GET", "/openapi.json")).json
        assert "/metrics" not in described["paths"]
        assert "/healthz" in described["paths"]


def test_the_operators_pages_move_to_their_own_listener(tmp_path: Path) -> None:
    with running(tmp_path, admin_addr=ANY_PORT) as gateway:
        main, own = gateway.ports["main"], gateway.ports["admin"]
        assert status_of(main, "/admin") == 404
        assert status_of(own, "/admin") != 404
        for path in ("/healthz", "/message", "/metrics", "/inbox", f"/ntfy/{KEY}"):
            assert status_of(own, path) == 404, path


def test_each_listener_says_what_it_speaks(tmp_path: Path) -> None:
    certificate, key, _ = self_signed(tmp_path)
    addresses = {
        f"PUSHGO_{name}_ADDR": "127.0.0.1:0" for name in ("HTTPS", "METRICS", "ADMIN")
    }
    with serving(
        tmp_path,
        PUSHGO_TLS_CERT=str(certificate),
        PUSHGO_TLS_KEY=str(key),
        **addresses,
    ) as server:
        lines = [json.loads(line) for line in server.log().splitlines()]
    told = {line["site"]: line for line in lines if line["event"] == "listening"}
    assert told["https"]["speaks"] == told["main"]["speaks"]
    assert told["https"]["url"].startswith("https://")
    assert told["metrics"]["speaks"] == "/metrics"
    assert told["admin"]["speaks"] == "the operator's pages at /admin"
    for site in ("main", "metrics", "admin", "ntfy"):
        assert told[site]["url"].startswith("http://"), site
