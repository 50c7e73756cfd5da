"""Kinds that need a library which the base installation leaves out."""

from __future__ import annotations

from importlib.util import find_spec

from pushgo_compat.core.delivery import ExtraMissing


def require_extra(extra: str, module: str) -> None:
    """Raise ExtraMissing, naming what to install, when a module is not there."""
    if find_spec(module) is None:
        raise ExtraMissing(extra)
