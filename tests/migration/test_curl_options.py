"""curl's options: every way to carry data, headers, logins and URLs."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from pushgo_compat.migration.clients.curl.options import OPTIONS
from tests.migration.requests import problems, read, read_one

_URL = "https://ntfy.sh/top"


@pytest.mark.parametrize(
    ("options", "method", "body"),
    [
        ("-d a -d b", "POST", "a&b"),
        ("-sSLX POST", "POST", ""),
        ("-sSLXPUT -da=1", "PUT", "a=1"),
        ("--data-raw @x", "POST", "@x"),
        ("-d @x", "POST", "<x>"),
        ("--data-binary @x -d y", "POST", "<x>&y"),
        ("--data-ascii x", "POST", "x"),
        ("--data-urlencode 'a b&c'", "POST", "a+b%26c"),
        ("--data-urlencode '=a=b'", "POST", "a%3Db"),
        ("--data-urlencode 'n=a b'", "POST", "n=a+b"),
        ("--data-urlencode @f", "POST", "<f>"),
        ("--data-urlencode n@f", "POST", "n=<f>"),
        ("--json '{\"a\": 1}'", "POST", '{"a": 1}'),
        ("--json '{' --json '}'", "POST", "{}"),
        ("-T file", "PUT", "<file>"),
        ("-X POST -T file", "POST", "<file>"),
        ("-I", "HEAD", ""),
        ("", "GET", ""),
        ("-X DELETE", "DELETE", ""),
        ("--request POST --data x", "POST", "x"),
        ("--dat x", None, None),
        ("--data-r x", "POST", "x"),
        ("--no-buffer -N --no-progress-meter", "GET", ""),
    ],
)
def test_data_and_method(options: str, method: str | None, body: str | None) -> None:
    if method is None:
        assert problems(f"curl {options} {_URL}") == ["curl has no option --dat"]
        return
    assert read_one(f"curl {options} {_URL}")[0::3] == (method, body)


@pytest.mark.parametrize(
    ("options", "url"),
    [
        ("-G -d a=1 -d b=2", f"{_URL}?a=1&b=2"),
        ("-G --data-urlencode 't=a b'", f"{_URL}?t=a+b"),
        ("--url-query 't=a b' -d x", f"{_URL}?t=a+b"),
        ("--get", _URL),
    ],
)
def test_data_in_the_query(options: str, url: str) -> None:
    assert read_one(f"curl {options} {_URL}").url == url


@pytest.mark.parametrize(
    ("options", "name", "value"),
    [
        ("-H 'Title: a: b '", "Title", "a: b"),
        ("-H Title:x", "Title", "x"),
        ("-H 'Empty;'", "Empty", ""),
        ("-H 'A: 1;\n  2'", "A", "1; 2"),
        ("-A me", "User-Agent", "me"),
        ("-e 'https://x.example;auto'", "Referer", "https://x.example"),
        ("-u u:p", "Authorization", "Basic dTpw"),
        ("-u :tk", "Authorization", "Basic OnRr"),
        ("--oauth2-bearer tk", "Authorization", "Bearer tk"),
        ("-u u:p -H 'Authorization: Bearer x'", "Authorization", "Bearer x"),
        ("-b a=1", "Cookie", "a=1"),
        ("--json 1", "Content-Type", "application/json"),
        ("-d 1", "Content-Type", "application/x-www-form-urlencoded"),
        ("-d 1 -H 'content-type: text/plain'", "content-type", "text/plain"),
    ],
)
def test_headers(options: str, name: str, value: str) -> None:
    assert read_one(f"curl {options} {_URL}").headers[name] == value


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ("-d 1 -H Content-Type:", "Content-Type"),
        ("-T x", "Content-Type"),
        ("--digest -u u:p", "Authorization"),
        ("-A ''", "User-Agent"),
    ],
)
def test_headers_that_are_not_sent(options: str, name: str) -> None:
    assert name not in read_one(f"curl {options} {_URL}").headers


def test_a_login_stands_in_the_url() -> None:
    one = read_one("curl -d x https://u:p@ntfy.sh/top")

    assert one.url == _URL
    assert one.headers["Authorization"] == "Basic dTpw"


@pytest.mark.parametrize(
    ("words", "urls"),
    [
        ("{a,b}", ["a", "b"]),
        ("'[1-3]'", ["1", "2", "3"]),
        ("'[01-02]{x,y}'", ["01x", "01y", "02x", "02y"]),
        ("a ntfy.sh/b --url ntfy.sh/c", ["a", "b", "c"]),
        ("a --next ntfy.sh/b", ["a", "b"]),
        ("-g '{a}'", None),
    ],
)
def test_several_urls(words: str, urls: list[str] | None) -> None:
    if urls is None:
        assert read_one("curl -g 'ntfy.sh/{a}'").url == "http://ntfy.sh/{a}"
        return
    found = read(f"curl ntfy.sh/{words}")
    assert [one.url for one in found] == [f"http://ntfy.sh/{path}" for path in urls]


def test_next_begins_anew() -> None:
    first, second = read("curl -d x ntfy.sh/a --next -H 'Title: t' ntfy.sh/b")

    assert (first.method, first.body) == ("POST", "x")
    assert (second.method, second.headers["Title"]) == ("GET", "t")


def test_an_upload_to_a_folder_is_named_after_its_file() -> None:
    assert read_one("curl -T a/b.txt https://ntfy.sh/top/").url == f"{_URL}/b.txt"


def test_dots_are_resolved_and_fragments_dropped() -> None:
    assert read_one("curl ntfy.sh/a/../b/./c#d").url == "http://ntfy.sh/b/c"
    asked = "curl --path-as-is ntfy.sh/a/../b"
    assert read_one(asked).url == "http://ntfy.sh/a/../b"


def test_a_form_has_a_part_for_each_field() -> None:
    one = read_one(
        "curl -F 'title=a b' -F 'desp=<f' -F 'x=@d/p.png' -F 'y=\"1;2\";type=a/b'"
        f" --form-string 'z=@1;2' {_URL}"
    )

    boundary = one.headers["Content-Type"].partition("boundary=")[2]
    parts = one.body.split(f"--{boundary}")[1:-1]
    assert [part.replace("\r\n", "|") for part in parts] == [
        '|Content-Disposition: form-data; name="title"||a b|',
        '|Content-Disposition: form-data; name="desp"||<f>|',
        '|Content-Disposition: form-data; name="x"; filename="p.png"'
        "|Content-Type: image/png||<d/p.png>|",
        '|Content-Disposition: form-data; name="y"|Content-Type: a/b||1;2|',
        '|Content-Disposition: form-data; name="z"||@1;2|',
    ]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("curl --bogus ntfy.sh/a", "curl has no option --bogus"),
        ("curl ntfy.sh/a -d", "--data stands without a value"),
        ("curl -d x", "curl is given no URL"),
        ("curl 'ntfy.sh/a b'", "the URL holds a blank or a control character"),
        ("curl -d x -F a=b ntfy.sh/a", "curl sends data, a form or a file"),
        ("curl 'ntfy.sh/[1-9999]'", "the URL stands for more than 100"),
    ],
)
def test_what_curl_refuses_is_a_problem(line: str, problem: str) -> None:
    (found,) = problems(line)
    assert found is not None
    assert found.startswith(problem)


def test_every_option_of_the_curl_that_is_here_is_known() -> None:
    curl = shutil.which("curl")
    assert curl
    listed = subprocess.run([curl, "--help", "all"], capture_output=True, check=True)
    unknown, other_value = [], []
    for line in listed.stdout.decode().splitlines():
        _, dashes, rest = line.partition("--")
        name, _, following = rest.partition(" ")
        if not dashes or not line.startswith((" ", "-")):
            continue
        option = OPTIONS.long(name)
        if option is None:
            unknown.append(name)
        elif option.takes_value != following.startswith(("<", "[")):
            other_value.append(name)
    assert unknown == []
    assert other_value == ["help"]  # its category may be left out
