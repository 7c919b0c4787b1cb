"""Staging: production under another name. It differs by its environment variables alone."""

from harbour.settings.production import *  # noqa: F403

ENVIRONMENT = "staging"
