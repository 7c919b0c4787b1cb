"""The HTTP Observatory's single tests, as its documentation and source describe them (algorithm version 6)."""

from dataclasses import replace
from typing import Any

import pytest

from prodproof.facts.http import Answer, Cookie, Script, SiteAnswers, Situation
from prodproof.guarantees import _observatory, _observatory_csp
from prodproof.guarantees._observatory_scores import Result, grade, total

YEAR = "max-age=31536000"
PAGE = Answer(situation=Situation.NORMAL, html=True, headers=(("strict-transport-security", YEAR),))
SITE = SiteAnswers(scheme="https", host="shop.example", answers=(PAGE,))
SECURE = Cookie("language", secure=True)
BROAD = ("ftp:", "http:", "https:", "*", "http://*", "http://*.*", "https://*", "https://*.*", "data:")


def results(fact: SiteAnswers) -> tuple[Result, ...]:
    score = _observatory.score(fact)
    assert score is not None
    return score.results


def of(**changes: Any) -> tuple[Result, ...]:
    """The results for the page with other fields."""
    return results(replace(SITE, answers=(replace(PAGE, **changes),)))


def sent(name: str, *values: str) -> tuple[Result, ...]:
    """The results for the page with other values of one header."""
    return of(headers=(*(pair for pair in PAGE.headers if pair[0] != name), *((name, value) for value in values)))


@pytest.mark.parametrize(
    ("scheme", "status", "scored"),
    [
        ("https", 200, True), ("https", 399, True), ("https", 400, False), ("https", 401, True), ("https", 402, False),
        ("https", 403, True), ("https", 199, False), ("http", 200, False),
    ],
)  # fmt: skip
def test_which_pages_get_a_score(scheme: str, status: int, scored: bool) -> None:
    fact = replace(SITE, scheme=scheme, answers=(replace(PAGE, status=status),))
    assert (_observatory.score(fact) is not None) is scored
    assert _observatory.score(replace(fact, answers=())) is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, Result.HSTS_MISSING), ("", Result.HSTS_INVALID), ("x", Result.HSTS_INVALID),
        ("max-age=15551999", Result.HSTS_SHORT), ("max-age=15552000", Result.HSTS_LONG),
        (" Max-Age=-1", Result.HSTS_SHORT),
        ("max-age=x", Result.HSTS_LONG), (f"{YEAR}, {YEAR}", Result.HSTS_INVALID),
        (f"preload; {YEAR}", Result.HSTS_LONG),
        (f"{'x' * 1020};{YEAR}", Result.HSTS_INVALID), ("max-age=" + "0" * 120 + "31536000", Result.HSTS_SHORT),
    ],
)  # fmt: skip
def test_strict_transport_security(value: str | None, expected: Result) -> None:
    assert expected in sent("strict-transport-security", *(() if value is None else (value,)))


def test_a_bad_certificate() -> None:
    found = results(replace(SITE, answers=(replace(PAGE, certificate_error="expired"),), plain_route=("http://x/",)))
    assert {Result.HSTS_BAD_CERTIFICATE, Result.REDIRECT_BAD_CERTIFICATE} <= set(found)


@pytest.mark.parametrize(
    ("cookie", "expected"),
    [
        (SECURE, Result.COOKIES_SECURE),
        (replace(SECURE, same_site="lax"), Result.COOKIES_SAME_SITE),
        (replace(SECURE, same_site="none"), Result.COOKIES_SAME_SITE),
        (replace(SECURE, same_site="later"), Result.COOKIES_BAD_SAME_SITE),
        (Cookie("language"), Result.COOKIES_PLAIN_HSTS),
        (Cookie("language", same_site="none"), Result.COOKIES_BAD_SAME_SITE),
        (Cookie("sessionid", http_only=True), Result.COOKIES_SESSION_PLAIN_HSTS),
        (Cookie("login", secure=True), Result.COOKIES_SESSION_SCRIPTABLE),
        (Cookie("csrftoken", secure=True), Result.COOKIES_CSRF_NO_SAME_SITE),
        (Cookie("csrftoken", secure=True, same_site="strict"), Result.COOKIES_SAME_SITE),
        (Cookie("heroku-session-affinity"), Result.COOKIES_NONE),
        (Cookie(""), Result.COOKIES_NONE),
    ],
)
def test_cookies(cookie: Cookie, expected: Result) -> None:
    assert expected in of(cookies=(cookie,))


