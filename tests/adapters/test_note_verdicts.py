"""What the notes say is what the pages say: kept, changed, recorded, lost.

Each row quotes its page, so that a page that changes fails here.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlencode

import pytest

from adapters import DIALECTS
from adapters.bark import BARK
from adapters.gotify import GOTIFY
from adapters.ntfy import NTFY
from adapters.serverchan import SERVERCHAN
from pushgo_compat.core.receipts.notes import GATE_NOTES
from pushgo_compat.legacy import Dialect, NoteText, Verdict
from tests.adapters.test_note_fields import JSON_TYPE, notes_of, post
from tests.golden import KEY

DOCS = Path(__file__).resolve().parents[2] / "docs" / "dialects"
Told = dict[str, set[str]]


def told(dialect: Dialect, *request: object, **more: object) -> Told:
    """The verdicts of a request's notes, by field."""
    by_field: Told = {}
    for note in notes_of(dialect, post(*request, **more)):  # type: ignore[arg-type]
        text = dialect.notes[note.code]
        by_field.setdefault(note.field, set()).add(str(text.verdict))
    return by_field


def page(name: str) -> str:
    return (DOCS / f"{name}.md").read_text("utf-8")


def last_row_of(name: str, first_cell: str) -> str:
    """The last row of the tables in a page that begins with this cell."""
    rows = [
        line for line in page(name).splitlines() if line.startswith(f"| {first_cell} |")
    ]
    return rows[-1]


# ----------------------------------------------------------------------------- Bark


def bark(**fields: str) -> Told:
    return told(BARK, f"/{KEY}", urlencode(fields).encode(), headers=FORM)


FORM = (("Content-Type", "application/x-www-form-urlencoded"),)
BARK_LOST = {
    "replace by id, delete by id": [
        ({"id": "7", "body": "b"}, "id"),
        ({"id": "7", "delete": "1"}, "delete"),
        ({"id": "7", "delete": "1"}, "id"),
    ],
    "subtitle line, icon, sound, badge, 30 s ringing, copy actions, tap actions": [
        ({"title": "t", "subtitle": "s"}, "subtitle"),
        ({"icon": "https://a.example/i.png"}, "icon"),
        ({"sound": "bell"}, "sound"),
        ({"badge": "3"}, "badge"),
        ({"call": "1"}, "call"),
        ({"copy": "c"}, "copy"),
        ({"autoCopy": "1"}, "autoCopy"),
        ({"automaticallyCopy": "1"}, "automaticallyCopy"),
        ({"action": "none"}, "action"),
    ],
    "ttl = history retention; delivery always 24 h": [
        ({"ttl": "3600"}, "ttl"),
        ({"ttl": "0"}, "ttl"),
    ],
    "isArchive": [({"isArchive": "1"}, "isArchive"), ({"isArchive": "0"}, "isArchive")],
    "outer fields of an encrypted push": [
        ({"ciphertext": "AAAA", name: value}, name)
        for name, value in (
            ("title", "t"),
            ("body", "b"),
            ("markdown", "m"),
            ("url", "https://a.example"),
            ("image", "https://a.example/i.png"),
            ("group", "g"),
        )
    ],
    "critical volume": [({"level": "critical", "volume": "5"}, "volume")],
}


@pytest.mark.parametrize("row", BARK_LOST)
def test_what_barks_page_lists_as_lost_is_noted_as_lost(row: str) -> None:
    assert last_row_of("bark", row)
    for fields, name in BARK_LOST[row]:
        assert "lost" in bark(**fields)[name], fields


def test_every_row_of_barks_lost_list_is_walked() -> None:
    section = page("bark").partition("### 12.5")[2].partition("## 13")[0]
    rows = [line.split("|")[1].strip() for line in section.splitlines() if "|" in line]
    # A plain body is passed on as it is; only a reader may draw it as Markdown.
    assert set(rows[2:]) == {*BARK_LOST, "plain-text body"}


