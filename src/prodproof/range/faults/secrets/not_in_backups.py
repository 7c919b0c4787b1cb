"""In an archive of files, in a dump."""

from prodproof.facts import Reason
from prodproof.range.components.backups import Backups
from prodproof.range.fault import Fault
from prodproof.range.range import Range
from prodproof.trace.patterns.canary import made_up, rule_of


def environment_file_in_the_archive(harbour: Range) -> None:
    """The archive of uploads contains .env."""
    Backups.of(harbour).archive({"srv/harbour/.env": harbour.app.deployment.environment_file.read_bytes()})


def private_key_in_the_archive(harbour: Range) -> None:
    """A key that no store knows."""
    Backups.of(harbour).archive({"etc/ssl/private/shop.pem": made_up(rule_of("private-key"))})


def gone(harbour: Range) -> None:
    """There are no copies."""
    Backups.of(harbour).vanish()


FAULT = Fault(
    guarantee="secrets.not-in-backups",
    breaks=environment_file_in_the_archive,
    says="srv/harbour/.env",
    subject="backup:uploads",
    variants=(private_key_in_the_archive,),
    withdraws=gone,
    reason=Reason.UNREACHABLE,
    needs=("backups", "application"),
)
