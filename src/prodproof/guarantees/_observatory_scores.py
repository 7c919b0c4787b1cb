"""The published score table of MDN HTTP Observatory, algorithm version 6."""

from enum import Enum

START = 100
EXTRA_CREDIT_FROM = 90


class Result(Enum):
    """A result of one of its tests, with what it adds to or takes from the score."""

    def __init__(self, test: str, modifier: int) -> None:
        self.test = test
        self.modifier = modifier

    CSP_NONE_DEFAULT = ("csp-none-default", 10)
    CSP_STRONG = ("csp-strong", 5)
    CSP_STYLE_ONLY = ("csp-style-only", 0)
    CSP_DUPLICATES = ("csp-duplicates", 0)
    CSP_INSECURE_PASSIVE = ("csp-insecure-passive", -10)
    CSP_UNSAFE_EVAL = ("csp-unsafe-eval", -10)
    CSP_UNSAFE_INLINE = ("csp-unsafe-inline", -20)
    CSP_INSECURE_ACTIVE = ("csp-insecure-active", -20)
    CSP_INVALID = ("csp-invalid", -25)
    CSP_MISSING = ("csp-missing", -25)
    CSP_REPORT_ONLY = ("csp-report-only", -25)

    COOKIES_SAME_SITE = ("cookies-same-site", 5)
    COOKIES_SECURE = ("cookies-secure", 0)
    COOKIES_NONE = ("cookies-none", 0)
    COOKIES_PLAIN_HSTS = ("cookies-plain-hsts", -5)
    COOKIES_SESSION_PLAIN_HSTS = ("cookies-session-plain-hsts", -10)
    COOKIES_PLAIN = ("cookies-plain", -20)
    COOKIES_BAD_SAME_SITE = ("cookies-bad-same-site", -20)
    COOKIES_CSRF_NO_SAME_SITE = ("cookies-csrf-no-same-site", -20)
    COOKIES_SESSION_SCRIPTABLE = ("cookies-session-scriptable", -30)
    COOKIES_SESSION_PLAIN = ("cookies-session-plain", -40)

    CORS_FINE = ("cors-fine", 0)
    CORS_UNIVERSAL = ("cors-universal", -50)

    REDIRECT_FINE = ("redirect-fine", 0)
    REDIRECT_OFF_HOST = ("redirect-off-host", -5)
    REDIRECT_VIA_HTTP = ("redirect-via-http", -10)
    REDIRECT_NOT_HTTPS = ("redirect-not-https", -20)
    REDIRECT_MISSING = ("redirect-missing", -20)
    REDIRECT_BAD_CERTIFICATE = ("redirect-bad-certificate", -20)

    REFERRER_PRIVATE = ("referrer-private", 5)
    REFERRER_MISSING = ("referrer-missing", 0)
    REFERRER_UNSAFE = ("referrer-unsafe", -5)
    REFERRER_INVALID = ("referrer-invalid", -5)

    HSTS_LONG = ("hsts-long", 0)
    HSTS_SHORT = ("hsts-short", -10)
    HSTS_MISSING = ("hsts-missing", -20)
    HSTS_INVALID = ("hsts-invalid", -20)
    HSTS_BAD_CERTIFICATE = ("hsts-bad-certificate", -20)

    SRI_ALL = ("sri-all", 5)
    SRI_EXTERNAL = ("sri-external", 5)
    SRI_NOT_NEEDED = ("sri-not-needed", 0)
    SRI_MISSING = ("sri-missing", -5)
    SRI_INSECURE = ("sri-insecure", -20)
    SRI_MISSING_INSECURE = ("sri-missing-insecure", -50)

    SNIFF_OFF = ("sniff-off", 0)
    SNIFF_MISSING = ("sniff-missing", -5)
    SNIFF_INVALID = ("sniff-invalid", -5)

    FRAMES_BY_POLICY = ("frames-by-policy", 5)
    FRAMES_DENIED = ("frames-denied", 5)
    FRAMES_ALLOW_FROM = ("frames-allow-from", 0)
    FRAMES_MISSING = ("frames-missing", -20)
    FRAMES_INVALID = ("frames-invalid", -20)

    CORP_OWN = ("corp-own", 10)
    CORP_OPEN = ("corp-open", 0)
    CORP_INVALID = ("corp-invalid", -5)
    COEP_STRICT = ("coep-strict", 10)
    COEP_OPEN = ("coep-open", 0)
    COEP_INVALID = ("coep-invalid", -5)
    COOP_STRICT = ("coop-strict", 10)
    COOP_OPEN = ("coop-open", 0)
    COOP_INVALID = ("coop-invalid", -5)


_GRADES = ((100, "A+"), (90, "A"), (85, "A-"), (80, "B+"), (70, "B"), (65, "B-"), (60, "C+"), (50, "C"), (45, "C-"))
_LOW_GRADES = ((40, "D+"), (30, "D"), (25, "D-"), (0, "F"))


def grade(score: int) -> str:
    """The letter for a score."""
    return next(letter for least, letter in (*_GRADES, *_LOW_GRADES) if max(score, 0) >= least)


def total(results: tuple[Result, ...]) -> int:
    """The score: what is missing from 100, and extra credit only for those at 90 or more without it."""
    base = START + sum(result.modifier for result in results if result.modifier < 0)
    if base < EXTRA_CREDIT_FROM:
        return max(base, 0)
    return base + sum(result.modifier for result in results if result.modifier > 0)
