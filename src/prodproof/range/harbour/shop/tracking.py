"""Tells Sentry what failed, and nothing about whom it failed for."""

import sentry_sdk
from django.conf import settings
from sentry_sdk.integrations.django import DjangoIntegration


def begin() -> None:
    """Begin to report, where a project is named."""
    if not settings.SENTRY_DSN:
        return
    sentry_sdk.init(
        dsn=settings.SENTRY_DSN,
        ca_certs=settings.SENTRY_CA,
        environment=settings.ENVIRONMENT,
        integrations=[DjangoIntegration()],
        auto_enabling_integrations=False,
        auto_session_tracking=False,
        shutdown_timeout=1,
        **settings.SENTRY_OPTIONS,
    )
