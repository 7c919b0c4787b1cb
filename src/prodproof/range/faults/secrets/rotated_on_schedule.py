"""Older than its period, expired, or with a period that nobody keeps."""

from datetime import UTC, datetime, timedelta

from prodproof.facts import Reason
from prodproof.range.components.declaration import FILE
from prodproof.range.components.vault import Vault
from prodproof.range.components.vault_secrets import DATABASE, PRODUCTION, SECRET_KEY
from prodproof.range.fault import Fault
from prodproof.range.range import Range

_PAYMENTS = 'purpose = "takes payments"\n'
_GIVES = 'may = ["payments: charge cards and give money back"]\nowner = "ana"\nrotate_every = "'


def old_database_password(harbour: Range) -> None:
    """The database's password was put there 400 days ago; its period is 90."""
    harbour.part(Vault).made_days_ago(PRODUCTION, DATABASE, 400)


def old_signing_key(harbour: Range) -> None:
    harbour.part(Vault).made_days_ago(PRODUCTION, SECRET_KEY, 181)


def issued_until_yesterday(harbour: Range) -> None:
    """The provider issued the payment key for a time that is over."""
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    harbour.repo.replace(FILE, _PAYMENTS, f"{_PAYMENTS}expires = {yesterday}\n")


def weekly_but_a_month_old(harbour: Range) -> None:
    """A week is declared, and the key is a month old."""
    harbour.repo.replace(FILE, f'{_GIVES}90d"', f'{_GIVES}7d"')


def distrusted(harbour: Range) -> None:
    """Nobody trusts the system file."""
    harbour.vantage.distrust()


FAULT = Fault(
    guarantee="secrets.rotated-on-schedule",
    breaks=old_database_password,
    says="400 days old",
    subject="secret:database",
    variants=(old_signing_key, issued_until_yesterday, weekly_but_a_month_old),
    withdraws=distrusted,
    reason=Reason.NOT_PERMITTED,
    needs=("repo", "vault"),
)
