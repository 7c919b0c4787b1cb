"""Tests run under production's settings, so that what they show is what visitors get. Secrets live as long as a run.

Without HARBOUR_DATABASE_HOST the database is SQLite, in memory.
"""

import atexit
import os
import secrets
import shutil
import tempfile

from cryptography.fernet import Fernet

os.environ |= {
    "HARBOUR_SECRET_KEY": secrets.token_urlsafe(50),
    "HARBOUR_FIELD_KEYS": Fernet.generate_key().decode(),
    "HARBOUR_PAYMENTS_WEBHOOK_KEY": secrets.token_urlsafe(32),
    "HARBOUR_INTERNAL_TOKEN": secrets.token_urlsafe(32),
    "HARBOUR_ORIGIN": "https://harbour.example",
    "HARBOUR_HOSTS": "testserver",
    "HARBOUR_ADMIN_NETWORKS": "198.51.100.0/24",
    "HARBOUR_PROXIES": "127.0.0.1",
}
if "HARBOUR_DATABASE_HOST" not in os.environ:
    os.environ["HARBOUR_SQLITE"] = ":memory:"

from harbour.settings.production import *  # noqa: F403

ENVIRONMENT = "testing"
MEDIA_ROOT = tempfile.mkdtemp(prefix="harbour-tests-")
atexit.register(shutil.rmtree, MEDIA_ROOT, ignore_errors=True)
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
LOGGING = {"version": 1, "disable_existing_loggers": False, "root": {"handlers": [], "level": "WARNING"}}
