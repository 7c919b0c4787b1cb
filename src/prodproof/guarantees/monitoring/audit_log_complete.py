"""Cloud API calls, database access and schema changes, and application actions are all audited.

Risk: TODO.
Verified: CloudTrail in all regions with validation, pgaudit or log settings, application audit events.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "monitoring.audit-log-complete",
    seeds="H-8 L-7",
    proof="inside",
    severity="medium",
    module=__name__,
)
