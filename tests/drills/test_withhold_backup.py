"""The drill on a withheld backup, with the real programs: an alert that reaches somebody, and each that does not."""

import json
import secrets
import time
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from prodproof.drills import _alarm
from prodproof.drills import withhold_backup as room
from prodproof.drills.plan import DrillPlan, plan_drill
from prodproof.drills.withhold_backup import withhold_backup
from prodproof.facts import Reason, Unseen
from prodproof.facts.alert_drills import Alarmed, AlarmTrouble, WithheldBackup
from prodproof.facts.alerting import ReceiverKind
from prodproof.facts.codec import decode, encode
from prodproof.facts.declared import Backup, BackupAlarm, Declared, Environment, EnvironmentKind, Monitoring, Permission
from prodproof.facts.drills import DrillOutcome, DrillRun
from prodproof.reach.monitoring.alertmanager import Alertmanager
from prodproof.reach.monitoring.prometheus import Prometheus
from prodproof.reach.world import Settings, World
from tests.drills.agreeing import agreed
from tests.reach.monitoring.servers import Watchers, alone, wait, watching
from tests.runner.drill_records import START, CutError, Memory, carried, undone

DAY = 24 * 3600


def rule(name: str, query: str, **labels: str) -> dict[str, Any]:
    return {"alert": name, "expr": query, "labels": {"severity": "critical", **labels}}


RULES = [
    rule("BackupTooOld", f"time() - nightly_success_seconds > {2 * DAY}"),
    {"record": "backup:age", "expr": "time() - recorded_success_seconds"},
    rule("RecordedTooOld", f"backup:age > {2 * DAY}", team="quiet"),
    rule("NewestTooOld", f"time() - max(summed_success_seconds) > {2 * DAY}"),
    rule("NobodyTold", f"time() - nobody_success_seconds > {2 * DAY}", team="nobody"),
    rule("NotArriving", f"time() - failing_success_seconds > {2 * DAY}", team="failing"),
    rule("Silenced", f"time() - silenced_success_seconds > {2 * DAY}", team="silenced"),
    rule("Inhibited", f"time() - inhibited_success_seconds > {2 * DAY}", team="inhibited"),
    rule("Outage", "vector(1)", team="nobody"),
    rule("Broken", f"(time() - broken_success_seconds) * on() up > {2 * DAY}"),
    rule("Staying", f"time() - staying_success_seconds > {2 * DAY}") | {"keep_firing_for": "1h"},
    rule("OnlyNamed", 'up{job="unwatched_success_seconds"} == 0'),
    rule("WithoutSignal", f"time() - absent_success_seconds > {2 * DAY}"),
]
METRICS = ("nightly", "recorded", "summed", "nobody", "failing", "silenced", "inhibited", "broken", "staying",
           "unwatched")  # fmt: skip
ROUTING = {
    "route": {
        "receiver": "on-call", "group_by": ["alertname"],
        "group_wait": "1s", "group_interval": "1s", "repeat_interval": "1h",
        "routes": [{"matchers": [f'team="{team}"'], "receiver": team} for team in ("nobody", "failing", "quiet")],
    },
    "receivers": [
        {"name": "on-call", "webhook_configs": [{"url": "hook", "send_resolved": False}]},
        {"name": "quiet", "webhook_configs": [{"url": "hook", "send_resolved": False}]},
        {"name": "nobody"},
        {"name": "failing", "webhook_configs": [{"url": "closed"}]},
    ],
    "inhibit_rules": [{"source_matchers": ['alertname="Outage"'], "target_matchers": ['team="inhibited"']}],
}  # fmt: skip


@pytest.fixture(scope="module")
def watchers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watchers]:
    folder = tmp_path_factory.mktemp("watchers")
    with watching(folder, RULES, ROUTING) as made:
        for name in METRICS:
            metric = f"{name}_success_seconds"
            head = f"# HELP {metric} When it went well.\n# TYPE {metric} gauge\n" if name == "nightly" else ""
            text = f'{head}{metric}{{store="data \\"base\\""}} {time.time():.0f}\n'
            more = f'{metric}{{store="another"}} {time.time():.0f}\n' if name == "broken" else ""
            (made.textfiles / f"{name}.prom").write_text(text + more)
        prometheus = Prometheus(made.prometheus, Settings())
        wait(lambda: prometheus.query("unwatched_success_seconds"))
        wait(lambda: prometheus.query("nightly_success_seconds"))
        # The first alert after a start can be lost; it is sent again.
        wait(lambda: Alertmanager(made.alertmanager, Settings()).alerts("alertname", "Outage"))
        yield made


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "SENT_SECONDS", 15.0)
    monkeypatch.setattr(_alarm, "PAUSE", 0.2)


