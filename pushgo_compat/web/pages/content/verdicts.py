"""In which order the pages show what became of fields."""

from __future__ import annotations

from pushgo_compat.legacy import Verdict

ORDER = (Verdict.LOST, Verdict.CHANGED, Verdict.KEPT, Verdict.RECORDED)
"""Losses come before what was kept."""
