"""Files of deploy/: settings and metrics that they name exist, docs show the same."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from pushgo_compat.config.config import Config
from pushgo_compat.config.loading import settings_of
from pushgo_compat.web.metrics import Metrics
from tests.dialects import TRAITS

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
_METRIC = re.compile(r"\b(?:pushgo|process)_[a-z_]+\b")


def known_metrics() -> set[str]:
    text = Metrics().render().decode()
    families = text_string_to_metric_families(text)
    return {
        name
        for family in families
        for name in (
            family.name,
            f"{family.name}_total",
            f"{family.name}_bucket",
            f"{family.name}_sum",
            f"{family.name}_count",
        )
    }


def expressions(panels: list[dict[str, object]]) -> list[str]:
    text = json.dumps(panels)
    return re.findall(r'"expr": "((?:[^"\\]|\\.)*)"', text)


@pytest.mark.parametrize("name", ["grafana-dashboard.json", "alerts.yaml"])
def test_every_metric_that_is_watched_exists(name: str) -> None:
    named = set(_METRIC.findall((DEPLOY / name).read_text()))
    assert named
    assert named <= known_metrics()


def test_the_dashboard_shows_each_of_our_metrics() -> None:
    dashboard = json.loads((DEPLOY / "grafana-dashboard.json").read_text())
    shown = " ".join(expressions(dashboard["panels"]))
    ours = {n for n in re.findall(r"# TYPE (pushgo_\w+)", Metrics().render().decode())}
    for name in {n.removesuffix("_created") for n in ours}:
        assert name.removesuffix("_total") in shown, name


@pytest.mark.parametrize("name", ["compose.yaml", "kubernetes.yaml", "pushgo.service"])
def test_every_setting_that_is_named_exists(name: str) -> None:
    known = {row.variable for row in settings_of(Config, TRAITS)}
    named = set(re.findall(r"\bPUSHGO_[A-Z_]+\b", (DEPLOY / name).read_text()))
    assert named <= known


@pytest.mark.parametrize("language", ["", ".zh"])
@pytest.mark.parametrize("name", ["nginx.conf", "Caddyfile", "pushgo.service"])
def test_the_pages_for_operators_show_the_files_as_they_are(
    language: str, name: str
) -> None:
    text = bare((ROOT / "docs" / f"operating{language}.md").read_text())
    lines = bare((DEPLOY / name).read_text()).splitlines()
    assert "\n".join(f"    {line}" for line in lines) in text


def bare(text: str) -> str:
    """Without comments, which each page has in its own language."""
    lines = (re.sub(r"\s*(?<!\S)#.*", "", line).rstrip() for line in text.splitlines())
    return "\n".join(line for line in lines if line)
