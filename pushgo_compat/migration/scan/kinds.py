"""What kind of file a path names, and so how it is read."""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping


class Kind(enum.Enum):
    """A way to read a file."""

    SHELL = enum.auto()
    SYSTEMD = enum.auto()
    BATCH = enum.auto()
    PYTHON = enum.auto()
    JAVASCRIPT = enum.auto()
    PHP = enum.auto()
    GO = enum.auto()
    POWERSHELL = enum.auto()
    C_LIKE = enum.auto()
    HASH_LIKE = enum.auto()
    """Another language whose comments begin with ``#``."""
    LUA = enum.auto()
    BASIC = enum.auto()
    """Its comments begin with an apostrophe or ``Rem``."""
    YAML = enum.auto()
    JSON = enum.auto()
    XML = enum.auto()
    SETTINGS = enum.auto()
    """``NAME=value``: .env, INI, TOML, properties, UCI."""
    URLS = enum.auto()
    """A list of Apprise URLs."""


_BY_EXTENSION: Mapping[str, Kind] = {
    extension: kind
    for kind, extensions in {
        Kind.SHELL: "sh bash zsh ksh ash dash fish bats profile cron crontab mk mak",
        Kind.SYSTEMD: "service timer socket path mount",
        Kind.BATCH: "bat cmd",
        Kind.PYTHON: "py pyw pyi",
        Kind.JAVASCRIPT: "js gs mjs cjs jsx ts mts cts tsx vue svelte",
        Kind.PHP: "php php5 php7 phtml inc",
        Kind.GO: "go",
        Kind.POWERSHELL: "ps1 psm1 psd1",
        Kind.C_LIKE: (
            "c h cc cpp hpp ino java kt kts cs swift dart rs scala groovy gradle m kdl"
        ),
        Kind.HASH_LIKE: "rb pl pm r jl ex exs tcl nim cr coffee",
        Kind.LUA: "lua",
        Kind.BASIC: "vbs bas vb wsf",
        Kind.YAML: "yml yaml",
        Kind.JSON: "json json5 jsonc",
        Kind.XML: "xml config plist",
        Kind.SETTINGS: (
            "env ini conf cfg cnf toml properties uci rc defaults settings envrc tfvars"
            " ahk au3"
        ),
    }.items()
    for extension in extensions.split()
}
_PROSE_EXTENSIONS = (
    "md mdx markdown rst txt adoc asciidoc org tex html htm xhtml log csv tsv po pot"
    " css scss less svg lock map diff patch bak orig rej man ipynb"
)
_PROSE = frozenset(_PROSE_EXTENSIONS.split())
_BY_NAME: Mapping[str, Kind] = {
    "crontab": Kind.SHELL,
    "dockerfile": Kind.SHELL,
    "containerfile": Kind.SHELL,
    "makefile": Kind.SHELL,
    "gnumakefile": Kind.SHELL,
    "justfile": Kind.SHELL,
    "jenkinsfile": Kind.C_LIKE,
    "environment": Kind.SETTINGS,
    "apprise": Kind.URLS,
    "apprise.conf": Kind.URLS,
    "apprise.txt": Kind.URLS,
    "apprise.cfg": Kind.URLS,
    ".apprise": Kind.URLS,
    "vagrantfile": Kind.HASH_LIKE,
    "rakefile": Kind.HASH_LIKE,
}
_NO_CODE = frozenset(
    {
        *("readme", "license", "copying", "changelog", "changes", "news", "authors"),
        *("todo", "notice", "contributing", "install", "hosts", "caddyfile"),
        *("nginx.conf", "package-lock.json", "resolv.conf", "known_hosts"),
    }
)
_TEMPLATE = re.compile(r".\.(?:j2|jinja2?|tmpl|tpl|template|erb|tftpl|gotmpl)$")
"""What such a file makes has the name without its end."""
_SHELL_NAME = re.compile(
    r"\.?(?:ba|z|k|da)?sh(?:rc|_profile|_login|_logout|_aliases|env)|\.profile"
    r"|\.?crontabs?\b.*|cron\..*"
)
_SHELL_FOLDER = re.compile(r"/(?:cron\.\w+|crontabs|init\.d|git/hooks|hooks|bin)/")
_SETTINGS_FOLDER = re.compile(r"/(?:etc/config|etc/default|conf\.d|environment\.d)/")
_ENV_NAME = re.compile(r"\.env(?:\..*)?|env\..*|.*\.env\..*")
_INTERPRETERS = (
    (re.compile(rb"python"), Kind.PYTHON),
    (re.compile(rb"node|deno|bun|tsx"), Kind.JAVASCRIPT),
    (re.compile(rb"php"), Kind.PHP),
    (re.compile(rb"pwsh|powershell"), Kind.POWERSHELL),
    (re.compile(rb"perl|ruby|Rscript"), Kind.HASH_LIKE),
    (re.compile(rb"lua"), Kind.LUA),
    (re.compile(rb"sh\b|make"), Kind.SHELL),
)
_FOREIGN = re.compile(
    rb"(?m)^[ \t]*(?:proxy_pass|server_name|upstream[ \t]+\S+[ \t]*\{|reverse_proxy"
    rb"|ProxyPass|ServerName|frontend[ \t]|backend[ \t]|<VirtualHost)"
)
_OLD_SERVER = re.compile(
    rb"(?m)^(?:listen-http|listen-https|cache-file|auth-file|attachment-cache-dir"
    rb"|upstream-base-url)\s*:"
)


