"""The database is configured safely: password hashing, host rules, TLS, logging, extensions, high availability.

Risk: The defaults of a database are made for trying it out: trust without password, anybody's scripts, no record
of who came.
Verified: Live settings of PostgreSQL (scram, pg_hba, ssl, log_connections, untrusted languages, public schema)
and MySQL.
Mend: Use scram-sha-256, hostssl lines for named networks, ssl on, log_connections, no untrusted languages, and
take CREATE on schema public away.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "platform.database-hardened",
    seeds="H-guide-Database",
    proof="inside",
    severity="high",
    module=__name__,
)
