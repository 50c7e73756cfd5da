"""Shell within other files: a step of a workflow, a health check, ``ExecStart=``."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pushgo_compat.migration.scan.settings.trees import (
    Branch,
    Leaf,
    Tree,
    branches,
    leaves,
)
from pushgo_compat.migration.shell.source import Source

_CLIENT = re.compile(r"(?<![\w.-])(?:curl|wget2?|https?|xhs?|ntfy)(?:\.exe)?[ \t]+\S")
_CLIENT_BYTES = re.compile(_CLIENT.pattern.encode())
_CLIENT_NAMES = frozenset({"curl", "wget", "http", "https", "xh", "xhs", "ntfy"})
_HEALTH_CHECK = ("CMD", "NONE")
"""Of Docker: the words behind it are the command."""
_TEMPLATE = re.compile(rb"\$?\{\{.{0,500}?\}\}", re.DOTALL)
_EXEC = re.compile(
    rb"(?m)^[ \t]*(?:Exec\w+)[ \t]*=[ \t]*[-@:+!|]*((?:[^\n\\]|\\[^\n]|\\\r?\n)*)"
)
_LINE_VALUE = re.compile(
    rb"(?m)^[ \t]*+[\w.\[\]\" -]{1,80}?[ \t]*+[=:][ \t]*+(?P<value>\S(?:.*\S)?)\s*?$"
)
_XML_TEXT = re.compile(rb">([^<>]*)<|=[ \t]*\"([^\"<>]*)\"")
_ENTITIES = {"&quot;": '"', "&apos;": "'", "&amp;": "&", "&lt;": "<", "&gt;": ">"}
_ENTITY = re.compile("&(?:quot|apos|amp|lt|gt);")


def shell_in_tree(tree: Tree) -> Iterator[Source]:
    """The leaves that are shell, and the lists that are a command's words."""
    for leaf in leaves(tree):
        if _CLIENT.search(leaf.word.text):
            yield _source(leaf)
    for branch, _ in branches(tree):
        if branch.is_list and (source := _words(branch)):
            yield source


def _source(leaf: Leaf) -> Source:
    source = Source.of_word(leaf.word)
    source = _templated(source)
    if leaf.style != ">":
        return source
    return source._replace(data=source.data.replace(b"\n", b" "))


def without_templates(data: bytes) -> bytes:
    """``${{ … }}`` and ``{{ … }}`` as variables of the shell, of the same length."""
    return _TEMPLATE.sub(lambda found: b"${" + b"_" * (len(found[0]) - 3) + b"}", data)


def _words(branch: Branch) -> Source | None:
    """``["curl", "-d", "x", URL]`` as a line of shell."""
    values = [value for _, value in branch.members]
    texts = [value.word for value in values if isinstance(value, Leaf)]
    if len(texts) != len(values) or not texts:
        return None
    if texts[0].text in _HEALTH_CHECK:
        texts = texts[1:]
    names = [word.text.rpartition("/")[2] for word in texts[:3]]
    if not _CLIENT_NAMES.intersection(names):
        return None
    data = bytearray()
    places: list[int] = []
    for word in texts:
        piece = Source.of_word(word)
        quoted = piece.data.replace(b"'", b'"')
        data += b"'" + quoted + b"' "
        first = piece.places[0] if len(piece.places) else 0
        places += [
            first,
            *piece.places[: len(quoted)],
            piece.places[-1],
            piece.places[-1],
        ]
    return Source(bytes(data), [*places, places[-1]])


def shell_in_unit(data: bytes) -> Iterator[Source]:
    """The commands of a systemd unit."""
    whole = Source.whole(data)
    for found in _EXEC.finditer(data):
        if _CLIENT_BYTES.search(found[1]):
            yield whole.part(*found.span(1))


def shell_in_lines(data: bytes) -> Iterator[Source]:
    """Values of an INI file or its like."""
    whole = Source.whole(data)
    for found in _LINE_VALUE.finditer(data):
        value = found["value"]
        if not _CLIENT_BYTES.search(value):
            continue
        start, end = found.span("value")
        if value[:1] in (b'"', b"'") and value[-1:] == value[:1]:
            inner = whole.word(start + 1, end - 1)
            yield _templated(Source.of_word(inner))
        else:
            yield _templated(whole.part(start, end))


def _templated(source: Source) -> Source:
    return source._replace(data=without_templates(source.data))


def shell_in_xml(data: bytes) -> Iterator[Source]:
    """Texts and attributes of XML."""
    whole = Source.whole(data)
    for found in _XML_TEXT.finditer(data):
        group = 1 if found[1] is not None else 2
        if not _CLIENT_BYTES.search(found[group]):
            continue
        source = whole.part(*found.span(group))
        text, at = bytearray(), 0
        places: list[int] = []
        for entity in _ENTITY.finditer(source.data.decode("latin-1")):
            text += source.data[at : entity.start()]
            places += source.places[at : entity.start()]
            text += _ENTITIES[entity[0]].encode()
            places.append(source.places[entity.start()])
            at = entity.end()
        text += source.data[at:]
        yield Source(bytes(text), [*places, *source.places[at:]])
