"""What other services of ours ask: the same database, its own addresses, no cookies. See harbour/internal_wsgi.py."""

import os

from harbour.settings.production import *  # noqa: F403

ROOT_URLCONF = "harbour.internal_urls"
WSGI_APPLICATION = "harbour.internal_wsgi.application"
ALLOWED_HOSTS = os.environ.get("HARBOUR_INTERNAL_HOSTS", "127.0.0.1").split(",")
INSTALLED_APPS = [name for name in INSTALLED_APPS if name != "django.contrib.admin"]  # noqa: F405
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "shop.middleware.ResponseHeaders",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "allauth.account.middleware.AccountMiddleware",  # allauth refuses to start without it; it does nothing here
]
SECURE_SSL_REDIRECT = False  # it listens on an address of the private network only
