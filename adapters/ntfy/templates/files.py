"""An operator's own templates: files ``NAME.yml`` (docs/dialects/ntfy.md 6)."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from adapters.golang.template.faults import (
    BAD_FILE,
    NO_SUCH_TEMPLATE,
    TemplateFault,
)
from pushgo_compat.traits import FileReader

try:
    import yaml as pyyaml

    yaml: Any = pyyaml
except ImportError:  # the extra [templates] is not installed
    yaml = None

_NAME = re.compile("[-_A-Za-z0-9]+")
_MAX_BYTES = 131_072
_KEYS = frozenset({"title", "message", "priority"})
_NULL = "tag:yaml.org,2002:null"


class TemplateFile(NamedTuple):
    """What a file supplies; None leaves the parameter as it was sent."""

    title: str | None = None
    message: str | None = None
    priority: str | None = None


def has_yaml() -> bool:
    """Whether files can be read at all."""
    return yaml is not None


def read_template(name: str, read_file: FileReader) -> TemplateFile | None:
    """An operator's template; None where he has none of this name, or an empty one.

    Raises TemplateFault for a name that is none (40047) and a bad file (40048).
    """
    if not _NAME.fullmatch(name):
        raise TemplateFault(NO_SUCH_TEMPLATE)
    try:
        data = read_file(f"{name}.yml")
    except OSError as error:
        raise TemplateFault(BAD_FILE, "it cannot be read") from error
    if not data:
        return None
    if len(data) > _MAX_BYTES:
        raise TemplateFault(BAD_FILE, "it is too large")
    return _parsed(data)


def _parsed(data: bytes) -> TemplateFile:
    try:
        root = yaml.compose(data.decode("utf-8-sig"), yaml.SafeLoader)
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        raise TemplateFault(BAD_FILE, "it is no YAML") from error
    if root is None:
        return TemplateFile()
    if not isinstance(root, yaml.MappingNode):
        raise TemplateFault(BAD_FILE, "it has no keys")
    texts: dict[str, str] = {}
    seen: set[str] = set()
    for key, value in root.value:
        name = str(key.value)
        if name in seen:
            raise TemplateFault(BAD_FILE, f"{name[:40]} stands there twice")
        seen.add(name)
        if name not in _KEYS or value.tag == _NULL:
            continue
        if not isinstance(value, yaml.ScalarNode):
            raise TemplateFault(BAD_FILE, f"{name} is no text")
        texts[name] = value.value
    return TemplateFile(**texts)
