"""What calls of a text become: dialect, verdict, receipt, native call."""

from __future__ import annotations

import json
import shlex
from typing import Any

import pytest

import adapters
from pushgo_compat.migration.translating.servers import Servers
from pushgo_compat.model import Source
from pushgo_compat.traits import ValueKind
from tests.dialects import GOTIFY
from tests.migration.translating import (
    GATEWAY,
    codes_of,
    message_of,
    translate,
    translate_one,
)


@pytest.mark.parametrize(
    ("line", "dialect", "verdict"),
    [
        ("curl -d hi ntfy.sh/top", "ntfy", "works"),
        ("curl -d hi -H 'Icon: https://x.example/i.png' ntfy.sh/top", "ntfy", "lossy"),
        ("curl -d hi -H 'Priority: 9' ntfy.sh/top", "ntfy", "must_change"),
        ("curl -d hi ntfy.sh/no.topic", "ntfy", "must_change"),
        ("curl -d hi -u u:p ntfy.sh/top", "ntfy", "works"),
        ("curl ntfy.sh/top/json?poll=1", "ntfy", "works"),
        ("curl -s ntfy.sh/v1/health", "ntfy", "works"),
        ("curl -I ntfy.sh/top", "ntfy", "works"),
        ("curl https://api.day.app/KEYKEYKEYKEY/hi", "bark", "works"),
        ("curl https://api.day.app/KEYKEYKEYKEY/hi?sound=bell", "bark", "lossy"),
        ("curl https://api.day.app/ping", "bark", "works"),
        ("curl sctapi.ftqq.com/SCT1T2.send?title=x", "serverchan", "works"),
        ("curl sc.ftqq.com/SCU1T2.send?text=x", "serverchan", "works"),
        ("curl 9.push.ft07.com/send/sctp9t2.send?title=x", "serverchan", "works"),
        (
            "curl 'sctapi.ftqq.com/push?id=7&readkey=SCTYI3lxyadJkeX'",
            "serverchan",
            "works",
        ),
        ("curl sctapi.ftqq.com/SCT1T2.send -d desp=x", "serverchan", "must_change"),
        ("curl sctp9t2.push.ft07.com/send?title=x", "serverchan", "must_change"),
    ],
)
def test_the_vendors_hosts_tell_the_dialect_and_the_receipt_the_verdict(
    line: str, dialect: str, verdict: str
) -> None:
    answer = translate_one(line)

    wanted = "works_with_loss" if verdict == "lossy" else verdict
    assert (answer["dialect"], answer["verdict"]) == (dialect, wanted)
    assert answer["problem"] is None


def test_a_call_to_somewhere_else_is_no_old_call() -> None:
    assert translate_one("curl -d hi https://example.com/x") == {
        "source": {"file": None, "line": 1},
        "dialect": None,
        "problem": "no old call: host example.com",
        "verdict": None,
        "receipt": None,
    }


@pytest.mark.parametrize(
    ("url", "options", "path"),
    [
        ("https://push.example/top", {"dialect": Source.NTFY}, "/KEY"),
        (
            "https://old.example/ntfy/top",
            {"dialect": Source.NTFY, "base_url": "https://old.example/ntfy"},
            "/KEY",
        ),
        (
            "http://10.0.0.2:8080/bark/KEYKEYKEYKEY/x",
            {"dialect": Source.BARK, "base_url": "http://10.0.0.2:8080/bark/"},
            "/KEY/x",
        ),
        ("http://g/message?token=Aabc", {"dialect": GOTIFY}, None),
    ],
)
def test_any_other_host_speaks_what_is_said(
    url: str, options: dict[str, Any], path: str | None
) -> None:
    answer = translate_one(f"curl -d message=hi {url}", **options)

    assert answer["dialect"] == options["dialect"]
    if path is not None:
        assert answer["receipt"]["request"]["path"] == path


