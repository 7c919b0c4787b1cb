"""A password that is read at the start only; a database that asks for none; two logins that are good at once."""

from prodproof.facts import Reason
from prodproof.range.components.application import SETTINGS
from prodproof.range.components.postgres import Postgres
from prodproof.range.components.vault import ROTATION, Vault
from prodproof.range.fault import Fault
from prodproof.range.range import Range


def password_read_at_the_start_only(harbour: Range) -> None:
    """Django's own engine, as most have it: another password needs another start."""
    line = '"ENGINE": "shop.postgresql",  # takes another login up while it runs'
    harbour.repo.replace(SETTINGS, line, '"ENGINE": "django.db.backends.postgresql",')
    harbour.app.deploy()


def database_asks_for_no_password(harbour: Range) -> None:
    """`trust` in pg_hba.conf."""
    harbour.part(Postgres).trust()


def both_logins_are_good(harbour: Range) -> None:
    """The last rotation was not brought to its end."""
    harbour.part(Postgres).let_both_in()


def writer_refused(harbour: Range) -> None:
    """The manager takes the login no more with which secrets are written."""
    harbour.part(Vault).refuse(ROTATION)


FAULT = Fault(
    guarantee="secrets.rotate-without-deploy",
    breaks=password_read_at_the_start_only,
    says="did not come to use the new one",
    subject="secret:database",
    alone=True,  # the only one whose rotation harbour declares
    variants=(database_asks_for_no_password, both_logins_are_good),
    withdraws=writer_refused,
    reason=Reason.DENIED,
    needs=("repo", "application", "postgres", "vault", "front"),
    drills=("rotate secret:database",),
)
