"""The first minutes of an incident are structured: who is paged, who investigates, who communicates, who rolls back,
where to look first.

Risk: TODO.
Verified: On-call schedule without gaps, escalation path with reachable people, roles named, exercised within the
period.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "monitoring.first-minutes",
    seeds="M-O9 L-8",
    proof="record",
    severity="medium",
    module=__name__,
)
