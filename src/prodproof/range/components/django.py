"""The demo shop as a Django application that can be asked: its own code, this interpreter, SQLite."""

import sys
from pathlib import Path

from prodproof.facts.declared import DjangoApp

VARIABLES = {
    "HARBOUR_SECRET_KEY": "lab-only-0123456789-abcdefghijklmnopqrstuvwxyz-0123456789",
    "HARBOUR_PAYMENTS_WEBHOOK_KEY": "lab-only-webhook-0123456789-abcdefgh",
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
