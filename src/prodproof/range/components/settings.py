"""What the demo shop's settings say, as an earlier run read them from the running application."""

from prodproof.facts.django import DjangoSettings, Setting, Source

MIDDLEWARE = (
    "shop.middleware.ProxyAddress",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "shop.middleware.ResponseHeaders",
)
VALUES: dict[str, bool | int | str | tuple[str, ...]] = {
    "MIDDLEWARE": MIDDLEWARE,
    "SECURE_HSTS_SECONDS": 31536000,
    "SECURE_HSTS_INCLUDE_SUBDOMAINS": True,
    "SECURE_HSTS_PRELOAD": True,
    "SECURE_CONTENT_TYPE_NOSNIFF": True,
    "SECURE_REFERRER_POLICY": "same-origin",
    "SECURE_CROSS_ORIGIN_OPENER_POLICY": "same-origin",
    "SECURE_SSL_REDIRECT": True,
    "X_FRAME_OPTIONS": "DENY",
    "SESSION_COOKIE_NAME": "sessionid",
    "SESSION_COOKIE_SECURE": True,
    "SESSION_COOKIE_HTTPONLY": True,
    "SESSION_COOKIE_SAMESITE": "Lax",
    "CSRF_COOKIE_NAME": "csrftoken",
    "CSRF_COOKIE_SECURE": True,
    "CSRF_COOKIE_HTTPONLY": True,
    "CSRF_COOKIE_SAMESITE": "Lax",
}


def healthy_settings() -> DjangoSettings:
    """Settings that fit the healthy site."""
    settings = [Setting(name=name, value=value) for name, value in VALUES.items()]
    settings.append(Setting(name="CONTENT_SECURITY_POLICY", type="dict"))
    return DjangoSettings(
        source=Source.EFFECTIVE,
        module="harbour.settings.production",
        environment="production",
        settings=tuple(sorted(settings, key=lambda item: item.name)),
    )
