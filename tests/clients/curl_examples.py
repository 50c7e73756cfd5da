"""The old servers' documented examples as lines for the shell, and what they mean."""

from __future__ import annotations

import base64
import shlex
from dataclasses import dataclass
from typing import Any

from pushgo_compat.model import Source
from tests.gateway import CHANNEL_NAME
from tests.golden import CHANNEL_ID, PASSWORD

MARKDOWN = "# Deploy\n\n**web-1** is *up*:\n\n- build `42`"
LONG = "the quick brown fox jumps over the lazy dog 日志\n" * 30
LINES = "line 1\nline 2\n\n  indented"
AUTH = base64.urlsafe_b64encode(
    b"Basic " + base64.b64encode(f"phil:{PASSWORD}".encode())
).decode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """What follows ``curl`` when a person types it.

    ``{url}`` stands for the server, ``{key}`` for the key.
    """

    dialect: Source
    name: str
    typed: str
    native: dict[str, Any]
    """What its sender meant, as native fields."""
    stdin: str = ""

    @property
    def words(self) -> list[str]:
        """The words as the shell hands them on."""
        return shlex.split(self.typed)

    def __str__(self) -> str:
        return f"{self.dialect}-{self.name}"


def ntfy(name: str, typed: str, stdin: str = "", **native: Any) -> Example:
    """An example of ntfy's documents."""
    return Example(
        dialect=Source.NTFY, name=name, typed=typed, native=native, stdin=stdin
    )


def bark(name: str, typed: str, **native: Any) -> Example:
    """An example of Bark's documents."""
    return Example(dialect=Source.BARK, name=name, typed=typed, native=native)


def chan(name: str, typed: str, **native: Any) -> Example:
    """An example of ServerChan's documents."""
    return Example(dialect=Source.SERVERCHAN, name=name, typed=typed, native=native)


