"""The old servers' documented examples, typed into the real curl, at every mount."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from pushgo_compat.model import Source
from tests.clients.conftest import Inbox
from tests.clients.curl_examples import EXAMPLES, Example
from tests.gateway import Gateway, Mount
from tests.golden import KEY


def curl(
    gateway: Gateway, dialect: Source, mount: Mount, words: list[str], stdin: str = ""
) -> tuple[int, Any]:
    """Run curl; the status, and the body as JSON."""
    port, prefix, host = gateway.place(dialect, mount)
    url = f"http://{host}:{port}{prefix}"
    typed = [word.replace("{url}", url).replace("{key}", KEY) for word in words]
    done = subprocess.run(
        [
            "curl",
            *("--silent", "--show-error", "--globoff", "--max-time", "10"),
            *("--resolve", f"{host}:{port}:127.0.0.1", "--write-out", "\n%{http_code}"),
            *typed,
        ],
        input=stdin.encode(),
        capture_output=True,
        check=True,
    )
    body, _, status = done.stdout.rpartition(b"\n")
    return int(status), json.loads(body)


@pytest.mark.parametrize("mount", Mount)
@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_a_documented_example_works_as_typed(
    gateway: Gateway, inbox: Inbox, example: Example, mount: Mount
) -> None:
    status, answer = curl(gateway, example.dialect, mount, example.words, example.stdin)
    assert status == 200, answer
    message = inbox.one()
    for name, value in example.native.items():
        assert message[name] == value, name
    success = {
        Source.NTFY: ("event", "message"),
        Source.BARK: ("message", "success"),
        Source.SERVERCHAN: ("code", 0),
    }
    field, value = success[example.dialect]
    assert answer[field] == value


def test_a_batch_as_the_documents_show_it(gateway: Gateway, inbox: Inbox) -> None:
    body = '{"title":"Title","body":"Body","device_keys":["{key}","no-such-key"]}'
    status, answer = curl(
        gateway,
        Source.BARK,
        Mount.PREFIX,
        ["{url}/push", "-H", "Content-Type: application/json", "-d", body],
    )
    assert (status, answer["code"]) == (200, 200)
    assert [item["code"] for item in answer["data"]] == [200, 400]
    assert inbox.one()["body"] == "Body"


def test_a_big_file_is_asked_for_and_sent_without_a_pause(
    gateway: Gateway, tmp_path: Path
) -> None:
    file = tmp_path / "big.json"
    file.write_text(json.dumps({"body": "x" * 2_000_000}))
    words = ["-H", "Content-Type: application/json", "--data-binary", f"@{file}"]
    timing = ["--expect100-timeout", "30", "{url}/{key}"]
    status, answer = curl(gateway, Source.BARK, Mount.PORT, [*words, *timing])
    assert (status, answer["message"]) == (200, "success")
