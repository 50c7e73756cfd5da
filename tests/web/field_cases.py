"""Requests from the field: load them, put their very bytes on the wire, compare."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pushgo_compat.model import Source
from tests.gateway import Gateway, Mount
from tests.golden import FIXTURES, KEY, matches

_HOST = re.compile(r"(?im)^host:[^\r\n]*")
_AUTHORITY = re.compile(r"(?<= https://)[^/]+|(?<= http://)[^/]+")


@dataclass(frozen=True, kw_only=True)
class FieldCase:
    """One line of ``fixtures/field``; its README says what the keys mean."""

    id: str
    dialect: str
    expect: Mapping[str, Any]
    request: Mapping[str, Any] = field(default_factory=dict)
    raw: str = ""
    raw_b64: str = ""
    half_close: bool = False
    pending: str = ""

    @property
    def source(self) -> Source:
        return Source(self.dialect)

    def fits(self, mount: Mount) -> bool:
        """Whether it can be sent there: bytes without a host reach no host mount."""
        raw = self.raw or base64.b64decode(self.raw_b64).decode()
        names_host = _AUTHORITY.search(raw) or _HOST.search(raw)
        return mount is not Mount.HOST or not raw or names_host is not None

    def bytes_at(self, gateway: Gateway, mount: Mount) -> tuple[int, bytes]:
        """Port and bytes for a mount that fits."""
        port, prefix, host = gateway.place(self.source, mount)
        raw = self.raw or base64.b64decode(self.raw_b64).decode()
        if not raw:
            return port, self._written(prefix, host)
        raw = raw.replace("{key}", KEY)
        if mount is Mount.HOST:
            named = _AUTHORITY if _AUTHORITY.search(raw) else _HOST
            raw = named.sub(host if named is _AUTHORITY else f"Host: {host}", raw)
            return port, raw.encode()
        return port, re.sub(r"(?<=[^/:])/(?=[^/])", f"{prefix}/", raw, count=1).encode()

    def _written(self, prefix: str, host: str) -> bytes:
        request = self.request
        path = request["path"].replace("{key}", KEY)
        body = base64.b64decode(request.get("body_b64", ""))
        body = body or request.get("body", "").replace("{key}", KEY).encode()
        lines = [f"{request['method']} {prefix}{path} HTTP/1.1", f"Host: {host}"]
        lines += [f"{name}: {value}" for name, value in request["headers"]]
        if not any(n.lower() == "transfer-encoding" for n, _ in request["headers"]):
            lines.append(f"Content-Length: {len(body)}")
        return "\r\n".join([*lines, "", ""]).encode() + body


def load_field_cases() -> list[FieldCase]:
    """Every case that this server is to answer by now."""
    cases = []
    for path in sorted((FIXTURES / "field").glob("*.jsonl")):
        for line in path.read_text("utf-8").splitlines():
            known = FieldCase.__dataclass_fields__
            fields = {k: v for k, v in json.loads(line).items() if k in known}
            case = FieldCase(**fields)
            if not case.pending:
                cases.append(case)
    return cases


def contains(got: Any, wanted: Any) -> bool:
    """Whether an object has the wanted members; null means absent."""
    if isinstance(wanted, Mapping):
        return isinstance(got, Mapping) and all(
            name not in got or got[name] is None
            if value is None
            else contains(got.get(name), value)
            for name, value in wanted.items()
        )
    if isinstance(wanted, list):
        return (
            isinstance(got, list)
            and len(got) == len(wanted)
            and all(contains(g, w) for g, w in zip(got, wanted, strict=True))
        )
    filled = wanted.replace("{key}", KEY) if isinstance(wanted, str) else wanted
    return matches(got, filled)
