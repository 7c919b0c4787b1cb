"""An update bot that leaves Docker out."""

from prodproof.facts import Reason
from prodproof.range.fault import Fault
from prodproof.range.range import Range

BOT = ".github/dependabot.yml"
DOCKER = '  - package-ecosystem: docker\n    directories: ["/", "/k8s"]\n'
NOTHING = "  - package-ecosystem: helm\n    directory: /\n"


def docker_left_out(harbour: Range) -> None:
    harbour.repo.replace(BOT, DOCKER, NOTHING)


def no_update_bot(harbour: Range) -> None:
    harbour.repo.remove(BOT)


def new_go_module_not_covered(harbour: Range) -> None:
    harbour.repo.write("tools/go.mod", "module tools\n\nrequire example.org/mod v1.0.0\n")


def dependabot_configuration_unreadable(harbour: Range) -> None:
    harbour.repo.garble(BOT)


FAULT = Fault(
    guarantee="supply.updates-automated",
    breaks=docker_left_out,
    says="docker (Dockerfile)",
    subject="repo:harbour/shop",
    variants=(no_update_bot, new_go_module_not_covered),
    withdraws=dependabot_configuration_unreadable,
    reason=Reason.INCOMPLETE,
    touches=("supply.no-unused-dependencies", "supply.trusted-registries", "supply.versions-pinned"),
)
