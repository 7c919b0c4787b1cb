"""A container that runs as root."""

from prodproof.facts import Reason
from prodproof.range.fault import Fault

WEB = "k8s/web.yaml"
UNIT = "deploy/shop-worker.service"

FAULT = Fault(
    guarantee="supply.runtime-least-privilege",
    breaks=lambda harbour: harbour.repo.write("worker/Dockerfile", 'FROM python:3.12-slim\nCMD ["python", "worker.py"]\n'),
    says="runs as root",
    variants=(
        lambda harbour: harbour.repo.replace(WEB, "runAsUser: 10001", "runAsUser: 0"),
        lambda harbour: harbour.repo.replace(WEB, "allowPrivilegeEscalation: false", "privileged: true"),
        lambda harbour: harbour.repo.replace(UNIT, "User=shop", "AmbientCapabilities=CAP_SYS_ADMIN"),
        lambda harbour: harbour.repo.write("compose.yml", "services:\n  web:\n    image: shop\n    privileged: true\n"),
    ),
    withdraws=lambda harbour: harbour.repo.garble(WEB),
    reason=Reason.INCOMPLETE,
)
