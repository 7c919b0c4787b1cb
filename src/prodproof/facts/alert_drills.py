"""What was seen when the sign of success of a backup was withheld: who was told, and when."""

from dataclasses import dataclass
from enum import StrEnum

from prodproof.facts.alerting import ReceiverKind


class AlarmTrouble(StrEnum):
    """What can keep a missing backup from being noticed."""

    NO_SIGNAL = "no-signal"
    """Prometheus does not know the metric, so nothing is missed when it stays away."""

    NO_RULE = "no-rule"
    """No alert rule reads the metric."""

    BROKEN_RULE = "broken-rule"
    """The rule cannot be evaluated."""

    NO_ALERTMANAGER = "no-alertmanager"
    """Prometheus sends its alerts to nobody."""

    NOT_FIRED = "not-fired"
    """The alert did not fire in time."""

    NOT_PASSED_ON = "not-passed-on"
    """It fired, and Alertmanager did not get to know."""

    SILENCED = "silenced"
    INHIBITED = "inhibited"
    """Another alert stands in its way."""

    NOBODY = "nobody"
    """Its routes lead to receivers that throw away what they get."""

    NOT_SENT = "not-sent"
    """Nothing was sent, or all that was sent failed."""

    NOT_RESOLVED = "not-resolved"
    """The signal was back, and the alert stayed."""


@dataclass(frozen=True, kw_only=True)
class Alarmed:
    """A receiver that the alert went to."""

    receiver: str
    kinds: tuple[ReceiverKind, ...] = ()
    """Empty where it notifies nobody."""


@dataclass(frozen=True, kw_only=True)
class WithheldBackup:
    """An alert about a backup that did not come, as it was provoked."""

    metric: str
    within: float
    """Seconds in which the alert must have fired, as declared."""

    rules: tuple[str, ...] = ()
    """Names of the alert rules that read the metric."""

    fired: str = ""
    """The one that fired."""

    severity: str | None = None
    fired_after: float | None = None
    """Seconds from when the signal was withheld; None: it did not."""

    held_after: float | None = None
    """Seconds until Alertmanager had it."""

    alarmed: tuple[Alarmed, ...] = ()
    sent: bool | None = None
    """Whether Alertmanager sent notifications meanwhile that arrived; None: it does not say. It counts those of all
    alerts together."""

    resolved_after: float | None = None
    """Seconds from when the signal was back."""

    troubles: tuple[AlarmTrouble, ...] = ()
    detail: str = ""
    """One plain line about the first of them."""
