"""No rule for the age of backups; one that looks at the newest of all; one whose alert reaches nobody."""

from prodproof.facts import Reason
from prodproof.range.components.alertmanager import ROUTING, Alertmanager
from prodproof.range.components.prometheus import RULES, Prometheus
from prodproof.range.fault import Fault
from prodproof.range.range import Range

_OLD = "time() - backup_last_success_timestamp_seconds"
_ROUTES = "  routes:\n"
_RECEIVERS = "receivers:\n"


def backup_job_whose_failure_alerts_nobody(harbour: Range) -> None:
    """No rule reads when a backup went well last."""
    text = harbour.repo.read(RULES)
    start = text.index("      - alert: BackupTooOld\n")
    end = text.index("      - alert: ", start + 1)
    harbour.repo.write(RULES, text[:start] + text[end:])
    harbour.part(Prometheus).take_rules()


def newest_of_all_backups(harbour: Range) -> None:
    """One backup that goes well hides the others."""
    harbour.repo.replace(RULES, _OLD, "time() - max(backup_last_success_timestamp_seconds)")
    harbour.part(Prometheus).take_rules()


def alert_to_nobody(harbour: Range) -> None:
    """Somebody was tired of it."""
    silent = "    - matchers: ['alertname=\"BackupTooOld\"']\n      receiver: nobody\n"
    harbour.repo.replace(ROUTING, _ROUTES, f"{_ROUTES}{silent}")
    harbour.repo.replace(ROUTING, f"\n{_RECEIVERS}", f"\n{_RECEIVERS}  - name: nobody\n")
    harbour.part(Alertmanager).take_routing()


def prometheus_away(harbour: Range) -> None:
    """Nobody can be asked which rules there are."""
    harbour.part(Prometheus).stop()


FAULT = Fault(
    guarantee="recovery.failures-detected",
    breaks=backup_job_whose_failure_alerts_nobody,
    says="the rule BackupTooOld does not read it",
    subject="backup:database",
    variants=(newest_of_all_backups, alert_to_nobody),
    withdraws=prometheus_away,
    reason=Reason.UNREACHABLE,
    needs=("repo", "prometheus", "alertmanager", "node_exporter"),
    drills=("withhold-backup backup:database",),
)
