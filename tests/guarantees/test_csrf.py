"""Which words in a view's code show that it acts on the session, checks a signature, takes forms or changes data."""

from dataclasses import replace

import pytest

from prodproof.facts import Location
from prodproof.facts.django import Access, Csrf, CsrfCause, CsrfPlace, CsrfSource, UrlRoute, UrlTable
from prodproof.guarantees.application.csrf import in_source, judge
from prodproof.verdicts import Kind

ROUTE = UrlRoute(pattern="x/", path="/x/", sample="/x/", view="shop.views.x", csrf=Csrf.EXEMPT, access=Access.OPEN)


def exempt(*touches: str) -> Kind:
    """The verdict on an exempt view that touches these, the same from the running application and its source."""
    live = judge(UrlTable(urlconf="shop.urls", routes=(replace(ROUTE, touches=touches),)))
    place = CsrfPlace(cause=CsrfCause.EXEMPT, name="x", touches=touches, location=Location("a.py", 3))
    source = in_source(CsrfSource(places=(place,)))
    assert source.kind is live.kind
    return live.kind


def on_get(*touches: str) -> Kind:
    """The verdict on a checked view without limits of its methods that touches these."""
    route = replace(ROUTE, csrf=Csrf.PROTECTED, touches=touches)
    return judge(UrlTable(urlconf="shop.urls", routes=(route,))).kind


@pytest.mark.parametrize(
    "word",
    [
        "user", "session", "COOKIES", "login", "logout", "is_authenticated", "has_perm", "login_required", "get_user",
        "permission_required", "staff_member_required", "LoginRequiredMixin", "PermissionRequiredMixin", "auth",
    ],
)  # fmt: skip
def test_words_of_the_session(word: str) -> None:
    assert exempt(word) is Kind.BROKEN
    assert exempt(word, "hmac") is Kind.UNKNOWN


@pytest.mark.parametrize(
    "word",
    ["compare_digest", "construct_event", "hmac", "verify", "unsign", "validate", "check_token", "text:Bearer"],
)
def test_words_of_a_signature(word: str) -> None:
    assert exempt(word) is Kind.HOLDS
    assert exempt(word, "POST", "save") is Kind.HOLDS
    assert on_get(word, "delete") is Kind.HOLDS


@pytest.mark.parametrize("word", ["POST", "FILES", "cleaned_data", "is_valid"])
def test_words_of_a_form(word: str) -> None:
    assert exempt(word, "save") is Kind.BROKEN
    assert exempt(word) is Kind.UNKNOWN


@pytest.mark.parametrize(
    "word",
    [
        "save",
        "delete",
        "create",
        "update",
        "get_or_create",
        "update_or_create",
        "bulk_create",
        "execute",
        "set_password",
    ],
)
def test_words_of_a_change(word: str) -> None:
    assert exempt(word, "POST") is Kind.BROKEN
    if word != "delete":
        assert exempt(word) is Kind.UNKNOWN


@pytest.mark.parametrize("word", ["method", "POST", "FILES", "is_valid", "cleaned_data", "body", "data", "cache"])
def test_words_that_tell_a_deletion_from_one_on_get(word: str) -> None:
    assert on_get("delete") is Kind.BROKEN
    assert on_get("delete", word) is Kind.HOLDS


def test_a_view_is_found_once_for_each_thing_that_is_wrong() -> None:
    acts = replace(ROUTE, touches=("user",))
    deletes = replace(ROUTE, csrf=Csrf.PROTECTED, touches=("delete",))
    for routes, count in (
        ((acts, acts), 1),
        ((acts, deletes), 2),
        ((acts, replace(acts, pattern="y/")), 2),
    ):
        assert len(judge(UrlTable(urlconf="shop.urls", routes=routes)).findings) == count
