"""The fields that forms of aliases share, read into the core's terms."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from pushgo_compat.core.admin.alias_rules import parse_credential
from pushgo_compat.model import Credential, Severity

SEVERITY_FIELD = "severity-"
_BETWEEN_TAGS = re.compile("[,，\n]")


def tags_of(fields: Mapping[str, str]) -> Sequence[str]:
    """Tags between commas."""
    parts = _BETWEEN_TAGS.split(fields.get("tags", ""))
    return [tag.strip() for tag in parts if tag.strip()]


def severity_map_of(fields: Mapping[str, str]) -> Mapping[Severity, Severity]:
    """The severities that become others."""
    known = {severity.value: severity for severity in Severity}
    return {
        severity: known[wanted]
        for severity in Severity
        if (wanted := fields.get(SEVERITY_FIELD + severity, "")) in known
        and wanted != severity
    }


def credentials_of(fields: Mapping[str, str]) -> Sequence[Credential]:
    """The old login that opens the alias, if one was typed."""
    text = fields.get("credential", "").strip()
    return (parse_credential(text),) if text else ()
