"""YAML and JSON as trees whose leaves know where they stand in the file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from pushgo_compat.migration.shell.source import Source
from pushgo_compat.migration.words import Word

if TYPE_CHECKING:
    from yaml.nodes import Node

MAX_DEPTH = 60
_SPACE = re.compile(r"(?:[ \t\r\n]+|//[^\n]*|/\*[\s\S]*?\*/)*+")
_STRING = re.compile(r'"((?:[^"\\\x00-\x1f]|\\.)*+)"')
_OTHER = re.compile(r"[-+.\w]+")
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|(.))", re.DOTALL)
_LETTERS = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}


@dataclass(slots=True)
class Leaf:
    """A text, a number, a truth value."""

    word: Word
    start: int
    end: int
    """With quotes and all."""
    style: str = ""
    """``|`` and ``>`` of a block; a quote, or ""."""


@dataclass(slots=True)
class Branch:
    """A mapping, or a list (then the keys are numbers)."""

    start: int
    end: int
    is_list: bool = False
    members: list[tuple[Leaf, Tree]] = field(default_factory=list)

    def leaf(self, *names: str) -> Leaf | None:
        """The leaf that one of these names has, whatever their case."""
        for wanted in names:
            for key, value in self.members:
                if isinstance(value, Leaf) and _same(key.word.text, wanted):
                    return value
        return None

    def branch(self, *names: str) -> Branch | None:
        """The branch that one of these names has."""
        for wanted in names:
            for key, value in self.members:
                if isinstance(value, Branch) and _same(key.word.text, wanted):
                    return value
        return None

    def text(self, *names: str) -> str:
        """The text of a leaf; "" where there is none."""
        leaf = self.leaf(*names)
        return "" if leaf is None else leaf.word.text


Tree = Leaf | Branch


def _same(name: str, wanted: str) -> bool:
    return name.lower().replace("-", "").replace("_", "") == wanted


def leaves(tree: Tree) -> Iterator[Leaf]:
    """Every leaf that is no key."""
    if isinstance(tree, Leaf):
        yield tree
        return
    for _, value in tree.members:
        yield from leaves(value)


def branches(
    tree: Tree, path: tuple[str, ...] = ()
) -> Iterator[tuple[Branch, tuple[str, ...]]]:
    """Every branch, with the keys that lead to it; a list adds none."""
    if isinstance(tree, Leaf):
        return
    yield tree, path
    for key, value in tree.members:
        inner = path if tree.is_list else (*path, key.word.text.lower())
        yield from branches(value, inner)


def inner_trees(tree: Tree) -> Iterator[Tree]:
    """JSON that stands in the texts of a tree, as Uptime Kuma's backup has it."""
    for leaf in leaves(tree):
        if leaf.word.text.lstrip()[:1] == "{" and "}" in leaf.word.text:
            source = Source.of_word(leaf.word)
            inner = parse_json(source.data)
            if inner is not None:
                yield _moved(inner, source.places)


def _moved(tree: Tree, places: Sequence[int]) -> Tree:
    """A tree whose offsets are those of the file."""
    if isinstance(tree, Leaf):
        offsets = [
            places[place] if place >= 0 else place for place in tree.word.offsets
        ]
        word = Word(tree.word.text, offsets)
        return Leaf(word, places[tree.start], places[tree.end], tree.style)
    moved = Branch(places[tree.start], places[tree.end], tree.is_list)
    for key, value in tree.members:
        name = _moved(key, places)
        if isinstance(name, Leaf):
            moved.members.append((name, _moved(value, places)))
    return moved


# ------------------------------------------------------------------------------- JSON


def parse_json(data: bytes) -> Tree | None:
    """The tree of a JSON text, comments passed over; None for what is none."""
    text = data.decode("latin-1")
    try:
        tree, _ = _json_value(text, 0, 0)
    except (ValueError, IndexError):
        return None
    return tree


def _json_value(text: str, at: int, depth: int) -> tuple[Tree, int]:
    if depth > MAX_DEPTH:
        raise ValueError("too deep")
    at = _space(text, at)
    if text[at] in "{[":
        return _json_branch(text, at, depth)
    if text[at] == '"':
        return _json_string(text, at)
    found = _OTHER.match(text, at)
    if found is None:
        raise ValueError("no JSON")
    word = Word(found[0], range(at, found.end()))
    return Leaf(word, at, found.end()), found.end()


