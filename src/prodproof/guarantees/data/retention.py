"""Retention is declared for business data, application logs, access logs and backups, and enforced.

Risk: TODO.
Verified: The oldest record of each store against its declared period.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "data.retention",
    seeds="M-L4",
    proof="inside",
    severity="medium",
    module=__name__,
)
