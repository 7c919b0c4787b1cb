"""The shop as a Django application."""

from django.apps import AppConfig


class ShopConfig(AppConfig):
    """Names the application and the type of its keys."""

    name = "shop"
    default_auto_field = "django.db.models.BigAutoField"
