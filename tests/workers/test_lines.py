"""What processes tell each other: frames, and the numbers of those that have ended."""

from __future__ import annotations

import socket

import pytest

from pushgo_compat.core.siblings import METRICS
from pushgo_compat.model import Source
from pushgo_compat.web.metrics import Metrics, kept
from pushgo_compat.workers.children import Child
from pushgo_compat.workers.frames import Message, Unpacker, pack
from pushgo_compat.workers.ledger import Ledger
from pushgo_compat.workers.questions import WAIT_S, Questions
from pushgo_compat.workers.sockets import CannotBind, bind_all, port_of


def test_messages_come_whole_however_their_bytes_do() -> None:
    sent = [
        Message("ready"),
        Message("report", 0, METRICS, {"a": {("x",): [1, 2.5]}}),
        Message("ask", 7, METRICS),
    ]
    data = b"".join(map(pack, sent))
    unpacker = Unpacker()

    found = [each for byte in data for each in unpacker.feed(bytes([byte]))]

    assert found == sent
    assert list(Unpacker().feed(data)) == sent


def test_what_a_process_has_counted_outlives_it_and_its_gauges_do_not() -> None:
    ledger = Ledger(kept)
    metrics = Metrics()
    metrics.accepted[Source.NATIVE].inc(3)
    metrics.open_streams[Source.NTFY].inc(2)
    ledger.report("one", metrics.snapshot())
    ledger.report("other", metrics.snapshot())
    ledger.end("one")

    text = Metrics().render([ledger.ended()]).decode()

    assert 'pushgo_messages_accepted_total{source="native"} 3.0' in text
    assert 'pushgo_open_streams{source="ntfy"} 0.0' in text


def test_figures_of_the_processes_add_up_and_the_first_start_counts() -> None:
    own, other = Metrics(), Metrics().snapshot()
    other["process_resident_memory_bytes"] = {(): [float(1 << 50)]}
    other["process_start_time_seconds"] = {(): [12.0]}

    lines = own.render([other]).decode().splitlines()

    (memory,) = (one for one in lines if one.startswith("process_resident"))
    assert float(memory.split()[1]) > 1 << 50
    assert "process_start_time_seconds 12.0" in lines


def test_a_question_is_answered_without_those_that_die_or_say_nothing() -> None:
    lines = [socket.socketpair() for _ in range(4)]
    asker, quick, dying, silent = (
        Child(number, ours, f"front {number}") for number, (ours, _) in enumerate(lines)
    )
    questions = Questions(lambda _: ["added"])
    questions.ask(asker, Message("ask", 5, "x"), {quick, dying, silent}, 100.0)

    questions.take(quick, Message("answer", 1, "x", "quick"))
    questions.forget(dying)
    assert questions.until_s == 100 + WAIT_S
    questions.look(100 + WAIT_S)

    (answer,) = Unpacker().feed(lines[0][1].recv(4096))
    assert answer == Message("answer", 5, "x", ["quick", "added"])
    for pair in lines:
        for end in pair:
            end.close()


def test_each_front_has_its_own_socket_and_a_taken_address_is_refused() -> None:
    one, two = bind_all({"main": ("127.0.0.1", 0)}, 2)
    try:
        assert port_of(one["main"]) == port_of(two["main"])
        address = {"main": ("127.0.0.1", port_of(one["main"]))}
        with pytest.raises(CannotBind) as refused:
            bind_all(address, 2)
        assert refused.value.name == "main"
    finally:
        for each in (*one["main"], *two["main"]):
            each.close()
