"""In an archive of files, in a dump."""

from prodproof.facts import Reason
from prodproof.range.components.backups import Backups
from prodproof.range.fault import Fault
from prodproof.range.range import Range
from prodproof.trace.patterns.canary import made_up, rule_of


def environment_file_in_the_archive(harbour: Range) -> None:
    """The archive of uploads contains .env."""
    harbour.part(Backups).archive({"srv/harbour/.env": harbour.app.deployment.environment_file.read_bytes()})


def private_key_in_the_archive(harbour: Range) -> None:
    """A key that no store knows."""
    harbour.part(Backups).archive({"etc/ssl/private/shop.pem": made_up(rule_of("private-key"))})


def setting_in_the_dump(harbour: Range) -> None:
    """A table of settings has a declared secret in clear."""
    value = harbour.app.environment["HARBOUR_PAYMENTS_WEBHOOK_KEY"]
    rows = f"COPY public.settings (name, value) FROM stdin;\nwebhook\t{value}\n\\.\n"
    harbour.part(Backups).dump.write_text(f"-- PostgreSQL database dump\n\n{rows}")


def gone(harbour: Range) -> None:
    """There are no copies."""
    harbour.part(Backups).vanish()


FAULT = Fault(
    guarantee="secrets.not-in-backups",
    breaks=environment_file_in_the_archive,
    says="!srv/harbour/.env",
    subject="backup:uploads",
    variants=(private_key_in_the_archive, setting_in_the_dump),
    withdraws=gone,
    reason=Reason.UNREACHABLE,
    needs=("backups", "application"),
)
