"""Options that curl takes from elsewhere: ``-K``, ``-H @file``, ``--expand-…``."""

from __future__ import annotations

import pytest

from pushgo_compat.migration.reading import read_calls
from tests.migration.requests import read

CONFIG = """curl -s --config - <<E
# a comment
url = "https://ntfy.sh/t"
header = "Title: a \\"b\\""
-d "hi there"
silent
E"""


def test_options_in_a_here_document_are_read() -> None:
    (shown,) = read(CONFIG)

    assert (shown.method, shown.url, shown.body) == (
        "POST",
        "https://ntfy.sh/t",
        "hi there",
    )
    assert shown.headers["Title"] == 'a "b"'


def test_a_login_from_a_here_string_keeps_its_variable() -> None:
    (shown,) = read(
        r'''curl -d x ntfy.sh/t -K- <<< "header = \"Authorization: Bearer $T\""'''
    )

    assert shown.headers["Authorization"] == "Bearer $T"


def test_a_file_of_options_is_told_beside_the_call_that_it_may_change() -> None:
    call, rest = read_calls(b"curl -K my.cfg -d x ntfy.sh/t").calls

    assert call.request is not None
    assert rest.problem == (
        "options from a file are not read (-K my.cfg): write them in the line"
    )


def test_headers_from_a_file_are_told_with_what_to_do() -> None:
    (call,) = read_calls(b"curl -H @h.txt -d x ntfy.sh/t").calls

    assert call.problem == (
        "headers from a file are not read (-H @h.txt): write one -H for each"
    )


@pytest.mark.parametrize(
    ("line", "url", "body"),
    [
        (
            "curl --variable T=abc --expand-url 'https://ntfy.sh/{{T}}' -d x",
            "https://ntfy.sh/abc",
            "x",
        ),
        (
            "curl --variable 'B=a \"b\"'"
            ' --expand-data \'{"x":"{{B:json}}"}\' ntfy.sh/t',
            "http://ntfy.sh/t",
            '{"x":"a \\"b\\""}',
        ),
        (
            "curl --variable 'B= a&b ' --expand-data 'm={{B:trim:url}}' ntfy.sh/t",
            "http://ntfy.sh/t",
            "m=a%26b",
        ),
        (
            "curl --variable %M --expand-data 'a {{M}}' ntfy.sh/t",
            "http://ntfy.sh/t",
            "a $M",
        ),
        (
            "curl --variable m@/etc/motd --expand-data '{{m}} \\{{m}}' ntfy.sh/t",
            "http://ntfy.sh/t",
            "{{m}} {{m}}",
        ),
        ("curl --expand-data 'a{{none}}' ntfy.sh/t", "http://ntfy.sh/t", "a"),
    ],
)
def test_variables_of_curl_are_put_in(line: str, url: str, body: str) -> None:
    (shown,) = read(line)

    assert (shown.url, shown.body) == (url, body)


def test_an_equals_sign_is_told_as_what_is_wrong() -> None:
    (call,) = read_calls(b"curl --header='Title: A' -d x ntfy.sh/t").calls

    assert call.problem == "curl takes --header VALUE, without ="


def test_the_script_of_a_trap_is_read() -> None:
    (shown,) = read("trap 'curl -d \"died at $LINENO\" ntfy.sh/t' ERR\ntrap - ERR")

    assert shown.body == "died at $LINENO"
