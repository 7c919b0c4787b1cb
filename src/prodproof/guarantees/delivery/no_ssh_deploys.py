"""Deployments need no SSH to servers in normal conditions.

Risk: TODO.
Verified: Pipeline steps and deploy scripts are read; interactive logins from the host's log are matched with
declared incidents; a machine key with a forced command is no finding.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "delivery.no-ssh-deploys",
    seeds="M-D6",
    proof="inside",
    severity="medium",
    module=__name__,
)
