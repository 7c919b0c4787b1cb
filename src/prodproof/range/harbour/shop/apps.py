"""The shop as a Django application."""

from django.apps import AppConfig


class ShopConfig(AppConfig):
    """Names the application and the type of its keys."""

    name = "shop"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Listen for what the audit log tells, and tell the error tracker what fails."""
        from shop import signals, tracking  # noqa: F401

        tracking.begin()
