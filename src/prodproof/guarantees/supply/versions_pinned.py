"""Every dependency, base image, action and module is pinned; nothing floats on 'latest'.

Risk: TODO.
Verified: Floating is: no tag, latest, stable, a major or minor tag only; exact versions and digests are pinned
(latest@sha256 too); build arguments are resolved, stage aliases skipped; lock files with hashes, action commit
ids, terraform provider locks.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "supply.versions-pinned",
    seeds="H-10",
    proof="inside",
    severity="medium",
    module=__name__,
)
