"""Configuration changes (environment, DNS, firewall) are logged and traceable.

Risk: A changed variable or firewall rule that no record explains is either a mistake or an intruder, and you
cannot tell which.
Verified: Snapshots between runs are diffed; each difference must resolve to a commit, a CloudTrail event or a
recorded change.
Mend: Keep configuration, DNS and firewall rules in code, and record each change that is made by hand.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "delivery.config-changes-logged",
    seeds="M-D7",
    proof="inside",
    severity="medium",
    module=__name__,
)
