"""Repeated login failures, unusual administrative actions, privilege changes and backup errors are visible and can
be investigated.

Risk: Somebody tries passwords all night, and in the morning nothing can be found about it.
Verified: Each is provoked harmlessly with a canary and must be found in the log store by query, with who, what,
when and from where.
Mend: Log failed logins, administrative actions, privilege changes and backup errors with who, what, when and from
where, into the store you search.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "monitoring.security-events-visible",
    seeds="M-O7 L-7",
    proof="active",
    severity="high",
    module=__name__,
)