def planned(watchers: Watchers, name: str, within: int = 60, **changes: Any) -> DrillPlan:
    alarm = BackupAlarm(metric=f"{name}_success_seconds", textfiles=str(watchers.textfiles), within=within, **changes)
    backup = Backup(name=name, kind="dump", alarm=alarm, allow=frozenset({Permission.DRILLS}), environment="staging")
    declared = Declared(
        system="shop",
        environment=Environment(name="staging", kind=EnvironmentKind.STAGING),
        trusted=True,
        root=str(watchers.textfiles.parent),
        backups=(backup,),
        monitoring=Monitoring(prometheus_url=watchers.prometheus, alertmanager_url=watchers.alertmanager),
    )
    plan = plan_drill(withhold_backup, backup, declared)
    assert isinstance(plan, DrillPlan), plan
    return plan


def drilled(plan: DrillPlan) -> tuple[DrillRun, WithheldBackup | Unseen]:
    drill = carried(plan, Memory(), id=f"withhold-{secrets.token_hex(4)}")
    run = drill.forward()
    assert plan.exercise.tell is not None
    told: Any = plan.exercise.tell(run, drill.gave)
    assert not list(Path(plan.target.alarm.textfiles).glob("prodproof*")), "nothing stays"
    assert isinstance(told, Unseen) or decode(WithheldBackup, encode(told)) == told
    agreed(run, told)
    return run, told


def test_a_missing_backup_is_noticed_and_somebody_is_told(watchers: Watchers) -> None:
    run, told = drilled(planned(watchers, "nightly"))
    assert (run.outcome, run.left) == (DrillOutcome.PROVEN, ()), run.detail
    assert isinstance(told, WithheldBackup) and told.troubles == ()
    assert (told.rules, told.fired, told.severity) == (("BackupTooOld",), "BackupTooOld", "critical")
    assert told.alarmed == (Alarmed(receiver="on-call", kinds=(ReceiverKind.OTHER,)),) and told.sent is True
    assert told.fired_after is not None and told.held_after is not None and 0 < told.fired_after <= told.held_after
    assert told.resolved_after is not None and told.resolved_after > 0
    ours = [alert for item in watchers.told for alert in item["alerts"] if run.id == alert["labels"].get(room.LABEL)]
    assert {alert["status"] for alert in ours} >= {"firing"}
    assert ours[0]["labels"]["store"] == 'data "base"', "it looks like a real one"


def test_a_rule_is_found_by_way_of_what_is_recorded(watchers: Watchers) -> None:
    run, told = drilled(planned(watchers, "recorded"))
    assert run.outcome is DrillOutcome.PROVEN, run.detail
    assert isinstance(told, WithheldBackup)
    assert told.fired == "RecordedTooOld" and [item.receiver for item in told.alarmed] == ["quiet"]


@pytest.mark.parametrize(
    ("name", "trouble", "says"),
    [
        ("unwatched", AlarmTrouble.NO_RULE, "no alert rule reads it"),
        ("absent", AlarmTrouble.NO_SIGNAL, "knows no series"),
        ("nobody", AlarmTrouble.NOBODY, "nobody notifies nobody"),
        ("failing", AlarmTrouble.NOT_SENT, "nothing of it arrived at failing"),
        ("inhibited", AlarmTrouble.INHIBITED, "Inhibited is inhibited by another alert"),
        ("broken", AlarmTrouble.BROKEN_RULE, "Broken cannot be evaluated"),
    ],
)
def test_a_backup_whose_failure_alerts_nobody(watchers: Watchers, name: str, trouble: AlarmTrouble, says: str) -> None:
    run, told = drilled(planned(watchers, name))
    assert run.outcome is DrillOutcome.FAILED and run.left == ()
    assert isinstance(told, WithheldBackup) and told.troubles == (trouble,) and says in told.detail, told


def test_a_rule_that_looks_only_at_the_newest_of_all_does_not_fire(watchers: Watchers) -> None:
    run, told = drilled(planned(watchers, "summed", within=8))
    assert run.outcome is DrillOutcome.FAILED and isinstance(told, WithheldBackup)
    assert told.troubles == (AlarmTrouble.NOT_FIRED,) and "all series together" in told.detail
    assert told.fired_after is None


def test_a_named_rule_must_be_the_one_that_reads_the_metric(watchers: Watchers) -> None:
    run, told = drilled(planned(watchers, "nightly", alert="NewestTooOld"))
    assert run.outcome is DrillOutcome.FAILED and isinstance(told, WithheldBackup)
    assert told.troubles == (AlarmTrouble.NO_RULE,) and "NewestTooOld does not read it" in told.detail


def test_an_alert_that_is_silenced_is_found(watchers: Watchers) -> None:
    now = datetime.now(UTC)
    silence = {
        "matchers": [{"name": "alertname", "value": "Silenced", "isRegex": False, "isEqual": True}],
        "startsAt": now.isoformat(), "endsAt": (now + timedelta(hours=1)).isoformat(),
        "createdBy": "a", "comment": "b",
    }  # fmt: skip
    asked = urllib.request.Request(
        f"{watchers.alertmanager}/api/v2/silences",
        json.dumps(silence).encode(),
        {"Content-Type": "application/json"},
    )
    urllib.request.urlopen(asked, timeout=10).close()
    run, told = drilled(planned(watchers, "silenced"))
    assert run.outcome is DrillOutcome.FAILED and isinstance(told, WithheldBackup)
    assert told.troubles == (AlarmTrouble.SILENCED,)


