"""A deploy that does not wait for the tests, or for tests that cannot stop it."""

from prodproof.facts import Reason
from prodproof.range.fault import Fault

CHECKS = ".github/workflows/checks.yml"
RELEASE = ".github/workflows/release.yml"

FAULT = Fault(
    guarantee="delivery.tests-gate-deploys",
    breaks=lambda harbour: harbour.repo.replace(RELEASE, "    needs: checks\n", ""),
    says="without waiting for the tests",
    variants=(
        lambda harbour: harbour.repo.replace(RELEASE, "    needs: checks\n", "    needs: checks\n    if: always()\n"),
        lambda harbour: harbour.repo.replace(CHECKS, "manage.py test\n", "manage.py test || true\n"),
    ),
    withdraws=lambda harbour: harbour.repo.garble(RELEASE),
    reason=Reason.INCOMPLETE,
)
