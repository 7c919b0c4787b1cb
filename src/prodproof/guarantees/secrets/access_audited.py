"""Every access to a secret is logged, and the trail cannot be changed.

Risk: If nobody records who reads a secret, a theft looks like nothing at all.
Verified: A canary secret is read and must appear in the manager's audit trail (CloudTrail, Vault audit device)
within minutes; the trail's store is immutable (object lock, log-file validation).
Mend: Turn on the manager's audit trail (CloudTrail data events, Vault audit device), ship it to a store that
cannot be changed, and look a canary read up in it.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "secrets.access-audited",
    seeds="S-6 H-8",
    proof="active",
    severity="medium",
    module=__name__,
)