def test_an_alert_that_stays_when_the_signal_is_back_is_found(
    watchers: Watchers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "RESOLVED_SECONDS", 5.0)
    run, told = drilled(planned(watchers, "staying"))
    assert run.outcome is DrillOutcome.FAILED and isinstance(told, WithheldBackup)
    assert told.troubles == (AlarmTrouble.NOT_RESOLVED,) and told.fired == "Staying" and told.resolved_after is None


def test_a_prometheus_that_tells_nobody_is_found(watchers: Watchers) -> None:
    with alone(watchers.textfiles.parent, watchers, "prometheus") as url:
        wait(lambda: Prometheus(url, Settings()).query("nightly_success_seconds"))
        run, told = drilled(planned(Watchers(url, watchers.alertmanager, watchers.textfiles), "nightly"))
    assert run.outcome is DrillOutcome.FAILED and isinstance(told, WithheldBackup)
    assert told.troubles == (AlarmTrouble.NO_ALERTMANAGER,)


def test_an_alertmanager_that_is_not_told_is_found(watchers: Watchers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "HELD_SECONDS", 3.0)
    with alone(watchers.textfiles.parent, watchers, "alertmanager") as url:
        run, told = drilled(planned(Watchers(watchers.prometheus, url, watchers.textfiles), "nightly"))
    assert run.outcome is DrillOutcome.FAILED and isinstance(told, WithheldBackup)
    assert told.troubles == (AlarmTrouble.NOT_PASSED_ON,) and told.fired == "BackupTooOld" and told.held_after is None


def test_a_directory_that_nobody_reads_proves_nothing(
    watchers: Watchers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "SEEN_SECONDS", 3.0)
    elsewhere = Watchers(watchers.prometheus, watchers.alertmanager, tmp_path)
    run, told = drilled(planned(elsewhere, "nightly"))
    assert (run.outcome, run.reason) == (DrillOutcome.NOT_PROVEN, Reason.INCOMPLETE)
    assert isinstance(told, Unseen) and "is it what an exporter reads?" in told.detail


def test_servers_that_are_away_prove_nothing(watchers: Watchers) -> None:
    away = Watchers("http://127.0.0.1:1", watchers.alertmanager, watchers.textfiles)
    run, told = drilled(planned(away, "nightly"))
    assert (run.outcome, run.reason) == (DrillOutcome.NOT_PROVEN, Reason.UNREACHABLE)
    assert isinstance(told, Unseen)


@pytest.mark.parametrize(("server", "asked"), [(Prometheus, "alerts"), (Alertmanager, "alerts")])
def test_a_server_that_goes_away_meanwhile_proves_nothing(
    watchers: Watchers, monkeypatch: pytest.MonkeyPatch, server: type[Any], asked: str
) -> None:
    """That nobody could ask for an alert is not that there is none."""
    monkeypatch.setattr(server, asked, lambda self, *words: Unseen(Reason.UNREACHABLE, "it went away"))
    run, told = drilled(planned(watchers, "nightly"))
    assert (run.outcome, run.reason) == (DrillOutcome.NOT_PROVEN, Reason.UNREACHABLE), run.detail
    assert isinstance(told, Unseen) and not list(watchers.textfiles.glob("prodproof*"))


@pytest.mark.parametrize("then", ["resume", "undo"])
def test_after_a_kill_the_series_does_not_stay(watchers: Watchers, then: str) -> None:
    def cut(number: int, when: str) -> None:
        if first.acted and first.acted[-1] == "do withhold" and when == "acted":
            raise CutError

    plan, first, id = planned(watchers, "nightly"), Memory(cut=cut), f"withhold-{secrets.token_hex(4)}"
    with pytest.raises(CutError):
        carried(plan, first, id=id).forward()
    assert list(watchers.textfiles.glob("prodproof*"))
    if then == "resume":
        run = carried(plan, first.again(), id=id).forward()
        assert run.outcome is DrillOutcome.PROVEN, run.detail
    else:
        run = undone(plan, first, id=id)
    assert run.left == () and not list(watchers.textfiles.glob("prodproof*"))


def test_what_is_not_declared_is_said(watchers: Watchers, tmp_path: Path) -> None:
    plan = planned(watchers, "nightly")
    bare = Backup(name="x", kind="dump")
    assert isinstance(plan_drill(withhold_backup, bare, plan.declared), Unseen)
    unwatched = Declared(system="shop", environment=plan.declared.environment)
    assert isinstance(plan_drill(withhold_backup, plan.target, unwatched), Unseen)
    missing = planned(Watchers("http://a", "http://b", tmp_path / "away"), "nightly")
    world = World(declared=missing.declared, now=START)
    assert list(missing.exercise.lacks(world)) == [f"there is no directory {tmp_path}/away"]
    assert list(plan.exercise.lacks(world)) == []
