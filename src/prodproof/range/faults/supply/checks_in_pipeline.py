"""A scanner whose findings nobody has to heed."""

from prodproof.facts import Reason
from prodproof.range.fault import Fault
from prodproof.range.range import Range

CHECKS = ".github/workflows/checks.yml"


def heeded_by_nobody(harbour: Range) -> None:
    step = "      - name: Known vulnerabilities in dependencies\n"
    harbour.repo.replace(CHECKS, step, f"{step}        continue-on-error: true\n")


FAULT = Fault(
    guarantee="supply.checks-in-pipeline",
    breaks=heeded_by_nobody,
    says="the dependency scan (pip-audit) cannot fail the run: continue-on-error",
    variants=(
        lambda harbour: harbour.repo.replace(
            CHECKS,
            "--requirement requirements.txt\n      - name: Secrets",
            "--requirement requirements.txt || true\n      - name: Secrets",
        ),
        lambda harbour: harbour.repo.replace(CHECKS, 'exit-code: "1"', 'exit-code: "0"'),
        lambda harbour: harbour.repo.replace(CHECKS, "  pull_request:\n", "  schedule:\n    - cron: '0 3 * * 1'\n"),
    ),
    withdraws=lambda harbour: harbour.repo.garble(CHECKS),
    reason=Reason.INCOMPLETE,
)
