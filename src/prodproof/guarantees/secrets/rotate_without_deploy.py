"""Every production credential can be rotated quickly, without an emergency deployment and without downtime.

Risk: If a rotation needs a release and three people, nobody rotates, not even after a leak.
Verified: Drill: create the new credential, put it in the manager, see the application use it while a probe counts
failed requests (none), retire the old one, see it refused; timed; crash-safe at every step.
Mend: Let the application read credentials at use or on reload, keep two valid during the change, and practise it
while a probe counts failed requests.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "secrets.rotate-without-deploy",
    seeds="M-S5 S-3 M-text",
    proof="drill",
    severity="high",
    module=__name__,
)
