"""Backups run automatically, often enough for the declared recovery point objective.

Risk: You believe that you lose an hour at worst; the last complete copy is from yesterday.
Verified: The worst interval from the start of one restore point to the moment the next one was complete and off-site,
and WAL lag by heartbeat, against each store's RPO (pgBackRest, Barman, restic, borg, RDS, dumps); the age of the newest
alone is not RPO.
Mend: Run backups more often than the objective and ship WAL continuously; measure by the worst gap, not by the newest
file.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "recovery.backups-meet-rpo",
    seeds="M-B1 H-7",
    proof="inside",
    severity="critical",
    module=__name__,
)
