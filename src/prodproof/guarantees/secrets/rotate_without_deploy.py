"""Every production credential can be rotated quickly, without an emergency deployment and without downtime.

Risk: TODO.
Verified: Drill: create the new credential, put it in the manager, see the application use it while a probe counts
failed requests (none), retire the old one, see it refused; timed; crash-safe at every step.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "secrets.rotate-without-deploy",
    seeds="M-S5 S-3 M-text",
    proof="drill",
    severity="medium",
    module=__name__,
)
