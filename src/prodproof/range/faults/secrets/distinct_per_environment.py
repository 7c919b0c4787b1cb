"""Staging with production's database login, with its key, and with a password of it inside a URL alone."""

from prodproof.facts import Reason
from prodproof.range.components.postgres import Postgres
from prodproof.range.components.staging import Staging
from prodproof.range.components.vault import Vault
from prodproof.range.components.vault_secrets import DATABASE, PRODUCTION, SECRET_KEY, STAGING
from prodproof.range.fault import Fault
from prodproof.range.range import Range


def database_password(harbour: Range) -> None:
    """Staging works in production's database, with production's login."""
    vault, staging = harbour.part(Vault), harbour.part(Staging)
    vault.put(STAGING, DATABASE, vault.value(PRODUCTION, DATABASE))
    staging.take_secrets()
    if harbour.has("postgres"):
        staging.inject(**harbour.part(Postgres).variables("shop"))


def same_secret_key(harbour: Range) -> None:
    vault = harbour.part(Vault)
    vault.put(STAGING, SECRET_KEY, vault.value(PRODUCTION, SECRET_KEY))
    harbour.part(Staging).take_secrets()


def inside_a_url_alone(harbour: Range) -> None:
    """Nobody declared it; only the password is the same."""
    password = harbour.part(Vault).value(PRODUCTION, DATABASE)
    harbour.part(Staging).inject(HARBOUR_REPORTS_URL=f"postgres://reports:{password}@127.0.0.1/reports")


def staging_away(harbour: Range) -> None:
    """Nobody can ask staging what it has."""
    harbour.part(Staging).refuse_commands()


FAULT = Fault(
    guarantee="secrets.distinct-per-environment",
    breaks=database_password,
    says="staging shares a secret with production: the secret staging-database there is the secret database here",
    subject="system:",
    variants=(same_secret_key, inside_a_url_alone),
    withdraws=staging_away,
    reason=Reason.UNREACHABLE,
    needs=("repo", "application", "staging", "vault"),
)
