"""Targets and the outbox: the commands as a user types them."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from pushgo_compat.core.stores.messages import Committed, NewMessage
from pushgo_compat.core.stores.store import Store
from pushgo_compat.core.stores.targets import (
    LaneMove,
    NewOutcome,
    NewTarget,
    Origin,
    OutcomeState,
    TargetState,
)
from pushgo_compat.delivery.kinds.ntfy_ios import address_hash
from pushgo_compat.delivery.sending import extras
from pushgo_compat.model import NativeMessage, Source
from pushgo_compat.schemas import encode_message
from pushgo_compat.storage import open_store
from tests.cli.test_commands import Shell, channel, clean_environment, shell

__all__ = ["channel", "clean_environment", "shell"]
NOW_MS = 1_795_408_545_000
URL = "https://hooks.example.org/secret-path"


@pytest.fixture
def target(shell: Shell, channel: dict[str, str]) -> dict[str, Any]:
    added: dict[str, Any] = shell.json(
        f"target add webhook --channel {channel['channel_id']} --url {URL}"
    )
    return added


def with_store(action: Any) -> Any:
    """Do something with the store as a server would."""

    async def act() -> Any:
        store = await open_store("sqlite:///pushgo-compat.db", create=False)
        try:
            return await action(store)
        finally:
            await store.close()

    return asyncio.run(act())


async def send(store: Store, count: int = 1) -> list[str]:
    """Commit some messages to the only channel; their ids."""
    (only,) = await store.channels()
    row = NewMessage(
        only.number,
        await store.generation(),
        Source.NATIVE,
        encode_message(NativeMessage(title="t")),
    )
    results = await store.append([row] * count)
    return [r.message_id for r in results if isinstance(r, Committed)]


async def fail_all(store: Store) -> list[str]:
    """Commit two messages that have failed for the only target."""
    sent = await send(store, 2)
    (lane,) = await store.lanes.lanes()
    places = [bytes.fromhex(message_id) for message_id in sent]
    await store.lanes.settle(
        [LaneMove(lane.target, places[-1])],
        [
            NewOutcome(lane.target, place, OutcomeState.FAILED, NOW_MS, 3, "too large")
            for place in places
        ],
    )
    return sent


def test_an_added_target_shows_its_secret_once_and_its_address_never(
    shell: Shell, channel: dict[str, str], target: dict[str, Any]
) -> None:
    assert target["kind"] == "webhook"
    assert target["channel_id"] == channel["channel_id"]
    assert target["hint"] == "hooks.example.org"
    assert target["secret"].startswith("whsec_")
    listed = shell("target list --json").stdout
    shown = shell(f"target show {target['target_id']}").stdout
    for text in (listed, shown):
        assert "secret-path" not in text
        assert target["secret"] not in text
    (row,) = shell.json("target list")
    assert (row["state"], row["reason"]) == ("active", None)


def test_an_iphone_s_address_is_our_public_one_unless_another_is_given(
    shell: Shell, channel: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PUSHGO_PUBLIC_BASE_URL", "https://push.example.com/")
    line = f"target add ntfy-ios --channel {channel['channel_id']} --topic -"
    own = shell.json(line, stdin="backups\n")
    wanted = address_hash("https://push.example.com/ntfy", "backups")
    assert own["hint"] == f"{wanted[:8]}…"
    again = shell(f"{line} --base-url https://push.example.com/ntfy", "backups\n")
    assert "already" in again.stderr
    other = shell.json(f"{line} --base-url https://o.example", stdin="backups\n")
    assert other["hint"] == f"{address_hash('https://o.example', 'backups')[:8]}…"


def test_the_same_address_twice_in_a_channel_is_refused(
    shell: Shell, target: dict[str, Any]
) -> None:
    result = shell(f"target add webhook --channel {target['channel_id']} --url {URL}/")
    assert result.exit_code == 1
    assert "already" in result.stderr
    assert "secret-path" not in result.stderr


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("target add webhook --channel {} --url nonsense", "--url must be a URL"),
        ("target add ntfy --channel {} --url https://n.x --topic a/b", "--topic must"),
        ("target add webhook --channel none --url https://x.example", "channel"),
        (
            "target add webhook --channel {} --url https://x.example --on-failure no",
            "no such target",
        ),
        ("target add ntfy-ios --channel {} --topic t", "PUSHGO_PUBLIC_BASE_URL"),
        ("target show none", "no such target"),
        ("target pause none", "no such target"),
        ("outbox drop --target none --yes", "no such target"),
    ],
)
def test_what_cannot_be_done_is_refused_in_one_line(
    shell: Shell, channel: dict[str, str], line: str, words: str
) -> None:
    result = shell(line.format(channel["channel_id"]))
    assert result.exit_code == 1
    assert words in result.stderr
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("kind", "flags", "extra"),
    [
        ("apprise", "--apprise-url -", "apprise"),
        ("bark-app", f"--device-token {'ab' * 32}", "apns"),
        (
            "apns",
            f"--device-token {'ab' * 32} --topic t --key-file key.p8 --key-id"
            " ABCDE12345 --team-id TEAM123456",
            "apns",
        ),
    ],
)
def test_a_kind_whose_extra_is_missing_says_what_to_install(
    shell: Shell,
    channel: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    flags: str,
    extra: str,
) -> None:
    Path("key.p8").write_text("a key")
    monkeypatch.setattr(extras, "find_spec", lambda _name: None)
    line = f"target add {kind} --channel {channel['channel_id']} {flags}"
    refused = shell(line, "json://x.example/a\n")
    assert refused.exit_code == 1
    assert f"pip install 'pushgo-compat[{extra}]'" in refused.stderr


def test_secrets_come_from_standard_input_in_their_order(
    shell: Shell, channel: dict[str, str]
) -> None:
    line = (
        f"target add pushgo --channel {channel['channel_id']} --url https://g.example"
        " --to W4PN0FZG1Y8XGG14VTQ4Y3G10M --password - --token -"
    )
    result = shell(line, stdin="the password\nthe token\n")
    assert result.exit_code == 0, result.stderr
    assert "the password" not in result.stdout + result.stderr


def test_kinds_tell_what_they_need(shell: Shell) -> None:
    kinds = shell("target add --help").stdout
    for kind in ("pushgo", "apns", "bark-app", "fcm", "webpush", "webhook", "ntfy"):
        assert f"  {kind} " in kinds
    assert "--device-key" in shell("target add bark --help").stdout
    missing = shell("target add bark --channel x --url https://b.example")
    assert missing.exit_code == 2


def test_a_target_is_paused_and_resumed_where_it_stood_or_from_now(
    shell: Shell, target: dict[str, Any]
) -> None:
    name = target["target_id"]
    assert shell.json(f"target pause {name}")["state"] == "paused"
    with_store(lambda store: send(store, 3))
    assert shell.json(f"target show {name}")["waiting"] == 3
    assert shell.json(f"target resume {name}")["waiting"] == 3
    resumed = shell.json(f"target resume {name} --from now")
    assert (resumed["state"], resumed["waiting"]) == ("active", 0)


def test_what_waits_for_a_dead_address_is_dropped_and_sent_when_asked(
    shell: Shell, target: dict[str, Any]
) -> None:
    name = target["target_id"]
    sent = with_store(lambda store: send(store, 2))
    with_store(lambda store: store.targets.set_state(name, TargetState.DROPPED, "gone"))
    for state in ("dropped", "all"):
        chosen = "" if state == "all" else f" --state {state}"
        rows = shell.json(f"outbox list{chosen}")
        assert [(row["message_id"], row["state"]) for row in rows] == [
            (message_id, "dropped") for message_id in sent
        ]
        assert {row["reason"] for row in rows} == {"gone"}
        assert all("at" in row and "next_try_at" not in row for row in rows)
    assert shell.json("outbox list --state waiting") == []
    shown = shell.json(f"target show {name}")
    assert (shown["state"], shown["waiting"]) == ("dropped", 0)
    resumed = shell.json(f"target resume {name}")
    assert (resumed["state"], resumed["waiting"]) == ("active", 0)
    assert len(shell.json("outbox list --state dropped")) == 2
    assert shell.json("outbox retry --all-failed") == {"changed": 0}
    assert shell.json(f"outbox retry --target {name}") == {"changed": 2}


def test_removing_a_target_asks(shell: Shell, target: dict[str, Any]) -> None:
    name = target["target_id"]
    refused = shell(f"target remove {name}")
    assert refused.exit_code == 1
    assert "--yes" in refused.stderr
    assert shell.json(f"target remove {name} --yes")["removed"] is True
    assert shell.json("target list") == []


def test_what_waits_is_listed_first_then_what_has_ended(
    shell: Shell, target: dict[str, Any]
) -> None:
    failed = with_store(fail_all)
    (waiting,) = with_store(lambda store: send(store))
    rows = shell.json("outbox list")
    assert [row["message_id"] for row in rows] == [waiting, *reversed(failed)]
    assert [row["state"] for row in rows] == ["waiting", "failed", "failed"]
    assert rows[0]["next_try_at"] > 0
    assert (rows[1]["at"], rows[1]["attempts"]) == (NOW_MS, 3)
    assert rows[1]["reason"] == "too large"
    only = shell.json(f"outbox list --target {target['target_id']} --state failed")
    assert len(only) == 2
    assert len(shell.json("outbox list --state failed --limit 1")) == 1
    assert shell.json("outbox list --state sent") == []
    table = shell("outbox list").stdout
    assert "waiting" in table


@pytest.mark.usefixtures("target")
def test_what_failed_is_sent_again_when_asked(shell: Shell) -> None:
    first, _ = with_store(fail_all)
    (row,) = shell.json("target list")
    name = row["target_id"]
    assert shell.json(f"outbox retry --target {name} --message {first}") == {
        "changed": 1
    }
    assert len(with_store(lambda store: store.lanes.marks())) == 1
    assert shell.json("outbox retry --all-failed") == {"changed": 2}
    assert shell("outbox retry").exit_code == 2
    assert shell(f"outbox retry --all-failed --target {name}").exit_code == 2


def test_dropping_what_waits_asks_and_says_how_much(
    shell: Shell, target: dict[str, Any]
) -> None:
    name = target["target_id"]
    sent = with_store(lambda store: send(store, 3))
    assert shell(f"outbox drop --target {name}").exit_code == 1
    assert shell.json(f"outbox drop --target {name} --message {sent[1]} --yes") == {
        "changed": 1
    }
    assert shell.json(f"outbox drop --target {name} --yes") == {"changed": 3}
    states = [row["state"] for row in shell.json("outbox list")]
    assert states == ["dropped"] * 3
    assert shell.json(f"target show {name}")["waiting"] == 0


def test_testing_a_target_prints_the_answer_and_fails_when_it_was_not_taken(
    shell: Shell, channel: dict[str, str]
) -> None:
    added = shell.json(
        f"target add webhook --channel {channel['channel_id']}"
        " --url http://127.0.0.1:9/x"
    )
    result = shell(f"target test {added['target_id']}")
    assert result.exit_code == 1
    assert "private address" in result.stdout


def test_a_rotated_password_takes_browsers_along_and_leaves_the_operator_s(
    shell: Shell, channel: dict[str, str], target: dict[str, Any]
) -> None:
    async def add_browser(store: Store) -> None:
        (only,) = await store.channels()
        await store.targets.add_target(
            NewTarget(
                target_id="browser",
                channel=only.number,
                kind="webpush",
                name="browser",
                origin=Origin.PASSWORD,
                sealed=b"x",
                hint="push.example",
                fingerprint=b"x",
                created_at_ms=NOW_MS,
            )
        )

    with_store(add_browser)
    result = shell(f"channel rotate-password {channel['channel_id']}")
    assert "removed with the old password: 1" in result.stderr
    assert [row["target_id"] for row in shell.json("target list")] == [
        target["target_id"]
    ]