def test_a_base_url_speaks_for_its_host_alone() -> None:
    options = {"dialect": Source.NTFY, "base_url": "https://old.example/ntfy"}

    assert translate_one("curl -d x https://a.example/t", **options)["dialect"] is None
    elsewhere = translate_one("curl -d x https://old.example/bark/t", **options)
    assert elsewhere["problem"] == "no old call: host old.example"


def test_a_base_url_needs_a_dialect() -> None:
    with pytest.raises(ValueError, match="--dialect"):
        Servers(adapters.DIALECTS, None, "https://old.example/ntfy")


# ------------------------------------------------------------------------- the receipt


def test_the_receipt_is_that_of_a_dry_run_without_what_passes() -> None:
    answer = translate_one("curl -H 'Title: Disk' -d full ntfy.sh/my-backup-topic")
    receipt = answer["receipt"]

    assert receipt["reply"] == {
        "status": 200,
        "body": {
            "id": "…",
            "time": "…",
            "expires": "…",
            "event": "message",
            "topic": "KEY",
            "title": "Disk",
            "message": "full",
        },
    }
    assert receipt["key"] == {"form": None, "hint": "KEY", "alias_id": None}
    assert receipt["messages"] == [
        {
            "channel_id": "CHANNEL_ID",
            "password": "CHANNEL_PASSWORD",
            "title": "Disk",
            "severity": "normal",
            "body": "full",
            "metadata": {"compat.source": "ntfy"},
        }
    ]
    assert (receipt["dry_run"], receipt["outcome"]) == (True, "accepted")
    assert receipt["call_id"] is receipt["at"] is receipt["message_ids"] is None
    (curl,) = receipt["curl"]
    words = shlex.split(curl)
    assert f"{GATEWAY}/message" in words
    assert json.loads(words[-1])["body"] == "full"


def test_an_ntfy_message_without_a_title_has_none() -> None:
    answer = translate_one("curl -d full ntfy.sh/top")

    assert message_of(answer)["title"] is None
    assert codes_of(answer)["title"] == "text.channel-name"
    assert '"title": "CHANNEL_NAME"' in answer["receipt"]["curl"][0]


@pytest.mark.parametrize(
    "line",
    [
        "curl -d hi ntfy.sh/SECRETKEY1234567890abc",
        'curl ntfy.sh -d \'{"topic":"SECRETKEY1234567890abc","message":"hi"}\'',
        "curl -d '{bad' ntfy.sh -d '\"topic\":\"SECRETKEY1234567890abc\"'",
        "curl -I ntfy.sh/SECRETKEY1234567890abc",
        "curl -d x ntfy.sh/SECRETKEY1234567890abc.x",
        "curl 'ntfy.sh/SECRETKEY1234567890abc/json?poll=1'",
        "curl -d 'to SECRETKEY1234567890abc' ntfy.sh/SECRETKEY1234567890abc",
        "curl https://api.day.app/SECRETKEY1234567890abc/x",
        "curl https://api.day.app/push -d device_key=SECRETKEY1234567890abc",
        "curl sctapi.ftqq.com/SCTSECRETKEY1234567890abc.send?title=x",
        "curl sctapi.ftqq.com/SCTSECRETKEY1234567890abc.send",
    ],
)
def test_the_key_is_never_printed(line: str) -> None:
    assert "SECRETKEY1234567890abc" not in json.dumps(translate_one(line))


def test_sentences_come_in_chinese() -> None:
    (note,) = [
        note
        for note in translate_one("curl -d x ntfy.sh/top", chinese=True)["receipt"][
            "notes"
        ]
        if note["field"] == "title"
    ]
    assert note["why"] == "没有标题，用频道名称代替。"


# --------------------------------------------------------------------------- variables


