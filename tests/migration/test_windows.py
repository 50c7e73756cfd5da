"""Lines of Windows: carets of cmd, and PowerShell's own commands."""

from __future__ import annotations

from typing import Any

import pytest

from pushgo_compat.migration.reading import read_calls
from tests.migration.requests import problems, read, read_one
from tests.migration.translating import codes_of, message_of, translate, translate_one

# --------------------------------------------------------------------------------- cmd


def test_a_caret_goes_on_with_the_next_line() -> None:
    one = read_one(
        'curl "https://ntfy.sh/top" ^\r\n  -H "Title: a & b" ^\r\n'
        '  -d "50%% full" ^\r\n'
        '  --data-raw "say ""hi"" \\"you\\""\r\n'
    )

    assert one.url == "https://ntfy.sh/top"
    assert one.headers["Title"] == "a & b"
    assert one.body == '50%% full&say "hi" "you"'


def test_carets_quote_quotes_as_browsers_copy_them() -> None:
    line = (
        'curl ^"https://api.day.app/push^" ^\r\n'
        '  -H ^"content-type: application/json^" ^\r\n'
        '  --data-raw ^"^{^\\^"body^\\^":^\\^"a ^& b^\\^"^}^"\r\n'
    )

    assert read_one(line).body == '{"body":"a & b"}'


def test_a_batch_file_has_variables_and_several_commands() -> None:
    script = (
        "@echo off\r\nset T=x\r\nrem curl -d no ntfy.sh/a\r\n"
        'echo curl\r\n@curl -s -d "on %COMPUTERNAME%" ntfy.sh/a >nul 2>&1 & echo ok\r\n'
        'call curl.exe -d "C:\\dir" ntfy.sh/b\r\n'
    )

    first, second = read(script)
    assert (first.url, first.body) == ("http://ntfy.sh/a", "on %COMPUTERNAME%")
    assert (second.url, second.body) == ("http://ntfy.sh/b", "C:\\dir")


# -------------------------------------------------------------------------- PowerShell

_URL = "https://ntfy.sh/top"


@pytest.mark.parametrize(
    "script",
    [
        f'Invoke-RestMethod -Method POST -Uri "{_URL}" -Body "hi"'
        ' -Headers @{Title="T"}',
        f"irm '{_URL}' -Method Post -Body 'hi' -Headers @{{ 'Title' = 'T' }}",
        f"invoke-webrequest -UseBasicParsing -Me POST -B hi -He @{{Title='T'}} {_URL}",
        f'$Request = @{{\n  Method = "POST"\n  URI = "{_URL}"\n  Headers = @{{\n'
        '    Title = "T"  # a comment\n  }\n  Body = "hi"\n}\n'
        "Invoke-RestMethod @Request\n",
        f'$h = @{{ Title = "T" }}\n$uri = "{_URL}"\n$text = "hi"\n'
        "Invoke-RestMethod -Uri $uri -Method POST `\n  -Headers $h `\n  -Body $text\n",
        f'try {{ iwr -Uri "{_URL}" -Method Post -Headers @{{Title="T"}} -Body "hi" }}'
        " catch { }",
        f'$r = Invoke-RestMethod -Uri "{_URL}" -Method Post -Headers @{{Title="T"}}'
        " -Body ([System.Text.Encoding]::UTF8.GetBytes('hi')) | Out-Null",
    ],
)
def test_a_call_of_powershell_is_read(script: str) -> None:
    (one,) = read(script)

    assert (one.method, one.url, one.headers["Title"]) == ("POST", _URL, "T")
    assert one.body == "hi"