@pytest.mark.parametrize(
    ("fields", "verdicts"),
    [
        ({"title": "t"}, {"title": {"kept"}}),
        ({"body": "b"}, {"body": {"kept"}}),
        ({"markdown": "m"}, {"markdown": {"kept"}}),
        ({"subtitle": "s"}, {"subtitle": {"changed", "recorded"}}),
        ({"level": "timeSensitive"}, {"level": {"kept"}}),
        ({"level": "loud"}, {"level": {"recorded"}}),
        ({"url": "https://a.example"}, {"url": {"kept"}}),
        ({"image": "https://a.example/i.png"}, {"image": {"kept"}}),
        ({"image": "i.png"}, {"image": {"recorded"}}),
        ({"group": "g"}, {"group": {"kept", "recorded"}}),
        ({"ttl": "3600"}, {"ttl": {"changed", "lost"}}),
        ({"ttl": "soon"}, {"ttl": {"changed"}}),
        ({"category": "c"}, {"category": {"recorded"}}),
        ({"call": "0", "autoCopy": "0"}, {"call": {"recorded"}}),
        ({"ciphertext": "AAAA"}, {"ciphertext": {"kept"}}),
        ({"iv": "abcdefghijkl"}, {"iv": {"recorded"}}),
        ({"delete": "2"}, {"delete": {"changed"}}),
        ({"timestamp": "1"}, {"timestamp": {"changed", "recorded"}}),
        ({"token": "x"}, {"token": {"changed"}}),
        ({"sound": ""}, {"sound": {"changed"}}),
    ],
)
def test_what_barks_page_does_not_list_is_not_lost(
    fields: dict[str, str], verdicts: Told
) -> None:
    notes = bark(**fields)
    assert {name: notes[name] for name in verdicts} == verdicts


# ----------------------------------------------------------------------------- ntfy

NTFY_LOST = {
    "action buttons as buttons": ("Actions", "view, Open, https://a.example"),
    "action ids": ("Actions", "http, Close, https://a.example, method=PUT"),
    "icons": ("Icon", "https://a.example/i.png"),
    "e-mail/phone forwarding": ("Email", "a@b.example"),
    "Android intents": ("Actions", "broadcast, Go, intent=io.example.GO"),
    "in-place updates": ("X-Sequence-ID", "door"),
    "min vs low severity (kept in metadata only)": ("Priority", "min"),
}
NOT_ASKED_FOR = {"sounds", "12-hour retention"}
"""No parameter of a publish asks for these."""


def ntfy(**headers: str) -> Told:
    lines = [(name.replace("_", "-"), value) for name, value in headers.items()]
    return told(NTFY, f"/{KEY}", b"x", headers=lines)


@pytest.mark.parametrize("entry", NTFY_LOST)
def test_what_ntfys_page_lists_as_lossy_is_noted_as_lost(entry: str) -> None:
    name, value = NTFY_LOST[entry]
    assert "lost" in ntfy(**{name: value})[name]


def test_every_entry_of_ntfys_lossy_list_is_walked() -> None:
    listed = page("ntfy").partition("Lossy, by design: ")[2].partition(".\n")[0]
    assert set(listed.split(", ")) == {*NTFY_LOST, *NOT_ASKED_FOR}


def test_a_call_and_an_update_in_the_path_are_lost_as_well() -> None:
    assert ntfy(Call="yes")["Call"] == {"lost"}
    assert told(NTFY, f"/{KEY}/door", b"x")["path"] == {"lost"}


