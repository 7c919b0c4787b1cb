"""Alert rules and routes, from files to facts."""

from pathlib import Path

import pytest

from prodproof.facts import Reason, Unseen
from prodproof.facts.alerting import AlertRouting, AlertRule, RunbookPlace
from prodproof.facts.declared import Monitoring, Runbook
from prodproof.probes.alerting import observe
from tests.probes.files import only, seen, survey

RULES = """\
groups:
- name: shop
  rules:
  - record: a:b
    expr: up
  - alert: Down
    expr: up == 0
    labels: {severity: critical, team: web}
    annotations: {runbook_url: %s}
"""
PLAIN = RULES % "docs/down.md"


def rule(directory: Path, files: dict[str, str]) -> AlertRule:
    found = only(survey(observe, directory, files)[AlertRule])
    assert isinstance(found, AlertRule)
    return found


@pytest.mark.parametrize(
    ("link", "place", "count"),
    [
        ("books/down.md", RunbookPlace.FILE, 2),
        ("./books/down.md#down", RunbookPlace.FILE, 2),
        ("../books/down", RunbookPlace.FILE, 2),
        ("/books/down.md", RunbookPlace.FILE, 2),
        ("books/down.md#gone", RunbookPlace.NO_HEADING, 0),
        ("books/up.md", RunbookPlace.MISSING, 0),
        ("../../../etc/passwd", RunbookPlace.MISSING, 0),
        ("https://github.com/acme/shop/blob/main/books/down.md#down", RunbookPlace.FILE, 2),
        ("https://git.example/acme/shop/-/blob/main/books/up.md", RunbookPlace.MISSING, 0),
        ("https://github.com/acme/wiki/blob/main/books/down.md", RunbookPlace.URL, 0),
        ("https://wiki.example/down?token=x", RunbookPlace.URL, 0),
        ("'https://wiki.example/{{ $labels.alertname }}'", RunbookPlace.TEMPLATED, 0),
        ("'restart the worker, then call the team'", RunbookPlace.INLINE, 1),
        ("'http://[broken'", RunbookPlace.MISSING, 0),
    ],
)
def test_runbook_links(tmp_path: Path, link: str, place: RunbookPlace, count: int) -> None:
    found = rule(tmp_path, {"monitoring/a.yml": RULES % link, "books/down.md": "# Down\n\n1. Look\n2. Act\n"})
    assert found.runbook is not None
    assert (found.runbook.place, found.runbook.steps) == (place, count)
    assert "token" not in found.runbook.target


def test_labels_or_annotations_in_any_spelling(tmp_path: Path) -> None:
    text = PLAIN.replace("labels: {severity: critical, team: web}", "labels: {}").replace(
        "{runbook_url: docs/down.md}", "{Severity: page, owner: web, runbookURL: TODO}"
    )
    found = rule(tmp_path, {"a.rules": text})
    assert (found.severity, found.owner, found.runbook) == ("page", "web", None)


def test_objects_lists_config_maps_and_chart_values(tmp_path: Path) -> None:
    spec = "\n".join(f"  {line}" for line in PLAIN.splitlines())
    item = f"apiVersion: monitoring.coreos.com/v1\nkind: PrometheusRule\nmetadata: {{name: a}}\nspec:\n{spec}\n"
    data = "\n".join(f"    {line}" for line in PLAIN.splitlines())
    config = f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a}}\ndata:\n  a.yml: |\n{data}\n"
    values = f"additionalPrometheusRulesMap:\n  shop:\n{data}\n"
    listed = "kind: List\napiVersion: v1\nitems:\n- " + item.replace("\n", "\n  ")
    files = {"two.yaml": f"{item}---\n{item}", "list.yaml": listed, "map.yaml": config, "values.yaml": values}
    found = survey(observe, tmp_path, files)[AlertRule]
    assert len(found.observations) == 5
    assert len({one.subject for one in found.observations}) == 5
    lines = {str(one.seen.location) for one in found.observations if isinstance(one.seen, AlertRule)}
    assert {"map.yaml:11", "two.yaml:10", "two.yaml:24"} <= lines


