"""A developer's machine: secrets that last as long as the process, one SQLite file, mail on the console."""

import os
import secrets

from cryptography.fernet import Fernet

for _name in ("SECRET_KEY", "PAYMENTS_WEBHOOK_KEY", "INTERNAL_TOKEN"):
    os.environ.setdefault(f"HARBOUR_{_name}", secrets.token_urlsafe(50))
os.environ.setdefault("HARBOUR_FIELD_KEYS", Fernet.generate_key().decode())
os.environ.setdefault("HARBOUR_ADMIN_NETWORKS", "127.0.0.0/8")

from harbour.settings.base import *  # noqa: E402, F403

ENVIRONMENT = "development"
DEBUG = True
ORIGIN = "http://localhost:8000"
ALLOWED_HOSTS = ["localhost", "127.0.0.1"]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": BASE_DIR / "development.sqlite3"}}  # noqa: F405
EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
MEDIA_ROOT = BASE_DIR / "media"  # noqa: F405
