"""Service accounts have an owner, a scope and recent use; the unused are removed.

Risk: TODO.
Verified: Machine credentials of each service: owner declared, age and last use within bounds, permissions without
wildcards.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "access.service-accounts-scoped",
    seeds="L-9 S-3",
    proof="inside",
    severity="medium",
    module=__name__,
)
