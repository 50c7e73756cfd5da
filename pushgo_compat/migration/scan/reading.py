"""One file → all that is found in it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from pushgo_compat.migration.calls import FoundCall, Span
from pushgo_compat.migration.scan import views
from pushgo_compat.migration.scan.code.reading import scan_code
from pushgo_compat.migration.scan.code.tokens import LANGUAGES
from pushgo_compat.migration.scan.findings import Found, Takes
from pushgo_compat.migration.scan.kinds import Kind, kind_of
from pushgo_compat.migration.scan.settings import embedded
from pushgo_compat.migration.scan.settings.addresses import scan_addresses
from pushgo_compat.migration.scan.settings.programs import Programs
from pushgo_compat.migration.scan.settings.trees import (
    Branch,
    Tree,
    branches,
    parse_json,
    parse_yaml,
)
from pushgo_compat.migration.scan.settings.variables import scan_settings
from pushgo_compat.migration.scan.shell import (
    scan_batch,
    scan_powershell,
    scan_script,
    scan_shell,
)
from pushgo_compat.migration.scan.stretches import Stretches
from pushgo_compat.migration.scan.vendors import SERVERCHAN, OldHosts
from pushgo_compat.migration.shell.source import Source

_OLD_SERVERS = re.compile(
    r"(?:^|/)(?:binwiederhier/ntfy|finab/bark-server|finb/bark-server|bark-server"
    r"|gotify/server|gotify/server-\w+)(?:[:@].*)?$"
)
_INSTRUCTION = re.compile(
    rb"(?im)^[ \t]*(?:onbuild[ \t]+)?(?:run(?:[ \t]+--\S+)*|cmd|entrypoint"
    rb"|healthcheck(?:[ \t]+--\S+)*[ \t]+cmd|shell)(?=[ \t])"
)
_MOST_COMPARED = 200
"""Requests of one command."""
_RECIPE = re.compile(rb"(?m)^\t[ \t]*[@+-]+")


def scan_text(path: str, data: bytes, hosts: OldHosts) -> list[Found]:
    """Everything in a file of UTF-8; one finding a call, in the order of the lines.

    Raises ShellParserMissing.
    """
    kind = kind_of(path, data)
    if kind is None:
        return []
    found: list[Found] = []
    trees: Sequence[Tree] = ()
    only_quoted = kind in LANGUAGES
    view = views.without_comments(data, kind)
    if kind in LANGUAGES:
        calls, tokens = scan_code(data, kind, hosts)
        found += calls
        if kind is Kind.POWERSHELL:
            found += scan_powershell(data, hosts)
        view = views.only_tokens(data, tokens)
    elif kind is Kind.SHELL:
        found += scan_script(_script(path, data), hosts)
    elif kind is Kind.BATCH:
        found += scan_batch(view, hosts)
    elif kind in (Kind.YAML, Kind.JSON):
        trees = parse_yaml(data) if kind is Kind.YAML else _json_trees(data)
        view = views.without(view, _own_servers(trees))
        trees = _outside(trees, data, view, kind)
        found += Programs(data, hosts).scan(trees)
    for source in _embedded(kind, view, trees):
        found += scan_shell(source, hosts)
    if kind is not Kind.URLS:
        found += scan_settings(view, hosts, only_quoted=only_quoted)
    addresses = scan_addresses(view, hosts)
    found += _literal_only(addresses, view) if only_quoted else addresses
    return _once(_without_told_keys(found))


def _without_told_keys(found: Sequence[Found]) -> Sequence[Found]:
    """Without the sendkeys of a file that itself holds the address they go into."""
    is_told = any(
        each.call is not None and each.dialect == SERVERCHAN and each.key is None
        for each in found
    )
    if not is_told:
        return found
    return [
        each
        for each in found
        if each.dialect != SERVERCHAN or each.takes is not Takes.KEY or each.call
    ]


def scan_tree_text(data: bytes, hosts: OldHosts) -> list[Found]:
    """What the known programs keep in a piece of JSON."""
    return _once(list(Programs(data, hosts).scan(_json_trees(data))))


def _json_trees(data: bytes) -> Sequence[Tree]:
    tree = parse_json(data)
    return () if tree is None else (tree,)


def _own_servers(trees: Iterable[Tree]) -> Iterator[tuple[int, int]]:
    """Services and containers that are an old server themselves."""
    for tree in trees:
        for branch, _ in branches(tree):
            if _OLD_SERVERS.search(branch.text("image")):
                yield branch.start, branch.end


def _outside(
    trees: Sequence[Tree], data: bytes, view: bytes, kind: Kind
) -> Sequence[Tree]:
    """The trees without those services."""
    if not any(True for _ in _own_servers(trees)):
        return trees
    for tree in trees:
        for branch, _ in branches(tree):
            branch.members = [
                (key, value)
                for key, value in branch.members
                if not (
                    isinstance(value, Branch)
                    and _OLD_SERVERS.search(value.text("image"))
                )
            ]
    return trees


def _embedded(kind: Kind, view: bytes, trees: Sequence[Tree]) -> Iterator[Source]:
    match kind:
        case Kind.SYSTEMD:
            yield from embedded.shell_in_unit(view)
        case Kind.YAML | Kind.JSON:
            for tree in trees:
                yield from embedded.shell_in_tree(tree)
            if not trees:
                yield from embedded.shell_in_lines(view)
        case Kind.SETTINGS:
            yield from embedded.shell_in_lines(view)
        case Kind.XML:
            yield from embedded.shell_in_xml(view)
        case _:
            pass


def _script(path: str, data: bytes) -> bytes:
    """A script; of a Dockerfile or a Makefile what their commands are."""
    name = path.rpartition("/")[2].lower()
    if name.startswith(("dockerfile", "containerfile")):
        data = _INSTRUCTION.sub(lambda found: b" " * len(found[0]), data)
    elif name.endswith(("makefile", ".mk", ".mak", "justfile")):
        data = _RECIPE.sub(lambda found: b" " * len(found[0]), data)
    return data


def _literal_only(found: Iterable[Found], view: bytes) -> Iterator[Found]:
    """In a program an address is a whole literal, and not a part of a sentence."""
    for each in found:
        before = view[each.start - 1 : each.start]
        if before in (b'"', b"'", b"`", b",", b";", b"|"):
            yield each


def _once(found: Sequence[Found]) -> list[Found]:
    """Without the addresses and keys that belong to a finding before them."""
    kept: list[Found] = []
    taken = Stretches()
    calls: dict[tuple[int, Span], list[FoundCall]] = {}
    for each in found:
        if each.call is None and any(taken.overlaps(span) for span in each.spans):
            continue
        if each.call is not None and each.spans:
            same = calls.setdefault((each.start, each.spans[0]), [])
            if any(call.request == each.call.request for call in same[:_MOST_COMPARED]):
                continue  # found in another way
            same.append(each.call)
        kept.append(each)
        for span in each.spans:
            taken.add(span)
    return sorted(kept, key=lambda each: each.start)
