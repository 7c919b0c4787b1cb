from prodproof.facts import Reason
from prodproof.range.fault import Fault
from prodproof.range.lab import Lab


def python_latest(lab: Lab) -> None:
    """FROM python:latest."""
    lab.repo.write("worker/Dockerfile", "FROM python:latest\nUSER 10001\n")


def lock_removed(lab: Lab) -> None:
    """A manifest without its lock."""
    lab.repo.remove("package-lock.json")


def action_by_tag(lab: Lab) -> None:
    """An action by its tag."""
    lab.repo.replace(".github/workflows/audit.yml", "@11bd71901bbe5b1630ceea73d27597364c9af683", "@v4")


FAULT = Fault(
    guarantee="supply.versions-pinned",
    breaks=python_latest,
    says="image python floats on 'latest'",
    variants=(lock_removed, action_by_tag),
    withdraws=lambda lab: lab.repo.garble("package-lock.json"),
    reason=Reason.INCOMPLETE,
)