def test_variables_stay_as_they_are_written_and_expandable() -> None:
    answer = translate_one(
        'curl -H "Title: $HOST" -d "on $(date +%F): \\$5 `x`" "ntfy.sh/$TOPIC"'
    )

    message = message_of(answer)
    assert (message["title"], message["body"]) == ("$HOST", "on $(date +%F): $5 `x`")
    (curl,) = answer["receipt"]["curl"]
    assert '\\"title\\": \\"$HOST\\"' in curl
    assert '\\"body\\": \\"on $(date +%F): \\$5 `x`\\"' in curl
    assert answer["receipt"]["request"]["path"] == "/KEY"


def test_a_variable_between_single_quotes_is_text() -> None:
    answer = translate_one("curl -d '$5' ntfy.sh/top")

    assert message_of(answer)["body"] == "$5"
    assert "'{" in answer["receipt"]["curl"][0]


@pytest.mark.parametrize(
    ("line", "field", "place", "value"),
    [
        ('-H "Priority: $P" -d x ntfy.sh/t', "Priority", "header", "$P"),
        ('-d x "ntfy.sh/t?priority=$P"', "priority", "query", "$P"),
        ('-H "In: ${N}min" -d x ntfy.sh/t', "In", "header", "${N}min"),
        (
            '-d "{\\"topic\\": \\"t\\", \\"priority\\": $P}" ntfy.sh',
            "priority",
            "JSON",
            "$P",
        ),
        ("api.day.app/KEYKEYKEYKEY/x?level=$L", "level", "query", "$L"),
        ('-d "body=x&ttl=$T" api.day.app/KEYKEYKEYKEY', "ttl", "form", "$T"),
        (
            "-H 'Content-Type: application/json' api.day.app/KEYKEYKEYKEY"
            ' -d "{\\"body\\": \\"x\\", \\"ttl\\": $T}"',
            "ttl",
            "JSON",
            "$T",
        ),
        ('-F "ttl=$T" -F body=x api.day.app/KEYKEYKEYKEY', "ttl", "form", "$T"),
        ('-d x -H "Actions: $ACTIONS" ntfy.sh/t', "Actions", "header", "$ACTIONS"),
        ('-d x -H "Tags: $TAGS" ntfy.sh/t', "Tags", "header", "$TAGS"),
        ('-d x -H "$HEADER" ntfy.sh/t', "$HEADER", "header", ""),
        ('-d x "ntfy.sh/t?$QUERY"', "$QUERY", "query", ""),
        ('-d "$FORM" api.day.app/KEYKEYKEYKEY/x', "$FORM", "form", ""),
    ],
)
def test_a_variable_in_a_typed_field_is_left_out_and_noted(
    line: str, field: str, place: str, value: str
) -> None:
    answer = translate_one(f"curl {line}")

    assert answer["verdict"] == "works", answer
    (note,) = [n for n in answer["receipt"]["notes"] if n["code"] == "variable"]
    assert (note["field"], note["place"], note["value"]) == (field, place, value)
    assert note["verdict"] == "changed"
    assert (value or field) not in json.dumps(message_of(answer))


def test_a_list_may_hold_a_variable_among_others() -> None:
    answer = translate_one('curl -d x -H "Tags: warning,$HOST" ntfy.sh/t')

    assert message_of(answer)["tags"] == ["warning", "$HOST"]


def test_a_link_that_is_a_variable_is_taken_for_a_link() -> None:
    answer = translate_one('curl -d x -H "Click: $URL" -H "Icon: $I/i.png" ntfy.sh/t')

    assert message_of(answer)["url"] == "$URL"
    assert message_of(answer)["metadata"]["compat.ntfy.icon"] == "$I/i.png"


def test_a_value_without_quotes_in_json_is_text_where_text_is_wanted() -> None:
    line = 'curl ntfy.sh -d "{\\"topic\\":\\"t\\",\\"message\\":$(jq -Rs . log)}"'

    assert message_of(translate_one(line))["body"] == "$(jq -Rs . log)"


