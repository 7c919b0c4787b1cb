"""Production and test environments share no database, credential, secret or account.

Risk: TODO.
Verified: Fingerprints of endpoints, credentials and accounts per environment are compared; a connection from
staging to production's database is tried and must fail.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "delivery.environments-isolated",
    seeds="L-4 M-S4",
    proof="active",
    severity="medium",
    module=__name__,
)
