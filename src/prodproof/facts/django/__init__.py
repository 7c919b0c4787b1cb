"""What a Django application is made of: settings, routes, models, as the live object or the source has them.

Effective facts come from the collector, which runs in the application's own interpreter; static ones from its source.
Values of secrets are never in here: only their shape and a keyed fingerprint.
"""

from prodproof.facts.django.models import PersonalField, PersonalModel, PersonalModels
from prodproof.facts.django.routes import Access, Csrf, CsrfCause, CsrfPlace, CsrfSource, Parameter, UrlRoute, UrlTable
from prodproof.facts.django.settings import (
    Backend,
    Certainty,
    Database,
    DeployCheck,
    DeployMessage,
    DjangoSettings,
    Logger,
    Plain,
    SecretShape,
    Setting,
    Source,
)

__all__ = [
    "Access",
    "Backend",
    "Certainty",
    "Csrf",
    "CsrfCause",
    "CsrfPlace",
    "CsrfSource",
    "Database",
    "DeployCheck",
    "DeployMessage",
    "DjangoSettings",
    "Logger",
    "Parameter",
    "PersonalField",
    "PersonalModel",
    "PersonalModels",
    "Plain",
    "SecretShape",
    "Setting",
    "Source",
    "UrlRoute",
    "UrlTable",
]
