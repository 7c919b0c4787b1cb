"""A scanner whose findings nobody has to heed."""

from prodproof.facts import Reason
from prodproof.range.fault import Fault
from prodproof.range.range import Range

CHECKS = ".github/workflows/checks.yml"


def heeded_by_nobody(harbour: Range) -> None:
    step = "      - name: Known vulnerabilities in dependencies\n"
    harbour.repo.replace(CHECKS, step, f"{step}        continue-on-error: true\n")


def audit_ends_in_or_true(harbour: Range) -> None:
    audit, after = "--requirement requirements.txt", "\n      - name: Secrets"
    harbour.repo.replace(CHECKS, audit + after, f"{audit} || true{after}")


def image_scan_cannot_fail(harbour: Range) -> None:
    harbour.repo.replace(CHECKS, 'exit-code: "1"', 'exit-code: "0"')


def checks_on_mondays_only(harbour: Range) -> None:
    """No pull request waits for them."""
    harbour.repo.replace(CHECKS, "  pull_request:\n", "  schedule:\n    - cron: '0 3 * * 1'\n")


def checks_workflow_unreadable(harbour: Range) -> None:
    harbour.repo.garble(CHECKS)


FAULT = Fault(
    guarantee="supply.checks-in-pipeline",
    breaks=heeded_by_nobody,
    says="the dependency scan (pip-audit) cannot fail the run: continue-on-error",
    subject="repo:harbour/shop",
    variants=(audit_ends_in_or_true, image_scan_cannot_fail, checks_on_mondays_only),
    withdraws=checks_workflow_unreadable,
    reason=Reason.INCOMPLETE,
)
