"""A backup's sign of success stays away, and somebody is told: the alert really fires, and reaches a receiver.

The signals of real backups are not touched: a real backup that fails meanwhile must still be noticed. The drill
writes one series of the same metric beside them, as old as if no backup had been made for a year, with the label
`prodproof_drill`. A rule that looks at each series by itself fires for it like for a real one, by the same routes to
the same people. A rule that looks only at the newest of all series (`max(…)`) does not fire, here as for one backup
that fails among many that do not; the drill then says so.
"""

import os
import re
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

from prodproof.drills import _alarm as alarm
from prodproof.drills.drill import (
    Done,
    Exercise,
    Proven,
    Refuted,
    Scene,
    Step,
    StepError,
    Todo,
    Values,
    drill,
)
from prodproof.facts import Reason, Unseen
from prodproof.facts.alert_drills import Alarmed, AlarmTrouble, WithheldBackup
from prodproof.facts.alerting import ReceiverKind
from prodproof.facts.declared import Backup, BackupAlarm, Declared
from prodproof.facts.drills import DrillOutcome, DrillRun
from prodproof.reach.world import World

LABEL = "prodproof_drill"
OLD = 400 * 24 * 3600
"""Seconds: older than any interval between backups."""

SEEN_SECONDS = 300.0
"""In which a scrape must have brought the series."""

HELD_SECONDS = 120.0
"""In which Alertmanager must have what fires (Prometheus sends it again after a minute if it got lost)."""

SENT_SECONDS = 120.0
"""In which the first notification of a group must be out (`group_wait` is 30 s by default)."""

RESOLVED_SECONDS = 900.0
"""Alertmanager keeps an alert for five minutes that Prometheus does not tell it the end of."""

_OWN_LABELS = {"__name__", "instance", "job"}
"""Prometheus sets them for whatever it scrapes."""


@drill("withhold-backup", per=Backup, fact=WithheldBackup)
def withhold_backup(backup: Backup, declared: Declared) -> Exercise | Unseen:
    """The sign of a backup's success is withheld until the alert fires, reaches somebody, and resolves again."""
    given, monitoring = backup.alarm, declared.monitoring
    if given is None:
        return Unseen(Reason.NOT_DECLARED, "no [backup.alarm] says how its failure makes itself felt")
    if monitoring.prometheus_url is None or monitoring.alertmanager_url is None:
        return Unseen(Reason.NOT_DECLARED, "[monitoring] has no prometheus_url and alertmanager_url")
    return Exercise(
        steps=(
            Step(
                name="rule",
                says=f"find the alert rule that reads {given.metric}",
                check=lambda scene: Todo(),
                do=lambda scene: _find(scene, given),
                prove=_well,
                changes=False,
                time_limit=180,
            ),
            Step(
                name="withhold",
                says=f"write a series of {given.metric} that is over a year old, labelled {LABEL}",
                check=lambda scene: _written(scene, given),
                do=lambda scene: _write(scene, given),
                prove=lambda scene: _is_scraped(scene, given),
                undo=lambda scene: _remove(scene, given),
                undo_says="remove that series",
                time_limit=SEEN_SECONDS + 30,
            ),
            Step(
                name="alarm",
                says="wait until the alert fires, and see whom Alertmanager tells",
                check=lambda scene: Todo(),
                do=lambda scene: _wait(scene, given),
                prove=_well,
                changes=False,
                time_limit=given.within + HELD_SECONDS + SENT_SECONDS + 60,
                objective=given.within,
            ),
            Step(
                name="put-back",
                says="remove the series, and wait until the alert has resolved",
                check=lambda scene: Todo(),
                do=lambda scene: _put_back(scene, given),
                prove=_well,
                undo=lambda scene: None,
                undo_says="nothing: the signal is back",
                time_limit=RESOLVED_SECONDS + 60,
            ),
        ),
        blast_radius="whoever is on call for this alert is called for nothing: tell them before",
        lacks=lambda world: _lacks(given, world),
        tell=lambda run, gave: _tell(given, run, gave),
    )


def _lacks(given: BackupAlarm, world: World) -> Iterator[str]:
    folder = Path(world.declared.root or ".") / given.textfiles
    if not folder.is_dir():
        yield f"there is no directory {given.textfiles}"
    elif not os.access(folder, os.W_OK | os.X_OK):
        yield f"nothing can be written into {given.textfiles}"


# ---- the rule


