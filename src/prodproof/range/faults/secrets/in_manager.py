"""A literal in the settings; a default; an earlier version in use; none in the manager; one that nobody declared."""

import secrets

from prodproof.facts import Reason
from prodproof.range.components.vault import READER, Vault
from prodproof.range.components.vault_secrets import INTERNAL_TOKEN, PRODUCTION, WEBHOOK_KEY
from prodproof.range.fault import Fault
from prodproof.range.range import Range


def literal_in_settings(harbour: Range) -> None:
    """SECRET_KEY stands in the settings of production, and is deployed so."""
    line = 'ENVIRONMENT = "production"\n'
    literal = f'{line}SECRET_KEY = "{secrets.token_urlsafe(50)}"\n'
    harbour.repo.replace("harbour/settings/production.py", line, literal)
    harbour.app.deploy()


def default_for_want_of_a_variable(harbour: Range) -> None:
    asked = 'os.environ["HARBOUR_PAYMENTS_WEBHOOK_KEY"]'
    with_default = 'os.environ.get("HARBOUR_PAYMENTS_WEBHOOK_KEY", "insecure")'
    harbour.repo.replace("harbour/settings/base.py", asked, with_default)


def rotated_in_the_manager_alone(harbour: Range) -> None:
    """The application goes on with the version before."""
    harbour.part(Vault).put(PRODUCTION, INTERNAL_TOKEN, secrets.token_urlsafe(32))


def missing_in_the_manager(harbour: Range) -> None:
    harbour.part(Vault).forget(PRODUCTION, WEBHOOK_KEY)


def set_on_the_server(harbour: Range) -> None:
    """A key that nobody declared, edited in where the shop runs."""
    harbour.app.settings(MAP_API_KEY=secrets.token_urlsafe(24))


def refused(harbour: Range) -> None:
    """The manager takes prodproof's login no more."""
    harbour.part(Vault).refuse(READER)


FAULT = Fault(
    guarantee="secrets.in-manager",
    breaks=literal_in_settings,
    says="SECRET_KEY stands in the settings as text",
    subject="app:harbour/shop#production",
    variants=(default_for_want_of_a_variable, rotated_in_the_manager_alone, missing_in_the_manager, set_on_the_server),
    withdraws=refused,
    reason=Reason.DENIED,
    needs=("repo", "application", "vault"),
    # What the manager has not is searched for nowhere.
    touches=(
        "secrets.not-in-code",
        "secrets.not-in-output",
        "secrets.not-in-artifacts",
        "secrets.not-in-frontend",
        "secrets.not-in-backups",
        "secrets.rotated-on-schedule",
    ),
)