@pytest.mark.parametrize(
    ("headers", "verdicts"),
    [
        ({"Title": "t"}, {"Title": {"kept"}}),
        ({"Priority": "5"}, {"Priority": {"changed"}}),
        ({"Priority": "low"}, {"Priority": {"changed"}}),
        ({"Priority": "u=1, i"}, {"Priority": {"changed"}}),
        ({"Tags": "a,b"}, {"Tags": {"kept"}}),
        ({"Click": "https://a.example"}, {"Click": {"kept"}}),
        ({"Click": "mailto:a@b.example"}, {"Click": {"recorded"}}),
        ({"Markdown": "yes"}, {"Markdown": {"kept"}}),
        ({"Delay": "1h"}, {"Delay": {"kept"}}),
        ({"Cache": "no"}, {"Cache": {"changed"}}),
        ({"Firebase": "no"}, {"Firebase": {"changed"}}),
        ({"Call": "no"}, {"Call": {"kept"}}),
        (
            {"Attach": "https://a.example/a.zip", "Filename": "b.zip"},
            {"Attach": {"changed"}, "Filename": {"recorded"}},
        ),
        (
            {"Attach": "https://a.example/a.zip", "Click": "https://a.example"},
            {"Attach": {"recorded"}, "Click": {"kept"}},
        ),
        ({"Authorization": "Digest x"}, {"Authorization": {"changed"}}),
    ],
)
def test_what_ntfys_page_does_not_list_is_not_lost(
    headers: dict[str, str], verdicts: Told
) -> None:
    notes = ntfy(**headers)
    assert {name: notes[name] for name in verdicts} == verdicts


def test_a_name_that_ntfy_does_not_know_is_no_loss() -> None:
    assert told(NTFY, f"/{KEY}", b"x", "utm_source=a")["utm_source"] == {"changed"}
    body = json.dumps({"topic": KEY, "message": "m", "colour": "red"}).encode()
    assert told(NTFY, "/", body)["colour"] == {"changed"}


# ----------------------------------------------------------------------- ServerChan


def serverchan(**fields: str) -> Told:
    body = urlencode({"title": "t"} | fields).encode()
    return told(SERVERCHAN, f"/{KEY}.send", body, headers=FORM)


SERVERCHAN_LOST = {
    "`desp`": ({"desp": "x" * 70_000}, "desp", "tail of huge bodies"),
    "`desp` with `encoded` on": (
        {"desp": "AAAA", "encoded": "1"},
        "desp",
        "native client cannot decrypt this scheme",
    ),
    "`short`": ({"short": "s"}, "short", "separate card text"),
    "`tags`": (
        {"tags": "|".join(map(str, range(33)))},
        "tags",
        "tags beyond 32",
    ),
    "`channel`": ({"channel": "9|66"}, "channel", "channel routing"),
    "`openid`": ({"openid": "o"}, "openid", "copy delivery"),
}


@pytest.mark.parametrize("row", SERVERCHAN_LOST)
def test_what_serverchans_page_lists_as_lost_is_noted_as_lost(row: str) -> None:
    fields, name, loss = SERVERCHAN_LOST[row]
    assert last_row_of("serverchan", row).endswith(f"| {loss} |")
    assert "lost" in serverchan(**fields)[name]


def test_every_row_of_serverchans_page_with_a_loss_is_walked() -> None:
    section = page("serverchan").partition("## 10. Mapping")[2].partition("## 11")[0]
    rows = [line for line in section.splitlines() if line.startswith("| ")][1:]
    lossy = {row.split(" | ")[0][2:] for row in rows if not row.endswith("| – |")}
    # The one without a parameter of its own: no message has another severity to lose.
    assert lossy == {*SERVERCHAN_LOST, "–"}


@pytest.mark.parametrize(
    ("fields", "verdicts"),
    [
        ({"title": "t"}, {"title": {"kept"}}),
        ({"text": "t"}, {"text": {"changed"}}),
        ({"desp": "d"}, {"desp": {"kept"}}),
        ({"tags": "a|b"}, {"tags": {"kept"}}),
        ({"noip": "1"}, {"noip": {"recorded"}}),
        ({"desp": "AAAA", "encoded": "1"}, {"encoded": {"recorded"}}),
        ({"encoded": "1"}, {"encoded": {"changed"}}),
        ({"template": "x"}, {"template": {"changed"}}),
        ({"sendkey": "x"}, {"sendkey": {"changed"}}),
        ({"short": ""}, {"short": {"changed"}}),
    ],
)
def test_what_serverchans_page_does_not_list_is_not_lost(
    fields: dict[str, str], verdicts: Told
) -> None:
    notes = serverchan(**fields)
    assert {name: notes[name] for name in verdicts} == verdicts


