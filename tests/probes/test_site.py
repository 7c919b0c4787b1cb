"""Sites that are not the usual page: APIs, redirects, broken ones, untrusted certificates, refused permissions."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from prodproof.facts import Reason
from prodproof.verdicts import Kind, Result
from tests.probes.visited import Visited, visited
from tests.servers.site import Page, html

HSTS, HEADERS, COOKIES = "exposure.hsts", "application.security-headers", "application.cookies-secure"


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Visited]:
    with visited(tmp_path) as made:
        yield made


def said(result: Result) -> tuple[Kind, Reason | None]:
    return result.kind, result.reason


def test_an_api_without_pages_needs_no_policy_for_pages(shop: Visited) -> None:
    host = shop.site.main
    host.pages["/"] = Page(body='{"ok": true}', content_type="application/json")
    host.errors[404] = Page(404, '{"detail": "Not found."}', "application/json")
    host.errors[405] = Page(405, '{"detail": "Not allowed."}', "application/json")
    del host.pages["/login/"]
    del host.page_headers["Content-Security-Policy"]
    assert shop.judged(HEADERS)[HEADERS].kind is Kind.HOLDS


def test_a_page_behind_a_redirect_on_the_same_host_is_the_normal_answer(shop: Visited) -> None:
    host = shop.site.main
    host.pages["/en/"] = host.pages["/"]
    host.pages["/"] = Page(302, headers=(("Location", "/en/"),))
    assert shop.judged(HSTS)[HSTS].kind is Kind.HOLDS
    host.pages["/en/"] = Page(body=html("Harbour"), headers=(("Strict-Transport-Security", "max-age=0"),))
    result = shop.judged(HSTS)[HSTS]
    assert result.kind is Kind.BROKEN and "/en/" in result.message


def test_the_redirect_itself_needs_the_header(shop: Visited) -> None:
    shop.site.main.pages["/"] = Page(
        301, headers=(("Location", "https://www.elsewhere.example/"), ("Strict-Transport-Security", "max-age=1"))
    )
    result = shop.judged(HSTS)[HSTS]
    assert result.kind is Kind.BROKEN and "the redirect answer" in result.message


def test_a_redirect_loop_is_incomplete(shop: Visited) -> None:
    shop.site.main.pages["/"] = Page(302, headers=(("Location", "/"),))
    assert said(shop.judged(HSTS)[HSTS]) == (Kind.UNKNOWN, Reason.INCOMPLETE)


@pytest.mark.parametrize("status", [500, 502, 503, 403])
def test_a_site_that_does_not_work_is_not_judged(shop: Visited, status: int) -> None:
    shop.site.main.pages["/"] = Page(status, html("Sorry"))
    shop.site.main.headers.clear()
    for id, result in shop.judged(HSTS, HEADERS).items():
        assert result.kind is Kind.UNKNOWN, f"{id}: {result.message}"


def test_an_untrusted_certificate_never_holds(shop: Visited) -> None:
    shop.distrust()
    for id, result in shop.judged(HSTS, HEADERS, "exposure.admin-restricted", "application.errors-safe").items():
        assert said(result) == (Kind.UNKNOWN, Reason.UNREACHABLE), f"{id}: {result.message}"


def test_what_is_wrong_is_found_behind_an_untrusted_certificate_too(shop: Visited) -> None:
    shop.distrust()
    del shop.site.main.headers["Strict-Transport-Security"]
    assert shop.judged(HSTS)[HSTS].kind is Kind.BROKEN


def test_errors_are_not_provoked_without_permission(shop: Visited) -> None:
    points = tuple(replace(point, allow=frozenset()) for point in shop.declared.entry_points)
    shop.declare(entry_points=points)
    assert said(shop.judged("application.errors-safe")["application.errors-safe"]) == (
        (Kind.UNKNOWN, Reason.NOT_PERMITTED)
    )


def test_no_cookie_value_is_kept_and_login_pages_are_read(shop: Visited) -> None:
    shop.site.main.pages["/"] = Page(body=html("Harbour"))
    form = shop.site.main.pages["/login/"]
    assert isinstance(form, Page)
    cookie = ("Set-Cookie", "csrftoken=s3cret; Path=/; SameSite=Lax")
    shop.site.main.pages["/login/"] = replace(form, headers=(cookie,))
    result = shop.judged(COOKIES)[COOKIES]
    assert result.kind is Kind.BROKEN and "csrftoken is not Secure" in result.message
    assert "s3cret" not in str(result)


def test_staging_with_a_login_that_is_not_let_in_proves_nothing(shop: Visited) -> None:
    shop.site.login_file.write_text("review:wrong")
    result = shop.judged("exposure.staging-closed")["exposure.staging-closed"]
    assert said(result) == (Kind.UNKNOWN, Reason.INSUFFICIENT_PROOF)
    assert "wrong" not in str(result)


def test_the_staging_login_goes_nowhere_without_trust_or_a_trusted_certificate(shop: Visited) -> None:
    shop.declare(trusted=False)
    untrusted = shop.judged("exposure.staging-closed")["exposure.staging-closed"]
    shop.declare(trusted=True)
    shop.distrust()
    unverified = shop.judged("exposure.staging-closed")["exposure.staging-closed"]
    assert said(untrusted) == said(unverified) == (Kind.UNKNOWN, Reason.INSUFFICIENT_PROOF)
