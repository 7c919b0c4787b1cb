"""Infrastructure is code, and its misconfigurations are found before they are applied.

Risk: TODO.
Verified: terraform, CloudFormation, Kubernetes, compose and nginx files through a maintained scanner; the cloud
account through a posture scanner's results (Prowler).
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "platform.infrastructure-reviewed",
    seeds="L-6",
    proof="inside",
    severity="medium",
    module=__name__,
)
