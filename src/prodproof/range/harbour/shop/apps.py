"""The shop as a Django application."""

from django.apps import AppConfig


class ShopConfig(AppConfig):
    """Names the application and the type of its keys."""

    name = "shop"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Listen for what the audit log tells."""
        from shop import signals  # noqa: F401
