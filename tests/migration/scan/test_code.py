"""Calls of HTTP libraries, as programs write them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.migration.scan.scanning import GATEWAY, lines_of, scan_one


def test_a_named_argument_is_no_assignment(tmp_path: Path) -> None:
    text = (
        "def bark():\n"
        "    url = f'https://api.day.app/{os.environ[\"BARK\"]}'\n"
        "    requests.post(url=url, json={'title': 'x', 'sound': 'y'})\n"
    )

    (found,) = scan_one(tmp_path, "a.py", text)

    assert (found["line"], found["verdict"]) == (3, "works_with_loss")


def test_a_key_that_is_handed_to_a_function_is_found_once(tmp_path: Path) -> None:
    text = 'let sendkey = "SCT123456TAbCdEfGhIjKlMnOp";\nsend(sendkey, "t", "d");\n'

    assert lines_of(scan_one(tmp_path, "a.js", text)) == [1]


def test_the_host_and_path_of_node_are_an_address(tmp_path: Path) -> None:
    text = "https.request({\n  hostname: 'ntfy.sh',\n  path: '/node-topic',\n});\n"

    (found,) = scan_one(tmp_path, "a.js", text, hosts={"ntfy.sh": "push.lan"})

    assert (found["line"], found["dialect"]) == (1, "ntfy")
    assert "+  hostname: 'push.lan'" in found["patch"]


def test_a_look_into_the_environment_is_no_call(tmp_path: Path) -> None:
    text = 'os.environ.get("X", "https://ntfy.sh/default-topic")\n'

    (found,) = scan_one(tmp_path, "a.py", text, gateway=GATEWAY)

    assert found["what"] == "address"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.py", "# requests.get('https://ntfy.sh/commented')\n"),
        ("a.py", '"""\ncurl https://ntfy.sh/docstring\n"""\n'),
        ("a.py", "print('see https://ntfy.sh/in-a-sentence for more')\n"),
        ("a.js", "/* fetch('https://ntfy.sh/commented') */\n"),
        ("a.js", "const r = /'https:\\/\\/ntfy.sh\\/regex'/;\n"),
        ("a.php", "<p>https://ntfy.sh/html</p><?php # 'https://ntfy.sh/c'\n"),
        ("a.go", '// http.Get("https://ntfy.sh/commented")\n'),
        ("a.sh", "# curl https://ntfy.sh/commented\n"),
        ("a.sh", "echo https://ntfy.sh/docs/publish/\n"),
        ("a.sh", "curl https://docs.ntfy.sh/publish\n"),
    ],
)
def test_comments_and_prose_are_no_findings(
    tmp_path: Path, name: str, text: str
) -> None:
    assert scan_one(tmp_path, name, text) == []


def test_a_health_check_of_the_old_server_shows_no_key(tmp_path: Path) -> None:
    (found,) = scan_one(tmp_path, "a.sh", "curl https://ntfy.sh/v1/health\n")

    assert (found["verdict"], found["key_hint"]) == ("works", None)
