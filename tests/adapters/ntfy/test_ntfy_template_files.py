"""Templates that need something handed in: files, randomness, time, an engine."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC

import pytest
from multidict import CIMultiDict, CIMultiDictProxy

from adapters.golang.outside import Outside
from adapters.golang.sprig import regexes
from adapters.golang.template.faults import MAX_SECONDS
from adapters.golang.time import Clock
from adapters.ntfy import NtfyDialect
from adapters.ntfy.templates import TemplateFault, render
from pushgo_compat.legacy import LegacyRefusal, LegacyRequest, Publish, Translation
from tests.golden import KEY, NOW_MS

SOURCE = json.dumps({"a": "x", "level": 5, "text": "a" * 2000})


def outcome(template: str, outside: Outside) -> str | int:
    try:
        return render(template, SOURCE, Clock(NOW_MS, UTC, outside))
    except TemplateFault as fault:
        return fault.code


def publish(files: Mapping[str, bytes | OSError], name: str) -> Translation | str:
    """What a message becomes with a template of these files, or the refusal."""

    def read_file(name: str) -> bytes | None:
        found = files.get(name)
        if isinstance(found, OSError):
            raise found
        return found

    dialect = NtfyDialect(clock=Clock(outside=Outside(read_file=read_file)))
    request = LegacyRequest(
        method="POST",
        path=f"/{KEY}",
        headers=CIMultiDictProxy(
            CIMultiDict({"Template": name, "Title": "sent", "Priority": "2"})
        ),
        body=SOURCE.encode(),
        received_at_ms=NOW_MS,
    )
    try:
        call = dialect.open(request)
        assert isinstance(call, Publish)
        return call.translate()
    except LegacyRefusal as refused:
        answer = json.loads(refused.reply.body)
        return f"{answer['code']} {answer['error']}"


def view_of(translation: Translation | str) -> dict[str, object]:
    assert isinstance(translation, Translation), translation
    assert translation.view is not None
    names = ("title", "message", "priority")
    return {name: translation.view.get(name) for name in names}


def test_a_file_supplies_title_message_and_priority() -> None:
    files = {
        "mine.yml": b"title: |\n  T {{.a}}\nmessage: 'M {{.a}}'\npriority: '{{.level}}'"
    }
    assert view_of(publish(files, "mine")) == {
        "title": "T x",
        "message": "M x",
        "priority": 5,
    }


def test_what_a_file_leaves_out_stays_as_it_was_sent() -> None:
    files = {"mine.yml": b"message: M\nother: [1, 2]\ntitle: ~\n"}
    shown = view_of(publish(files, "mine"))
    assert shown == {"title": "sent", "message": "M", "priority": 2}


def test_a_plain_number_is_a_text() -> None:
    assert view_of(publish({"mine.yml": b"priority: 4\nmessage: 1.50"}, "mine")) == {
        "title": "sent",
        "message": "1.50",
        "priority": 4,
    }


def test_a_file_with_the_name_of_a_built_in_one_replaces_it() -> None:
    files: dict[str, bytes | OSError] = {"grafana.yml": b"message: ours"}
    assert view_of(publish(files, "grafana"))["message"] == "ours"
    assert view_of(publish({}, "grafana"))["title"] == "Grafana alert"
    assert view_of(publish({"grafana.yml": b""}, "grafana"))["title"] == "Grafana alert"


@pytest.mark.parametrize("name", ["nobody", "../mine", "mine.yml", "a/b", "häuser"])
def test_a_name_without_a_file_is_not_found(name: str) -> None:
    answer = publish({"mine.yml": b"message: M", "../mine.yml": b"message: M"}, name)
    assert answer == "40047 invalid request: template file not found"


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"title: [", "it is no YAML"),
        (b"\xff\xfe", "it is no YAML"),
        (b"- a\n- b", "it has no keys"),
        (b"just text", "it has no keys"),
        (b"title: [a]", "title is no text"),
        (b"message: {a: b}", "message is no text"),
        (b"title: a\ntitle: b", "title stands there twice"),
        (b"# " + b"x" * 131_071, "it is too large"),
        (PermissionError(), "it cannot be read"),
    ],
)
def test_a_file_that_cannot_be_used_is_named_so(
    data: bytes | OSError, why: str
) -> None:
    answer = publish({"mine.yml": data}, "mine")
    assert answer == f"40048 invalid request: template file invalid; {why}"


def test_a_file_of_exactly_the_limit_is_read() -> None:
    text = b"message: M\n# " + b"x" * (131_072 - 13)
    assert len(text) == 131_072
    assert view_of(publish({"mine.yml": text}, "mine"))["message"] == "M"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"message: '{{'", 40043),
        (b"message: '{{template \"x\"}}'", 40044),
        (b"message: '{{fail \"x\"}}'", 40045),
        (b"message: '{{repeat 4097 \"x\"}}'", 40041),
        (b"priority: '{{.a}}'", 40007),
    ],
)
def test_faults_of_a_file_s_templates_are_those_of_inline_ones(
    data: bytes, code: int
) -> None:
    assert str(publish({"mine.yml": data}, "mine")).startswith(f"{code} ")


def test_randomness_is_what_is_handed_in() -> None:
    outside = Outside(random_bytes=lambda count: b"\x00" * (count - 1) + b"\x07")
    assert outcome("{{uuidv4}}", outside) == "00000000-0000-4000-8000-000000000007"
    assert outcome("{{randInt 5 10}} {{randInt -3 0}}", outside) == "7 -2"
    assert outcome("{{randInt 5 5}}", outside) == 40045
    assert outcome("{{randInt 6 5}}", outside) == 40045


def test_without_the_engine_a_refusal_names_the_extra(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    absent = regexes.REGEXES["regexMatch"]._replace(absent=regexes.MISSING_EXTRA)
    monkeypatch.setattr("adapters.ntfy.templates.SPRIG", {"regexMatch": absent})
    with pytest.raises(TemplateFault) as fault:
        render('{{regexMatch "a" "b"}}', SOURCE, Clock())
    assert fault.value.code == 40043
    assert fault.value.detail == (
        "regexMatch: regular expressions need the extra [templates]"
    )


@pytest.mark.parametrize("name", ["env", "expandenv", "osBase", "osDir", "osExt"])
def test_the_machine_itself_is_out_of_reach(name: str) -> None:
    assert outcome(f'{{{{{name} "HOME"}}}}', Outside()) == 40043


@pytest.mark.parametrize(
    "template",
    [
        '{{range until 99}}{{$x := regexMatch "(?i)[a-zß-ÿ]{1000}" $.a}}{{end}}',
        '{{range until 99}}{{$x := regexMatch "a{999}{999}" $.a}}{{end}}',
        '{{range until 9}}{{$x := regexMatch "(?:a?){900}b" $.text}}{{end}}',
        '{{regexMatch "' + "\\\\pL" * 200 + '" .a}}',
        '{{regexReplaceAll "a.*b|a" .text "b"}}' * 9,
    ],
)
def test_a_costly_pattern_is_given_up(template: str) -> None:
    assert outcome(template, Outside()) == 40055


def test_matches_stop_when_the_time_is_over() -> None:
    ticks = iter([0.0] + [MAX_SECONDS] * 5 + [MAX_SECONDS + 0.001] * 9)
    outside = Outside(monotonic_s=lambda: next(ticks))
    assert outcome('{{regexFindAll "." "abcde" -1 | len}}', outside) == "5"
    ticks = iter([0.0] + [MAX_SECONDS] * 5 + [MAX_SECONDS + 0.001] * 9)
    assert outcome('{{regexFindAll "." "abcdef" -1 | len}}', outside) == 40055
