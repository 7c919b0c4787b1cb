"""An update bot that leaves Docker out."""

from prodproof.facts import Reason
from prodproof.range.fault import Fault

BOT = ".github/dependabot.yml"
DOCKER = '  - package-ecosystem: docker\n    directories: ["/", "/k8s"]\n'
NOTHING = "  - package-ecosystem: helm\n    directory: /\n"

FAULT = Fault(
    guarantee="supply.updates-automated",
    breaks=lambda harbour: harbour.repo.replace(BOT, DOCKER, NOTHING),
    says="docker (Dockerfile)",
    variants=(
        lambda harbour: harbour.repo.remove(BOT),
        lambda harbour: harbour.repo.write("tools/go.mod", "module tools\n\nrequire example.org/mod v1.0.0\n"),
    ),
    withdraws=lambda harbour: harbour.repo.garble(BOT),
    reason=Reason.INCOMPLETE,
)
