"""Repeated login failures, unusual administrative actions, privilege changes and backup errors are visible and can
be investigated.

Risk: TODO.
Verified: Each is provoked harmlessly with a canary and must be found in the log store by query, with who, what,
when and from where.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "monitoring.security-events-visible",
    seeds="M-O7 L-7",
    proof="active",
    severity="medium",
    module=__name__,
)
