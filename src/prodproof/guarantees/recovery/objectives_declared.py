"""RTO and RPO are declared for every data store and for each scenario: service restart, logical corruption, loss of
the host.

Risk: Without an agreed objective every backup is good enough until the day it is not.
Verified: The system file; every discovered data store has them.
Mend: Write rto and rpo for each data store into the system file, with whoever owns the business risk.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "recovery.objectives-declared",
    seeds="M-B2 M-text",
    proof="inside",
    severity="medium",
    module=__name__,
)
