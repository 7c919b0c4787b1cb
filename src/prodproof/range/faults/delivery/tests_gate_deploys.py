"""A deploy that does not wait for the tests, or for tests that cannot stop it."""

from prodproof.facts import Reason
from prodproof.range.fault import Fault
from prodproof.range.range import Range

CHECKS = ".github/workflows/checks.yml"
RELEASE = ".github/workflows/release.yml"


def deploy_does_not_wait_for_tests(harbour: Range) -> None:
    harbour.repo.replace(RELEASE, "    needs: checks\n", "")


def deploy_whatever_the_tests_say(harbour: Range) -> None:
    """It waits for them, and then goes on anyway."""
    harbour.repo.replace(RELEASE, "    needs: checks\n", "    needs: checks\n    if: always()\n")


def tests_cannot_fail(harbour: Range) -> None:
    harbour.repo.replace(CHECKS, "manage.py test\n", "manage.py test || true\n")


def release_workflow_unreadable(harbour: Range) -> None:
    harbour.repo.garble(RELEASE)


FAULT = Fault(
    guarantee="delivery.tests-gate-deploys",
    breaks=deploy_does_not_wait_for_tests,
    says="without waiting for the tests",
    subject="repo:harbour/shop",
    variants=(deploy_whatever_the_tests_say, tests_cannot_fail),
    withdraws=release_workflow_unreadable,
    reason=Reason.INCOMPLETE,
)
