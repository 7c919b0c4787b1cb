"""Audit logs are structured: time, user, source address, action, resource, result, request id.

Risk: Free text cannot be asked who did what from where, and in an incident there is no time to read it all.
Verified: Canary actions (login, failed login, role change, data export) are found as JSON with all fields.
Mend: Write audit events as JSON with time, user, address, action, resource, result and request id.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "monitoring.audit-log-structured",
    seeds="H-8 L-7",
    proof="active",
    severity="low",
    module=__name__,
)
