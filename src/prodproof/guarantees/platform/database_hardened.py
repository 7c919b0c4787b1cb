"""The database is configured safely: password hashing, host rules, TLS, logging, extensions, high availability.

Risk: TODO.
Verified: Live settings of PostgreSQL (scram, pg_hba, ssl, log_connections, untrusted languages, public schema)
and MySQL.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "platform.database-hardened",
    seeds="H-guide-Database",
    proof="inside",
    severity="medium",
    module=__name__,
)
