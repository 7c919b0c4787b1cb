"""Cloud API calls, database access and schema changes, and application actions are all audited.

Risk: What is not recorded cannot be investigated: after a breach you will not know what was taken.
Verified: CloudTrail in all regions with validation, pgaudit or log settings, application audit events.
Mend: Turn on CloudTrail in all regions with validation, log connections and schema changes in the database, and
write an audit event for each administrative action.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "monitoring.audit-log-complete",
    seeds="H-8 L-7",
    proof="inside",
    severity="high",
    module=__name__,
)