def test_grafana_and_cloudwatch(tmp_path: Path) -> None:
    grafana = (
        "apiVersion: 1\ngroups:\n- name: g\n  rules:\n  - title: Slow\n    data: []\n    condition: A\n"
        "    labels: {severity: warning}\n"
    )
    alarm = (
        "Resources:\n  Errors:\n    Type: AWS::CloudWatch::Alarm\n    Properties:\n"
        "      AlarmDescription: 'severity: critical, runbook: books/errors.md'\n"
        "      Tags: [{Key: team, Value: web}]\n"
    )
    found = survey(observe, tmp_path, {"grafana/alerts.yaml": grafana, "stack.yaml": alarm})[AlertRule]
    rules = {one.seen.name: one.seen for one in found.observations if isinstance(one.seen, AlertRule)}
    assert (rules["Slow"].source, rules["Slow"].severity, rules["Slow"].runbook) == ("grafana", "warning", None)
    assert (rules["Errors"].source, rules["Errors"].severity, rules["Errors"].owner) == (
        "cloudwatch",
        "critical",
        "web",
    )
    assert rules["Errors"].runbook is not None


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("chart/templates/alerts.yaml", "groups:\n- name: {{ .n }}: x\n  rules:\n  - alert: {{ .Values.name }}\n"),
        ("mixin/alerts.libsonnet", "{ groups+: [{ rules: [{ alert: 'Down', expr: 'up == 0' }] }] }"),
        ("alerts.yml", "\x00\x01"),
    ],
)
def test_what_is_not_rendered_is_unseen(tmp_path: Path, path: str, text: str) -> None:
    found = seen(survey(observe, tmp_path, {path: text})[AlertRule])
    assert isinstance(found[path], Unseen)
    assert found[path].why is Reason.INCOMPLETE


def test_a_template_whose_alerts_stand_rendered_hides_nothing(tmp_path: Path) -> None:
    files = {"mixin/a.libsonnet": "{ alert: 'Down', expr: 'up == 0' }", "out/a.yml": PLAIN}
    assert [one.subject.kind for one in survey(observe, tmp_path, files)[AlertRule].observations] == ["alert"]


def test_samples_are_left_out_unless_they_are_declared(tmp_path: Path) -> None:
    files = {"examples/a.yml": PLAIN}
    assert survey(observe, tmp_path, files)[AlertRule].observations == ()
    monitoring = Monitoring(alert_rules=("examples/*.yml", "gone/*.yml"))
    declared = survey(observe, tmp_path, files, monitoring=monitoring)[AlertRule]
    assert len(declared.observations) == 1
    assert ["gone/*.yml" in gap.detail for gap in declared.gaps] == [True]


def test_routes_carry_the_labels_of_the_rules(tmp_path: Path) -> None:
    manager = (
        "route:\n  receiver: mail\n  routes:\n  - matchers: ['team=\"web\"']\n    receiver: mail\n"
        "receivers:\n- name: mail\n  email_configs: [{to: a@shop.example}]\n"
    )
    routing = only(survey(observe, tmp_path, {"a.yml": PLAIN, "alertmanager.yml": manager})[AlertRouting])
    assert isinstance(routing, AlertRouting)
    assert [(one.example, dict(one.labels), one.rules) for one in routing.alerts] == [
        ("Down", {"severity": "critical", "team": "web"}, 1)
    ]


def test_a_template_of_routes_is_unseen(tmp_path: Path) -> None:
    text = "route: {receiver: '{{ receiver }}'}\nreceivers: [{name: x}]\n"
    found = seen(survey(observe, tmp_path, {"alertmanager.yml": text})[AlertRouting])
    assert isinstance(found["alertmanager.yml"], Unseen)


def test_alarms_in_terraform(tmp_path: Path) -> None:
    text = """
resource "aws_cloudwatch_metric_alarm" "errors" {
  alarm_name        = "checkout-errors"
  alarm_description = "severity=critical runbook=books/errors.md"
  tags = {
    team = "payments"
  }
}
"""
    found = only(survey(observe, tmp_path, {"infra/alarms.tf": text})[AlertRule])
    assert (found.name, found.severity, found.owner) == ("checkout-errors", "critical", "payments")
    assert found.runbook.place is RunbookPlace.MISSING


def test_a_declared_runbook_covers_an_alert(tmp_path: Path) -> None:
    files = {"a.yml": PLAIN.replace("    annotations: {runbook_url: docs/down.md}\n", ""), "books/x.md": "1. Look\n"}
    book = Runbook(name="x", path="books/x.md", covers=("Down",))
    found = only(survey(observe, tmp_path, files, runbooks=(book,))[AlertRule])
    assert (found.runbook.place, found.runbook.steps) == (RunbookPlace.FILE, 1)
