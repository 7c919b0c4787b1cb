"""The first minutes of an incident are structured: who is paged, who investigates, who communicates, who rolls back,
where to look first.

Risk: The first quarter of an hour decides how long an incident lasts, and it is lost if nobody knows who does
what.
Verified: On-call schedule without gaps, escalation path with reachable people, roles named, exercised within the
period.
Mend: Keep an on-call schedule without gaps, an escalation path with people who can be reached, and one page that
says who investigates, who informs and where to look first.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "monitoring.first-minutes",
    seeds="M-O9 L-8",
    proof="record",
    severity="high",
    module=__name__,
)
