"""All pods replaced at once, and nothing that would notice."""

from prodproof.facts import Reason
from prodproof.range.fault import Fault
from prodproof.range.lab import Lab

WEB = "k8s/web.yaml"
PROBE = "          readinessProbe:\n            httpGet:\n              path: /health/ready\n              port: 8000\n"
ROLLING = "    type: RollingUpdate\n    rollingUpdate:\n      maxUnavailable: 0\n      maxSurge: 1\n"


def recreate(lab: Lab) -> None:
    lab.repo.replace(WEB, PROBE, "")
    lab.repo.replace(WEB, ROLLING, "    type: Recreate\n")


FAULT = Fault(
    guarantee="delivery.progressive",
    breaks=recreate,
    says="Recreate",
    variants=(
        lambda lab: lab.repo.replace(WEB, PROBE, ""),
        lambda lab: lab.repo.replace(WEB, "maxUnavailable: 0", "maxUnavailable: 100%"),
    ),
    withdraws=lambda lab: lab.repo.garble(WEB),
    reason=Reason.INCOMPLETE,
)
