"""The ledger finds each fault that a run is made to find."""

from __future__ import annotations

import pytest

from tests.chaos.channels import Line
from tests.chaos.ledger import Ledger
from tests.chaos.senders import Sent

READ = ["a", "b", "c"]
LINE = Line("a channel")


@pytest.mark.parametrize(
    ("seen", "faults"),
    [
        (["a", "b", "c"], {}),
        (["a", "c"], {"missed": 1}),
        (["a", "b", "b", "c"], {"seen_twice": 1}),
        (["b", "a", "c"], {"misplaced": 1}),
        (["a", "b", "c", "never stored"], {"misplaced": 1}),
    ],
)
def test_a_stream_is_compared_with_the_order_of_reading(
    seen: list[str], faults: dict[str, int]
) -> None:
    ledger = Ledger()
    ledger.streamed(seen, READ, resumed=2)
    assert ledger.counts.faults == faults
    assert (ledger.counts.streamed, ledger.counts.resumed) == (len(seen), 2)


@pytest.mark.parametrize(
    ("arrived", "faults", "repeated"),
    [
        (["a", "b", "c"], {}, 0),
        (["a", "b", "a", "b", "c", "b"], {}, 3),
        (["a", "c"], {"undelivered": 1}, 0),
        (["a", "c", "b"], {"out_of_order": 1}, 0),
    ],
)
def test_a_target_may_get_a_message_again_but_none_before_an_earlier_one(
    arrived: list[str], faults: dict[str, int], repeated: int
) -> None:
    ledger = Ledger()
    ledger.delivered(arrived, READ)
    assert ledger.counts.faults == faults
    assert ledger.counts.repeated == repeated


@pytest.mark.parametrize(
    ("sent", "stored", "faults"),
    [
        (Sent(LINE, "native", 3, "a"), ["a"], {}),
        (Sent(LINE, "native", 3, "a"), [], {"lost": 1}),
        (Sent(LINE, "native", 3, "a"), ["b"], {"lost": 1}),
        (Sent(LINE, "native", 3, "a"), ["a", "b"], {"doubled": 1}),
        (Sent(LINE, "bark", 3, "a"), ["a", "b", "c"], {}),
        (Sent(LINE, "bark", 2, "a"), ["a", "b", "c"], {"doubled": 1}),
        (Sent(LINE, "native", 3, None), [], {}),
    ],
)
def test_what_was_acknowledged_is_there_as_often_as_its_sender_may_have_sent_it(
    sent: Sent, stored: list[str], faults: dict[str, int]
) -> None:
    ledger = Ledger()
    read = [{"message_id": each, "title": "op:1"} for each in stored]
    ledger.stored(LINE, {"op:1": sent}, read)
    assert ledger.counts.faults == faults
