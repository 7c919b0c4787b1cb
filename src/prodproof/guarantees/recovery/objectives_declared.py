"""RTO and RPO are declared for every data store and for each scenario: service restart, logical corruption, loss of
the host.

Risk: TODO.
Verified: The system file; every discovered data store has them.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "recovery.objectives-declared",
    seeds="M-B2 M-text",
    proof="inside",
    severity="medium",
    module=__name__,
)
