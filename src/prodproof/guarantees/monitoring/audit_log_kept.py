"""Audit logs cannot be altered and are kept as declared (the handbook suggests 30 days searchable, seven years
archived where the law asks for it).

Risk: Intruders are found after months and clean up behind themselves; a log that can be edited or is kept for a
week tells nothing.
Verified: Retention and lock settings of the stores, and the oldest entry that is really there, a younger system
excepted.
Mend: Ship audit logs to a store with object lock in another account, and keep them as long as you declared.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "monitoring.audit-log-kept",
    seeds="H-8 S-6",
    proof="inside",
    severity="medium",
    module=__name__,
)
