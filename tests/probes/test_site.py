"""Sites that are not the usual page: APIs, redirects, broken ones, untrusted certificates, refused permissions."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from prodproof.facts import Reason
from prodproof.range import Lab
from tests.servers.site import Page, html
from prodproof.verdicts import Kind, Result
from tests.support import look

HSTS, HEADERS, COOKIES = "exposure.hsts", "application.security-headers", "application.cookies-secure"


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    with Lab(tmp_path) as made:
        assert made.site.port
        yield made


def said(result: Result) -> tuple[Kind, Reason | None]:
    return result.kind, result.reason


def test_an_api_without_pages_needs_no_policy_for_pages(lab: Lab) -> None:
    host = lab.site.main
    host.pages["/"] = Page(body='{"ok": true}', content_type="application/json")
    host.errors[404] = Page(404, '{"detail": "Not found."}', "application/json")
    host.errors[405] = Page(405, '{"detail": "Not allowed."}', "application/json")
    del host.pages["/login/"]
    del host.page_headers["Content-Security-Policy"]
    assert look(lab, HEADERS)[HEADERS].kind is Kind.HOLDS


def test_a_page_behind_a_redirect_on_the_same_host_is_the_normal_answer(lab: Lab) -> None:
    host = lab.site.main
    host.pages["/en/"] = host.pages["/"]
    host.pages["/"] = Page(302, headers=(("Location", "/en/"),))
    assert look(lab, HSTS)[HSTS].kind is Kind.HOLDS
    host.pages["/en/"] = Page(body=html("Harbour"), headers=(("Strict-Transport-Security", "max-age=0"),))
    result = look(lab, HSTS)[HSTS]
    assert result.kind is Kind.BROKEN and "/en/" in result.message


def test_the_redirect_itself_needs_the_header(lab: Lab) -> None:
    lab.site.main.pages["/"] = Page(
        301, headers=(("Location", "https://www.elsewhere.example/"), ("Strict-Transport-Security", "max-age=1"))
    )
    result = look(lab, HSTS)[HSTS]
    assert result.kind is Kind.BROKEN and "the redirect answer" in result.message


def test_a_redirect_loop_is_incomplete(lab: Lab) -> None:
    lab.site.main.pages["/"] = Page(302, headers=(("Location", "/"),))
    assert said(look(lab, HSTS)[HSTS]) == (Kind.UNKNOWN, Reason.INCOMPLETE)


@pytest.mark.parametrize("status", [500, 502, 503, 403])
def test_a_site_that_does_not_work_is_not_judged(lab: Lab, status: int) -> None:
    lab.site.main.pages["/"] = Page(status, html("Sorry"))
    lab.site.main.headers.clear()
    for id, result in look(lab, HSTS, HEADERS).items():
        assert result.kind is Kind.UNKNOWN, f"{id}: {result.message}"


def test_an_untrusted_certificate_never_holds(lab: Lab) -> None:
    lab.settings = replace(lab.settings, ca_file=None)
    for id, result in look(lab, HSTS, HEADERS, "exposure.admin-restricted", "application.errors-safe").items():
        assert said(result) == (Kind.UNKNOWN, Reason.UNREACHABLE), f"{id}: {result.message}"


def test_what_is_wrong_is_found_behind_an_untrusted_certificate_too(lab: Lab) -> None:
    lab.settings = replace(lab.settings, ca_file=None)
    del lab.site.main.headers["Strict-Transport-Security"]
    assert look(lab, HSTS)[HSTS].kind is Kind.BROKEN


def test_errors_are_not_provoked_without_permission(lab: Lab) -> None:
    points = tuple(replace(point, allow=frozenset()) for point in lab.declared.entry_points)
    lab.declare(entry_points=points)
    assert said(look(lab, "application.errors-safe")["application.errors-safe"]) == (
        (Kind.UNKNOWN, Reason.NOT_PERMITTED)
    )


def test_no_cookie_value_is_kept_and_login_pages_are_read(lab: Lab) -> None:
    lab.site.main.pages["/"] = Page(body=html("Harbour"))
    form = lab.site.main.pages["/login/"]
    assert isinstance(form, Page)
    cookie = ("Set-Cookie", "csrftoken=s3cret; Path=/; SameSite=Lax")
    lab.site.main.pages["/login/"] = replace(form, headers=(cookie,))
    result = look(lab, COOKIES)[COOKIES]
    assert result.kind is Kind.BROKEN and "csrftoken is not Secure" in result.message
    assert "s3cret" not in str(result)


def test_staging_with_a_login_that_is_not_let_in_proves_nothing(lab: Lab) -> None:
    lab.site.login_file.write_text("review:wrong")
    result = look(lab, "exposure.staging-closed")["exposure.staging-closed"]
    assert said(result) == (Kind.UNKNOWN, Reason.INSUFFICIENT_PROOF)
    assert "wrong" not in str(result)


def test_the_staging_login_goes_nowhere_without_trust_or_a_trusted_certificate(lab: Lab) -> None:
    lab.declare(trusted=False)
    untrusted = look(lab, "exposure.staging-closed")["exposure.staging-closed"]
    lab.declare(trusted=True)
    lab.settings = replace(lab.settings, ca_file=None)
    unverified = look(lab, "exposure.staging-closed")["exposure.staging-closed"]
    assert said(untrusted) == said(unverified) == (Kind.UNKNOWN, Reason.INSUFFICIENT_PROOF)
