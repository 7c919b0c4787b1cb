import shutil

from prodproof.facts import Reason
from prodproof.range.components.site import Page
from prodproof.range.fault import Fault
from prodproof.range.lab import Lab


def committed_once(lab: Lab) -> None:
    """Committed once and deleted later."""
    lab.repo.write("deploy/.env", "SECRET_KEY=changeme\n")
    lab.repo.remove("deploy/.env")


def rule_removed(lab: Lab) -> None:
    """The ignore rule is gone."""
    lab.repo.replace(".gitignore", ".env.*", "*.pyc")


def renamed_in(lab: Lab) -> None:
    """Came to its name by a rename, and is tracked."""
    lab.repo.write("settings.txt", "SECRET_KEY=changeme\n")
    (lab.repo.directory / "settings.txt").rename(lab.repo.directory / "prod.env")
    lab.repo.commit("Rename")


def served(lab: Lab) -> None:
    """The web server hands the file out."""
    lab.site.main.pages["/.env"] = Page(body="SECRET_KEY=changeme\n", content_type="text/plain")


FAULT = Fault(
    guarantee="secrets.env-file-ignored",
    breaks=committed_once,
    says="deploy/.env was committed",
    variants=(rule_removed, renamed_in, served),
    withdraws=lambda lab: shutil.rmtree(lab.repo.directory / ".git"),
    reason=Reason.INCOMPLETE,
    needs=("repo", "site"),
    touches=("secrets.not-in-code",),
)
