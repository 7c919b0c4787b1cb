"""Configuration changes (environment, DNS, firewall) are logged and traceable.

Risk: TODO.
Verified: Snapshots between runs are diffed; each difference must resolve to a commit, a CloudTrail event or a
recorded change.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "delivery.config-changes-logged",
    seeds="M-D7",
    proof="inside",
    severity="medium",
    module=__name__,
)
