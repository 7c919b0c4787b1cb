"""Names that decide: of cookies, of cipher suites."""

from dataclasses import replace

import pytest

from prodproof.facts.declared import EntryPoint
from prodproof.facts.http import Answer, Cookie, SiteAnswers, Situation
from prodproof.guarantees.application.cookies_secure import judge
from prodproof.guarantees.exposure.tls_modern import weakness
from prodproof.verdicts import Kind

BARE = SiteAnswers(scheme="https", host="shop.example", answers=(Answer(situation=Situation.NORMAL),))


def bare(name: str) -> str:
    """What is said of a cookie of that name that has no attribute at all; "" if it is no matter."""
    page = replace(BARE.answers[0], cookies=(Cookie(name),))
    verdict = judge(replace(BARE, answers=(page,)), EntryPoint(url="https://shop.example"))
    return verdict.message.partition(" cookie ")[0] if verdict.kind is Kind.BROKEN else ""


@pytest.mark.parametrize(
    "name",
    [
        "sessionid", "PHPSESSID", "my_session", "sid", "ssid", "connect.sid", "auth", "authtoken", "auth-token",
        "auth_token", "access-token", "access_token", "id-token", "id_token", "jwt", "token", "remember", "remember_me",
        "remember-me", "remember-token", "remember_token", "remember_web_59ba", "remember-web", "login", "aspxauth",
        ".ASPXAUTH", ".AspNetCore.Cookies", ".AspNetCore.Identity.Application", ".AspNetCore.Identity.", "__Host-sid",
        "__Secure-token",
    ],
)  # fmt: skip
def test_session_cookies(name: str) -> None:
    assert bare(name) == "session"


@pytest.mark.parametrize("name", ["csrftoken", "XSRF-TOKEN", "_csrf", "csrf_session"])
def test_csrf_cookies(name: str) -> None:
    assert bare(name) == "CSRF"


@pytest.mark.parametrize(
    "name",
    [
        "language", "aside", "sidebar", "authx", "xauth", "authxtoken", "accessxtoken", "idxtoken", "rememberxme",
        "rememberxtoken", "rememberxweb", "tokens", "__Host-", "__Other-token", ".AspNetCore.", "login_hint",
        "connectxsid", "remember_you",
    ],
)  # fmt: skip
def test_other_cookies(name: str) -> None:
    assert bare(name) == ""


@pytest.mark.parametrize(
    ("suite", "expected"),
    [
        ("TLS_AES_128_GCM_SHA256", None),
        ("TLS_AES_256_GCM_SHA384", None),
        ("TLS_CHACHA20_POLY1305_SHA256", None),
        ("TLS_AES_128_CCM_SHA256", None),
        ("TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", None),
        ("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", None),
        ("TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", None),
        ("TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", None),
        ("TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", None),
        ("TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", None),
        ("TLS_DHE_RSA_WITH_AES_128_GCM_SHA256", None),
        ("TLS_DHE_RSA_WITH_AES_256_GCM_SHA384", None),
        ("TLS_DHE_RSA_WITH_CHACHA20_POLY1305_SHA256", None),
        ("TLS_ECCPWD_WITH_AES_128_GCM_SHA256", None),
        ("TLS_DH_anon_WITH_RC4_128_MD5", "no-authentication"),
        ("TLS_ECDHE_RSA_WITH_NULL_SHA", "broken-encryption"),
        ("TLS_RSA_EXPORT_WITH_AES_128_GCM_SHA256", "broken-encryption"),
        ("TLS_ECDHE_RSA_WITH_RC4_128_SHA", "broken-encryption"),
        ("TLS_RSA_WITH_3DES_EDE_CBC_SHA", "no-forward-secrecy"),
        ("TLS_ECDHE_RSA_WITH_DES_CBC_SHA", "broken-encryption"),
        ("TLS_ECDHE_RSA_WITH_RC2_CBC_40_MD5", "broken-encryption"),
        ("TLS_DH_RSA_WITH_AES_128_GCM_SHA256", "no-forward-secrecy"),
        ("TLS_DHE_RSA_WITH_AES_128_CBC_SHA", "no-authenticated-encryption"),
        ("TLS_DHE_RSA_WITH_AES_128_CCM_8", "no-authenticated-encryption"),
    ],
)
def test_cipher_suites(suite: str, expected: str | None) -> None:
    assert weakness(suite) == expected
