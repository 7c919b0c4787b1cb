"""What is built today is not what was built yesterday: an image, a package or an action that floats."""

from prodproof.facts import Reason
from prodproof.range.fault import Fault
from prodproof.range.range import Range


def python_latest(harbour: Range) -> None:
    """FROM python:latest."""
    harbour.repo.write("worker/Dockerfile", "FROM python:latest\nUSER 10001\n")


def lock_removed(harbour: Range) -> None:
    """A manifest without its lock."""
    harbour.repo.remove("package-lock.json")


def action_by_tag(harbour: Range) -> None:
    """An action by its tag."""
    harbour.repo.replace(".github/workflows/audit.yml", "@11bd71901bbe5b1630ceea73d27597364c9af683", "@v4")


def npm_lock_unreadable(harbour: Range) -> None:
    harbour.repo.garble("package-lock.json")


FAULT = Fault(
    guarantee="supply.versions-pinned",
    breaks=python_latest,
    says="image python floats on 'latest'",
    subject="file:worker/Dockerfile",
    variants=(lock_removed, action_by_tag),
    withdraws=npm_lock_unreadable,
    reason=Reason.INCOMPLETE,
    touches=("supply.dependencies-audited", "supply.trusted-registries", "supply.updates-automated"),
)
