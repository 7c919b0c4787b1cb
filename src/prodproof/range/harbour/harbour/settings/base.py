"""What every environment has in common. Nothing here is safe or unsafe by itself; secrets come from the environment."""

import os
from pathlib import Path

from shop.redact import scrub

BASE_DIR = Path(__file__).resolve().parent.parent.parent

SECRET_KEY = os.environ["HARBOUR_SECRET_KEY"]
SECRET_KEY_FALLBACKS = list(filter(None, os.environ.get("HARBOUR_SECRET_KEY_FALLBACKS", "").split(",")))
FIELD_KEYS = os.environ["HARBOUR_FIELD_KEYS"].split(",")
PAYMENTS_WEBHOOK_KEY = os.environ["HARBOUR_PAYMENTS_WEBHOOK_KEY"]
INTERNAL_TOKEN = os.environ["HARBOUR_INTERNAL_TOKEN"]
DEBUG = False
VERSION = os.environ.get("HARBOUR_VERSION", "")

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "csp",
    "ninja",
    "shop",
]

# What sets headers stands before what may answer by itself, so that every answer carries them.
MIDDLEWARE = [
    "shop.middleware.ProxyAddress",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "shop.middleware.ResponseHeaders",
    "shop.middleware.RequestMetrics",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "shop.middleware.AdminNetworks",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "shop.middleware.StaffSecondFactor",
]

ROOT_URLCONF = "harbour.urls"
WSGI_APPLICATION = "harbour.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# ---- accounts

AUTH_USER_MODEL = "shop.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.ScryptPasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
PASSWORD_RESET_TIMEOUT = 30 * 60
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "orders"
LOGOUT_REDIRECT_URL = "home"

ACCOUNT_ADAPTER = "shop.accounts.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = "Harbour: "
ACCOUNT_RATE_LIMITS = {"login": "5/m/ip", "login_failed": "5/m/ip,5/5m/key"}
MFA_ADAPTER = "shop.accounts.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Harbour"
MFA_RECOVERY_CODES_SHOW_ONCE = True

SESSION_COOKIE_AGE = 12 * 60 * 60
STAFF_SESSION_AGE = 60 * 60
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"

# ---- who may come from where

ADMIN_NETWORKS = list(filter(None, os.environ.get("HARBOUR_ADMIN_NETWORKS", "").split(",")))
PROXIES = list(filter(None, os.environ.get("HARBOUR_PROXIES", "127.0.0.1").split(",")))

# ---- what browsers may do with our pages

SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
}
PERMISSIONS_POLICY = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"

# ---- the payment provider: its script runs on the checkout page only, and only as it was reviewed

PAYMENTS_ORIGIN = "https://js.payments.example"
PAYMENTS_SCRIPT = f"{PAYMENTS_ORIGIN}/v3/checkout.js"
PAYMENTS_SCRIPT_INTEGRITY = "sha384-iwGXBsbR/QFLtQPYOks1pRcbw7bxNB9230qc0d3QyMqVvXfwmpRod3KbWuIlfOY3"

# ---- files

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "static-built"
MEDIA_ROOT = os.environ.get("HARBOUR_MEDIA_ROOT", "/var/lib/shop/media")
FILE_UPLOAD_PERMISSIONS = 0o600
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000_000
DATA_UPLOAD_MAX_NUMBER_FILES = 1
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_KEEP_ONLY_HASHED_FILES = True

# ---- the rest

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DEFAULT_FROM_EMAIL = "Harbour <shop@harbour.example>"
EMAIL_TIMEOUT = 10
SECURITY_CONTACT = "mailto:security@harbour.example"
NINJA_PAGINATION_MAX_LIMIT = 100
NINJA_PAGINATION_PER_PAGE = 20
LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True

# What is told to the error tracker: where it failed, never whom for or with what.
SENTRY_DSN = ""
SENTRY_CA = None
SENTRY_OPTIONS = {
    "send_default_pii": False,
    "include_local_variables": False,
    "max_request_body_size": "never",
    "before_send": scrub,
}

# The audit log is one JSON object a line; everything else is for whoever runs the shop, redacted.
_AUDIT_FILE = os.environ.get("HARBOUR_AUDIT_LOG")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "shop.audit.JsonLines"}, "redacted": {"()": "shop.redact.RedactingFormatter"}},
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "redacted"},
        "audit": {"formatter": "json"}
        | (
            {"class": "logging.handlers.WatchedFileHandler", "filename": _AUDIT_FILE, "delay": True}
            if _AUDIT_FILE
            else {"class": "logging.StreamHandler", "stream": "ext://sys.stdout"}
        ),
    },
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        "audit": {"handlers": ["audit"], "level": "INFO", "propagate": False},
        # Django's own handlers would write past the redaction.
        "django": {"handlers": ["console"], "level": "INFO", "propagate": False},
        "django.server": {"handlers": ["console"], "level": "INFO", "propagate": False},
    },
}
