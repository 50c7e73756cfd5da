"""What translate says is what the very line makes when it is run.

Each line is run by bash, with the vendor's host replaced by a gateway that takes every
key (the alias ``*``). Then the native curl that translate printed is run as well: both
messages must be the same.
"""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from pushgo_compat.model import Source
from tests.clients.curl_examples import EXAMPLES, Example
from tests.gateway import CHANNEL_NAME, Gateway, running
from tests.golden import CHANNEL_ID, PASSWORD
from tests.migration.lines import BARK, FILES, NTFY, SERVERCHAN, VALUES
from tests.migration.translating import (
    GATEWAY,
    message_of,
    translate_in_full,
    translate_one,
)

HOSTS: Mapping[Source, tuple[str, ...]] = {
    Source.NTFY: ("ntfy.sh",),
    Source.BARK: ("api.day.app",),
    Source.SERVERCHAN: ("sctapi.ftqq.com", "sc.ftqq.com", "9.push.ft07.com"),
}
VENDOR = {dialect: hosts[0] for dialect, hosts in HOSTS.items()}
EXAMPLE_KEY = "SCT12TexampleKEYexampleKEYexample"
ALIAS_OF_ALL = "*"
LATER = ("channel_id", "message_id", "accepted_at", "op_id", "source", "occurred_at")
"""What every message gets anew."""
FIELDS: Mapping[str, str] = {
    "severity": "priority level",
    "metadata": "priority prio p level",
}


