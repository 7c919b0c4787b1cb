"""Backups are kept apart from the production server: another region, provider or account, which production's own
credentials cannot delete.

Risk: Whoever deletes or encrypts your server deletes the backups beside it.
Verified: The repository's location and account against production's; production's credential may not delete there
(a canary object is tried); object lock.
Mend: Copy backups to another account or provider with object lock, with a credential that production does not
have and that cannot delete.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "recovery.backups-offsite",
    seeds="M-B3 H-7",
    proof="active",
    severity="critical",
    module=__name__,
)
