"""All pods replaced at once, and nothing that would notice."""

from prodproof.facts import Reason
from prodproof.range.fault import Fault
from prodproof.range.range import Range

WEB = "k8s/web.yaml"
PROBE = """\
          readinessProbe:
            httpGet:
              path: /healthz
              port: 8000
              httpHeaders: [{name: Host, value: harbour.example}]
"""
ROLLING = "    type: RollingUpdate\n    rollingUpdate:\n      maxUnavailable: 0\n      maxSurge: 1\n"


def recreate(harbour: Range) -> None:
    harbour.repo.replace(WEB, PROBE, "")
    harbour.repo.replace(WEB, ROLLING, "    type: Recreate\n")


def no_readiness_probe(harbour: Range) -> None:
    harbour.repo.replace(WEB, PROBE, "")


def all_pods_replaced_at_once(harbour: Range) -> None:
    harbour.repo.replace(WEB, "maxUnavailable: 0", "maxUnavailable: 100%")


def deployment_unreadable(harbour: Range) -> None:
    harbour.repo.garble(WEB)


FAULT = Fault(
    guarantee="delivery.progressive",
    breaks=recreate,
    says="Recreate",
    subject="k8s:Deployment/shop/web",
    variants=(no_readiness_probe, all_pods_replaced_at_once),
    withdraws=deployment_unreadable,
    reason=Reason.INCOMPLETE,
)