def test_cookies_without_hsts() -> None:
    assert Result.COOKIES_PLAIN in of(cookies=(Cookie("language"),), headers=())
    assert Result.COOKIES_SESSION_PLAIN in of(cookies=(Cookie("sessionid", http_only=True),), headers=())


def test_which_cookies_count() -> None:
    first = Answer(situation=Situation.REDIRECT, status=301, cookies=(Cookie("language"),))
    assert Result.COOKIES_PLAIN_HSTS in results(replace(SITE, answers=(first, PAGE)))
    other = replace(first, situation=Situation.NOT_FOUND)
    assert Result.COOKIES_NONE in results(replace(SITE, answers=(other, PAGE)))
    assert Result.COOKIES_SECURE in of(cookies=(replace(SECURE, same_site="lax"), replace(SECURE, name="b")))
    assert Result.COOKIES_SECURE in of(cookies=(Cookie("language"), SECURE))


@pytest.mark.parametrize(
    ("allowed", "expected"),
    [
        (("(the asking one)", True), Result.CORS_UNIVERSAL), (("(the asking one)", False), Result.CORS_FINE),
        (("*", True), Result.CORS_FINE), ((None, False), Result.CORS_FINE),
    ],
)  # fmt: skip
def test_sharing(allowed: tuple[str | None, bool], expected: Result) -> None:
    assert expected in results(replace(SITE, foreign_origin_allowed=allowed))


@pytest.mark.parametrize(
    ("route", "expected"),
    [
        (None, Result.REDIRECT_FINE),
        (("http://shop.example/",), Result.REDIRECT_MISSING),
        (("http://shop.example/", "https://shop.example/"), Result.REDIRECT_FINE),
        (("http://shop.example/", "http://www.shop.example/"), Result.REDIRECT_NOT_HTTPS),
        (("http://shop.example/", "http://shop.example/a", "https://shop.example/"), Result.REDIRECT_VIA_HTTP),
        (("http://shop.example/", "https://www.shop.example/"), Result.REDIRECT_OFF_HOST),
    ],
)
def test_redirection(route: tuple[str, ...] | None, expected: Result) -> None:
    assert expected in results(replace(SITE, plain_route=route))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("no-referrer", Result.REFERRER_PRIVATE), ("same-origin", Result.REFERRER_PRIVATE),
        ("strict-origin", Result.REFERRER_PRIVATE), ("strict-origin-when-cross-origin", Result.REFERRER_PRIVATE),
        ("origin", Result.REFERRER_UNSAFE), ("origin-when-cross-origin", Result.REFERRER_UNSAFE),
        ("unsafe-url", Result.REFERRER_UNSAFE), ("no-referrer-when-downgrade", Result.REFERRER_UNSAFE),
        ("never", Result.REFERRER_INVALID), ("unsafe-url, same-origin, x", Result.REFERRER_PRIVATE),
    ],
)  # fmt: skip
def test_referrer(value: str, expected: Result) -> None:
    assert expected in sent("referrer-policy", value)
    assert expected in of(meta_referrer=value)
    assert Result.REFERRER_MISSING in of()


