"""Committed once; no rule any more; renamed in; handed out by the web server."""

from prodproof.facts import Reason
from prodproof.range.fault import Fault
from prodproof.range.range import Range


def committed_once(harbour: Range) -> None:
    """Committed once and deleted later."""
    harbour.repo.write("deploy/.env", "SECRET_KEY=changeme\n")
    harbour.repo.remove("deploy/.env")


def rule_removed(harbour: Range) -> None:
    """The ignore rule is gone."""
    harbour.repo.replace(".gitignore", ".env.*", "*.pyc")


def renamed_in(harbour: Range) -> None:
    """Came to its name by a rename, and is tracked."""
    harbour.repo.write("settings.txt", "SECRET_KEY=changeme\n")
    (harbour.repo.directory / "settings.txt").rename(harbour.repo.directory / "prod.env")
    harbour.repo.commit("Rename")


def served(harbour: Range) -> None:
    """The web server hands the file out."""
    harbour.front.serve("/.env", "SECRET_KEY=changeme\n", content_type="text/plain")


def without_history(harbour: Range) -> None:
    """What lies there is no repository any more."""
    harbour.repo.vanish()


FAULT = Fault(
    guarantee="secrets.env-file-ignored",
    breaks=committed_once,
    says="deploy/.env was committed",
    variants=(rule_removed, renamed_in, served),
    withdraws=without_history,
    reason=Reason.INCOMPLETE,
    needs=("repo", "front"),
    touches=("secrets.not-in-code", "secrets.in-manager", "application.no-debug-endpoints"),
)
