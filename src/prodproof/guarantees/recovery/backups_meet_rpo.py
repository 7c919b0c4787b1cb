"""Backups run automatically, often enough for the declared recovery point objective.

Risk: TODO.
Verified: The worst interval from the start of one restore point to the moment the next one was complete and off-
site, and WAL lag by heartbeat, against each store's RPO (pgBackRest, Barman, restic, borg, RDS, dumps); the age
of the newest alone is not RPO.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "recovery.backups-meet-rpo",
    seeds="M-B1 H-7",
    proof="inside",
    severity="medium",
    module=__name__,
)