@pytest.fixture(scope="module")
def caught(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway that takes any key."""
    with running(tmp_path_factory.mktemp("caught")) as gateway:
        for dialect in HOSTS:
            gateway.alias(dialect, ALIAS_OF_ALL)
        yield gateway


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files that the lines name."""
    folder = tmp_path_factory.mktemp("files")
    for name, contents in FILES.items():
        (folder / name).write_bytes(contents)
    return folder


def run(
    line: str,
    folder: Path,
    stdin: bytes = b"",
    values: Mapping[str, str] = VALUES,
) -> str:
    """Run a line as a shell does, with the variables set."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "LANG": "C.UTF-8"}
    done = subprocess.run(
        ["bash", "-c", line],
        cwd=folder,
        env={**environment, **values},
        input=stdin,
        capture_output=True,
        check=False,
        timeout=60,
    )
    return done.stdout.decode() + done.stderr.decode()


def here(line: str, dialect: Source, gateway: Gateway) -> str:
    """The line with the vendor's host replaced by the gateway's."""
    authority = gateway.url(dialect).removeprefix("http://")
    for host in HOSTS[dialect]:
        line = line.replace(f"https://{host}", f"http://{host}")
        line = line.replace(host, authority)
    return line


def native_here(line: str, gateway: Gateway) -> str:
    """The native line that translate printed, filled in."""
    return (
        line.replace(GATEWAY, f"http://127.0.0.1:{gateway.ports['main']}")
        .replace("CHANNEL_ID", CHANNEL_ID)
        .replace("CHANNEL_PASSWORD", PASSWORD)
        .replace("CHANNEL_NAME", CHANNEL_NAME)
    )


def newest(gateway: Gateway) -> dict[str, Any]:
    message = gateway.last_message()
    assert message is not None
    return message


def plain(message: Mapping[str, Any]) -> dict[str, Any]:
    """A message without what each gets anew, and the tag of the alias."""
    kept = {name: value for name, value in message.items() if name not in LATER}
    tags = [tag for tag in kept.pop("tags", []) if "…" not in tag]
    if tags:
        kept["tags"] = tags
    metadata = dict(kept.pop("metadata", {}))
    for name in ("compat.ntfy.id", "pushgo.alias"):
        metadata.pop(name, None)
    if metadata:
        kept["metadata"] = metadata
    return kept


def compare(
    gateway: Gateway,
    folder: Path,
    dialect: Source,
    line: str,
    stdin: bytes = b"",
    set_in_line: str = "",
) -> None:
    """Run both. ``set_in_line`` sets what the line itself sets, for the native one."""
    answer = translate_one(line, files=FILES.get)
    assert answer["problem"] is None, answer
    assert answer["verdict"] != "must_change", answer["receipt"]["reply"]
    before = gateway.count()
    told = run(here(line, dialect, gateway), folder, stdin)
    assert gateway.count() == before + 1, told
    made = plain(newest(gateway))

    (native,) = answer["receipt"]["curl"]
    told = run(set_in_line + native_here(native, gateway), folder)
    assert gateway.count() == before + 2, told
    said = plain(newest(gateway))
    unknown = {
        note["field"].lower()
        for note in answer["receipt"]["notes"]
        if note["code"] == "variable"
    }
    for field, names in FIELDS.items():
        if unknown.intersection(names.split()):
            made.pop(field, None)
            said.pop(field, None)
    if "ttl" in made:  # counted from the moment of the call
        assert abs(made.pop("ttl") - said.pop("ttl")) < 120_000
    assert said == made

    if not any(sign in native for sign in ("$", "`")):
        message = {**message_of(answer)}
        if message["title"] is None:
            message["title"] = CHANNEL_NAME
        for name in ("channel_id", "password", "ttl", "occurred_at"):
            message.pop(name, None)
        for field in FIELDS:
            if field not in made:
                message.pop(field, None)
        assert plain(message) == made


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_a_documented_example_makes_what_translate_says(
    caught: Gateway, folder: Path, example: Example
) -> None:
    typed = shlex.join(["curl", "-g", *example.words])
    line = typed.replace("{url}", VENDOR[example.dialect])
    line = line.replace("{key}", EXAMPLE_KEY)
    if example.stdin:
        line += f" <<'END'\n{example.stdin}\nEND"
    compare(caught, folder, example.dialect, line)


@pytest.mark.parametrize("line", NTFY)
def test_a_line_for_ntfy_makes_what_translate_says(
    caught: Gateway, folder: Path, line: str
) -> None:
    compare(caught, folder, Source.NTFY, line)


@pytest.mark.parametrize("line", BARK)
def test_a_line_for_bark_makes_what_translate_says(
    caught: Gateway, folder: Path, line: str
) -> None:
    compare(caught, folder, Source.BARK, line)


@pytest.mark.parametrize("line", SERVERCHAN)
def test_a_line_for_serverchan_makes_what_translate_says(
    caught: Gateway, folder: Path, line: str
) -> None:
    compare(caught, folder, Source.SERVERCHAN, line)


ANY_TEXT = "a \"b\" \\ 'c' $d `e` %41+&=;#\n\t{f} 中文 é"
"""What breaks a body of JSON that it is pasted into."""


@pytest.mark.parametrize(
    ("dialect", "line"),
    [
        (Source.NTFY, 'curl -H Tags:a,b -H "X-Icon: $LINK" -d "$MESSAGE" ntfy.sh/t'),
        (Source.NTFY, 'curl -d "{ $MESSAGE }" -H "Priority: $PRIO" ntfy.sh/t'),
        (Source.BARK, 'curl -d title=x --data-urlencode "body=$MESSAGE" api.day.app/K'),
        (
            Source.SERVERCHAN,
            'curl -d title=x --data-urlencode "desp=$MESSAGE!" sctapi.ftqq.com/S.send',
        ),
    ],
)
def test_the_second_form_of_the_native_call_takes_any_text(
    caught: Gateway, folder: Path, dialect: Source, line: str
) -> None:
    values = {**VALUES, "MESSAGE": ANY_TEXT}
    (answer,) = translate_in_full(line)
    (native,) = answer.any_text
    before = caught.count()

    told = run(here(line, dialect, caught), folder, values=values)
    assert caught.count() == before + 1, told
    made = plain(newest(caught))
    told = run(native_here(native, caught), folder, values=values)
    assert caught.count() == before + 2, told
    said = plain(newest(caught))

    assert ANY_TEXT in said["body"]
    assert (said["title"], said["body"]) == (made["title"], made["body"])
    assert said.get("tags") == made.get("tags")


def test_a_call_without_variables_has_no_second_form() -> None:
    (answer,) = translate_in_full("curl -d x ntfy.sh/t")

    assert not answer.any_text