@pytest.mark.parametrize(
    ("scripts", "expected"),
    [
        ((), Result.SRI_NOT_NEEDED),
        ((Script("/a.js"),), Result.SRI_NOT_NEEDED),
        ((Script("/a.js", integrity=True),), Result.SRI_ALL),
        ((Script("https://shop.example/a.js", integrity=True),), Result.SRI_ALL),
        ((Script("http://shop.example/a.js", integrity=True),), Result.SRI_NOT_NEEDED),
        ((Script("https://cdn.example/a.js", integrity=True),), Result.SRI_EXTERNAL),
        ((Script("https://cdn.example/a.js", integrity=True), Script("/b.js")), Result.SRI_EXTERNAL),
        ((Script("https://cdn.example/a.js"),), Result.SRI_MISSING),
        ((Script("//shop.example/a.js"),), Result.SRI_MISSING_INSECURE),
        ((Script("http://cdn.example/a.js"),), Result.SRI_MISSING_INSECURE),
        ((Script("http://cdn.example/a.js", integrity=True),), Result.SRI_INSECURE),
        ((Script("http://cdn.example/a.js"), Script("https://cdn.example/b.js")), Result.SRI_MISSING_INSECURE),
        ((Script("https://cdn.example/b.js"), Script("http://cdn.example/a.js")), Result.SRI_MISSING_INSECURE),
        ((Script("https://cdn.example/b.js"), Script("/a.js", integrity=True)), Result.SRI_MISSING),
        ((Script("/a.js", integrity=True), Script("https://cdn.example/b.js")), Result.SRI_MISSING),
        ((Script("https:///a.js"),), Result.SRI_MISSING),
    ],
)
def test_integrity(scripts: tuple[Script, ...], expected: Result) -> None:
    assert expected in results(replace(SITE, scripts=scripts))
    file = replace(SITE, answers=(replace(PAGE, html=False),), scripts=scripts)
    assert Result.SRI_NOT_NEEDED in results(file)


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("x-content-type-options", "", Result.SNIFF_MISSING),
        ("x-content-type-options", " NoSniff ", Result.SNIFF_OFF),
        ("x-content-type-options", "sniff", Result.SNIFF_INVALID),
        ("x-frame-options", "", Result.FRAMES_MISSING),
        ("x-frame-options", "DENY", Result.FRAMES_DENIED),
        ("x-frame-options", "sameorigin", Result.FRAMES_DENIED),
        ("x-frame-options", "allow-from x", Result.FRAMES_ALLOW_FROM),
        ("x-frame-options", "x", Result.FRAMES_INVALID),
        ("content-security-policy", "frame-ancestors 'none'", Result.FRAMES_BY_POLICY),
        ("content-security-policy-report-only", "default-src 'none'", Result.CSP_REPORT_ONLY),
        ("cross-origin-resource-policy", "same-site", Result.CORP_OWN),
        ("cross-origin-resource-policy", "same-origin", Result.CORP_OWN),
        ("cross-origin-resource-policy", "cross-origin", Result.CORP_OPEN),
        ("cross-origin-resource-policy", "x", Result.CORP_INVALID),
        ("cross-origin-embedder-policy", "require-corp", Result.COEP_STRICT),
        ("cross-origin-embedder-policy", "credentialless;report-to=x", Result.COEP_STRICT),
        ("cross-origin-embedder-policy", "require-corp ; report-to=x; a", Result.COEP_STRICT),
        ("cross-origin-embedder-policy", "require-corp;R=x", Result.COEP_INVALID),
        ("cross-origin-embedder-policy", "unsafe-none", Result.COEP_OPEN),
        ("cross-origin-embedder-policy", "require corp", Result.COEP_INVALID),
        ("cross-origin-opener-policy", "same-origin", Result.COOP_STRICT),
        ("cross-origin-opener-policy", "same-origin-allow-popups", Result.COOP_STRICT),
        ("cross-origin-opener-policy", "noopener-allow-popups", Result.COOP_STRICT),
        ("cross-origin-opener-policy", "unsafe-none", Result.COOP_OPEN),
        ("cross-origin-opener-policy", "x", Result.COOP_INVALID),
        ("cross-origin-opener-policy", "same-origin;a=", Result.COOP_STRICT),
        ("cross-origin-opener-policy", "same-origin;a=" + "x" * 1010 + ",", Result.COOP_STRICT),
    ],
)
def test_headers(name: str, value: str, expected: Result) -> None:
    assert expected in sent(name, value)


