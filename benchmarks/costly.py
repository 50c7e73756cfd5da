"""What requests that cost far more to read than to send do to ``/healthz``.

Each is sent three times, one after the other, while another connection asks
``/healthz`` over and over. Machines are noisy: compare with ``idle``.
"""

from __future__ import annotations

import gzip
import socket
import tempfile
import threading
import time
from collections.abc import Mapping
from urllib.parse import quote

import brotli
import click

from benchmarks.server import free_port, gateway, make_channel

_MOST = 4 * 1024 * 1024 - 100
_HEAD = 1024 * 1024 - 400
"""What one line of a head may take."""
_ASK = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
_JSON, _FORM = "application/json", "application/x-www-form-urlencoded"
_TIMES = 3
_PATIENCE_S = 60.0


def _post(path: str, body: bytes, media: str = _JSON, coding: str = "") -> bytes:
    lines = f"Host: x\r\nContent-Type: {media}\r\nContent-Length: {len(body)}\r\n"
    if coding:
        lines += f"Content-Encoding: {coding}\r\n"
    return f"POST {path} HTTP/1.1\r\n{lines}\r\n".encode() + body


def _template(key: str, template: str) -> bytes:
    return _post(f"/ntfy/{key}?tpl=1&m={quote(template)}", b"{}")


def _ntfy(key: str, line: str, body: bytes = b"x") -> bytes:
    """A publish with one header line more."""
    head = f"POST /ntfy/{key} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n"
    return f"{head}{line}\r\n\r\n".encode() + body


def long_texts(key: str) -> Mapping[str, bytes]:
    """What is read on the loop, as long as a head or a body may be."""
    word, action = "=?utf-8?q?=41=42=43?= ", "view, A, https://a.example; "
    empty = '{"action":"view","label":"A","url":"https://a.example"},'
    pairs = "&".join(["a=%41"] * (_HEAD // 6))
    tags = b",".join([b'"a"'] * (60 * 1024 // 4))
    return {
        "encoded words": _ntfy(key, f"Title: {word * (_HEAD // len(word))}"),
        "beginnings of words": _ntfy(key, "Title: " + "=?utf-8?q?" * (_HEAD // 10)),
        "encoded words, no key": _ntfy(
            "nobody-knows-it", f"Title: {word * (_HEAD // len(word))}"
        ),
        "short actions": _ntfy(key, f"Actions: {action * (_HEAD // len(action))}"),
        "an open quote in actions": _ntfy(
            key, "Actions: view, A, '" + "\\'" * (_HEAD // 2)
        ),
        "commas in actions": _ntfy(key, "Actions: " + "," * _HEAD),
        "actions in JSON": _ntfy(
            key, f"Actions: [{(empty * (_HEAD // len(empty)))[:-1]}]"
        ),
        "a delay of digits": _ntfy(key, "Delay: " + "9" * _HEAD),
        "a delay of words": _ntfy(key, "Delay: " + "in 1 day " * (_HEAD // 9)),
        "tags": _ntfy(key, "Tags: " + "a," * (_HEAD // 2)),
        "a file of angle brackets": _ntfy(key, "Filename: a", b"<" * _MOST),
        "a file of commas": _ntfy(key, "Filename: a", b'"a",\n' * (_MOST // 5)),
        "Matrix": _post("/ntfy/_matrix/push/v1/notify", b'{"a":' + b"[" * 8000),
        "native tags": _post("/message", b'{"tags":[' + tags + b"]}"),
        "native brackets": _post("/message", b"[" * _MOST),
        "a query of parameters, ntfy": _post(f"/ntfy/{key}?{pairs}", b"x"),
        "a query of parameters, Bark": _post(f"/bark/{key}?{pairs}", b"{}"),
        "a query of parameters, ServerChan": _post(
            f"/serverchan/{key}.send?{pairs}", b"{}"
        ),
        "a query of parameters, native": _post(f"/message?{pairs}", b"{}"),
    }


def attacks(key: str) -> Mapping[str, bytes]:
    """Name and bytes of each; ``key`` opens a channel."""
    lists = b'{"a":[' + b"[]," * (_MOST // 3) + b"[]]}"
    escapes = b'{"a":"' + b"\\n" * (_MOST // 2) + b'"}'
    escaped = b"body=" + b"%41" * (_MOST // 3)
    to_date = '{{$x := toDate "1111111111" "11111111111111111111"}}'
    zone = '{{$x := dateInZone "2006" 1 "No/W"}}'
    return {
        "idle": b"",
        "1.4 M lists, gzip": _post("/bark/nobody", gzip.compress(lists), coding="gzip"),
        "1.4 M lists, br": _post("/bark/push", brotli.compress(lists), coding="br"),
        "1.4 M lists": _post("/bark/nobody", lists),
        "2 M escapes, gzip": _post(
            "/bark/nobody", gzip.compress(escapes), coding="gzip"
        ),
        "4 M brackets, gzip": _post(
            "/bark/nobody", gzip.compress(b"[" * _MOST), coding="gzip"
        ),
        "an escaped form": _post("/bark/nobody", escaped, _FORM),
        "1.4 M lists, gzip, with a key": _post(
            f"/bark/{key}", gzip.compress(lists), coding="gzip"
        ),
        "an escaped form with a key": _post(f"/serverchan/{key}.send", escaped, _FORM),
        "dates by a layout": _template(
            key, f"{{{{range until 9000}}}}{to_date}{{{{end}}}}"
        ),
        "unknown time zones": _template(
            key, f"{{{{range until 9000}}}}{zone}{{{{end}}}}"
        ),
        **long_texts(key),
    }


@click.command()
@click.option("--only", default="", help="Requests whose name contains this.")
def main(only: str) -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as folder:
        key = make_channel(folder)["key"]
        port = free_port()
        with gateway(folder, port):
            print("| request | bytes | worst /healthz ms | p99 ms | ms each |")
            print("|---|---|---|---|---|")
            chosen = {n: r for n, r in attacks(key).items() if only in n}
            for name, request in chosen.items():
                waits, each_ms = _run(port, request)
                print(
                    f"| {name} | {len(request):,} | {waits[-1] * 1000:.0f}"
                    f" | {waits[int(len(waits) * 0.99) - 1] * 1000:.0f}"
                    f" | {each_ms:.0f} |",
                    flush=True,
                )


def _run(port: int, request: bytes) -> tuple[list[float], float]:
    """The waits for ``/healthz``, sorted, and how long one request took."""
    begun = time.perf_counter()
    ended: list[float] = []

    def send() -> None:
        for _ in range(_TIMES if request else 0):
            _exchange(port, request)
        ended.append(time.perf_counter())

    sender = threading.Thread(target=send)
    sender.start()
    waits = []
    while not ended or time.perf_counter() - begun < 1:
        waits.append(_exchange(port, _ASK))
        time.sleep(0.002)
    sender.join()
    return sorted(waits), (ended[0] - begun) * 1000 / _TIMES


def _exchange(port: int, request: bytes) -> float:
    begun = time.perf_counter()
    with socket.create_connection(("127.0.0.1", port), _PATIENCE_S) as asking:
        asking.sendall(request)
        asking.recv(4096)
    return time.perf_counter() - begun


if __name__ == "__main__":
    main()
