"""What a Django application's effective settings make it send, read from its settings fact. Pure."""

from prodproof.facts.behaviour import Intended, IntendedCookie
from prodproof.facts.django import DjangoSettings

SECURITY = "django.middleware.security.SecurityMiddleware"
FRAMES = "django.middleware.clickjacking.XFrameOptionsMiddleware"
POLICIES = ("csp.middleware.CSPMiddleware", "django.middleware.csp.ContentSecurityPolicyMiddleware")
POLICY_SETTINGS = ("CONTENT_SECURITY_POLICY", "CSP_DEFAULT_SRC", "SECURE_CSP", "CSP_SCRIPT_SRC")


def intended(settings: DjangoSettings) -> Intended:
    """The headers, cookies and redirects that these settings stand for."""
    middleware = settings.values("MIDDLEWARE") or settings.values("MIDDLEWARE_CLASSES")
    headers: list[tuple[str, str]] = []
    if SECURITY in middleware:
        headers += _security(settings)
    if FRAMES in middleware:
        headers.append(("x-frame-options", str(settings.value("X_FRAME_OPTIONS") or "DENY")))
    if any(name in middleware for name in POLICIES) and any(_set(settings, name) for name in POLICY_SETTINGS):
        headers.append(("content-security-policy", ""))
    return Intended(
        module=settings.module,
        headers=tuple(headers),
        cookies=(_cookie(settings, "session", "SESSION"), _cookie(settings, "CSRF", "CSRF")),
        redirect_to_https=SECURITY in middleware and settings.value("SECURE_SSL_REDIRECT") is True,
    )


def _security(settings: DjangoSettings) -> list[tuple[str, str]]:
    found = []
    seconds = settings.value("SECURE_HSTS_SECONDS")
    if isinstance(seconds, int) and seconds > 0:
        value = f"max-age={seconds}"
        if settings.value("SECURE_HSTS_INCLUDE_SUBDOMAINS") is True:
            value += "; includeSubDomains"
        if settings.value("SECURE_HSTS_PRELOAD") is True:
            value += "; preload"
        found.append(("strict-transport-security", value))
    if settings.value("SECURE_CONTENT_TYPE_NOSNIFF") is True:
        found.append(("x-content-type-options", "nosniff"))
    for header, name in (
        ("referrer-policy", "SECURE_REFERRER_POLICY"),
        ("cross-origin-opener-policy", "SECURE_CROSS_ORIGIN_OPENER_POLICY"),
    ):
        value_of = settings.value(name)
        if isinstance(value_of, tuple):
            value_of = ",".join(value_of)
        if isinstance(value_of, str) and value_of:
            found.append((header, value_of))
    return found


def _set(settings: DjangoSettings, name: str) -> bool:
    found = settings.setting(name)
    return found is not None and (bool(found.value) or (found.value is None and bool(found.type)))


def _cookie(settings: DjangoSettings, role: str, prefix: str) -> IntendedCookie:
    same_site = settings.value(f"{prefix}_COOKIE_SAMESITE")
    default = "sessionid" if role == "session" else "csrftoken"
    return IntendedCookie(
        name=str(settings.value(f"{prefix}_COOKIE_NAME") or default),
        role=role,
        secure=settings.value(f"{prefix}_COOKIE_SECURE") is True,
        http_only=settings.value(f"{prefix}_COOKIE_HTTPONLY") is True,
        same_site=same_site.lower() if isinstance(same_site, str) and same_site else None,
    )
