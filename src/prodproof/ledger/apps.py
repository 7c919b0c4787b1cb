"""Registration with Django; the label names the tables and the migrations."""

from django.apps import AppConfig


class LedgerConfig(AppConfig):
    """The evidence ledger."""

    name = "prodproof.ledger"
    label = "ledger"
    default_auto_field = "django.db.models.BigAutoField"
