"""Production: behind a proxy that ends TLS, or with TLS ended by gunicorn itself. README.md lists the variables."""

import os
from urllib.parse import urlsplit

from harbour.settings.base import *  # noqa: F403

ENVIRONMENT = "production"

ORIGIN = os.environ["HARBOUR_ORIGIN"].rstrip("/")
_HOSTS = list(filter(None, os.environ.get("HARBOUR_HOSTS", "").split(",")))
ALLOWED_HOSTS = [urlsplit(ORIGIN).hostname, *_HOSTS]
CSRF_TRUSTED_ORIGINS = [ORIGIN]

SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_SSL_REDIRECT = True
SECURE_SSL_HOST = urlsplit(ORIGIN).netloc
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]  # asked by the orchestrator, inside, over plain HTTP
SECURE_HSTS_SECONDS = 31_536_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True

# The prefix __Host- makes browsers refuse these cookies without Secure, for other paths, and from subdomains.
SESSION_COOKIE_NAME = "__Host-sessionid"
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_NAME = "__Host-csrftoken"
CSRF_COOKIE_SECURE = True

# One file for a review on a laptop; the real thing is PostgreSQL, whose certificate is checked.
if "HARBOUR_SQLITE" in os.environ:
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": os.environ["HARBOUR_SQLITE"],
            "OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": 20, "init_command": "PRAGMA journal_mode=WAL"},
        }
    }
else:
    DATABASES = {
        "default": {
            "ENGINE": "shop.postgresql",  # takes another login up while it runs
            "LOGIN_FILE": os.environ.get("HARBOUR_DATABASE_FILE"),
            "HOST": os.environ["HARBOUR_DATABASE_HOST"],
            "PORT": os.environ.get("HARBOUR_DATABASE_PORT", "5432"),
            "NAME": os.environ.get("HARBOUR_DATABASE_NAME", "shop"),
            "USER": os.environ.get("HARBOUR_DATABASE_USER", "shop"),
            "PASSWORD": os.environ["HARBOUR_DATABASE_PASSWORD"],
            "CONN_MAX_AGE": 60,
            "CONN_HEALTH_CHECKS": True,
            "OPTIONS": {
                "application_name": "shop",
                "sslmode": "verify-full",
                "sslrootcert": os.environ.get("HARBOUR_DATABASE_CA", "system"),
            },
        }
    }

# Rate limits count in the cache, so it must be one that all processes share: never a process's own memory.
if "HARBOUR_REDIS_URL" in os.environ:
    CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": os.environ["HARBOUR_REDIS_URL"],
        }
    }
    SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"
else:
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "shop_cache"}}
    SESSION_ENGINE = "django.contrib.sessions.backends.db"

if "HARBOUR_EMAIL_HOST" in os.environ:
    EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    EMAIL_HOST = os.environ["HARBOUR_EMAIL_HOST"]
    EMAIL_PORT = int(os.environ.get("HARBOUR_EMAIL_PORT", "587"))
    EMAIL_HOST_USER = os.environ.get("HARBOUR_EMAIL_USER", "")
    EMAIL_HOST_PASSWORD = os.environ.get("HARBOUR_EMAIL_PASSWORD", "")
    EMAIL_USE_TLS = os.environ.get("HARBOUR_EMAIL_TLS", "on") == "on"
else:
    EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"

SENTRY_DSN = os.environ.get("HARBOUR_SENTRY_DSN", "")
SENTRY_CA = os.environ.get("HARBOUR_SENTRY_CA")
