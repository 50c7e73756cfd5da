"""Messages that wait for their time: seen by nobody before it, cancelled by many."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import orjson
import pytest

from pushgo_compat.model import Source
from tests.gateway import CHANNEL_NAME, LOGIN, Gateway, Mount, running
from tests.golden import CHANNEL_ID, KEY
from tests.patience import wait_until
from tests.wire import Reply

HALF_AN_HOUR_S = 1800


@dataclass
class Later:
    """A server whose clock goes where a test says."""

    gateway: Gateway
    key: str = KEY

    @property
    def now_s(self) -> int:
        return self.gateway.clock.now_ms // 1000

    def call(self, method: str, path: str, text: str = "", **headers: str) -> Reply:
        """One ntfy call that is accepted."""
        lines = [(name, value.encode()) for name, value in headers.items()]
        reply = self.gateway.call(
            Source.NTFY, Mount.PORT, method, path, lines, text.encode()
        )
        assert reply.status == 200, reply.body
        return reply

    def send(self, text: str, sequence_id: str = "", **headers: str) -> Reply:
        path = f"/{self.key}/{sequence_id}" if sequence_id else f"/{self.key}"
        return self.call("POST", path, text, **headers)

    def visible(self) -> list[str]:
        """The texts of all messages that native readers see, in their order."""
        return [message["body"] for message in self.gateway.page("all")]

    def pass_time(self, seconds: int) -> None:
        """Let it be later, and wait until everything due has been released.

        A message that becomes due just then is the last one, and shows it.
        """
        witness = f"witness of {self.now_s + seconds}"
        self.send(witness, In=f"{seconds}s")
        self.gateway.clock.now_ms += seconds * 1000
        self.send("wakes the schedule", In="3 days")
        wait_until(lambda: witness in self.visible())

    def native(self, method: str, message_id: str) -> Reply:
        path = f"/channel/{CHANNEL_ID}/messages/{message_id}"
        return self.gateway.native(method, path, [LOGIN])


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Later]:
    with running(tmp_path_factory.mktemp("delayed")) as gateway:
        yield Later(gateway)


@pytest.fixture
def later(served: Later) -> Later:
    """Every test begins with nothing visible."""
    for message in served.gateway.page("all"):
        served.native("DELETE", message["message_id"])
    return served


def message_id_of(reply: Reply) -> str:
    (message_id,) = reply.message_ids
    return message_id


def own_words(later: Later) -> list[str]:
    return [text for text in later.visible() if not text.startswith("witness")]


def test_a_delayed_message_is_answered_at_once_and_comes_on_time(later: Later) -> None:
    due_s = later.now_s + HALF_AN_HOUR_S
    reply = later.send("tea is ready", In="30min", Title="Kitchen")
    event = reply.json
    assert event["time"] == due_s
    assert event["expires"] == due_s + 43_200
    assert own_words(later) == []

    later.pass_time(HALF_AN_HOUR_S - 1)
    assert own_words(later) == []

    later.pass_time(10)
    (message,) = [m for m in later.gateway.page("all") if m["body"] == "tea is ready"]
    assert message["message_id"] == message_id_of(reply)
    assert message["occurred_at"] == due_s * 1000
    assert message["title"] == "Kitchen"

    later.pass_time(60)
    assert own_words(later) == ["tea is ready"]


def test_messages_come_in_the_order_of_their_times(later: Later) -> None:
    for seconds in (50, 20, 40, 30):
        later.send(f"after {seconds}", In=f"{seconds}s")
    later.send("at once")
    later.pass_time(60)
    wanted = ["at once", "after 20", "after 30", "after 40", "after 50"]
    assert own_words(later) == wanted


def test_who_reads_on_misses_nothing_that_came_late(later: Later) -> None:
    later.send("delayed", In="20s")
    seen = message_id_of(later.send("at once"))
    later.pass_time(20)
    texts = [message["body"] for message in later.gateway.page(seen)]
    assert "delayed" in texts
    assert "at once" not in texts


def test_a_waiting_message_is_there_for_who_knows_its_id(later: Later) -> None:
    message_id = message_id_of(later.send("patience", At="tomorrow, 10am"))
    stored = later.gateway.stored(message_id)
    assert stored["message"]["metadata"]["compat.ntfy.delay"] == "tomorrow, 10am"
    assert ["At", "kept"] in [
        [note["field"], note["verdict"]] for note in stored["receipt"]["notes"]
    ]
    due_s = stored["message"]["occurred_at"] // 1000
    assert stored["receipt"]["reply"]["body"]["time"] == due_s
    assert later.native("DELETE", message_id).status == 200


def test_deleting_its_sequence_stops_a_message(later: Later) -> None:
    later.send("never", "job-1", In="30s")
    later.send("still comes", "job-2", In="30s")
    later.call("DELETE", f"/{KEY}/job-1")
    later.pass_time(60)
    assert own_words(later) == ["still comes"]


def test_deleting_its_short_id_stops_a_message(later: Later) -> None:
    event = later.send("never", In="30s").json
    later.send("still comes", In="30s")
    later.call("DELETE", f"/{KEY}/{event['id']}")
    later.pass_time(60)
    assert own_words(later) == ["still comes"]


def test_a_short_id_also_stops_a_message_with_a_sequence_of_its_own(
    later: Later,
) -> None:
    event = later.send("never", "job-3", In="30s").json
    later.call("DELETE", f"/{KEY}/{event['id']}")
    later.pass_time(60)
    assert own_words(later) == []


def test_an_update_at_once_replaces_what_waits(later: Later) -> None:
    later.send("outdated", "job-4", In="30s")
    later.send("up to date", "job-4")
    later.pass_time(60)
    assert own_words(later) == ["up to date"]


def test_a_delayed_update_replaces_what_waits(later: Later) -> None:
    later.send("outdated", In="20s", **{"X-Sequence-ID": "job-5"})
    later.send("up to date", In="40s", **{"X-Sequence-ID": "job-5"})
    later.pass_time(60)
    assert own_words(later) == ["up to date"]


def test_an_update_by_short_id_replaces_what_waits(later: Later) -> None:
    event = later.send("outdated", In="20s").json
    later.send("up to date", event["id"])
    later.pass_time(60)
    assert own_words(later) == ["up to date"]


def test_a_native_delete_stops_a_message(later: Later) -> None:
    message_id = message_id_of(later.send("never", In="30s"))
    assert later.native("DELETE", message_id).status == 200
    assert later.native("GET", message_id).status == 404
    later.pass_time(60)
    assert own_words(later) == []


def test_clearing_stops_nothing(later: Later) -> None:
    later.send("comes all the same", "job-6", In="30s")
    later.call("PUT", f"/{KEY}/job-6/clear")
    later.call("PUT", f"/{KEY}/job-6/read")
    later.pass_time(60)
    assert own_words(later) == ["comes all the same"]


def test_what_has_come_stays_when_its_sequence_is_deleted(later: Later) -> None:
    later.send("here already", "job-7")
    later.send("came late", "job-8", In="20s")
    later.pass_time(30)
    later.call("DELETE", f"/{KEY}/job-7")
    later.call("DELETE", f"/{KEY}/job-8")
    assert own_words(later) == ["here already", "came late"]


def test_a_refused_update_stops_nothing(later: Later) -> None:
    later.send("comes all the same", "job-9", In="20s")
    lines = [("Priority", b"9")]
    reply = later.gateway.call(
        Source.NTFY, Mount.PORT, "POST", f"/{KEY}/job-9", lines, b"broken"
    )
    assert reply.json["code"] == 40007
    later.pass_time(30)
    assert own_words(later) == ["comes all the same"]


def test_another_channels_sequence_is_another(later: Later) -> None:
    other = later.gateway.administer(lambda admin: admin.create_channel("Other"))
    later.send("comes all the same", "job-10", In="20s")
    event = later.send("this one too", In="20s").json
    later.call("DELETE", f"/{other.key}/job-10")
    later.call("DELETE", f"/{other.key}/{event['id']}")
    later.pass_time(30)
    assert own_words(later) == ["comes all the same", "this one too"]


def test_an_event_for_subscribers_is_no_message_to_native_readers(
    later: Later,
) -> None:
    before = later.gateway.count()
    reply = later.call("DELETE", f"/{KEY}/job-11")
    later.call("PUT", f"/{KEY}/job-11/clear")
    assert reply.message_ids == []
    assert later.gateway.count() == before


def test_a_dry_run_waits_for_nothing_and_stops_nothing(later: Later) -> None:
    later.send("comes all the same", "job-12", In="20s")
    told: dict[str, Any] = later.call("DELETE", f"/{KEY}/job-12?pushgo_dry_run=1").json
    assert told["messages"] == []
    assert told["reply"]["body"]["event"] == "message_delete"
    told = later.send("rehearsed", In="20s", **{"X-PushGo-Dry-Run": "1"}).json
    assert told["messages"][0]["occurred_at"] == (later.now_s + 20) * 1000
    assert told["messages"][0]["title"] == CHANNEL_NAME
    later.pass_time(30)
    assert own_words(later) == ["comes all the same"]


def test_a_live_native_reader_gets_it_when_it_comes(later: Later) -> None:
    later.send("live", In="20s")
    connection = http.client.HTTPConnection(
        "127.0.0.1", later.gateway.ports["main"], timeout=20
    )
    name, value = LOGIN
    with closing(connection):
        path = f"/channel/{CHANNEL_ID}/stream"
        connection.request("GET", path, headers={name: value.decode()})
        events = connection.getresponse()
        later.pass_time(20)
        data = next(line for line in events if line.startswith(b"data:"))
    assert orjson.loads(data.removeprefix(b"data:"))["body"] == "live"
