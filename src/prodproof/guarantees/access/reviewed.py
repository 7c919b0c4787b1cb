"""Access is reviewed periodically; stale accounts and excess rights are removed.

Risk: TODO.
Verified: A review campaign over the generated inventory: each grant was kept or removed by a named reviewer
within the period, and what was to be removed is gone from the service.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "access.reviewed",
    seeds="M-A7 L-9",
    proof="record",
    severity="medium",
    module=__name__,
)