def _json_branch(text: str, at: int, depth: int) -> tuple[Branch, int]:
    branch = Branch(at, at, is_list=text[at] == "[")
    close = "]" if branch.is_list else "}"
    at = _space(text, at + 1)
    while text[at] != close:
        if branch.is_list:
            key = Leaf(Word.made_up(str(len(branch.members))), at, at)
        else:
            key, at = _json_string(text, at)
            at = _space(text, at)
            if text[at] != ":":
                raise ValueError("no JSON")
            at += 1
        value, at = _json_value(text, at, depth + 1)
        branch.members.append((key, value))
        at = _space(text, at)
        if text[at] == ",":
            at = _space(text, at + 1)
        elif text[at] != close:
            raise ValueError("no JSON")
    branch.end = at + 1
    return branch, at + 1


def _json_string(text: str, at: int) -> tuple[Leaf, int]:
    found = _STRING.match(text, at)
    if found is None:
        raise ValueError("no JSON")
    word = unescaped(Word(found[1], range(found.start(1), found.end(1))))
    return Leaf(word, at, found.end(), '"'), found.end()


def unescaped(word: Word) -> Word:
    """A string of JSON, whose characters stand for bytes, as its text."""
    parts: list[Word] = []
    at = 0
    for found in _ESCAPE.finditer(word.text):
        parts.append(_decoded(word.part(at, found.start())))
        at = found.end()
        made = chr(int(found[1], 16)) if found[1] else _LETTERS.get(found[2], found[2])
        made = made.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        parts.append(Word(made, [word.offsets[found.start()]] * len(made)))
    parts.append(_decoded(word.part(at)))
    return Word.joined(parts) if len(parts) > 1 else parts[0]


def _decoded(word: Word) -> Word:
    if word.text.isascii():
        return word
    text = word.text.encode("latin-1", "replace").decode("utf-8", "surrogateescape")
    offsets, at = [], 0
    for char in text:
        offsets.append(word.offsets[min(at, len(word.offsets) - 1)])
        at += len(char.encode("utf-8", "surrogateescape"))
    return Word(text, offsets)


def _space(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


# ------------------------------------------------------------------------------- YAML


def parse_yaml(data: bytes) -> list[Tree]:
    """The documents of a YAML file, as far as it is one."""
    try:
        import yaml
    except ImportError:
        return []
    text = data.decode("utf-8", "replace")
    places: Sequence[int] = range(len(text) + 1)
    if len(text) != len(data):
        sizes = (len(char.encode("utf-8", "replace")) for char in text)
        places = list(accumulate(sizes, initial=0))
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    documents: list[Tree] = []
    try:
        for document in yaml.compose_all(text, Loader=loader):
            reader = _YamlReader(text, places)
            tree = reader.tree(document, 0)
            if tree is not None:
                documents.append(tree)
    except (yaml.YAMLError, ValueError, RecursionError):
        pass
    return documents


class _YamlReader:
    def __init__(self, text: str, places: Sequence[int]) -> None:
        self._text = text
        self._places = places
        self._seen: set[int] = set()

    def tree(self, node: Node | None, depth: int) -> Tree | None:
        """A node; what an alias repeats is read once."""
        if node is None or depth > MAX_DEPTH or id(node) in self._seen:
            return None
        self._seen.add(id(node))
        kind: Any = node  # its classes tell themselves apart by names
        start, end = node.start_mark.index, node.end_mark.index
        first, last = self._place(start), self._place(end)
        if kind.id == "scalar":
            return self._leaf(node, start, end)
        branch = Branch(first, last, is_list=kind.id == "sequence")
        for number, each in enumerate(node.value):
            if branch.is_list:
                key: Tree | None = Leaf(Word.made_up(str(number)), first, first)
                value = self.tree(each, depth + 1)
            else:
                key = self.tree(each[0], depth + 1)
                value = self.tree(each[1], depth + 1)
            if isinstance(key, Leaf) and value is not None:
                branch.members.append((key, value))
        return branch

    def _leaf(self, node: Node, start: int, end: int) -> Leaf:
        first, last = self._place(start), self._place(end)
        scalar: Any = node
        style = scalar.style or ""
        raw = self._text[start:end]
        value = str(node.value)
        if style in ("|", ">"):
            body = raw.find("\n") + 1
            value, start = raw[body:], start + body
        elif raw[1:-1] == value and style:
            start += 1
        elif raw[: len(value)] != value:
            return Leaf(self._searched(value, start, raw), first, last, style)
        offsets = self._places[start : start + len(value)]
        return Leaf(Word(value, offsets), first, last, style)

    def _searched(self, value: str, start: int, raw: str) -> Word:
        """A value whose quoting was undone: each character where it is found again."""
        offsets: list[int] = []
        at = 0
        for char in value:
            found = raw.find(char, at, at + 12)
            if found < 0:
                offsets.append(self._place(start + min(at, len(raw))))
            else:
                offsets.append(self._place(start + found))
                at = found + 1
        return Word(value, offsets)

    def _place(self, index: int) -> int:
        return self._places[min(index, len(self._places) - 1)]
