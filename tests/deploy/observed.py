"""What is asked of Prometheus in deploy/: the expressions of rules and of the dashboard, and the metrics they name."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from tests.repositories import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

DEPLOY = ROOT / "deploy"
CONFIG = DEPLOY / "prometheus/prometheus.yml"
RULES = sorted((DEPLOY / "prometheus/rules").glob("*.yml"))
RULE_TESTS = sorted((DEPLOY / "prometheus/tests").glob("*.yml"))
DASHBOARD = DEPLOY / "grafana/dashboards/triton-vision.json"

# What Grafana would put in their places.
VARIABLES = {"$__rate_interval": "1m", "$model": ".*"}
QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
# Labels are named in braces and behind these words, durations in brackets.
NO_METRICS = re.compile(
    r"\{[^}]*\}|\[[^\]]*\]|\b(?:by|without|on|ignoring|group_left|group_right)\s*(?:\([^)]*\))?|\boffset\s+\w+"
)
NAME = re.compile(r"(?<![\w.:])([a-zA-Z_:][\w:]*)\b(?!\s*\()")
WORDS = {"and", "or", "unless", "bool", "offset"}


@dataclass(frozen=True)
class Query:
    """One expression, and where it is shown."""

    place: str
    expression: str

    @property
    def metrics(self) -> set[str]:
        return metrics(self.expression)


def metrics(expression: str) -> set[str]:
    """Return the names of metrics in PromQL as it is written here, without selectors by `__name__`."""
    bare = NO_METRICS.sub(" ", QUOTED.sub('""', expression))
    return set(NAME.findall(bare)) - WORDS


def rules() -> list[dict[str, Any]]:
    """Return alert and recording rules as they stand in the files."""
    return [rule for path in RULES for group in yaml.safe_load(path.read_text())["groups"] for rule in group["rules"]]


def alerts() -> dict[str, dict[str, Any]]:
    return {rule["alert"]: rule for rule in rules() if "alert" in rule}


def dashboard() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(DASHBOARD.read_text())
    return document


def dashboard_queries() -> list[Query]:
    """Return every query of the dashboard, of its panels and annotations, with its variables filled in."""
    return [Query(place, _filled(expression)) for place, expression in _of_dashboard(dashboard())]


def rule_queries() -> list[Query]:
    return [Query(rule.get("alert") or rule["record"], rule["expr"]) for rule in rules()]


def _of_dashboard(document: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for panel in document["panels"]:
        for target in panel.get("targets", []):
            yield f"{panel['title']} {target['refId']}", target["expr"]
    for annotation in document["annotations"]["list"]:
        if "expr" in annotation:
            yield f"annotation {annotation['name']}", annotation["expr"]


def _filled(expression: str) -> str:
    for name, value in VARIABLES.items():
        expression = expression.replace(name, value)
    assert "$" not in expression, expression
    return expression
