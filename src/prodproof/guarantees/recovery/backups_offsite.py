"""Backups are kept apart from the production server: another region, provider or account, which production's own
credentials cannot delete.

Risk: TODO.
Verified: The repository's location and account against production's; production's credential may not delete there
(a canary object is tried); object lock.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "recovery.backups-offsite",
    seeds="M-B3 H-7",
    proof="active",
    severity="medium",
    module=__name__,
)