EXAMPLES = [
    ntfy(
        "basic",
        "-d 'Backup successful 😀' {url}/{key}",
        title=CHANNEL_NAME,
        body="Backup successful 😀",
    ),
    ntfy(
        "title-priority-tags",
        """-H 'Title: Unauthorized access detected' -H 'Priority: urgent'
           -H 'Tags: warning,skull' -d 'Act right away.' {url}/{key}""",
        title="Unauthorized access detected",
        body="Act right away.",
        severity="critical",
        tags=["warning", "skull"],
    ),
    ntfy(
        "click-attach-actions",
        """-d "There's someone at the door. 🐶" -H 'Click: https://home.nest.com/'
           -H 'Attach: https://nest.com/view/yAxk.jpg' {url}/{key}
           -H 'Actions: http, Open door, https://api.nest.com/open/yAxk, clear=true'
        """,
        body="There's someone at the door. 🐶",
        url="https://home.nest.com/",
        images=["https://nest.com/view/yAxk.jpg"],
    ),
    ntfy(
        "short-names",
        "-H 't: Dogs' -H 'p:4' -d m {url}/{key}",
        title="Dogs",
        severity="high",
    ),
    ntfy(
        "utf8-header", "-H 'Title: 温度警报 🔥' -d m {url}/{key}", title="温度警报 🔥"
    ),
    ntfy(
        "rfc2047-header",
        "-H 'Title: =?UTF-8?B?8J+RiyBIaSwg5L2g5aW9?=' -d m {url}/{key}",
        title="👋 Hi, 你好",
    ),
    ntfy(
        "json",
        """-d '{"topic":"{key}","message":"Disk space is low","title":"Alert",
                "tags":["cd"],"priority":4}' {url}""",
        title="Alert",
        body="Disk space is low",
        severity="high",
        tags=["cd"],
    ),
    ntfy("webhook", "{url}/{key}/trigger", body="triggered"),
    ntfy(
        "webhook-query",
        "'{url}/{key}/publish?message=Webhook+triggered&priority=high&tags=skull'",
        body="Webhook triggered",
        severity="high",
        tags=["skull"],
    ),
    ntfy(
        "webhook-raw-utf8",
        "'{url}/{key}/send?title=标题&message=内容'",
        title="标题",
        body="内容",
    ),
    ntfy("login", f"-u phil:{PASSWORD} -d m {{url}}/{CHANNEL_ID}", body="m"),
    ntfy("login-token", f"-u :{PASSWORD} -d m {{url}}/{CHANNEL_ID}", body="m"),
    ntfy(
        "bearer",
        f"-H 'Authorization: Bearer {PASSWORD}' -d m {{url}}/{CHANNEL_ID}",
        body="m",
    ),
    ntfy("auth-query", f"-d m {{url}}/{CHANNEL_ID}?auth={AUTH}", body="m"),
    ntfy(
        "old-login",
        "-u phil:example-pass -d 'Look ma, with auth' {url}/{key}",
        body="Look ma, with auth",
    ),
    ntfy("pipe", "-T - {url}/{key}", stdin="from a pipe", body="from a pipe"),
    ntfy(
        "expect-100",
        "-H 'Expect: 100-continue' --data-binary @- {url}/{key}",
        stdin=LONG,
        body=LONG.strip(),
    ),
    ntfy("empty", "-d '' {url}/{key}", body="triggered"),
    ntfy("lines", "--data-binary @- {url}/{key}", stdin=LINES, body=LINES),
    bark(
        "path-body",
        "'{url}/{key}/%e6%8e%a8%e9%80%81?group=分组&copy=复制'",
        title="Notification",
        body="推送",
        tags=["分组"],
    ),
    bark(
        "path-title-body",
        "{url}/{key}/推送标题/这里改成你自己的推送内容",
        title="推送标题",
        body="这里改成你自己的推送内容",
    ),
    bark(
        "path-subtitle",
        "{url}/{key}/Title/Subtitle/Body%20text",
        title="Title",
        body="Body text",
    ),
    bark(
        "encoded-slash",
        "{url}/{key}/https%3A%2F%2Fexample.com%2Fa%3Fb%3D1",
        body="https://example.com/a?b=1",
    ),
    bark("plus", "{url}/{key}/a+b", body="a b"),
    bark(
        "form",
        "-X POST {url}/{key} -d 'body=推送内容&group=分组'",
        body="推送内容",
        tags=["分组"],
    ),
    bark(
        "json",
        """-X POST {url}/{key} -H 'Content-Type: application/json; charset=utf-8'
           -d '{"body":"Test","title":"bleem","badge":1,"url":"https://mritd.com"}'""",
        title="bleem",
        body="Test",
        url="https://mritd.com",
    ),
    bark(
        "push",
        """-X POST {url}/push -H 'Content-Type: application/json; charset=utf-8'
           -d '{"body":"Test","device_key":"{key}","title":"bleem"}'""",
        title="bleem",
        body="Test",
    ),
    bark(
        "multipart",
        "-F title=表单 -F 'body=multipart body' {url}/{key}",
        title="表单",
        body="multipart body",
    ),
    bark(
        "urlencode",
        """-G --data-urlencode 'title=100% + &' --data-urlencode 'body=a
b' {url}/{key}""",
        title="100% + &",
        body="a\nb",
    ),
    bark(
        "markdown",
        f"--data-urlencode 'markdown={MARKDOWN}' {{url}}/{{key}}",
        body=MARKDOWN,
    ),
    bark(
        "critical",
        "'{url}/{key}/重要警告?level=critical&volume=5'",
        severity="critical",
        body="重要警告",
    ),
    bark(
        "ciphertext",
        """--data-urlencode ciphertext=+aPt5cwN9GbTLLSFri60l3h1
           --data-urlencode iv=1234567890123456 {url}/{key}""",
        ciphertext="+aPt5cwN9GbTLLSFri60l3h1",
    ),
    chan("get-title", "{url}/{key}.send?title=messagetitle", title="messagetitle"),
    chan(
        "get-raw-utf8",
        "'{url}/{key}.send?title=中文标题&desp=中文内容'",
        title="中文标题",
        body="中文内容",
    ),
    chan(
        "form",
        "-d title=服务器报警 --data-urlencode 'desp=第一行\n\n第二行' {url}/{key}.send",
        title="服务器报警",
        body="第一行\n\n第二行",
    ),
    chan(
        "text-alias",
        "-d 'text=alias&desp=d' {url}/{key}.send",
        title="alias",
        body="d",
    ),
    chan(
        "json",
        """-H 'Content-Type: application/json' {url}/send/sctp1t{key}.send
           -d '{"title":"报警","desp":"**d**","tags":"a|b"}'""",
        title="报警",
        body="**d**",
        tags=["a", "b"],
    ),
    chan(
        "multipart",
        "-F title=表单 -F desp=multipart {url}/{key}.send",
        title="表单",
        body="multipart",
    ),
    chan(
        "long-title",
        f"-d 'title={'很长' * 30}&desp=b' {{url}}/{{key}}.send",
        title="很长" * 30,
    ),
]
