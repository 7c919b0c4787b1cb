"""Every access to a secret is logged, and the trail cannot be changed.

Risk: TODO.
Verified: A canary secret is read and must appear in the manager's audit trail (CloudTrail, Vault audit device)
within minutes; the trail's store is immutable (object lock, log-file validation).
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "secrets.access-audited",
    seeds="S-6 H-8",
    proof="active",
    severity="medium",
    module=__name__,
)
