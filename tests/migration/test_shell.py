"""Command lines as people write them: quoting, scripts, pipes, crontabs."""

from __future__ import annotations

import builtins
import sys

import pytest

from pushgo_compat.migration.line_numbers import LineNumbers
from pushgo_compat.migration.reading import read_calls
from pushgo_compat.migration.shell.grammar import ShellParserMissing, _parser
from tests.migration.requests import found_calls, problems, read, read_one

_URL = "https://ntfy.sh/top"


@pytest.mark.parametrize(
    ("written", "body"),
    [
        ("'it is'", "it is"),
        ("it\\'s", "it's"),
        ("'it'\"'\"'s'", "it's"),
        ('"a \\"b\\" \\$5 \\`c\\` \\d"', 'a "b" $5 `c` \\d'),
        ("$'a\\nb\\t\\x41\\u00e4\\303\\244\\'\\\\'", "a\nb\tAää'\\"),
        ('$"plain"', "plain"),
        ("a\\ b", "a b"),
        ("'$HOME'", "$HOME"),
        ('"$HOME/x"', "$HOME/x"),
        ('"${A}b"', "${A}b"),
        ('"$A""b"', "${A}b"),
        ("\"$(date +%F) 'x'\"", "$(date +%F) 'x'"),
        ("`hostname -f`", "`hostname -f`"),
        ('"$((1 + 2)) ${X:-a b}"', "$((1 + 2)) ${X:-a b}"),
        ("中文'，'好", "中文，好"),
        ('"two\nlines"', "two\nlines"),
        ('"joined \\\nline"', "joined line"),
    ],
)
def test_quotes_are_undone_and_variables_are_kept(written: str, body: str) -> None:
    assert read_one(f"curl -d {written} {_URL}").body == body


def test_a_backslash_at_the_end_of_a_line_goes_on() -> None:
    line = f"curl \\\n  -H 'Title: x' \\\n  -d y \\\n  {_URL}\n"

    assert read_one(line).headers["Title"] == "x"


@pytest.mark.parametrize(
    ("text", "body"),
    [
        ("curl -d @- URL <<EOF\nhi $NAME\nEOF\n", "hi $NAME"),
        ("curl --data-binary @- URL <<'EOF'\n  raw $NAME\nEOF\n", "  raw $NAME\n"),
        ("curl --data-binary @- URL <<-EOF\n\ttab \\$5\n\tEOF\n", "tab $5\n"),
        ("curl -d @- URL <<EOF || echo no\nx\nEOF\n", "x"),
        ("cat <<EOF | curl -d @- URL\nx $Y\nEOF\n", "x $Y"),
        ("curl -d @- URL <<< 'here'", "here"),
        ('curl -d "$(cat <<EOF\n{"a": $X}\n\nEOF\n)" URL', '{"a": $X}'),
        ("curl -d \"$(cat <<'EOF' | tr a b\nx\nEOF\n)\" URL", None),
        ("echo 'a b' | curl -d @- URL", "$(echo 'a b')"),
        ("(echo a; echo b) | curl -d @- URL", "$( (echo a; echo b) )"),
        ("a | b | curl -T- URL", "$(a | b)"),
        ("curl -T - URL < report.txt", "<report.txt>"),
        ("curl -d '' URL", ""),
    ],
)
def test_standard_input_comes_from_what_stands_before_or_below(
    text: str, body: str | None
) -> None:
    sent = read_one(text.replace("URL", _URL)).body
    if body is None:
        assert sent.startswith("$(cat <<")
    else:
        assert sent == body


@pytest.mark.parametrize(
    "line",
    [
        "curl -d hi URL || echo failed",
        "test -f x && curl -d hi URL >/dev/null 2>&1 &",
        "curl -d hi > /dev/null URL",
        "if ! curl -fsS -d hi URL; then exit 1; fi",
        "OUT=$(curl -s -d hi URL)",
        'echo "$(curl -s -d hi URL)"',
        "FOO=1 sudo -u www /usr/bin/curl -d hi URL",
        "timeout 5 curl -d hi URL | tee log",
        "bash -c 'curl -d hi URL'",
        'ssh host "curl -d hi URL"',
        "for t in a b; do curl -d hi URL; done",
        "notify() { curl -d hi URL; }",
        "*/5 8-18 * * 1-5 curl -d hi URL",
        "0 4 * * mon root /usr/bin/curl -d hi URL",
        "@daily curl -d hi URL # daily",
        "docker run --rm curlimages/curl -d hi URL",
        "curl -d hi URL \r\n",
        "find . -name x -exec curl -d hi URL \\;",
        "find . -name x | xargs -n 1 curl -d hi URL",
        "$WGET -qO- --post-data hi URL",
    ],
)
def test_a_call_is_found_wherever_it_stands(line: str) -> None:
    assert read_one(line.replace("URL", _URL))[0::3] == ("POST", "hi")


@pytest.mark.parametrize(
    "line",
    [
        "",
        "# curl -d hi ntfy.sh/top",
        "echo curl -d hi ntfy.sh/top",
        "apt-get install -y curl wget",
        "command -v curl >/dev/null",
        "curl --version",
        "which http",
        "find / -name curl -print",
    ],
)
def test_what_is_no_call_gives_nothing(line: str) -> None:
    assert found_calls(line) == []


