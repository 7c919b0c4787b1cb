"""Retention is declared for business data, application logs, access logs and backups, and enforced.

Risk: Data that is kept for ever is leaked for ever.
Verified: The oldest record of each store against its declared period.
Mend: Declare a period for business data, application logs, access logs and backups, and let a job delete what is
older.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "data.retention",
    seeds="M-L4",
    proof="inside",
    severity="medium",
    module=__name__,
)