def test_no_policy() -> None:
    assert Result.CSP_MISSING in of()
    assert Result.CSP_INVALID in sent("content-security-policy", "")


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        *((f"script-src {source}; object-src 'none'", Result.CSP_UNSAFE_INLINE) for source in BROAD),
        ("default-src 'none'; object-src *", Result.CSP_UNSAFE_INLINE),
        ("default-src 'none'; script-src 'strict-dynamic' 'sha384-a' https: *", Result.CSP_NONE_DEFAULT),
        ("default-src 'none'; script-src 'strict-dynamic' 'sha512-a' 'unsafe-inline'", Result.CSP_NONE_DEFAULT),
        ("default-src 'none'; script-src 'strict-dynamic' 'sha256-a' http://a.example", Result.CSP_NONE_DEFAULT),
        ("default-src 'none'; script-src 'strict-dynamic' 'sha256-a' 'unsafe-eval'", Result.CSP_UNSAFE_EVAL),
        ("default-src 'none'; style-src 'unsafe-inline' 'sha384-a'", Result.CSP_NONE_DEFAULT),
        ("default-src 'none'; style-src 'unsafe-eval'", Result.CSP_UNSAFE_EVAL),
        ("default-src 'none'; script-src 'unsafe-inline' 'nonce-a'", Result.CSP_NONE_DEFAULT),
        ("default-src 'none'; connect-src http://a.example", Result.CSP_INSECURE_ACTIVE),
        ("default-src 'none'; connect-src ftp://a.example", Result.CSP_INSECURE_ACTIVE),
        ("default-src 'none'; script-src http://a.example", Result.CSP_INSECURE_ACTIVE),
        ("default-src 'none'; media-src http://a.example", Result.CSP_INSECURE_PASSIVE),
        ("default-src 'none'; style-src https:", Result.CSP_STYLE_ONLY),
        ("default-src 'none'; style-src data:", Result.CSP_STYLE_ONLY),
        ("default-src 'none'; report-to a; report-to b", Result.CSP_DUPLICATES),
        ("default-src 'none'; img-src", Result.CSP_NONE_DEFAULT),
        ("default-src 'none';; img-src 'self'", Result.CSP_NONE_DEFAULT),
        ("sandbox", Result.CSP_UNSAFE_INLINE),
        ("sandbo", Result.CSP_UNSAFE_INLINE),
        ("sandb", Result.CSP_INVALID),
    ],
)  # fmt: skip
def test_policies(policy: str, expected: Result) -> None:
    assert _observatory_csp.judge([policy], [], report_only=False)[0] is expected


def test_policies_in_the_page() -> None:
    assert _observatory_csp.judge([], ["default-src 'none'"], False) == (Result.CSP_NONE_DEFAULT, False)
    assert _observatory_csp.judge([], ["img-src 'none', default-src 'none'"], False)[0] is Result.CSP_NONE_DEFAULT
    for only in ("frame-ancestors 'none'", "report-uri /csp", "sandbox allow-scripts"):
        assert _observatory_csp.judge([], [only], False)[0] is Result.CSP_MISSING
        assert _observatory_csp.judge([], [only], True)[0] is Result.CSP_REPORT_ONLY
        assert _observatory_csp.judge([only], [], True)[0] is not Result.CSP_REPORT_ONLY
    assert _observatory_csp.judge(["default-src 'none', frame-ancestors 'none'"], [], False)[1]


