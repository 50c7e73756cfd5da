"""Secrets of targets: sealed in the store, and nowhere else in clear."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
import structlog
from aiohttp import web
from aiohttp.test_utils import TestServer

from pushgo_compat.core.admin.targets import TargetAdministration
from pushgo_compat.core.auth.sealing import Sealer
from pushgo_compat.core.auth.secrets import SecretKey
from pushgo_compat.core.delivery import (
    Drop,
    GiveUp,
    Misconfigured,
    Outcome,
    Retry,
    Sent,
)
from pushgo_compat.core.stores.targets import OutcomeState
from pushgo_compat.delivery.registry import KINDS
from pushgo_compat.delivery.sending.guard import Network
from pushgo_compat.delivery.sending.secrecy import credential_mark, without_secrets
from pushgo_compat.storage.ids import system_now_ms
from pushgo_compat.web.metrics import Metrics
from tests.delivery.kinds.test_webhook import LOOPBACK
from tests.delivery.kinds.test_webpush import AUTH, RECEIVER
from tests.delivery.rig import SECRET, Rig, ScriptedKind, rig, until
from tests.delivery.surroundings import surroundings
from tests.golden import CHANNEL_ID
from tests.providers.apns import make_key
from tests.providers.fcm import FakeFcm
from tests.providers.http import Receiver

HIDDEN = "[…]"
FIREBASE = {"endpoint": "https://fcm.example", "project_id": "mine"}
APPLE = {
    "endpoint": "https://apns.example",
    "topic": "com.example.app",
    "team_id": "TEAM123456",
    "key_id": "ABCDE12345",
    "key_pem": "pem",
}


@pytest.mark.parametrize(
    ("configuration", "told", "shown"),
    [
        ({"token": "hunter2hunter2"}, "no hunter2hunter2 here", f"no {HIDDEN} here"),
        (
            {"url": "https://h.example/hooks/s3cret-path"},
            "no /hooks/s3cret-path at h.example",
            f"no /hooks/{HIDDEN} at h.example",
        ),
        (
            {"url": "json://user:pass-word@h.example/?key=a%20secret"},
            "pass-word and key=a%20secret",
            f"{HIDDEN} and {HIDDEN}",
        ),
        (
            {"authorization": "Bearer tk_abcdefgh"},
            "tk_abcdefgh is not known",
            f"{HIDDEN} is not known",
        ),
        ({"headers": {"X-Key": "abcdefgh"}}, "abcdefgh?", f"{HIDDEN}?"),
        ({"secrets": ["whsec_abcdefgh"]}, "whsec_abcdefgh?", f"{HIDDEN}?"),
        ({"topic": "my secret"}, "no /my%20secret", f"no /{HIDDEN}"),
        (
            {"authorization": "Basic bWU6cGFzcy13b3Jk"},
            "bWU6cGFzcy13b3Jk: the password pass-word is wrong",
            f"{HIDDEN}: the password {HIDDEN} is wrong",
        ),
        (
            {"token": "hunter2hunter2"},
            "it was cut: hunter2hun",
            f"it was cut: {HIDDEN}",
        ),
        ({"project_id": "my-project"}, "my-project: none", "my-project: none"),
        ({"topic": "alert"}, "alert: none", "alert: none"),
        ({"url": "http://[bad"}, "as it was", "as it was"),
    ],
)
def test_what_a_provider_repeats_of_a_secret_is_hidden(
    configuration: Mapping[str, object], told: str, shown: str
) -> None:
    for made in (Retry, Drop, GiveUp, Misconfigured):
        outcome: Outcome = made(told)
        assert without_secrets(outcome, configuration) == made(shown)
    assert without_secrets(Sent(told), configuration) == Sent(shown)
    assert without_secrets(Sent(), configuration) == Sent()


def test_a_group_s_name_tells_logins_apart_and_tells_no_login() -> None:
    one = surroundings()
    other = surroundings(derive_key=lambda _purpose: b"k" * 32)
    marks = {
        credential_mark(one, "Basic YTpi"),
        credential_mark(one, "Basic YTpj"),
        credential_mark(other, "Basic YTpi"),
        credential_mark(one, ""),
    }
    assert len(marks) == 4


@pytest.mark.parametrize(
    ("kind", "right", "wrong"),
    [
        ("pushgo", {"token": "one"}, {"token": "two"}),
        ("bark", {"authorization": "Basic YTpi"}, {"authorization": "Basic YTpj"}),
        ("ntfy", {"authorization": "Bearer tk_1"}, {"authorization": ""}),
        ("fcm", {**FIREBASE, "private_key": "a"}, {**FIREBASE, "private_key": "b"}),
        ("apns", {**APPLE, "key_pem": "a"}, {**APPLE, "key_pem": "b"}),
        ("apns", {**APPLE, "topic": "a"}, {**APPLE, "topic": "b"}),
    ],
)
def test_a_wrong_login_pauses_those_alone_who_use_it(
    kind: str, right: dict[str, object], wrong: dict[str, object]
) -> None:
    """A group is a host and a credential (docs/delivery.md, "Outcomes")."""
    sender = KINDS[kind].start(surroundings())
    url = {"url": "https://push.example"}
    one, same, other = (
        sender.group({**url, **login}) for login in (right, dict(right), wrong)
    )
    assert one == same != other


def secrets_of_each_kind(
    url: str, account: str, pem: str
) -> dict[str, dict[str, object]]:
    """Flags of one target of each kind, whose secrets all say SECRET somewhere."""
    return {
        "pushgo": {
            "url": url,
            "to": CHANNEL_ID,
            "password": "SECRET-password",
            "token": "SECRET-token",
        },
        "apns": {
            "device-token": "5ec2e7" * 8,
            "topic": "com.example.app",
            "key-file": pem,
            "key-id": "ABCDE12345",
            "team-id": "TEAM123456",
            "endpoint": "https://127.0.0.1:9",
        },
        "bark-app": {"device-token": "5ec2e7" * 9},
        "fcm": {
            "service-account": account,
            "token": "SECRET-registration",
            "endpoint": url,
            "token-endpoint": f"{url}/token",
        },
        "webpush": {
            "subscription": '{"endpoint":"https://127.0.0.1:9/SECRET-endpoint",'
            f'"keys":{{"p256dh":"{RECEIVER}","auth":"{AUTH}"}}}}'
        },
        "webhook": {
            "url": f"{url}/SECRET-path?SECRET-query",
            "header": ["X-Key: SECRET-header"],
        },
        "ntfy": {"url": url, "topic": "SECRET-topic", "token": "tk_SECRETtoken"},
        "ntfy-ios": {"topic": "SECRET-ios-topic", "base-url": "https://me.example"},
        "bark": {
            "url": url,
            "device-key": "SECRETdevicekey",
            "user": "me",
            "password": "SECRET-login",
        },
        "apprise": {"apprise-url": f"json://me:SECRETpass@{url[7:]}/SECRET-hook"},
    }


async def echo(got: Receiver) -> None:
    """Let a receiver refuse, and repeat all that it was sent."""

    async def handle(request: web.Request) -> web.Response:
        body = (await request.read()).decode("utf-8", "replace")
        if request.path == "/token":
            return web.json_response({"access_token": "SECRETaccess", "expires_in": 9})
        told = f"{request.path_qs} {dict(request.headers)} {body}"
        got.got.append((request, b""))
        return web.json_response(
            {"error": {"message": told}, "message": told, "reason": told, "code": 400},
            status=400,
        )

    got.handle = handle  # type: ignore[method-assign]


def ended(metrics: Metrics) -> float:
    """How many attempts the metrics have counted."""
    return sum(
        sample.value
        for family in metrics.numbers.collect()
        for sample in family.samples
        if sample.name == "pushgo_deliveries_total"
    )


def stored_bytes(folder: Path) -> bytes:
    """The store's files as they lie on the disk."""
    return b"".join(path.read_bytes() for path in folder.glob("s.db*"))


