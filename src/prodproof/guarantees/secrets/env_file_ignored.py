""".env and its like are ignored by git and were never committed.

Risk: TODO.
Verified: git's own ignore rules are asked for each such name; history is searched for the paths; web roots are
asked for /.env from outside.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "secrets.env-file-ignored",
    seeds="M-S8",
    proof="inside",
    severity="medium",
    module=__name__,
)
