"""Templates: Go's own outcomes, the limits of what one may cost, nothing but text."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from multidict import CIMultiDict, CIMultiDictProxy

from adapters.golang.time import Clock
from adapters.ntfy import NTFY
from adapters.ntfy.templates import TemplateFault, render, tell
from pushgo_compat.legacy import LegacyRefusal, LegacyRequest, Publish, Translation
from tests.golden import KEY, NOW_MS

DOCUMENT, *ROWS = map(
    json.loads,
    Path(__file__)
    .with_name("go_templates.jsonl")
    .read_text("utf-8")
    .strip()
    .split("\n"),
)
"""Rendered by Go 1.26's ``text/template`` and Sprig 3.3: a text, or ntfy's code."""
COMMON = json.dumps(DOCUMENT["document"], ensure_ascii=False)
CLOCK = Clock(NOW_MS)


def outcome(template: str, source: str) -> dict[str, Any]:
    try:
        return {"text": render(template, source, CLOCK)}
    except TemplateFault as fault:
        return {"code": fault.code}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["template"][:60])
def test_a_template_renders_as_go_renders_it(row: dict[str, Any]) -> None:
    wanted = {key: row[key] for key in ("text", "code") if key in row}
    assert outcome(row["template"], row.get("data", COMMON)) == wanted


LONG = '{"a":[1,2,3],"s":"' + "x" * 1000 + '"}'
ATTACKS = {
    "an endless range": ("{{range 1000000000}}{{end}}", LONG, 40055),
    "an endless output": ("{{range 1000000000}}x{{end}}", LONG, 40055),
    "a text that doubles": (
        '{{$x := .s}}{{range 100}}{{$x = printf "%s%s" $x $x}}{{end}}', LONG, 40055
    ),
    "a list of itself twice": (
        "{{$x := list 1}}{{range 100}}{{$x = list $x $x}}{{end}}{{$x}}", LONG, 40055
    ),
    "a map within itself": (
        '{{$x := dict}}{{$_ := set $x "a" $x}}{{$x}}', LONG, 40045
    ),
    "a repeated text": ('{{repeat 1000000 "abc"}}', LONG, 40045),
    "a text replaced by long ones": (
        '{{repeat 9999 "a" | replace "a" (repeat 99999 "b")}}', LONG, 40045
    ),
    "a wide indent": ('{{indent 1000000000 "a"}}', LONG, 40045),
    "wide padding": ('{{printf "%999999999d" 1}}', LONG, 40045),
    "wide padding from a value": ('{{printf "%*d" 100000 1}}', LONG, 40045),
    "many long values": (
        '{{$s := repeat 99999 "a"}}{{print' + " $s" * 5000 + "}}", LONG, 40055
    ),
    "a long count": ("{{until 100000000}}", LONG, 40045),
    "a rounding beyond floats": ("{{round 1e308 300}}", LONG, 40045),
    "deep parentheses": ("{{" + "(" * 2000 + "1" + ")" * 2000 + "}}", LONG, 40043),
    "deep blocks": ("{{if 1}}" * 3000, LONG, 40043),
    "deep JSON": ("{{.}}", "[" * 50_000 + "]" * 50_000, 40042),
    "a long number": ("{{" + "9" * 30_000 + "}}", LONG, 40043),
    "a long number in the data": ("{{.}}", "9" * 30_000, 40042),
    "nothing but quotes": ("{{" + '"' * 20_001, LONG, 40043),
    "nothing but blanks": ("{{" + " " * 32_000 + "-", LONG, 40043),
    "nothing but comments": ("{{/*" * 8000, LONG, 40043),
    "a date beyond the calendar": ('{{date "2006" 99999999999999}}', LONG, 40045),
    "a template that is too long": ("x" * 32_769, LONG, 40056),
    "all of a large list, again and again": (
        '{{range .}}{{join "," $}}{{end}}', str(list(range(20_000))), 40055
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_is_given_up_soon(name: str) -> None:
    template, source, code = ATTACKS[name]
    assert outcome(template, source) == {"code": code}


@pytest.mark.parametrize(
    "template",
    ["{{.a.__class__}}", "{{.__class__}}", "{{.s.upper}}", "{{(now).at}}",
     "{{now.isoformat}}", "{{.s.format}}", "{{(list).append 1}}"],
)  # fmt: skip
def test_no_attribute_of_python_can_be_reached(template: str) -> None:
    assert outcome(template, LONG) in ({"code": 40045}, {"text": "<no value>"})


MAP = json.dumps({"k": {f"k{n}": n for n in range(9000)}, "z": [None] * 20_000})
COSTLY = {
    "a date by a layout that fits in many ways":
        '{{range until 9000}}{{$x := toDate "11111111" "1111111111111111"}}{{end}}',
    "a time zone that nobody has":
        '{{range until 2000}}{{$x := dateInZone "2006" 1 "No/W"}}{{end}}',
    "a list that nothing is left of":
        "{{range until 2000}}{{$x := compact $.z}}{{end}}",
    "the sorted keys of a map, for the first of them":
        "{{range until 2000}}{{range $.k}}{{break}}{{end}}{{end}}",
    "a copy of a list, for the first element":
        "{{range until 2000}}{{range $.z}}{{break}}{{end}}{{end}}",
    "a map without all of its keys": "{{range until 2000}}{{$x := omit $.k}}{{end}}",
    "many directives":
        '{{range until 200}}{{$x := printf "' + "%d" * 100 + '"}}{{end}}',
    "letters looked at one by one": '{{$x := repeat 30000 "a b"}}{{$y := title $x}}',
    "pretty JSON": "{{toPrettyJSON $.k}}",
    "JSON in JSON":
        '{{$x := cat "[" (repeat 45000 "1,") 1 "]"}}'
        "{{range until 9}}{{$y := fromJSON $x}}{{end}}",
    "far variables": "{{$a := 1}}" * 2000 + "{{range until 2000}}{{$a}}{{$}}{{end}}",
    "many tokens": "{{1 1 1}}" * 3600,
}  # fmt: skip
"""Each takes a fifth of a second and more where only calls are counted."""


@pytest.mark.parametrize("name", COSTLY)
def test_the_budget_counts_what_costs(name: str) -> None:
    assert outcome(COSTLY[name], MAP) == {"code": 40055}


def test_no_layout_becomes_a_regular_expression(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_arguments: object) -> None:
        raise AssertionError

    monkeypatch.setattr(re, "fullmatch", refuse)
    monkeypatch.setattr(re, "match", refuse)
    layout, text = "2" * 30 + "x", "1" * 45
    assert outcome(f'{{{{toDate "{layout}" "{text}" | unixEpoch}}}}', "{}") == {
        "text": "-62135596800"
    }
    moment = '{{toDate "Jan _2 2006  3:04:05PM" "feb  3 2020 12:04:05.25AM"}}'
    assert outcome(moment, "{}") == {"text": "2020-02-03 00:04:05.25 +0000 UTC"}


def test_the_templates_of_one_request_share_a_budget() -> None:
    half = "{{range until 6000}}{{$x := 1}}{{end}}"
    assert outcome(half, "{}") == {"text": ""}
    request = LegacyRequest(
        method="POST",
        path="/topic12345",
        headers=CIMultiDictProxy(
            CIMultiDict({"Template": "1", "Message": half, "Title": half})
        ),
        body=b"{}",
        received_at_ms=NOW_MS,
    )
    call = NTFY.open(request)
    assert isinstance(call, Publish)
    with pytest.raises(LegacyRefusal) as refused:
        call.translate()
    assert json.loads(refused.value.reply.body)["code"] == 40055


def test_a_number_too_large_fails_and_does_not_crash() -> None:
    assert outcome("{{round 1e300 200}}", "{}") == {"code": 40045}


WORDS = """
    {{ }} {{- -}} {{if {{else}} {{else {{end}} {{range {{with {{break}} {{/* */}} if end
    := = | ( ) , $ $x $y . .a .s .xs .m .n .a.b nil true false 0 1 -1 2.5 'a' 1e9 "a"
    "%d" "%[2]*.3f" `x` eq lt and or not len index slice print printf html js list dict
    set until repeat trunc join first default add div round date now toDate split toJSON
    fromJSON quote indent replace dig has uniq sortAlpha title int \\ " ä
"""
PIECES = st.sampled_from(WORDS.split())
TEMPLATES = st.one_of(
    st.lists(PIECES, max_size=25).map(" ".join),
    st.lists(PIECES, max_size=8).map(lambda words: "{{" + " ".join(words) + "}}"),
    st.text(alphabet="{}.$|()-\"`'\\/* ax1:=\n", max_size=40),
    st.text(max_size=30),
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["a", "s", "xs", "m", "n", "ä"]), inner)
    ),
    max_leaves=8,
)


@settings(deadline=None, max_examples=1000)
@given(TEMPLATES, VALUES)
def test_any_template_gives_clean_text_or_a_code(template: str, value: object) -> None:
    result = outcome(template, json.dumps(value))
    if "text" in result:
        assert "\0" not in result["text"]
        assert result["text"].encode() is not None
    else:
        assert result["code"] in range(40042, 40057)


@settings(deadline=None, max_examples=300)
@given(
    st.sampled_from(["github", "grafana", "alertmanager"]),
    st.recursive(
        st.none()
        | st.booleans()
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ["action", "alerts", "labels", "annotations", "values", "status",
                     "pull_request", "issue", "comment", "commits", "ref", "message",
                     "repository", "sender", "state", "title", "release", "zen"]
                ),
                inner,
                max_size=6,
            )
        ),
        max_leaves=12,
    ),
)  # fmt: skip
def test_a_built_in_template_tells_something_of_any_payload(
    name: str, payload: object
) -> None:
    story = tell(name, json.dumps(payload))
    assert story.title
    assert len(story.message.encode()) <= 4096


def published(body: bytes, **headers: str) -> Translation:
    request = LegacyRequest(
        method="POST",
        path=f"/{KEY}",
        headers=CIMultiDictProxy(CIMultiDict(headers)),
        body=body,
        received_at_ms=NOW_MS,
    )
    call = NTFY.open(request)
    assert isinstance(call, Publish)
    return call.translate()


def test_the_input_may_be_larger_than_any_message() -> None:
    body = json.dumps({"a": "b", "filler": "x" * 131_000}).encode()
    view = published(body, Template="yes", Message="{{.a}}").view
    assert view is not None
    assert view["message"] == "b"


def test_an_input_of_128_kib_is_too_large() -> None:
    body = json.dumps({"a": "x" * 131_064}).encode()
    assert len(body) == 131_073
    with pytest.raises(LegacyRefusal) as refused:
        published(body, Template="yes", Message="{{.a}}")
    assert refused.value.reply.status == 413
    assert json.loads(refused.value.reply.body)["code"] == 41303


def test_bytes_that_a_template_cut_apart_come_out_as_characters_again() -> None:
    assert render("{{slice .a 0 1}}{{slice .a 1}}", '{"a":"ä"}', CLOCK) == "ä"
    assert render("{{slice .a 1}}", '{"a":"ä"}', CLOCK) == "\ufffd"
