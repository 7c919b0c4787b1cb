"""A reporting credential that may write, or more; in Vault in every form, in PostgreSQL where there is one."""

from datetime import UTC, datetime, timedelta

from prodproof.facts import Reason
from prodproof.range.components.declaration import FILE
from prodproof.range.components.vault import REPORTS, Vault
from prodproof.range.components.vault_secrets import FOLDER, MOUNT
from prodproof.range.fault import Fault
from prodproof.range.range import Range

_OWN = f"{MOUNT}/data/{FOLDER}/{REPORTS}/*"


def reports_may_write(harbour: Range) -> None:
    """The nightly report's login may change what it reads; where there is a database, it may write there, too."""
    if harbour.has("postgres"):
        _reporting(harbour, "GRANT INSERT ON ALL TABLES IN SCHEMA public TO reporting")
    harbour.part(Vault).widen(REPORTS, _OWN, "read", "update")


def reports_read_production(harbour: Range) -> None:
    """Vault's policy is wider than declared."""
    harbour.part(Vault).allow(REPORTS, f"{MOUNT}/data/{FOLDER}/production/*", "read")


def reporting_superuser(harbour: Range) -> None:
    """The quick way to let a report read everything; without a database, whoever may write policies."""
    if harbour.has("postgres"):
        _reporting(harbour, "ALTER ROLE reporting SUPERUSER")
    else:
        harbour.part(Vault).allow(REPORTS, "sys/policies/acl/*", "create", "update")


def works_longer_than_issued(harbour: Range) -> None:
    """Issued until tomorrow, and its login holds for a month."""
    tomorrow = datetime.now(UTC).date() + timedelta(days=1)
    harbour.part(Vault).lengthen(REPORTS, 30)
    purpose = 'purpose = "the nightly report\'s login to Vault, as ROLE_ID:SECRET_ID"\n'
    harbour.repo.replace(FILE, purpose, f"{purpose}expires = {tomorrow}\n")


def _reporting(harbour: Range, statement: str) -> None:
    from prodproof.range.components.postgres import Postgres

    harbour.part(Postgres).grant(statement)


def distrusted(harbour: Range) -> None:
    """Nobody trusts the system file."""
    harbour.vantage.distrust()


FAULT = Fault(
    guarantee="secrets.scoped",
    breaks=reports_may_write,
    says="may update on secret/harbour/reports/",
    subject="secret:reports-login",
    variants=(reports_read_production, reporting_superuser, works_longer_than_issued),
    withdraws=distrusted,
    reason=Reason.NOT_PERMITTED,
    needs=("repo", "vault"),
    touches=("secrets.manager-hardened",),
)
