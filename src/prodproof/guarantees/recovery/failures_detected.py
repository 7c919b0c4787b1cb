"""A failing or missing backup is noticed before a restore is needed.

Risk: Backups stopped in March; it is noticed in June, on the day they are needed.
Verified: The drill `withhold-backup` writes a series of the backup's own metric that is over a year old, and waits:
the rule that reads it must fire within the declared time, Alertmanager must have the alert, pass it by routes that
nothing silences or inhibits to a receiver that notifies somebody, and send it as far as it counts what it sends; once
the series is gone, the alert must end. A backup without a declared alarm is unknown: nobody has said what would be
noticed. That people answer is monitoring.alert-path-proven.
Mend: Alert on the age of the newest complete backup, not on the job's failure, and test the alert by withholding
one.
"""

from dataclasses import replace

from prodproof.facts import Reason
from prodproof.facts.alert_drills import Alarmed, AlarmTrouble, WithheldBackup
from prodproof.facts.alerting import ReceiverKind
from prodproof.guarantees._spans import span
from prodproof.verdicts import Example, Finding, Verdict, broken, guarantee, holds, unknown

MENDS = {
    AlarmTrouble.NO_SIGNAL: "write the time of the last success where Prometheus reads it, at the end of each backup",
    AlarmTrouble.NO_RULE: "add a rule: time() - METRIC > twice the interval between two backups",
    AlarmTrouble.BROKEN_RULE: "run the rule's expression by hand, and mend what it fails on",
    AlarmTrouble.NO_ALERTMANAGER: "tell Prometheus where its Alertmanager is (alerting: alertmanagers)",
    AlarmTrouble.NOT_FIRED: "compare each series by itself: a max() over all of them hides the one that is old",
    AlarmTrouble.NOT_PASSED_ON: "look at what is between Prometheus and Alertmanager: address, relabelling, TLS",
    AlarmTrouble.SILENCED: "end the silence, or make it so narrow that a missing backup is not in it",
    AlarmTrouble.INHIBITED: "take this alert out of the inhibition: the cause of the other one may end the backups",
    AlarmTrouble.NOBODY: "route it to a receiver that notifies somebody",
    AlarmTrouble.NOT_SENT: "read Alertmanager's log: the receiver's address or login is wrong, or it is muted now",
    AlarmTrouble.NOT_RESOLVED: "let the alert end with its cause (keep_firing_for, a stale series): one that stays up "
    "hides the next one",
}


@guarantee("recovery.failures-detected", seeds="M-text M-O7", proof="drill", severity="high")
def judge(fact: WithheldBackup) -> Verdict:
    """One backup, whose sign of success was withheld."""
    if fact.troubles:
        first, *others = fact.troubles
        return broken(
            Finding(first.value, f"{fact.metric}: {fact.detail or first.value}", key=fact.metric, mend=MENDS[first]),
            *(
                Finding(item.value, f"{fact.metric}: {item.value}", key=fact.metric, mend=MENDS[item])
                for item in others
            ),
        )
    if fact.fired_after is None:
        return unknown(Reason.INCOMPLETE, "nothing says whether the alert fired")
    told = [item.receiver for item in fact.alarmed if item.kinds]
    if not told:
        return unknown(Reason.INCOMPLETE, f"{fact.fired} fired, and nothing says who would have been told")
    sent = "" if fact.sent else "; Alertmanager does not say what it sent"
    return holds(f"{fact.fired} fired after {span(fact.fired_after)}, to {', '.join(told)}{sent}")


_TOLD = Alarmed(receiver="on-call", kinds=(ReceiverKind.OTHER,))
_NOTICED = WithheldBackup(
    metric="backup_success_seconds",
    within=3600,
    rules=("BackupTooOld",),
    fired="BackupTooOld",
    severity="critical",
    fired_after=95.0,
    held_after=96.0,
    alarmed=(_TOLD,),
    sent=True,
    resolved_after=30.0,
)
_UNNOTICED = WithheldBackup(metric="backup_success_seconds", within=3600)

EXAMPLES = (
    Example("it fired, and somebody was told", _NOTICED, holds, says="fired after 1 min 35 s, to on-call"),
    Example(
        "Alertmanager counts nothing", replace(_NOTICED, sent=None), holds, says="to on-call; Alertmanager does not say"
    ),
    *(
        Example(
            f"trouble: {trouble.value}",
            replace(_UNNOTICED, troubles=(trouble,), detail="the alert is not there"),
            broken,
            says="backup_success_seconds: the alert is not there",
        )
        for trouble in AlarmTrouble
    ),
    Example("a trouble without words", replace(_UNNOTICED, troubles=(AlarmTrouble.NO_RULE,)), broken, says="no-rule"),
    Example(
        "it neither arrived nor ended",
        replace(_NOTICED, sent=False, troubles=(AlarmTrouble.NOT_SENT, AlarmTrouble.NOT_RESOLVED)),
        broken,
        says="backup_success_seconds: not-sent (and 1 more)",
    ),
    Example("nothing is known of it", _UNNOTICED, unknown, says="whether the alert fired", reason=Reason.INCOMPLETE),
    Example("nobody is known to be told", replace(_NOTICED, alarmed=()), unknown, says="who", reason=Reason.INCOMPLETE),
    Example(
        "a receiver that tells nobody",
        replace(_NOTICED, alarmed=(replace(_TOLD, kinds=()),)),
        unknown,
        says="who would have been told",
        reason=Reason.INCOMPLETE,
    ),
)
