"""A real restore was done within the last three months and its data was right.

Risk: Nobody has backups; people have restores. An untested one fails on the day that matters.
Verified: Drill: the newest backup is restored into a scratch instance that is isolated from production; schema,
row counts, foreign keys, digests taken at the backup's own moment (or invariants where there are none), newest
rows and the team's own checks are compared; that the source has moved on is no finding.
Mend: Restore the newest backup into scratch every quarter at least, and compare schema, counts, newest rows and
your own checks.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "recovery.restore-tested",
    seeds="M-B5 H-7 K-7",
    proof="drill",
    severity="critical",
    module=__name__,
)
