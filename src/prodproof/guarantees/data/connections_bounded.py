"""Database connections are pooled and bounded (20 to 100).

Risk: One busy evening, more workers than connections: the database refuses everybody, the health check included.
Verified: Pool settings times processes against the server's limit; live peak use.
Mend: Put a pooler (pgbouncer) or a bounded pool before the database, and keep workers times pool size below
max_connections.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "data.connections-bounded",
    seeds="H-9",
    proof="inside",
    severity="medium",
    module=__name__,
)