def _find(scene: Scene, given: BackupAlarm) -> Values | Unseen:
    servers = alarm.servers(scene)
    if isinstance(servers, Unseen):
        return servers
    prometheus, alertmanager = servers
    rules, told = prometheus.rules(), prometheus.alertmanagers()
    series, meaning = prometheus.query(given.metric), prometheus.meaning(given.metric)
    routing = alertmanager.routing()
    for answer in (rules, told, series, meaning, routing):
        if isinstance(answer, Unseen):
            return answer
    assert not isinstance(rules, Unseen) and not isinstance(series, Unseen) and not isinstance(meaning, Unseen)
    reading = [rule for rule in alarm.reading(rules, given.metric) if given.alert is None or rule.name == given.alert]
    gave: dict[str, Any] = {"rules": sorted({rule.name for rule in reading}), "troubles": []}
    if not reading:
        named = f"the rule {given.alert} does not read it" if given.alert else "no alert rule reads it"
        return alarm.with_trouble(gave, AlarmTrouble.NO_RULE, f"{given.metric}: {named}")
    if not series:
        return alarm.with_trouble(gave, AlarmTrouble.NO_SIGNAL, f"Prometheus knows no series of {given.metric}")
    if not told:
        return alarm.with_trouble(gave, AlarmTrouble.NO_ALERTMANAGER, "Prometheus has found no Alertmanager")
    if all(rule.health == "err" for rule in reading):
        return alarm.with_trouble(gave, AlarmTrouble.BROKEN_RULE, f"{reading[0].name} cannot be evaluated")
    # The labels of a real one, so that it goes the same way.
    first = {name: value for name, value in series[0].labels.items() if name not in _OWN_LABELS}
    about = {"type": meaning.type, "help": meaning.help} if meaning else {}
    sent = alertmanager.sent()
    return gave | {
        "labels": first,
        "metadata": about,
        "sent": None if isinstance(sent, Unseen) else sent.arrived,
        "says": f"{', '.join(gave['rules'])}, which waits for {max(rule.hold for rule in reading):.0f} s",
    }


# ---- the series


def _file(scene: Scene, given: BackupAlarm) -> Path:
    return Path(scene.declared.root or ".") / given.textfiles / f"prodproof-drill-{scene.drill}.prom"


def _written(scene: Scene, given: BackupAlarm) -> Todo | Done | Unseen:
    try:
        return Done({"at": _file(scene, given).stat().st_mtime})
    except FileNotFoundError:
        return Todo()
    except OSError as error:
        return Unseen(Reason.DENIED, f"{given.textfiles}: {error.strerror}")


def _write(scene: Scene, given: BackupAlarm) -> Values:
    found = scene.gave["rule"]
    file = _file(scene, given)
    text = _text(given.metric, cast(Mapping[str, str], found["labels"]), cast(Mapping[str, str], found["metadata"]),
                 scene.drill, time.time() - OLD)  # fmt: skip
    draft = _draft(file)
    try:
        draft.write_text(text)
        draft.chmod(0o644)
        draft.replace(file)
    except OSError as error:
        raise StepError(f"{given.textfiles}: {error.strerror}") from None
    return {"at": file.stat().st_mtime}


def _draft(file: Path) -> Path:
    # What is half written must not be scraped.
    return file.with_suffix(".draft")


def _remove(scene: Scene, given: BackupAlarm) -> None:
    file = _file(scene, given)
    for path in (_draft(file), file):
        path.unlink(missing_ok=True)


def _text(metric: str, labels: Mapping[str, str], about: Mapping[str, str], drill: str, value: float) -> str:
    """The exposition format. Help and type are the real ones, for an exporter that reads two refuses both."""
    lines = []
    help = about.get("help", "")
    if help and not help.startswith("Metric read from "):  # the exporter's own words where a file has none
        lines.append(f"# HELP {metric} {help.replace(chr(92), chr(92) * 2).replace(chr(10), chr(92) + 'n')}")
    if about.get("type") in ("gauge", "counter"):
        lines.append(f"# TYPE {metric} {about['type']}")
    written = ",".join(f'{name}="{_escaped(text)}"' for name, text in sorted({**labels, LABEL: drill}.items()))
    return "\n".join((*lines, f"{metric}{{{written}}} {value:.0f}", ""))


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _is_scraped(scene: Scene, given: BackupAlarm) -> Proven | Refuted | Unseen:
    servers = alarm.servers(scene)
    if isinstance(servers, Unseen):
        return servers
    until = time.monotonic() + SEEN_SECONDS
    while time.monotonic() < until and not scene.ending():
        found = servers[0].query(f'{given.metric}{{{LABEL}="{scene.drill}"}}')
        if isinstance(found, Unseen):
            return found
        if found:
            return Proven("Prometheus has it")
        time.sleep(alarm.PAUSE)
    return Unseen(Reason.INCOMPLETE, f"Prometheus gets nothing from {given.textfiles}: is it what an exporter reads?")


# ---- the alert


