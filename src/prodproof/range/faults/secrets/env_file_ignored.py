import shutil

from prodproof.facts import Reason
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


FAULT = Fault(
    guarantee="secrets.env-file-ignored",
    breaks=committed_once,
    says="deploy/.env was committed",
    variants=(rule_removed, renamed_in),
    withdraws=lambda lab: shutil.rmtree(lab.repo.directory / ".git"),
    reason=Reason.INCOMPLETE,
    touches=("secrets.not-in-code",),
)
