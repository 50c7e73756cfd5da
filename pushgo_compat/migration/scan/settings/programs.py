"""The settings of known programs: what they are told, and what they then send."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from pushgo_compat.migration.calls import FoundCall, HttpRequest, Span, Unreadable
from pushgo_compat.migration.clients.common import FORM, Headers, as_bytes
from pushgo_compat.migration.scan.findings import Found, Takes
from pushgo_compat.migration.scan.settings.addresses import scan_service
from pushgo_compat.migration.scan.settings.templates import with_markers
from pushgo_compat.migration.scan.settings.trees import (
    Branch,
    Leaf,
    Tree,
    branches,
    inner_trees,
)
from pushgo_compat.migration.scan.shell import judge_call
from pushgo_compat.migration.scan.vendors import (
    BARK,
    GOTIFY,
    NTFY,
    SERVERCHAN,
    OldHosts,
)
from pushgo_compat.migration.urls import parse_url
from pushgo_compat.migration.words import Variables, Word

_TEXT = "…"
_JSON = ("Content-Type", "application/json")
_NTFY_DEFAULTS = ("defaulttoken", "defaultuser", "defaultpassword", "defaultcommand")
_NO_DEFAULT_HOST = "no address stands beside it: add default-host"
_FIRING = b'{"status": "firing", "alerts": []}'
Path = tuple[str, ...]


class Programs:
    """Looks through the trees of one file."""

    def __init__(self, data: bytes, hosts: OldHosts) -> None:
        self._hosts = hosts
        self._variables = Variables(data.decode("utf-8", "replace"))

    def scan(self, trees: Sequence[Tree]) -> Iterator[Found]:
        """What the known programs in a file are set up with."""
        inner = [each for tree in trees for each in inner_trees(tree)]
        for tree in (*trees, *inner):
            is_ntfy_client = isinstance(tree, Branch) and tree.leaf("defaulthost")
            for branch, path in branches(tree):
                for recognise in _RECOGNISERS:
                    found = list(recognise(self, branch, path))
                    yield from found
                    if found:
                        break
            if isinstance(is_ntfy_client, Leaf):
                yield from self._base(is_ntfy_client, NTFY, "ntfy", None)

    # ------------------------------------------------------------------------ builders

    def _call(
        self,
        client: str,
        url: Leaf,
        method: str,
        headers: Headers,
        body: bytes,
        *,
        hint: str | None = None,
        key: Leaf | None = None,
        spans: Sequence[Leaf] = (),
    ) -> Iterator[Found]:
        word = self._with_markers(url.word.stripped())
        try:
            parsed, _ = parse_url(word, as_is=True)
        except Unreadable:
            return
        if parsed.scheme not in ("http", "https"):
            return
        headers = [(name, self._marked(value)) for name, value in headers]
        request = HttpRequest(
            method=method, url=parsed, headers=headers, body=[body] if body else []
        )
        call = FoundCall(client=client, span=Span(url.start, url.end), request=request)
        hosts = self._hosts
        if hint is not None and hosts.dialect_of(parsed, hint) == hint:
            hosts = hosts._replace(mapped={*hosts.mapped, parsed.host}, hint=hint)
        found = judge_call(call, self._variables, hosts)
        if found is None:
            return
        if key is not None and not self._is_variable(key.word.text):
            found = replace(found, key=key.word.text)
        more = tuple(
            Span(leaf.start, leaf.end) for leaf in (*spans, *([key] if key else []))
        )
        yield replace(found, spans=(*found.spans, *more), what=f"{client} notification")

    def _base(
        self, url: Leaf, dialect: str, client: str, key: Leaf | None
    ) -> Iterator[Found]:
        """An address alone, which something else sends to."""
        word = self._with_markers(url.word.stripped())
        try:
            parsed, _ = parse_url(word, as_is=True)
        except Unreadable:
            return
        if self._hosts.dialect_of(parsed, dialect) is None:
            return
        text = key.word.text if key is not None else None
        yield Found(
            start=url.start,
            dialect=dialect,
            client=client,
            what=f"{client} setting",
            key=None if text is None or self._is_variable(text) else text,
            url=parsed,
            spans=tuple(
                Span(leaf.start, leaf.end) for leaf in (url, key) if leaf is not None
            ),
        )

    def _key(
        self,
        key: Leaf,
        dialect: str,
        client: str,
        takes: Takes,
        remark: str | None = None,
    ) -> Found:
        text = key.word.text
        return Found(
            start=key.start,
            dialect=dialect,
            client=client,
            what=f"{client} setting",
            key=None if self._is_variable(text) else text,
            takes=takes,
            spans=(Span(key.start, key.end),),
            remark=remark,
        )

    def _value(self, leaf: Leaf) -> object:
        """A value as YAML and JSON read it: without quotes a number is one."""
        text = leaf.word.text
        if not leaf.style and re.fullmatch(r"-?\d{1,9}", text):
            return int(text)
        if not leaf.style and text.lower() in ("true", "false"):
            return text.lower() == "true"
        return self._with_markers(leaf.word).text

    @staticmethod
    def _is_variable(text: str) -> bool:
        return any(sign in text for sign in ("${", "{{", "$(", "<%", "%("))

    def _with_markers(self, word: Word) -> Word:
        """``{{ … }}`` and ``${…}`` in a text as markers."""
        return with_markers(word, self._variables)

    def _marked(self, text: str) -> str:
        return self._with_markers(Word.made_up(text)).text

    def _json(self, fields: dict[str, object]) -> bytes:
        return self._marked(json.dumps(fields, ensure_ascii=False)).encode()

    # ----------------------------------------------------------------------- programs

    def home_assistant(self, branch: Branch, path: Path) -> Iterator[Found]:
        """``notify: platform: rest`` and ``rest_command``."""
        url = branch.leaf("resource")
        is_rest = branch.text("platform").lower() == "rest" or (
            "notify" in path and url is not None
        )
        if is_rest and url is not None:
            yield from self._rest_notify(branch, url)
            return
        url = branch.leaf("url")
        if "rest_command" not in path[:-1] or url is None:
            return
        headers = _headers(branch)
        payload = branch.leaf("payload")
        if content_type := branch.text("contenttype"):
            headers.append(("Content-Type", content_type))
        body = self._with_markers(payload.word).text if payload else ""
        method = branch.text("method").upper() or "GET"
        spans = [payload] if payload else []
        yield from self._call(
            "home-assistant", url, method, headers, as_bytes(body), spans=spans
        )

    def _rest_notify(self, branch: Branch, url: Leaf) -> Iterator[Found]:
        method = branch.text("method").upper() or "GET"
        fields: dict[str, object] = {}
        if title := branch.text("titleparamname"):
            fields[title] = _TEXT
        fields[branch.text("messageparamname") or "message"] = _TEXT
        if target := branch.text("targetparamname"):
            fields[target] = _TEXT
        data = branch.branch("data", "datatemplate")
        for name, value in data.members if data else ():
            if isinstance(value, Leaf):
                fields[name.word.text] = self._value(value)
        headers = _headers(branch)
        key = data.leaf("topic", "devicekey") if data else None
        if method == "POST_JSON":
            yield from self._call(
                "home-assistant",
                url,
                "POST",
                [_JSON, *headers],
                self._json(fields),
                key=key,
            )
            return
        form = "&".join(f"{name}={value}" for name, value in fields.items())
        if method == "POST":
            headers = [("Content-Type", FORM), *headers]
            yield from self._call(
                "home-assistant", url, "POST", headers, as_bytes(form), key=key
            )
        else:
            yield from self._call("home-assistant", url, "GET", headers, b"", key=key)

    def ntfy_client(self, branch: Branch, path: Path) -> Iterator[Found]:
        """``client.yml`` of ntfy: topics of its own addresses, or without one."""
        if path:
            return
        listed = branch.branch("subscribe")
        is_known = branch.leaf("defaulthost", *_NTFY_DEFAULTS) is not None
        for _, each in listed.members if listed else ():
            topic = each.leaf("topic") if isinstance(each, Branch) else None
            if topic is not None and "/" in topic.word.text:
                yield from self._base(topic, NTFY, "ntfy", None)
            elif topic and is_known and branch.leaf("defaulthost") is None:
                yield self._key(topic, NTFY, "ntfy", Takes.URL, _NO_DEFAULT_HOST)

    def alertmanager(self, branch: Branch, path: Path) -> Iterator[Found]:
        """``webhook_configs`` of Alertmanager."""
        url = branch.leaf("url")
        if url is not None and "webhook_configs" in path:
            yield from self._call("alertmanager", url, "POST", [_JSON], _FIRING)

    def grafana(self, branch: Branch, path: Path) -> Iterator[Found]:
        """A contact point of the kind webhook, of Grafana."""
        settings = branch.branch("settings")
        url = settings.leaf("url") if settings else None
        if branch.text("type").lower() != "webhook" or url is None or settings is None:
            return
        method = settings.text("httpmethod").upper() or "POST"
        yield from self._call("grafana", url, method, [_JSON], _FIRING)

    def gatus(self, branch: Branch, path: Path) -> Iterator[Found]:
        """``alerting: ntfy`` of Gatus."""
        if path[-2:] == ("alerting", "custom"):
            url = branch.leaf("url")
            if url is not None:
                method = branch.text("method").upper() or "GET"
                body = self._with_markers(Word.made_up(branch.text("body"))).text
                yield from self._call(
                    "gatus", url, method, _headers(branch), as_bytes(body)
                )
            return
        if path[-2:] == ("alerting", "gotify"):
            url, token = branch.leaf("serverurl"), branch.leaf("token")
            if url is not None:
                yield from self._base(url, GOTIFY, "gatus", token)
            return
        topic = branch.leaf("topic")
        if path[-2:] != ("alerting", "ntfy") or topic is None:
            return
        url = branch.leaf("url")
        if url is None:
            yield self._key(
                topic, NTFY, "gatus", Takes.URL, "no address stands beside it: add url"
            )
            return
        fields = {
            "topic": topic.word.text,
            "title": f"Gatus: {_TEXT}",
            "message": _TEXT,
            "tags": ["rotating_light"],
            "priority": 3,
        }
        yield from self._call(
            "gatus", url, "POST", [_JSON], self._json(fields), hint=NTFY, key=topic
        )

    def uptime_kuma(self, branch: Branch, path: Path) -> Iterator[Found]:
        """A notification of Uptime Kuma, as its backup and its database hold it."""
        kind = branch.text("type").lower()
        if kind == "ntfy" and (url := branch.leaf("ntfyserverurl")) is not None:
            topic = branch.leaf("ntfytopic")
            fields: dict[str, object] = {
                "topic": topic.word.text if topic else "",
                "title": _TEXT,
                "message": _TEXT,
                "priority": 4,
                "tags": ["red_circle"],
            }
            if icon := branch.text("ntfyicon"):
                fields["icon"] = icon
            yield from self._call(
                "uptime-kuma",
                url,
                "POST",
                [_JSON],
                self._json(fields),
                hint=NTFY,
                key=topic,
            )
        elif kind == "bark" and (url := branch.leaf("barkendpoint")) is not None:
            # It always sends an icon, a sound and a group (bark.js of Uptime Kuma).
            bark = {
                "title": _TEXT,
                "body": _TEXT,
                "icon": "https://github.com/louislam/uptime-kuma/raw/master/public/icon.png",
                "sound": branch.text("barksound") or "telegraph",
                "group": branch.text("barkgroup") or "UptimeKuma",
            }
            yield from self._call(
                "uptime-kuma", url, "POST", [_JSON], self._json(dict(bark)), hint=BARK
            )
        elif key := branch.leaf("serverchansendkey"):
            yield self._key(key, SERVERCHAN, "uptime-kuma", Takes.KEY)
        elif kind == "gotify" and (url := branch.leaf("gotifyserverurl")) is not None:
            token = branch.leaf("gotifyapplicationtoken")
            yield from self._base(url, GOTIFY, "uptime-kuma", token)
        elif (service := branch.leaf("appriseurl")) is not None:
            yield from scan_service(service.word)

    def servarr(self, branch: Branch, path: Path) -> Iterator[Found]:
        """A connection of Sonarr, Radarr, Prowlarr: flat, or as a list of fields."""
        if branch.text("implementation").lower() not in ("ntfy", "gotify"):
            return
        dialect = branch.text("implementation").lower()
        settings = branch.branch("settings") or branch
        url = settings.leaf("serverurl", "server")
        key = settings.leaf("topics", "apptoken")
        topics = settings.branch("topics")
        if topics is not None:
            key = next((v for _, v in topics.members if isinstance(v, Leaf)), None)
        fields = branch.branch("fields")
        for _, each in fields.members if fields else ():
            if isinstance(each, Branch):
                name = each.text("name").lower()
                if name in ("serverurl", "server"):
                    url = each.leaf("value")
                elif name in ("topics", "apptoken"):
                    inner = each.branch("value")
                    found = inner.members[0][1] if inner and inner.members else None
                    key = found if isinstance(found, Leaf) else each.leaf("value")
        if url is not None and url.word.text:
            yield from self._base(url, dialect, "servarr", key)
        elif key is not None:
            yield self._key(
                key,
                dialect,
                "servarr",
                Takes.URL,
                "no address is set: fill in Server URL",
            )

    def node_red(self, branch: Branch, path: Path) -> Iterator[Found]:
        """An http request node of Node-RED."""
        url = branch.leaf("url")
        if branch.text("type") != "http request" or url is None or not url.word.text:
            return
        method = branch.text("method").upper()
        method = method if method in ("GET", "POST", "PUT", "DELETE") else "POST"
        headers: Headers = []
        listed = branch.branch("headers")
        for _, each in listed.members if listed else ():
            if isinstance(each, Branch) and each.text("keyvalue"):
                headers.append((each.text("keyvalue"), each.text("valuevalue")))
        yield from self._call(
            "node-red", url, method, headers, b"" if method == "GET" else _TEXT.encode()
        )


_RECOGNISERS: Sequence[Callable[[Programs, Branch, Path], Iterator[Found]]] = (
    Programs.ntfy_client,
    Programs.home_assistant,
    Programs.alertmanager,
    Programs.grafana,
    Programs.gatus,
    Programs.uptime_kuma,
    Programs.servarr,
    Programs.node_red,
)


def _headers(branch: Branch) -> Headers:
    given = branch.branch("headers")
    return [
        (name.word.text, value.word.text)
        for name, value in (given.members if given else ())
        if isinstance(value, Leaf)
    ]