@pytest.mark.parametrize(
    "line",
    [
        'curl -d "$DATA" sctapi.ftqq.com/SCT1T2.send',
        "curl -H 'Content-Type: application/json' -d @- api.day.app/push",
        'curl ntfy.sh -d "$(jq -n --arg m x \'{topic: "t"}\')"',
    ],
)
def test_fields_that_stand_in_a_variable_alone_are_a_problem(line: str) -> None:
    piped = f"make_json | {line}" if "@-" in line else line
    answer = translate_one(piped)

    assert answer["problem"].startswith("what is sent stands in a variable alone")
    assert answer["verdict"] is None


def test_the_text_of_an_ntfy_message_may_be_a_variable_alone() -> None:
    answer = translate_one('curl -d "$MESSAGE" ntfy.sh/top')

    assert message_of(answer)["body"] == "$MESSAGE"


def test_typed_fields_are_fields_of_their_dialects() -> None:
    """A name that is mistyped in the traits would be passed over."""
    from adapters.bark.parameters import TABLE as BARK
    from adapters.ntfy.parameters import PLACES as NTFY
    from adapters.serverchan.parameters import TABLE as SERVERCHAN

    streams = {"poll", "po", "since", "si", "scheduled", "sched"}
    known = {
        Source.NTFY: {*NTFY, *streams, *(f"x-{name}" for name in streams)},
        Source.BARK: set(BARK),
        Source.SERVERCHAN: set(SERVERCHAN),
        GOTIFY: {"priority"},
    }
    for dialect in adapters.DIALECTS:
        kinds = dialect.traits.value_kinds
        assert set(kinds) <= known[dialect.source]
        assert ValueKind.TYPED in kinds.values()


# ------------------------------------------------------------------------------- files


def test_a_file_is_read_as_the_client_would() -> None:
    contents = {"note.txt": b"a\r\nb\n"}.get
    line = "curl -d @note.txt ntfy.sh/t"
    assert message_of(translate_one(line, files=contents))["body"] == "ab"
    whole = "curl --data-binary @note.txt ntfy.sh/t"
    answer = translate_one(whole, files=contents)
    assert message_of(answer)["body"] == "a\r\nb"
    assert codes_of(answer)["@note.txt"] == "text.file-read"
    escaped = "curl --data-urlencode desp@note.txt -d title=x sctapi.ftqq.com/S.send"
    assert message_of(translate_one(escaped, files=contents))["body"] == "a\r\nb\n"


def test_a_file_that_is_not_read_has_a_placeholder() -> None:
    answer = translate_one("curl -d @note.txt ntfy.sh/t")

    assert message_of(answer)["body"] == "<contents of note.txt>"
    assert codes_of(answer)["@note.txt"] == "text.file-unread"
    assert answer["verdict"] == "works"


def test_an_upload_that_is_not_read_is_an_attachment_of_its_name() -> None:
    message = message_of(translate_one("curl -T photos/cat.jpg ntfy.sh/t"))

    assert message["metadata"]["compat.ntfy.attachment_name"] == "cat.jpg"
    assert message["body"] == "You received a file: cat.jpg"
    (image,) = message["images"]
    assert image.endswith("….jpg")


def test_a_short_upload_that_is_read_is_a_text() -> None:
    answer = translate_one("curl -T note.txt ntfy.sh/t", files=lambda name: b"hi")

    assert message_of(answer)["body"] == "hi"


# ---------------------------------------------------------------------- other notations


def test_other_clients_are_read() -> None:
    lines = [
        "wget -qO- --post-data=hi --header='Title: T' https://ntfy.sh/t",
        "http POST ntfy.sh/t Title:T --raw hi",
        "xh -b ntfy.sh topic=t title=T message=hi",
        "POST /t HTTP/1.1\r\nHost: ntfy.sh\r\nTitle: T\r\nContent-Length: 2\r\n\r\nhi",
    ]
    for line in lines:
        message = message_of(translate_one(line))
        assert (message["title"], message["body"]) == ("T", "hi"), line


