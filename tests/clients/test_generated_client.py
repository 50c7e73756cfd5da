"""A client that openapi-python-client generates: it sends, reads and follows."""

from __future__ import annotations

import base64
import importlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pushgo_compat.web.native.app import ROUTES
from pushgo_compat.web.native.description.describe import operation_of
from tests.gateway import Gateway
from tests.golden import CHANNEL_ID, PASSWORD
from tests.patience import PATIENCE_S

PACKAGE = "generated_pushgo_client"
GENERATOR = Path(sys.executable).with_name("openapi-python-client")
OPERATIONS = sorted(operation_of(route.handler).id for route in ROUTES)


class Generated:
    """The generated package; what it holds has no types before it is made."""

    def __init__(self, gateway: Gateway) -> None:
        login = base64.b64encode(f"{CHANNEL_ID}:{PASSWORD}".encode()).decode()
        made: Any = importlib.import_module(PACKAGE)
        self.models: Any = importlib.import_module(f"{PACKAGE}.models")
        self.client = made.AuthenticatedClient(
            base_url=f"http://127.0.0.1:{gateway.ports['main']}",
            token=login,
            prefix="Basic",
            timeout=PATIENCE_S,
            raise_on_unexpected_status=True,
        )

    def __call__(self, operation: str, *path: str, **parameters: Any) -> Any:
        """Call one operation; what its answer was parsed to."""
        module: Any = importlib.import_module(f"{PACKAGE}.api.default.{operation}")
        return module.sync(*path, client=self.client, **parameters)

    def send(self, title: str, **fields: Any) -> Any:
        message = self.models.Message(
            channel_id=CHANNEL_ID, password=PASSWORD, title=title, **fields
        )
        return self("send_message", body=message)


@pytest.fixture(scope="module")
def package(
    gateway: Gateway, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("generated")
    spec, settings = folder / "openapi.json", folder / "settings.json"
    spec.write_bytes(gateway.native("GET", "/openapi.json").body)
    settings.write_text(
        json.dumps({"package_name_override": PACKAGE, "post_hooks": []})
    )
    subprocess.run(
        [
            *(GENERATOR, "generate", "--path", spec, "--config", settings),
            *("--meta", "none", "--output-path", folder / PACKAGE),
            "--fail-on-warning",
        ],
        check=True,
        capture_output=True,
        timeout=PATIENCE_S,
    )
    sys.path.insert(0, str(folder))
    yield folder / PACKAGE
    sys.path.remove(str(folder))


@pytest.fixture
def generated(gateway: Gateway, package: Path) -> Iterator[Generated]:
    generated = Generated(gateway)
    with generated.client:
        yield generated


def test_every_operation_is_generated(package: Path) -> None:
    made = {path.stem for path in (package / "api" / "default").glob("[!_]*.py")}
    assert sorted(made) == OPERATIONS


def test_what_is_sent_is_read_with_all_its_fields(generated: Generated) -> None:
    sent = generated.send(
        "Backup finished",
        body="**0 errors**",
        severity=generated.models.MessageSeverity.HIGH,
        tags=["nas", "disk"],
        occurred_at=1_795_408_545,
    )
    assert sent.success is True
    shown = generated("get_message", CHANNEL_ID, sent.data.message_id)
    message = shown.data.message
    assert (message.title, message.body) == ("Backup finished", "**0 errors**")
    assert (message.severity, message.tags) == ("high", ["nas", "disk"])
    assert message.occurred_at == 1_795_408_545_000
    assert message.source == "native"


def test_a_channel_is_followed_from_page_to_page(generated: Generated) -> None:
    first = generated.send("one").data.message_id
    page = generated("list_messages", CHANNEL_ID, since=first)
    assert page.data.messages == []
    sent = [generated.send(f"number {n}").data.message_id for n in range(5)]
    seen, since = [], page.data.next_
    while page := generated("list_messages", CHANNEL_ID, since=since, limit=2):
        if not page.data.messages:
            break
        seen += [message.message_id for message in page.data.messages]
        since = page.data.next_
    assert seen == sent


def test_a_stream_is_followed_through_the_clients_own_connection(
    generated: Generated,
) -> None:
    http = generated.client.get_httpx_client()
    path = f"/channel/{CHANNEL_ID}/stream"
    since = generated.send("before").data.message_id
    with http.stream("GET", path, params={"since": since}) as stream:
        sent = generated.send("while it listens").data.message_id
        data = next(line for line in stream.iter_lines() if line.startswith("data:"))
    event = json.loads(data.removeprefix("data:"))
    message = generated.models.StoredMessage.from_dict(event)
    assert (message.message_id, message.title) == (sent, "while it listens")


def test_a_refusal_is_parsed_to_its_code(generated: Generated) -> None:
    refused = generated("get_message", CHANNEL_ID, "0" * 32)
    assert refused.success is False
    assert refused.error_code == "message_not_found"


def test_the_other_ways_to_send_and_to_delete_work_too(generated: Generated) -> None:
    sent = generated(
        "send_message_by_get",
        channel_id=CHANNEL_ID,
        password=PASSWORD,
        title="by GET",
        tags=["a", "b"],
    )
    message_id = sent.data.message_id
    shown = generated("get_message", CHANNEL_ID, message_id)
    assert shown.data.message.tags == ["a", "b"]
    assert generated("delete_message", CHANNEL_ID, message_id).success is True
    gone = generated("get_message", CHANNEL_ID, message_id)
    assert gone.error_code == "message_not_found"
    assert generated("get_health").data.status == "ok"