@pytest.mark.parametrize(
    ("written", "body"),
    [
        ("'it''s $x'", "it's $x"),
        ('"a `"b`" ``n`n""c"""', 'a "b" `n\n"c"'),
        ("\"on $env:COMPUTERNAME: $(Get-Date -f 'u')\"", None),
        ("@'\nline 1 \"x\"\nline 2\n'@", 'line 1 "x"\nline 2'),
        ('@"\nline $x\n"@', "line $x"),
        ("(Get-Content x.txt)", "(Get-Content x.txt)"),
        ("$(Get-Date)", "$(Get-Date)"),
        ("$unknown", "$unknown"),
        ("@{a='1'; b='x y'}", "a=1&b=x+y"),
        ('(@{a="1"; n=2; t=$true; l=@("x","y")} | ConvertTo-Json)', None),
        ("ünï", "ünï"),
    ],
)
def test_values_of_powershell(written: str, body: str | None) -> None:
    one = read_one(f"irm -Uri {_URL} -Method POST -Body {written}")

    if body is not None:
        assert one.body == body
    elif "Convert" in written:
        assert one.body == '{"a": "1", "n": 2, "t": true, "l": ["x", "y"]}'
    else:
        assert one.body == "on $env:COMPUTERNAME: $(Get-Date -f 'u')"


def test_a_table_of_a_get_stands_in_the_query() -> None:
    one = read_one('irm "https://ntfy.sh/t/send" -Body @{message="a b"}')

    assert (one.method, one.url) == ("GET", "https://ntfy.sh/t/send?message=a+b")
    assert one.body == ""


def test_the_host_of_a_powershell_call_has_a_place() -> None:
    data = b'$u = "https://ntfy.sh/t"\nirm -Uri $u -Method POST -Body "x"\n'
    (call,) = read_calls(data).calls
    assert call.request is not None
    span = call.request.url.host_span

    assert span is not None
    assert data[slice(*span)] == b"ntfy.sh"


def test_what_powershell_hides_in_a_variable_is_a_problem() -> None:
    assert problems("irm @unknown") == ["the call has no -Uri that can be read"]
    assert problems(f"irm {_URL} -Headers $h") == [
        "the headers stand in a variable alone"
    ]
    assert problems(f"# irm {_URL}") == []


def test_json_of_powershell_is_translated() -> None:
    script = (
        '$body = @{ topic = "top"; message = "hi"; priority = 4; tags = @("a") }'
        " | ConvertTo-Json\n"
        'Invoke-RestMethod -Method Post -Uri "https://ntfy.sh" -Body $body'
        ' -ContentType "application/json; charset=utf-8"'
    )
    message = message_of(translate_one(script))

    assert (message["body"], message["severity"]) == ("hi", "high")
    assert message["tags"] == ["a"]


def test_a_variable_of_powershell_is_left_out_of_a_typed_field() -> None:
    answer = translate_one(
        'irm https://ntfy.sh/t -Method POST -Body "x" -Headers @{Priority="$p"}'
    )

    assert codes_of(answer)["Priority"] == "variable"


# --------------------------------------------------------------------- other languages


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('import requests\nrequests.post("https://ntfy.sh/t", data="x")\n', 2),
        ("await fetch('https://ntfy.sh/t', {method: 'POST', body: 'x'})", 1),
        ('\nreq, _ := http.NewRequest("POST", "https://ntfy.sh/t", nil)', 2),
        ("file_get_contents('https://api.day.app/KEY/x');", 1),
        ("$ch = curl_init('https://sctapi.ftqq.com/SCT1.send');", 1),
        ("urllib.request.urlopen(\n  'https://ntfy.sh/t')", 1),
    ],
)
def test_other_languages_are_told_with_their_line(text: str, line: int) -> None:
    assert translate(text) == [
        {
            "source": {"file": None, "line": line},
            "dialect": None,
            "problem": "not read",
            "verdict": None,
            "receipt": None,
        }
    ]


@pytest.mark.parametrize(
    "text",
    [
        'requests.post("https://example.com/t")',
        '# requests.post("https://ntfy.sh/t")',
        'url = "https://ntfy.sh/t"',
        "fetch(url)",
    ],
)
def test_what_is_no_old_call_of_another_language_gives_nothing(text: str) -> None:
    found: list[dict[str, Any]] = translate(text)
    assert found == []
