"""What a target's commands print: never a secret of it again."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.test_commands import Shell, channel, clean_environment, shell
from tests.cli.test_targets import send, with_store
from tests.delivery.kinds.test_webpush import AUTH, RECEIVER
from tests.golden import CHANNEL_ID
from tests.providers.apns import make_key
from tests.providers.fcm import FakeFcm

__all__ = ["channel", "clean_environment", "shell"]
CLOSED = "127.0.0.1:9"
DEVICE = "5ec2e7" * 9
PEM, _ = make_key()
ACCOUNT = FakeFcm().account
NEEDLES = ("SECRET", "5ec2e7", AUTH, PEM.splitlines()[1], ACCOUNT.split("\\n")[1])
KINDS = {
    "pushgo": (
        f"--url http://{CLOSED} --to {CHANNEL_ID} --password - --token -",
        "SECRET-password\nSECRET-token\n",
    ),
    "apns": (
        f"--device-token {DEVICE} --topic com.example.app --key-file key.p8"
        f" --key-id ABCDE12345 --team-id TEAM123456 --endpoint https://{CLOSED}",
        "",
    ),
    "bark-app": (f"--device-token {DEVICE}", ""),
    "fcm": (
        f"--service-account account.json --token - --endpoint http://{CLOSED}"
        f" --token-endpoint http://{CLOSED}/token",
        "SECRET-registration\n",
    ),
    "webpush": ("--subscription subscription.json", ""),
    "webhook": (f"--url http://{CLOSED}/SECRET-path?SECRET-query", ""),
    "ntfy": (
        f"--url http://{CLOSED} --topic SECRET-topic --token -",
        "tk_SECRETtoken\n",
    ),
    "ntfy-ios": ("--topic - --base-url https://me.example", "SECRET-ios-topic\n"),
    "bark": (
        f"--url http://{CLOSED} --device-key - --user me --password -",
        "SECRETdevicekey\nSECRET-login\n",
    ),
    "apprise": ("--apprise-url -", f"json://me:SECRETpass@{CLOSED}/SECRET-hook\n"),
}


@pytest.fixture(autouse=True)
def files(tmp_path: Path, clean_environment: None) -> None:
    (tmp_path / "key.p8").write_text(PEM)
    (tmp_path / "account.json").write_text(ACCOUNT)
    (tmp_path / "subscription.json").write_text(
        f'{{"endpoint":"https://{CLOSED}/SECRET-endpoint",'
        f'"keys":{{"p256dh":"{RECEIVER}","auth":"{AUTH}"}}}}'
    )


@pytest.mark.parametrize("kind", KINDS)
def test_no_command_shows_a_secret_of_a_target_again(
    shell: Shell, channel: dict[str, str], monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setenv("PUSHGO_DELIVERY_ALLOW_PRIVATE", "127.0.0.0/8")
    monkeypatch.setenv("PUSHGO_WEBPUSH_ALLOW_PRIVATE", "127.0.0.0/8")
    monkeypatch.setenv("PUSHGO_WEBPUSH_SUBJECT", "mailto:me@example.org")
    monkeypatch.setenv("PUSHGO_BARK_APNS_KEY_FILE", "key.p8")
    monkeypatch.setenv("PUSHGO_BARK_APNS_ENDPOINT", f"https://{CLOSED}")
    monkeypatch.setenv("PUSHGO_NTFY_UPSTREAM_URL", f"http://{CLOSED}")
    monkeypatch.setenv("PUSHGO_NTFY_UPSTREAM_TOKEN", "tk_SECRETupstream")
    flags, secrets = KINDS[kind]
    line = f"target add {kind} --channel {channel['channel_id']} {flags}"
    added = shell.json(line, secrets)
    needles = [*NEEDLES, added.pop("secret", "SECRET")]
    target = added["target_id"]
    with_store(lambda store: send(store, 2))
    said = [str(added)]
    for words in (
        line,  # a second time: refused
        "target list",
        f"target show {target}",
        f"target test {target}",
        f"target pause {target}",
        f"outbox list --target {target}",
        f"target resume {target}",
        f"outbox retry --target {target}",
        f"outbox drop --target {target} --yes",
        "outbox list",
        f"target remove {target} --yes",
    ):
        for form in ("", " --json"):
            result = shell(words + form, secrets if words == line else "")
            said += [result.stdout, result.stderr]
    assert any("target_id" in text for text in said)
    for needle in needles:
        for text in said:
            assert needle not in text
