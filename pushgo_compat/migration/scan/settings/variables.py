"""Variables and settings whose names say what they hold (``BARK_PUSH=``, ``SCKEY=``).

Names are those of qinglong's notify scripts, acme.sh, the clients in the table of the
guides, and of public scripts: words for the server and for what is held, in any order.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from pushgo_compat.migration.calls import Span, Unreadable
from pushgo_compat.migration.scan.findings import Found, Takes
from pushgo_compat.migration.scan.vendors import (
    BARK,
    GOTIFY,
    KEY_SHAPE,
    NTFY,
    SERVERCHAN,
    OldHosts,
    key_in,
)
from pushgo_compat.migration.urls import parse_url
from pushgo_compat.migration.words import Word

_NAME = (
    rb"(?:(?:[A-Za-z][\w.-]{0,40}[_.-])?"
    rb"(?:ntfy|bark|server_?chan|gotify|sct|sc3?|ftqq|serverj|ft)[\w.-]{0,40}"
    rb"|(?:[A-Za-z]\w{0,20}_)?(?:push_?key|sckey|send_?key))(?![\w.-])"
)
_QUOTED = rb"\"(?P<double>[^\"\r\n]*)\"|'(?P<single>[^'\r\n]*)'"
_PLAIN = rb"(?P<plain>[^\s\"'#;,<>&]+)"
_ASSIGNMENT = re.compile(
    rb"(?i)(?<![\w$.{%-])[\"'\[]{0,4}(?P<name>" + _NAME + rb")[\"']?\]{0,9}\)?"
    rb"(?:[ \t]*+(?:=>|:=|[:=]|(?<=[\"']),(?=[ \t]*[\"']))|[ \t]++(?=['\"]))[ \t]*+"
    rb"(?:" + _QUOTED + rb"|" + _PLAIN + rb")"
)
_PAIR = re.compile(
    rb"(?i)(?:\bname|\bkey)[\"']?[ \t]*[:=][ \t]*[\"']?(?P<name>" + _NAME + rb")[\"']?"
    rb"[\s,]{0,200}(?:[\"']?\bvalue[\"']?[ \t]*[:=][ \t]*|>[ \t]*)"
    rb"(?:" + _QUOTED + rb"|" + _PLAIN + rb")"
)
_ELEMENT = re.compile(rb"(?i)<(?P<name>" + _NAME + rb")>\s*(?P<plain>[^<\s]+)\s*</")
_WORDS = (
    (NTFY, re.compile("ntfy")),
    (BARK, re.compile("bark")),
    (GOTIFY, re.compile("gotify")),
    (
        SERVERCHAN,
        re.compile(
            r"server_?chan|^sct|^sc3?_|ftqq|serverj|^ft_|push_?key|sckey|send_?key"
        ),
    ),
)
_ADDRESS = re.compile(
    r"url|srv|server(?!_?chan)|host|endpoint|address|base|uri|api$|domain"
)
_KEY = re.compile(r"key|token|topic|device|channel")
_NO_KEY = re.compile(
    r"(?:ntfy|gotify).*(?:key|token|user|pass|auth|prio|tag|icon|action|channel|device)"
    r"|.*(?:priority|enable|sound|group|icon|level|badge|volume|archive|timeout|encrypt"
    r"|_iv|title|template|format|mode|type|version|proxy|interval|tags?)s?"
)
_WHOLE = re.compile(r"(?:.*_)?bark_push(?:_url)?|(?:.*_)?bark")
_QINGLONG = frozenset(
    {"bark_push", "push_key", "ntfy_url", "ntfy_topic", "gotify_url", "gotify_token"}
)
_QINGLONG_MARKS = re.compile(
    rb"PUSH_PLUS_TOKEN|DD_BOT_|QYWX_|GOBOT_|HITOKOTO|IGOT_PUSH"
)
_IS_QINGLONG = "qinglong"
_TOPIC = re.compile(r"[-_A-Za-z0-9%:]{1,128}")
_VARIABLE = re.compile(r"[$%]\{?|\{\{|<%|!secret|@@|os\.|process\.|ENV")
_PLACEHOLDER = re.compile(
    r"(?i)(?:your|my|xxx|<|\[|change_?me|todo|none|null|nil|true|false|undefined|example"
    r"|\*|key$|topic$|token$|sckey$|sendkey$|string$|0$|1$|yes$|no$).*"
)


class Setting(NamedTuple):
    """A name, and what stands behind it."""

    name: str
    value: str
    start: int
    span: Span
    is_quoted: bool


def read_settings(data: bytes, *, only_quoted: bool = False) -> Iterator[Setting]:
    """Every setting with a telling name. In programs a value is one only in quotes."""
    taken: set[int] = set()
    for pattern in (_PAIR, _ELEMENT, _ASSIGNMENT):
        for found in pattern.finditer(data):
            if found.start("name") in taken:
                continue
            groups = found.groupdict()
            kind = next(
                (k for k in ("double", "single", "plain") if groups.get(k)), None
            )
            if kind is None or (only_quoted and kind == "plain"):
                continue
            taken.add(found.start("name"))
            yield Setting(
                found["name"].decode("ascii", "replace"),
                found[kind].decode("utf-8", "replace"),
                found.start("name"),
                Span(*found.span(kind)),
                kind != "plain",
            )


def scan_settings(
    data: bytes, hosts: OldHosts, *, only_quoted: bool = False
) -> Iterator[Found]:
    """What is found in them."""
    settings = list(read_settings(data, only_quoted=only_quoted))
    names = {each.name.lower() for each in settings}
    if _QINGLONG_MARKS.search(data):
        names.add(_IS_QINGLONG)
    for setting in settings:
        if found := _judge(setting, hosts, names):
            yield found


def _judge(  # noqa: PLR0911 - one return for each thing that it is not
    setting: Setting, hosts: OldHosts, names: set[str]
) -> Found | None:
    name = setting.name.lower().replace("-", "_").replace(".", "_")
    dialect = next((d for d, words in _WORDS if words.search(name)), None)
    if dialect is None or not setting.value:
        return None
    client = "qinglong" if _is_of_qinglong(name, names) else None
    what = f"setting {setting.name}"
    if "://" in setting.value:
        return _address(setting, hosts, dialect, client)
    if _NO_KEY.fullmatch(name) and not _WHOLE.fullmatch(name):
        return None
    is_variable = _VARIABLE.search(setting.value) is not None
    if _ADDRESS.search(name) and not KEY_SHAPE.fullmatch(setting.value):
        host = setting.value.partition("/")[0].partition(":")[0]
        if hosts.vendor_of(host) or re.fullmatch(r"[\w-]+(?:\.[\w-]+)+", host):
            return _address(setting, hosts, dialect, client)
        return None
    if not _KEY.search(name) and not _WHOLE.fullmatch(name):
        return None
    if not is_variable and (
        not _TOPIC.fullmatch(setting.value) or _PLACEHOLDER.fullmatch(setting.value)
    ):
        return None
    can_be_told = (
        dialect in (NTFY, GOTIFY)
        or bool(_WHOLE.fullmatch(name))
        or (dialect == BARK and any("bark" in n and _ADDRESS.search(n) for n in names))
    )
    return Found(
        start=setting.start,
        dialect=dialect,
        client=client,
        what=what,
        key=None if is_variable else setting.value,
        takes=Takes.URL if can_be_told else Takes.KEY,
        spans=(setting.span,),
        remark=_remark(name, dialect, names),
    )


def _is_of_qinglong(name: str, names: set[str]) -> bool:
    """Whether it is a variable of qinglong: some names are used by others as well."""
    return name in ("bark_push", "push_key") or (
        name in _QINGLONG
        and not names.isdisjoint({"bark_push", "push_key", _IS_QINGLONG})
    )


def _remark(name: str, dialect: str, names: set[str]) -> str | None:
    """How a client that is given no address is told one."""
    if dialect == NTFY and not any("ntfy" in n and _ADDRESS.search(n) for n in names):
        return "no address stands beside it: set NTFY_URL, or what this client calls it"
    if dialect == BARK and _WHOLE.fullmatch(name):
        return "a bare key goes to api.day.app: write the whole address with the key"
    return None


def _address(
    setting: Setting, hosts: OldHosts, dialect: str, client: str | None
) -> Found | None:
    word = Word(setting.value, range(setting.span.start, setting.span.end))
    if len(word.text) != len(word.offsets):
        return None
    try:
        url, _ = parse_url(word, as_is=True)
    except Unreadable:
        return None
    if url.scheme not in ("http", "https") or _VARIABLE.search(url.host):
        return None
    speaks = hosts.dialect_of(url, dialect)
    if speaks is None:
        return None
    key = key_in(speaks, url)
    if key is not None and _VARIABLE.search(key):
        key = None
    return Found(
        start=setting.start,
        dialect=speaks,
        client=client,
        what=f"setting {setting.name}",
        key=key,
        url=url,
        spans=(setting.span,),
    )
