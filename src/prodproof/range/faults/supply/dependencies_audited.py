from datetime import UTC, datetime, timedelta

from prodproof.facts import Reason
from prodproof.facts.declared import Advisories
from prodproof.range.components.advisories import DJANGO
from prodproof.range.fault import Fault
from prodproof.range.lab import Lab


def vulnerable_django(lab: Lab) -> None:
    """A pinned Django with a published advisory."""
    lab.repo.write("requirements.txt", f"django==4.2.10 --hash=sha256:{'0' * 64}\n")


def vulnerable_deep_in_npm(lab: Lab) -> None:
    """A package that another one brought along."""
    lab.repo.replace("package-lock.json", "node_modules/htmx.org", "node_modules/htmx.org/node_modules/minimist")
    lab.repo.replace("package-lock.json", '"version": "2.', '"version": "1.2.5", "was": "2.')


def old_data_still_tells(lab: Lab) -> None:
    """The export is old, and the advisory is older."""
    lab.advisories.write("PyPI", datetime.now(UTC) - timedelta(days=90), DJANGO)
    vulnerable_django(lab)


def ignored_schedule(lab: Lab) -> None:
    """The nightly audit cannot fail."""
    path = ".github/workflows/audit.yml"
    lab.repo.replace(path, "    timeout-minutes", "    continue-on-error: true\n    timeout-minutes")


def no_source(lab: Lab) -> None:
    """No advisory database is named."""
    lab.declare(advisories=Advisories())


FAULT = Fault(
    guarantee="supply.dependencies-audited",
    breaks=vulnerable_django,
    says="django 4.2.10 has CVE-2024-27351",
    variants=(vulnerable_deep_in_npm, old_data_still_tells, ignored_schedule),
    withdraws=no_source,
    reason=Reason.NOT_CONFIGURED,
    needs=("repo", "advisories"),
    touches=("supply.versions-pinned",),
)
