"""All network traffic, the database's and cache's too, is encrypted and the peer verified.

Risk: TODO.
Verified: A plaintext connection is tried and must be refused; connection settings (sslmode=verify-full,
rediss://), pg_hba and the server's view of live connections; unix sockets and loopback are exempt.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "data.encrypted-in-transit",
    seeds="H-3",
    proof="active",
    severity="medium",
    module=__name__,
)