def test_a_har_file_is_read() -> None:
    entry = {
        "request": {
            "method": "POST",
            "url": "https://ntfy.sh/t",
            "headers": [
                {"name": ":authority", "value": "ntfy.sh"},
                {"name": "title", "value": "T"},
            ],
            "postData": {"mimeType": "text/plain", "text": "hi"},
        }
    }
    har = json.dumps({"log": {"entries": [entry, {"request": {"url": "x:y z"}}]}})

    first, second = translate(har, har=True)
    assert (message_of(first)["title"], message_of(first)["body"]) == ("T", "hi")
    assert second["problem"]


def test_several_calls_are_answered_in_their_order() -> None:
    text = (
        "curl -d a ntfy.sh/{x,y}\n\n# text\ncurl -d b ntfy.sh/z --next -d c ntfy.sh/z\n"
    )
    answers = translate(text)

    bodies = [message_of(answer)["body"] for answer in answers]
    assert bodies == ["a", "a", "b", "c"]
    assert [answer["source"]["line"] for answer in answers] == [1, 1, 4, 4]


def test_each_receiver_of_a_batch_gets_a_message() -> None:
    body = '{"title":"t","body":"b","device_keys":["KEYKEYKEY1","KEYKEYKEY2"]}'
    answer = translate_one(
        f"curl -H 'Content-Type: application/json' https://api.day.app/push -d '{body}'"
    )

    receipt = answer["receipt"]
    assert len(receipt["messages"]) == len(receipt["curl"]) == 2
    assert [item["device_key"] for item in receipt["reply"]["body"]["data"]] == [
        "KEY",
        "KEY",
    ]


def test_a_status_query_with_variables_is_an_old_call() -> None:
    answer = translate_one('curl "sctapi.ftqq.com/push?id=$ID&readkey=$READKEY"')

    assert answer["verdict"] == "works"
    assert answer["receipt"]["messages"] == []


def test_a_host_that_is_a_variable_is_the_server_at_the_base_url() -> None:
    line = 'curl -d hi "$NTFY_URL/alerts"'
    known = {"dialect": Source.NTFY, "base_url": "https://old.example/ntfy"}

    assert translate_one(line)["problem"] == "no old call: host $NTFY_URL"
    assert translate_one(line, **known)["verdict"] == "works"


def test_bytes_that_are_no_text_are_told_so() -> None:
    (answer,) = translate(b"curl -H \"Title: $(echo \xff)\" -d '\xe9' ntfy.sh/t")

    assert message_of(answer)["title"] == "$(echo \ufffd)"
    json.dumps(answer, ensure_ascii=False).encode()


def test_arguments_of_a_function_are_passed_over() -> None:
    answer = translate_one('n() { curl "$@" -d "$1" ntfy.sh/t; }')

    assert message_of(answer)["body"] == "$1"


def test_options_in_a_file_are_a_problem() -> None:
    assert "-K" in translate_one("curl -K secret.conf")["problem"]


@pytest.mark.parametrize(
    "line",
    [
        "curl --token=SECRETKEY1234567890abc ntfy.sh/t",
        "http ntfy.sh SECRETKEY1234567890abc",
        "http ntfy.sh a:=SECRETKEY1234567890abc",
        'curl ntfy.sh -d "$(jq -n \'{topic: \\"SECRETKEY1234567890abc\\"}\')"',
        "POST / HTTP/1.1\r\nHost: ntfy.sh\r\nSECRETKEY1234567890abc\r\n\r\n",
        "curl 'ntfy.sh/SECRETKEY1234567890abc x'",
        "curl -d 'x ntfy.sh/SECRETKEY1234567890abc",
    ],
)
def test_a_problem_does_not_print_what_may_be_a_key(line: str) -> None:
    answer = translate_one(line)

    assert answer["problem"]
    assert "SECRETKEY1234567890abc" not in json.dumps(answer)