@pytest.mark.parametrize(
    ("policies", "expected"),
    [
        (["img-src"], {"img-src": {"'none'"}}),
        (["sandbox"], {"sandbox": {"'none'"}}),
        (["sandbox a"], {"sandbox": {"a"}}),
        (["IMG-SRC\r\n A.example"], {"img-src": {"a.example"}}),
        (["img-src a.example a.example/x"], {"img-src": {"a.example"}}),
        (["img-src b.example a.example"], {"img-src": {"a.example", "b.example"}}),
        (["img-src a.example/", "img-src a.example/x"], {"img-src": {"a.example/x"}}),
        (["img-src a.example/x", "img-src a.example/"], {"img-src": {"a.example/x"}}),
        (["img-src a.example", "img-src a.example"], {"img-src": {"a.example"}}),
        (["img-src a.example", "img-src b.example"], {"img-src": {"'none'"}}),
        (["img-src a.example/x", "img-src a.example/x/y"], {"img-src": {"'none'"}}),
        (["img-src a.example/%61", "img-src a.example/a"], {"img-src": {"a.example/a"}}),
        (["img-src a.example", "font-src b.example"], {"img-src": {"a.example"}, "font-src": {"'none'"}}),
        (["img-src a.exa\nmple"], {"img-src": {"a.example"}}),
        (["img-src a;; font-src b"], {"img-src": {"a"}, "font-src": {"b"}}),
        (["img-src", "img-src 'none'"], {"img-src": {"'none'"}}),
        (["img-src a", "img-src a", "img-src b"], {"img-src": {"a"}}),
        (["img-src a/x", "img-src a/x", "img-src a"], {"img-src": {"a/x"}}),
        (["img-src %61/b/", "img-src a"], {"img-src": {"'none'"}}),
        (["report-uri a; report-uri b"], {"report-uri": {"b"}, "(duplicates)": {"report-uri"}}),
    ],
)
def test_how_policies_are_combined(policies: list[str], expected: dict[str, set[str]]) -> None:
    assert _observatory_csp.parse(policies) == expected


@pytest.mark.parametrize("policy", ["img-src a.example/%zz", "img-src a.example/%4", "img-src a.example/%ff"])
def test_sources_that_cannot_be_decoded(policy: str) -> None:
    with pytest.raises(_observatory_csp.InvalidPolicyError):
        _observatory_csp.parse([policy, policy])


def test_the_published_chart() -> None:
    points = {
        10: {Result.CSP_NONE_DEFAULT, Result.CORP_OWN, Result.COEP_STRICT, Result.COOP_STRICT},
        5: {
            Result.CSP_STRONG, Result.COOKIES_SAME_SITE, Result.REFERRER_PRIVATE, Result.SRI_ALL, Result.SRI_EXTERNAL,
            Result.FRAMES_BY_POLICY, Result.FRAMES_DENIED,
        },
        -5: {
            Result.COOKIES_PLAIN_HSTS, Result.REDIRECT_OFF_HOST, Result.REFERRER_UNSAFE, Result.REFERRER_INVALID,
            Result.SRI_MISSING, Result.SNIFF_MISSING, Result.SNIFF_INVALID, Result.CORP_INVALID, Result.COEP_INVALID,
            Result.COOP_INVALID,
        },
        -10: {
            Result.CSP_INSECURE_PASSIVE, Result.CSP_UNSAFE_EVAL, Result.COOKIES_SESSION_PLAIN_HSTS,
            Result.REDIRECT_VIA_HTTP, Result.HSTS_SHORT,
        },
        -20: {
            Result.CSP_UNSAFE_INLINE, Result.CSP_INSECURE_ACTIVE, Result.COOKIES_PLAIN, Result.COOKIES_BAD_SAME_SITE,
            Result.COOKIES_CSRF_NO_SAME_SITE, Result.REDIRECT_NOT_HTTPS, Result.REDIRECT_MISSING,
            Result.REDIRECT_BAD_CERTIFICATE, Result.HSTS_MISSING, Result.HSTS_INVALID, Result.HSTS_BAD_CERTIFICATE,
            Result.SRI_INSECURE, Result.FRAMES_MISSING, Result.FRAMES_INVALID,
        },
        -25: {Result.CSP_INVALID, Result.CSP_MISSING, Result.CSP_REPORT_ONLY},
        -30: {Result.COOKIES_SESSION_SCRIPTABLE},
        -40: {Result.COOKIES_SESSION_PLAIN},
        -50: {Result.CORS_UNIVERSAL, Result.SRI_MISSING_INSECURE},
    }  # fmt: skip
    charted = {result: modifier for modifier, listed in points.items() for result in listed}
    assert {result: result.modifier for result in Result if result.modifier} == charted
    assert (grade(-10), grade(0), grade(4), grade(25)) == ("F", "F", "F", "D-")
    assert total((Result.SRI_MISSING_INSECURE, Result.COOKIES_SESSION_PLAIN, Result.COOKIES_PLAIN)) == 0
    assert total((Result.HSTS_SHORT, Result.CORP_OWN)) == 100
