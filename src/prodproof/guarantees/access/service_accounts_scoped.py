"""Service accounts have an owner, a scope and recent use; the unused are removed.

Risk: A machine's key with no owner lives for years, is copied into places nobody remembers, and is never missed
when it is stolen.
Verified: Machine credentials of each service: owner declared, age and last use within bounds, permissions without
wildcards.
Mend: Give each service account an owner and one job, delete keys that were unused for 90 days, and replace keys
by workload identity where the platform has it.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "access.service-accounts-scoped",
    seeds="L-9 S-3",
    proof="inside",
    severity="high",
    module=__name__,
)
