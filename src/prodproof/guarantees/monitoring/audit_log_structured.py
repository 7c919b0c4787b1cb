"""Audit logs are structured: time, user, source address, action, resource, result, request id.

Risk: TODO.
Verified: Canary actions (login, failed login, role change, data export) are found as JSON with all fields.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "monitoring.audit-log-structured",
    seeds="H-8 L-7",
    proof="active",
    severity="medium",
    module=__name__,
)