async def test_no_secret_is_stored_in_clear_logged_or_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    # What the fake itself logs is not the gateway's.
    caplog.set_level(logging.CRITICAL, "aiohttp.access")
    pem, _ = make_key()
    account = FakeFcm()
    seen: list[str] = []
    needles = ["SECRET", "5ec2e7", AUTH, pem.splitlines()[1]]
    needles.append(account.account.split("\\n")[1])
    found: Receiver = Receiver()
    await echo(found)
    app = web.Application()

    async def handle(request: web.Request) -> web.Response:
        return await found.handle(request)

    app.router.add_route("*", "/{tail:.*}", handle)
    allowed: tuple[Network, ...] = LOOPBACK
    with structlog.testing.capture_logs() as logs:
        async with (
            TestServer(app, host="127.0.0.1") as server,
            rig(tmp_path, ScriptedKind()) as house,
        ):
            admin = TargetAdministration(house.store, SECRET, KINDS, system_now_ms)
            flags = secrets_of_each_kind(
                f"http://127.0.0.1:{server.port}", account.account, pem
            )
            for kind, given in flags.items():
                added = dict(await admin.add(kind, house.channel, given))
                if "secret" in added:  # shown once, when it was made
                    needles.append(str(added.pop("secret")))
                seen.append(str(added))
            outbox = house.outbox()
            around = replace(
                outbox.surroundings,
                allow_private=allowed,
                webpush_allow_private=allowed,
                webpush_subject="mailto:me@example.org",
                upstream_url=f"http://127.0.0.1:{server.port}",
                upstream_token="tk_SECRETupstream",
            )
            metrics = Metrics()
            outbox = replace(
                outbox, kinds=KINDS, surroundings=around, observer=metrics.delivery
            )
            async with outbox:
                await house.publish("one")
                await until(lambda: ended(metrics) >= len(flags))
                shown = metrics.render().decode()
                assert "pushgo_delivery_lag_seconds" in shown
                seen.append(shown)
                groups = outbox._roster.groups
                seen += [f"{name} {group!r}" for name, group in groups.items()]
                seen += [repr(lane) for lane in outbox._roster.by_target.values()]
                seen.append(str(outbox.paused_groups()))
            seen.append(str(await admin.list_targets()))
            for state in OutcomeState:
                seen.append(str(await admin.outbox(state=state.value)))
            seen.append(str(await admin.outbox()))
            for target in await house.store.targets.targets():
                seen.append(repr(target))
            await house.store.lanes.keep_token(
                "x", Sealer(SECRET).seal(b"SECRET", "token", "x")
            )
            on_disk = stored_bytes(tmp_path)
    for needle in needles:
        assert needle.encode() not in on_disk, needle
        assert needle not in str(logs), needle
        assert needle not in caplog.text, needle
        for text in seen:
            assert needle not in text, (needle, text)
    assert found.got


async def test_a_lost_key_names_each_target_it_costs_once(tmp_path: Path) -> None:
    kind = ScriptedKind()
    async with rig(tmp_path, kind) as house:
        await house.add("a/1")
        await house.add("a/2")
        lost: Rig = replace(house, sealer=Sealer(SecretKey(b"quite another secret")))
        with structlog.testing.capture_logs() as logs:
            async with lost.outbox() as outbox:
                third = await lost.add("a/3")
                await until(lambda: outbox.lane_of(third.number) is not None)
                await lost.publish("one")
                await until(lambda: bool(kind.asked))
                await asyncio.sleep(0)
    named = [
        entry["target_id"]
        for entry in logs
        if entry["event"] == "target cannot be opened with this secret key"
    ]
    assert named == ["t-a/1", "t-a/2"]
    assert kind.asked == [("a/3", "one")]
