"""Production and test environments share no database, credential, secret or account.

Risk: If staging can reach production's database, staging's weak password is production's password.
Verified: Fingerprints of endpoints, credentials and accounts per environment are compared; a connection from
staging to production's database is tried and must fail.
Mend: Use separate accounts or projects, networks, databases and credentials per environment, and try the
connection that must fail.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "delivery.environments-isolated",
    seeds="L-4 M-S4",
    proof="active",
    severity="high",
    module=__name__,
)
