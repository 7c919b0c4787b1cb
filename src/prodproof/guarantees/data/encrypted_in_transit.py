"""All network traffic, the database's and cache's too, is encrypted and the peer verified.

Risk: A database connection in plain text shows every query and password to whoever is on the path.
Verified: A plaintext connection is tried and must be refused; connection settings (sslmode=verify-full,
rediss://), pg_hba and the server's view of live connections; unix sockets and loopback are exempt.
Mend: Use sslmode=verify-full and rediss://, refuse plaintext on the server (hostssl in pg_hba.conf), and verify
the peer's certificate.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "data.encrypted-in-transit",
    seeds="H-3",
    proof="active",
    severity="high",
    module=__name__,
)
