"""A container that runs as root."""

from prodproof.facts import Reason
from prodproof.range.fault import Fault
from prodproof.range.range import Range

WEB = "k8s/web.yaml"
UNIT = "deploy/shop-worker.service"


def image_without_user(harbour: Range) -> None:
    harbour.repo.write("worker/Dockerfile", 'FROM python:3.12-slim\nCMD ["python", "worker.py"]\n')


def pod_runs_as_root(harbour: Range) -> None:
    harbour.repo.replace(WEB, "runAsUser: 10001", "runAsUser: 0")


def privileged_container(harbour: Range) -> None:
    harbour.repo.replace(WEB, "allowPrivilegeEscalation: false", "privileged: true")


def systemd_unit_with_sys_admin(harbour: Range) -> None:
    """And without a user of its own."""
    harbour.repo.replace(UNIT, "User=shop", "AmbientCapabilities=CAP_SYS_ADMIN")


def privileged_compose_service(harbour: Range) -> None:
    harbour.repo.write("compose.yml", "services:\n  web:\n    image: shop\n    privileged: true\n")


def deployment_unreadable(harbour: Range) -> None:
    harbour.repo.garble(WEB)


FAULT = Fault(
    guarantee="supply.runtime-least-privilege",
    breaks=image_without_user,
    says="runs as root",
    subject="file:worker/Dockerfile",
    variants=(
        pod_runs_as_root,
        privileged_container,
        systemd_unit_with_sys_admin,
        privileged_compose_service,
    ),
    withdraws=deployment_unreadable,
    reason=Reason.INCOMPLETE,
    touches=(
        "platform.infrastructure-reviewed",
        "platform.kubernetes-hardened",
        "supply.updates-automated",
        "supply.versions-pinned",
    ),
)