def test_percent_signs_of_a_crontab_end_the_command() -> None:
    assert read_one(f"@daily curl -d 'at 5 \\%' {_URL}").body == "at 5 %"
    piped = f"@daily curl --data-binary @- {_URL}%one%two"
    assert read_one(piped).body == "one\ntwo\n"


def test_numbers_at_the_beginning_of_a_line_of_text_are_no_crontab() -> None:
    line = f"curl -d 'sums:\n1 2 3 4 5 6\n' {_URL}"

    assert read_one(line).body == "sums:\n1 2 3 4 5 6\n"


def test_variables_before_the_question_mark_are_looked_up_in_the_script() -> None:
    script = (
        "SERVER=https://ntfy.sh\nTOPIC=alerts\nTITLE=x\n"
        'curl -d hi "$SERVER/${TOPIC}?title=$TITLE"\n'
        'curl -d hi "${OTHER:-https://ntfy.example}/a"\n'
        'curl -d hi "$UNKNOWN/a"\n'
    )

    assert [one.url for one in read(script)] == [
        "https://ntfy.sh/alerts?title=$TITLE",
        "https://ntfy.example/a",
        "http://$unknown/a".replace("$unknown", "$UNKNOWN"),
    ]


def test_a_variable_that_is_set_twice_is_not_looked_up() -> None:
    script = f"S={_URL}\nS=https://other.example\ncurl -d hi $S\n"

    assert read_one(script).url == "http://$S/"


def test_an_array_of_arguments_is_looked_up() -> None:
    script = f'ARGS=(-H "Title: x" -d hi)\ncurl "${{ARGS[@]}}" {_URL}\n'

    assert read_one(script).headers["Title"] == "x"


def test_options_in_a_bare_variable_are_passed_over() -> None:
    assert read_one(f"curl $OPTIONS -d hi {_URL}").url == _URL


@pytest.mark.parametrize(
    ("text", "host", "whole"),
    [
        ("curl -d hi https://ntfy.sh:443/t", "ntfy.sh", "https://ntfy.sh:443/t"),
        ('curl -d "ü" "ntfy.sh/t"', "ntfy.sh", "ntfy.sh/t"),
        ("U=http://ntfy.sh\ncurl -d hi $U/t", "ntfy.sh", None),
        ("curl -d hi ${U:-ntfy.sh}/t", "ntfy.sh", None),
        ("bash -c 'curl -d hi ntfy.sh/t'", "ntfy.sh", "ntfy.sh/t"),
        ("@daily curl -d \\%é ntfy.sh/t", "ntfy.sh", "ntfy.sh/t"),
        ("curl -d hi 'ntfy'.sh/t", None, None),
    ],
)
def test_spans_tell_where_the_host_stands(
    text: str, host: str | None, whole: str | None
) -> None:
    data = text.encode()
    (call,) = read_calls(data).calls
    assert call.request is not None
    url = call.request.url

    assert url.host == "ntfy.sh"
    shown = [
        None if span is None else data[slice(*span)].decode()
        for span in (url.host_span, url.whole_span)
    ]
    assert shown == [host, whole]


def test_calls_are_told_with_the_line_where_they_begin() -> None:
    data = b"\n\nif true; then\n  curl -d a \\\n  ntfy.sh/a\nfi\ncurl -d b ntfy.sh/b\n"

    numbers = LineNumbers(data)
    lines = [numbers.of(call.span.start) for call in read_calls(data).calls]
    assert lines == [4, 7]


def test_an_unclosed_quote_is_a_problem_and_what_follows_is_read() -> None:
    unclosed = "a quote or a bracket is never closed"
    assert problems(f"curl -d 'unclosed {_URL}") == [unclosed]
    assert problems(f"ls\ncurl -d x {_URL}\ncurl -d 'unclosed\n") == [None, unclosed]
    assert problems(f"curl -d 'x\n{_URL}\ncurl -d hi {_URL}\n")[-1] is None


def test_without_tree_sitter_the_extra_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real = builtins.__import__

    def without(name: str, *rest: object) -> object:
        if name.startswith("tree_sitter"):
            raise ImportError(name)
        return real(name, *rest)  # type: ignore[arg-type]

    _parser.cache_clear()
    monkeypatch.setattr(builtins, "__import__", without)
    monkeypatch.delitem(sys.modules, "tree_sitter_bash", raising=False)
    with pytest.raises(ShellParserMissing, match=r"pushgo-compat\[scan\]"):
        read_calls(b"curl -d hi ntfy.sh/top")


def test_an_expression_of_a_github_workflow_is_a_variable() -> None:
    one = read_one(
        "run: |\n  curl -u ${{ secrets.LOGIN }} -d 'on ${{ github.ref }}'"
        ' -H "Title: ${{ job.status }}" ntfy.sh/${{ secrets.TOPIC }}\n'
    )

    assert one.url == "http://ntfy.sh/${{ secrets.TOPIC }}"
    assert one.headers["Title"] == "${{ job.status }}"
    assert one.body == "on ${{ github.ref }}"


def test_what_xargs_puts_in_is_a_variable() -> None:
    one = read_one("ls | xargs -I{} curl -d 'new: {}' ntfy.sh/{}")

    assert (one.url, one.body) == ("http://ntfy.sh/{}", "new: {}")
