"""The demo shop as a Django application that can be asked: its own code, this interpreter, SQLite."""

import sys
from pathlib import Path

from prodproof.facts.declared import DjangoApp

VARIABLES = {
    "HARBOUR_SECRET_KEY": "lab-only-0123456789-abcdefghijklmnopqrstuvwxyz-0123456789",
    "HARBOUR_FIELD_KEYS": "bGFiLW9ubHktMDEyMzQ1Njc4OS1hYmNkZWZnaGlqa2w=",
    "HARBOUR_PAYMENTS_WEBHOOK_KEY": "lab-only-webhook-0123456789-abcdefgh",
    "HARBOUR_INTERNAL_TOKEN": "lab-only-internal-0123456789-abcdefgh",
    "HARBOUR_ORIGIN": "https://harbour.example",
    "HARBOUR_HOSTS": "api.harbour.example",
    "HARBOUR_ADMIN_NETWORKS": "198.51.100.0/24",
    "PYTHONDONTWRITEBYTECODE": "1",
}
"""What the application reads from its environment; made up, and good for nothing else."""


def shop_application(directory: Path, **variables: str) -> DjangoApp:
    """How to ask the shop in `directory`.

    Args:
        directory: the lab's own; the repository lies in `harbour/` there.
        variables: further environment variables of the application.
    """
    given = VARIABLES | {"HARBOUR_SQLITE": str(directory / "shop.sqlite3")} | variables
    pairs = (f"{name}={value}" for name, value in given.items())
    return DjangoApp(
        environment="production",
        manage=("env", *pairs, sys.executable, "manage.py"),
        repository="harbour",
        directory="harbour",
        settings="harbour.settings.production",
    )