def kind_of(path: str, data: bytes) -> Kind | None:
    """The kind, from the name, the first line or the content; None is not read.

    Prose is not: an example in a README calls nobody.
    """
    name = path.rpartition("/")[2].lower()
    if _TEMPLATE.search(name):
        path, name = (text[: text.rfind(".")] for text in (path, name))
    if name in _NO_CODE or name.partition(".")[0] in ("readme", "changelog"):
        return None
    kind = _by_name(path, name)
    if kind in (Kind.SETTINGS, Kind.YAML) and _is_of_a_server(data):
        return None
    if kind is not None:
        return kind
    stem, dot, extension = name.rpartition(".")
    if data.startswith(b"#!"):
        first = data[: data.find(b"\n") if b"\n" in data else len(data)]
        for pattern, interpreter in _INTERPRETERS:
            if pattern.search(first):
                return interpreter
    if dot and stem and extension in _PROSE:
        return None
    return _by_content(data)


def _by_name(  # noqa: PLR0911 - one return for each rule
    path: str, name: str
) -> Kind | None:
    if kind := _BY_NAME.get(name):
        return kind
    if name.startswith(("dockerfile.", "makefile.")):
        return Kind.SHELL
    if _SHELL_NAME.fullmatch(name):
        return Kind.SHELL
    if _ENV_NAME.fullmatch(name):
        return Kind.SETTINGS
    stem, dot, extension = name.rpartition(".")
    if dot and (kind := _BY_EXTENSION.get(extension)):
        return kind
    if dot and stem and extension in _PROSE:
        return None
    if _SETTINGS_FOLDER.search(path):
        return Kind.SETTINGS
    if not dot and _SHELL_FOLDER.search(path):
        return Kind.SHELL
    return None


def _by_content(data: bytes) -> Kind | None:  # noqa: PLR0911 - as above
    """Of a file whose name says nothing."""
    start = data.lstrip()[:1]
    if data.startswith(b"#!"):
        return Kind.HASH_LIKE
    if b"<?php" in data[:1000]:
        return Kind.PHP
    if start in (b"{", b"["):
        return Kind.JSON
    if data.lstrip().startswith(b"<?xml"):
        return Kind.XML
    if _is_of_a_server(data):
        return None
    if re.search(rb"(?m)^config[ \t]+\w+", data):
        return Kind.SETTINGS
    if re.search(
        rb"(?m)^[^#\n]*\b(?:(?:curl|wget|https?|xh)[ \t]"
        rb"|ntfy[ \t]+(?:pub|send|sub|trigger))",
        data,
    ):
        return Kind.SHELL
    if re.search(rb"(?m)^(?:export[ \t]+)?[A-Z][A-Z0-9_]*=", data):
        return Kind.SETTINGS
    return None


def _is_of_a_server(data: bytes) -> bool:
    """Whether a file sets up a proxy, or the old server itself."""
    return bool(_FOREIGN.search(data)) or len(_OLD_SERVER.findall(data)) > 0
