"""Alertmanager configurations wherever they stand."""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodproof.facts import Unseen
from prodproof.facts.alerting import AlertRouting, Matcher, ReceiverKind
from prodproof.reach.files.alertmanager import read_routing

PLAIN = """\
route:
  receiver: mail
  routes:
    - match: {severity: critical}
      receiver: pager
      continue: true
    - matchers: ['{team=~"a|b", env!="dev"}', severity = warning]
      mute_time_intervals: [nights]
receivers:
  - name: mail
    email_configs: [{to: team@shop.example}]
  - name: pager
    pagerduty_configs: [{routing_key_file: /x}]
    webhook_configs: [{url: https://hc-ping.com/abc}]
  - name: "null"
"""


def routings(text: str) -> list[AlertRouting]:
    found = read_routing(text, "am.yml")
    assert isinstance(found, list)
    return found


def test_a_plain_file() -> None:
    (routing,) = routings(PLAIN)
    critical, warning = routing.root.routes
    assert critical.matchers == (Matcher(name="severity", operator="=", value="critical"),)
    assert critical.goes_on
    assert warning.receiver == "mail"
    assert [(one.name, one.operator, one.value) for one in warning.matchers] == [
        ("team", "=~", "a|b"),
        ("env", "!=", "dev"),
        ("severity", "=", "warning"),
    ]
    assert warning.muted == ("nights",)
    assert {one.name: one.kinds for one in routing.receivers} == {
        "mail": (ReceiverKind.EMAIL,),
        "pager": (ReceiverKind.HEARTBEAT, ReceiverKind.PAGER),
        "null": (),
    }


def test_in_a_secret_and_in_chart_values() -> None:
    packed = base64.b64encode(PLAIN.encode()).decode()
    secret = f"apiVersion: v1\nkind: Secret\nmetadata: {{name: am}}\ndata:\n  alertmanager.yaml: {packed}\n"
    values = "alertmanager:\n  config:\n" + "".join(f"    {line}\n" for line in PLAIN.splitlines())
    assert routings(secret)[0].receivers[0].kinds == routings(PLAIN)[0].receivers[0].kinds
    assert len(routings(values)) == 1


def test_an_alertmanagerconfig_object() -> None:
    text = """\
apiVersion: monitoring.coreos.com/v1alpha1
kind: AlertmanagerConfig
metadata: {name: shop}
spec:
  route:
    receiver: chat
    routes:
      - matchers: [{name: severity, value: critical, matchType: "="}]
        receiver: pager
  receivers:
    - name: chat
      slackConfigs: [{channel: '#shop'}]
    - name: pager
      opsgenieConfigs: [{responders: []}]
"""
    (routing,) = routings(text)
    assert [one.kinds for one in routing.receivers] == [(ReceiverKind.CHAT,), (ReceiverKind.PAGER,)]
    assert routing.root.routes[0].matchers[0].value == "critical"


@pytest.mark.parametrize(
    ("settings", "kind"),
    [
        ("webhook_configs: [{url: 'http://prometheus-webhook:9000'}]", ReceiverKind.OTHER),
        ("webhook_configs: [{url: 'https://oncall.shop.example/integrations/v1/alertmanager/x/'}]", ReceiverKind.PAGER),
        ("webhook_configs: [{url: 'https://api.ilert.com/api/events'}]", ReceiverKind.PAGER),
        ("webhook_configs: [{url: 'http://[broken'}]", ReceiverKind.OTHER),
        ("email_configs: [{to: 'shop@shop.pagerduty.com'}]", ReceiverKind.PAGER),
        ("telegram_configs: [{chat_id: 1}]", ReceiverKind.PUSH),
        ("msteamsv2_configs: [{webhook_url: x}]", ReceiverKind.CHAT),
        ("something_new_configs: [{x: y}]", ReceiverKind.OTHER),
    ],
)
def test_kinds_of_receivers(settings: str, kind: ReceiverKind) -> None:
    (routing,) = routings(f"route: {{receiver: x}}\nreceivers:\n  - name: x\n    {settings}\n")
    assert routing.receivers[0].kinds == (kind,)


@pytest.mark.parametrize("matcher", ["severity", "severity ~ x", '{severity="a"', "{{ .Values.m }}"])
def test_a_matcher_that_is_not_understood(matcher: str) -> None:
    text = f"route:\n  receiver: x\n  routes: [{{matchers: ['{matcher}']}}]\nreceivers: [{{name: x}}]\n"
    assert isinstance(read_routing(text, "am.yml"), Unseen)


@given(st.text(max_size=80))
def test_no_matcher_is_too_strange(matcher: str) -> None:
    text = json.dumps({"route": {"receiver": "x", "matchers": [matcher]}, "receivers": [{"name": "x"}]})
    assert isinstance(read_routing(text, "am.yml"), list | Unseen)
