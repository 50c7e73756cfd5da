"""``-F``: a multipart form as curl writes it (RFC 7578)."""

from __future__ import annotations

import re
from typing import NamedTuple

from pushgo_compat.migration.calls import BodyPart, ReadFile
from pushgo_compat.migration.clients.common import as_bytes, contents
from pushgo_compat.migration.clients.curl.arguments import Group
from pushgo_compat.migration.shell.commands import Input

BOUNDARY = "------------------------pushgo0compat0translate"
"""curl draws one each time; this one stands in no text that people write."""
END = f"--{BOUNDARY}--\r\n".encode()
CONTENT_TYPE = f"multipart/form-data; boundary={BOUNDARY}"
_VALUE = re.compile(r'"((?:[^"\\]|\\.)*)"|([^;]*)', re.DOTALL)
_OPTION = re.compile(
    r'\s*;\s*(type|filename|headers|encoder)=(?:"((?:[^"\\]|\\.)*)"|([^;]*))', re.DOTALL
)
_TYPES = {
    "gif": "image/gif",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "png": "image/png",
    "svg": "image/svg+xml",
    "txt": "text/plain",
    "htm": "text/html",
    "html": "text/html",
    "pdf": "application/pdf",
    "xml": "application/xml",
}
"""Types that curl tells by a file's name (lib/mime.c)."""


class _Value(NamedTuple):
    text: str
    options: dict[str, str]


def read_form(group: Group, given: Input) -> list[BodyPart]:
    """The parts of every ``-F`` and ``--form-string``; empty where there is none."""
    parts: list[BodyPart] = []
    for option, word in group.options:
        if option not in ("form", "form-string"):
            continue
        name, _, value = word.text.partition("=")
        if option == "form-string":
            parts += literal_part(name, value)
        elif value.startswith("@"):
            for file in value[1:].split(","):
                parts += file_part(name, file, given)
        else:
            parts += _text(name, value, given)
    return [*parts, END] if parts else []


def literal_part(name: str, value: str) -> list[BodyPart]:
    """A field whose text is the value as it stands."""
    return _part(name, {}, as_bytes(value))


def _text(name: str, value: str, given: Input) -> list[BodyPart]:
    read = _read_value(value.removeprefix("<"))
    if value.startswith("<"):
        return _part(name, read.options, contents(read.text, given, bytes))
    return _part(name, read.options, as_bytes(read.text))


def file_part(name: str, value: str, given: Input) -> list[BodyPart]:
    """A file, and perhaps its ``;type=`` and ``;filename=``."""
    read = _read_value(value)
    shown = read.text.replace("\\", "/").rpartition("/")[2]
    options = {"filename": shown, **read.options}
    extension = options["filename"].rpartition(".")[2].lower()
    options.setdefault("type", _TYPES.get(extension, "application/octet-stream"))
    return _part(name, options, contents(read.text, given, bytes))


def _part(name: str, options: dict[str, str], content: BodyPart) -> list[BodyPart]:
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{_quoted(name)}"'
    if "filename" in options:
        head += f'; filename="{_quoted(options["filename"])}"'
    if "type" in options:
        head += f"\r\nContent-Type: {options['type']}"
    if isinstance(content, ReadFile):
        content = content._replace(is_part=True)
    return [as_bytes(head + "\r\n\r\n"), content, b"\r\n"]


def _quoted(text: str) -> str:
    return text.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")


def _read_value(text: str) -> _Value:
    """A value and what follows it behind semicolons (``;type=``, ``;filename=``)."""
    found = _VALUE.match(text)
    end = found.end() if found else 0
    quoted, plain = found.groups() if found else (None, "")
    options: dict[str, str] = {}
    while option := _OPTION.match(text, end):
        name, in_quotes, bare = option.groups()
        options[name] = _unescaped(in_quotes) if in_quotes is not None else bare.strip()
        end = option.end()
    value = _unescaped(quoted) if quoted is not None else plain or ""
    if end < len(text):  # no option of curl's: a semicolon of the text
        return _Value(text, {})
    return _Value(value, options)


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text, flags=re.DOTALL)