# --------------------------------------------------------------------------- Gotify


def gotify(**fields: object) -> Told:
    body = json.dumps({"message": "m"} | fields).encode()
    return told(GOTIFY, "/message", body, f"token={KEY}", JSON_TYPE)


GOTIFY_ROWS: dict[str, list[tuple[dict[str, object], str, set[str]]]] = {
    "`message`, required": [({}, "message", {"kept"})],
    "`title`": [({"title": "t"}, "title", {"kept"})],
    "`priority`, a whole number": [
        ({"priority": 8}, "priority", {"changed", "recorded"})
    ],
    "`appid`": [({"appid": 7}, "appid", {"changed"})],
    "anything else": [({"colour": "red"}, "colour", {"changed"})],
    "`client::display` `contentType`": [
        (
            {"extras": {"client::display": {"contentType": kind}}},
            "client::display.contentType",
            {verdict},
        )
        for kind, verdict in (("text/markdown", "kept"), ("text/plain", "changed"))
    ],
    "`client::notification` `click.url`": [
        (
            {"extras": {"client::notification": {"click": {"url": url}}}},
            "client::notification.click.url",
            {verdict},
        )
        for url, verdict in (("app://a", "kept"), ("javascript:x", "lost"))
    ],
    "`client::notification` `bigImageUrl`": [
        (
            {"extras": {"client::notification": {"bigImageUrl": url}}},
            "client::notification.bigImageUrl",
            {verdict},
        )
        for url, verdict in (("https://a.example/i", "kept"), ("i.png", "lost"))
    ],
    "`android::action`": [
        (
            {"extras": {"android::action": {"onReceive": {"intentUrl": "app://a"}}}},
            "extras.android::action",
            {"lost"},
        )
    ],
    "all others, as JSON with sorted keys": [
        ({"extras": {"home::lamp": {"on": 1}}}, "extras.home::lamp", {"recorded"})
    ],
}


@pytest.mark.parametrize("row", GOTIFY_ROWS)
def test_gotifys_fields_are_noted_as_its_page_says(row: str) -> None:
    assert last_row_of("gotify", row)
    for fields, name, verdicts in GOTIFY_ROWS[row]:
        assert gotify(**fields)[name] == verdicts


# -------------------------------------------------------------------- every dialect

ALL = [
    *((d.source, code, text) for d in DIALECTS for code, text in d.notes.items()),
    *(("gate", code, text) for code, text in GATE_NOTES.items()),
]
ACTED_ON = {
    "metadata.compat.ntfy.content_type",  # the inbox draws the text by it
    "metadata.compat.ntfy.attachment_name",  # an upload is saved under it
    "metadata.compat.ntfy.cache",  # polls of ntfy's clients leave the message out
}
"""Metadata that something acts on."""
SHORTENED = {"cut", "metadata_cut", "cleaned", "metadata.cut", "too_large"}


@pytest.mark.parametrize(("source", "code", "text"), ALL)
def test_a_note_says_recorded_of_metadata_alone(
    source: str, code: str, text: NoteText
) -> None:
    in_metadata = text.to is not None and text.to.startswith("metadata.")
    if text.verdict is Verdict.RECORDED:
        assert in_metadata
    elif text.verdict is not Verdict.LOST and in_metadata and code not in SHORTENED:
        assert text.to in ACTED_ON


@pytest.mark.parametrize(("source", "code", "text"), ALL)
def test_what_is_kept_or_recorded_has_a_place(
    source: str, code: str, text: NoteText
) -> None:
    if text.to is None and code != "default":  # it asks for what happens anyway
        assert text.verdict in {Verdict.CHANGED, Verdict.LOST}


@pytest.mark.parametrize(("source", "code", "text"), ALL)
def test_every_note_has_a_sentence_in_both_languages(
    source: str, code: str, text: NoteText
) -> None:
    assert text.why.endswith((".", "-"))
    assert text.why.isascii()
    assert _has_chinese(text.why_zh)


def _has_chinese(text: Iterable[str]) -> bool:
    return any("一" <= character <= "鿿" for character in text)
