"""A locked package with a published advisory, and an audit that nobody has to heed."""

from datetime import UTC, datetime, timedelta

from prodproof.facts import Reason
from prodproof.range.components.advisories import DJANGO, Advisories
from prodproof.range.fault import Fault
from prodproof.range.range import Range


def vulnerable_django(harbour: Range) -> None:
    """A pinned Django with a published advisory."""
    harbour.repo.write("requirements.txt", f"django==4.2.10 --hash=sha256:{'0' * 64}\n")


def vulnerable_deep_in_npm(harbour: Range) -> None:
    """A package that another one brought along."""
    harbour.repo.replace("package-lock.json", "node_modules/htmx.org", "node_modules/htmx.org/node_modules/minimist")
    harbour.repo.replace("package-lock.json", '"version": "2.', '"version": "1.2.5", "was": "2.')


def old_data_still_tells(harbour: Range) -> None:
    """The export is old, and the advisory is older."""
    harbour.part(Advisories).write("PyPI", datetime.now(UTC) - timedelta(days=90), DJANGO)
    vulnerable_django(harbour)


def ignored_schedule(harbour: Range) -> None:
    """The nightly audit cannot fail."""
    path = ".github/workflows/audit.yml"
    harbour.repo.replace(path, "    timeout-minutes", "    continue-on-error: true\n    timeout-minutes")


def no_source(harbour: Range) -> None:
    """No advisory database is named."""
    harbour.repo.replace("prodproof.toml", "[advisories]\nsource", "[advisories]\n# source")


FAULT = Fault(
    guarantee="supply.dependencies-audited",
    breaks=vulnerable_django,
    says="django 4.2.10 has CVE-2024-27351",
    subject="file:requirements.txt",
    variants=(vulnerable_deep_in_npm, old_data_still_tells, ignored_schedule),
    withdraws=no_source,
    reason=Reason.NOT_CONFIGURED,
    needs=("repo", "advisories"),
    touches=("supply.versions-pinned",),
)