def _wait(scene: Scene, given: BackupAlarm) -> Values | Unseen:
    servers = alarm.servers(scene)
    if isinstance(servers, Unseen):
        return servers
    prometheus, alertmanager = servers
    began = float(cast(float, scene.gave["withhold"]["at"]))
    names = set(cast(list[str], scene.gave["rule"]["rules"]))
    gave: dict[str, Any] = {"troubles": []}

    def firing() -> Mapping[str, str] | Unseen | None:
        raised = prometheus.alerts()
        if isinstance(raised, Unseen):
            return raised
        ours = (item.labels for item in raised if item.firing and item.labels.get(LABEL) == scene.drill)
        return next((found for found in ours if found.get("alertname") in names), None)

    fired = alarm.waited(scene, firing, began + given.within)
    if isinstance(fired, Unseen):
        return fired
    if fired is None:
        detail = "the rule may look at all series together, or leave labels out"
        return alarm.with_trouble(gave, AlarmTrouble.NOT_FIRED, f"did not fire within {given.within} s; {detail}")
    gave |= {"fired": fired["alertname"], "severity": fired.get("severity"), "fired_after": time.time() - began}

    def held() -> Any:
        found = alertmanager.alerts(LABEL, scene.drill)
        return found if isinstance(found, Unseen) else next(iter(found), None)

    alert = alarm.waited(scene, held, time.time() + HELD_SECONDS)
    if isinstance(alert, Unseen):
        return alert
    if alert is None:
        detail = f"{fired['alertname']} fires; Alertmanager does not have it"
        return alarm.with_trouble(gave, AlarmTrouble.NOT_PASSED_ON, detail)
    gave |= {"held_after": time.time() - began}
    alarmed = alarm.receivers(alertmanager, alert.receivers)
    if isinstance(alarmed, Unseen):
        return alarmed
    gave |= {"alarmed": [{"receiver": name, "kinds": kinds} for name, kinds in alarmed.items()]}
    if alert.silenced:
        return alarm.with_trouble(gave, AlarmTrouble.SILENCED, f"{fired['alertname']} is silenced")
    if alert.inhibited:
        return alarm.with_trouble(gave, AlarmTrouble.INHIBITED, f"{fired['alertname']} is inhibited by another alert")
    if not any(alarmed.values()):
        detail = f"{', '.join(alarmed) or 'no receiver'} notifies nobody"
        return alarm.with_trouble(gave, AlarmTrouble.NOBODY, detail)
    before = cast(float | None, scene.gave["rule"]["sent"])
    gave["sent"] = None if before is None else alarm.was_sent(scene, alertmanager, before, SENT_SECONDS)
    if gave["sent"] is False:
        detail = f"nothing of it arrived at {', '.join(alarmed)} within {SENT_SECONDS:.0f} s: muted now, or it fails"
        return alarm.with_trouble(gave, AlarmTrouble.NOT_SENT, detail)
    return gave | {"says": f"{fired['alertname']} after {gave['fired_after']:.0f} s, to {', '.join(alarmed)}"}


def _put_back(scene: Scene, given: BackupAlarm) -> Values | Unseen:
    servers = alarm.servers(scene)
    if isinstance(servers, Unseen):
        return servers
    prometheus, alertmanager = servers
    _remove(scene, given)
    began = time.time()

    def gone() -> bool | Unseen | None:
        raised, held = prometheus.alerts(), alertmanager.alerts(LABEL, scene.drill)
        for answer in (raised, held):
            if isinstance(answer, Unseen):
                return answer
        assert not isinstance(raised, Unseen)
        return None if held or any(item.labels.get(LABEL) == scene.drill for item in raised) else True

    resolved = alarm.waited(scene, gone, began + RESOLVED_SECONDS)
    if isinstance(resolved, Unseen):
        return resolved
    if resolved is None:
        detail = "the signal is back; it is still raised"
        return alarm.with_trouble({"troubles": []}, AlarmTrouble.NOT_RESOLVED, detail)
    return {
        "troubles": [],
        "resolved_after": time.time() - began,
        "says": f"resolved after {time.time() - began:.0f} s",
    }


# ---- what came of it


def _well(scene: Scene) -> Proven | Refuted:
    given = scene.gave[scene.step]
    if given["troubles"]:
        return Refuted(str(given["detail"]))
    return Proven(str(given["says"]))


def _tell(given: BackupAlarm, run: DrillRun, gave: Mapping[str, Values]) -> WithheldBackup | Unseen:
    rule, fired, back = (gave.get(name, {}) for name in ("rule", "alarm", "put-back"))
    found = [item for part in (rule, fired, back) for item in cast(list[str], part.get("troubles", []))]
    if not rule or (run.outcome is not DrillOutcome.PROVEN and not found):
        return Unseen(run.reason or Reason.INCOMPLETE, run.detail)
    details = [re.sub(r"\s+", " ", str(part["detail"])) for part in (rule, fired, back) if part.get("detail")]
    return WithheldBackup(
        metric=given.metric,
        within=given.within,
        rules=tuple(cast(list[str], rule.get("rules", []))),
        fired=str(fired.get("fired", "")),
        severity=cast(str | None, fired.get("severity")),
        fired_after=cast(float | None, fired.get("fired_after")),
        held_after=cast(float | None, fired.get("held_after")),
        alarmed=tuple(
            Alarmed(receiver=item["receiver"], kinds=tuple(ReceiverKind(kind) for kind in item["kinds"]))
            for item in cast(list[dict[str, Any]], fired.get("alarmed", []))
        ),
        sent=cast(bool | None, fired.get("sent")),
        resolved_after=cast(float | None, back.get("resolved_after")),
        troubles=tuple(AlarmTrouble(item) for item in found),
        detail=details[0] if details else "",
    )
