"""Answers reduced to facts: nothing secret is kept, hostile bytes are read, other people's pages are recognised."""

import dataclasses
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodproof.facts.codec import decode, encode
from prodproof.facts.http import Answer, Cookie, Situation
from prodproof.probes._page import answer_of, cookie_of, interposed, read_page
from prodproof.reach.http.client import Exchange


def exchange(status: int = 200, body: str | bytes = "", **headers: str) -> Exchange:
    return Exchange(
        method="GET",
        url="https://shop.example/a?token=s3cret",
        status=status,
        headers=tuple((name.replace("_", "-"), value) for name, value in headers.items()),
        body=body.encode() if isinstance(body, str) else body,
        complete=True,
        address="192.0.2.1",
    )


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("sessionid=abc; Secure; HttpOnly; SameSite=Lax; Path=/", Cookie("sessionid", True, True, "lax", None, "/")),
        ("a=b", Cookie("a")),
        ("a=b;secure;HTTPONLY;samesite=NONE", Cookie("a", True, True, "none")),
        ("a=b; Domain=.Shop.example", Cookie("a", domain=".shop.example")),
        ("a=b; Max-Age=60", Cookie("a", persistent=True)),
        ("a=; Max-Age=0", Cookie("a", persistent=True, deleted=True)),
        ('a=""; expires=Thu, 01 Jan 1970 00:00:00 GMT; Path=/', Cookie("a", path="/", persistent=True, deleted=True)),
        ("a=b=c; SameSite", Cookie("a", same_site="")),
        ("__Host-sid=x; Secure; Path=/", Cookie("__Host-sid", secure=True, path="/")),
    ],
)
def test_cookies_are_read_without_their_values(value: str, expected: Cookie) -> None:
    assert cookie_of(value) == expected


def test_no_secret_is_kept() -> None:
    answer = answer_of(
        exchange(
            302,
            "<p>hello s3cret</p>",
            set_cookie="sessionid=s3cret; Secure",
            location="https://sso.example/login?state=s3cret#s3cret",
            content_security_policy="script-src 'nonce-s3cret'; report-uri https://r.example/?key=s3cret",
            x_internal_token="s3cret",
        ),
        Situation.REDIRECT,
    )
    assert "s3cret" not in json.dumps(encode(answer))
    assert answer.first("content-security-policy") == "script-src 'nonce-any'; report-uri https://r.example/"
    assert answer.leads_to == "https://sso.example/login"


@pytest.mark.parametrize(
    ("answer", "other"),
    [
        (exchange(503, "<h1>Back soon</h1>"), True),
        (exchange(403, "", cf_mitigated="challenge"), True),
        (exchange(200, "", x_amzn_waf_action="challenge"), True),
        (exchange(403, "<title>Attention Required! | Cloudflare</title>"), True),
        (exchange(200, "<html>Request unsuccessful. Incapsula incident ID: 1-2"), True),
        (exchange(429), True),
        (exchange(502, "<h1>Bad Gateway</h1>"), True),
        (exchange(511), True),
        (exchange(403, "<h1>Forbidden</h1>"), False),
        (exchange(500, "<h1>Server Error (500)</h1>"), False),
        (exchange(200, "<p>" + "x" * 30_000 + "Just a moment..."), False),
        (exchange(200, "<h1>Shop</h1>"), False),
    ],
)
def test_pages_of_others_are_recognised(answer: Exchange, other: bool) -> None:
    assert (interposed(answer) is not None) is other


def test_a_page_tells_its_policies_scripts_and_forms() -> None:
    page = read_page(
        exchange(
            200,
            """<title>Shop &amp; more</title><META HTTP-EQUIV="Content-Security-Policy" CONTENT="default-src 'self'">
            <meta name=referrer content=same-origin><script src="https://cdn.example/a.js?v=1" integrity=x></script>
            <script>inline()</script><form><input type='PASSWORD'></form>""",
            content_type="text/html",
        )
    )
    assert page.policies == ["default-src 'self'"]
    assert (page.referrer, page.password, page.title) == ("same-origin", True, "Shop & more")
    assert [(script.source, script.integrity) for script in page.scripts] == [("https://cdn.example/a.js", True)]


HEADER = st.sampled_from(
    [
        "set-cookie",
        "location",
        "content-security-policy",
        "content-type",
        "strict-transport-security",
        "x-frame-options",
    ]
)


@given(
    st.lists(st.tuples(HEADER, st.binary(max_size=200).map(lambda data: data.decode("latin-1"))), max_size=8),
    st.binary(max_size=400),
    st.integers(100, 599),
)
def test_any_answer_becomes_a_fact(headers: list[tuple[str, str]], body: bytes, status: int) -> None:
    made = dataclasses.replace(exchange(status, b"<html>" + body), headers=tuple(headers))
    answer = answer_of(made, Situation.NORMAL)
    assert decode(Answer, json.loads(json.dumps(encode(answer)))) == answer
    assert all(value.isprintable() or not any(ord(c) < 32 for c in value) for _, value in answer.headers)


@given(st.text(alphabet="<>!-[]CDATA/ \"'=&;ascriptmetinpu", max_size=300))
def test_any_markup_is_read(text: str) -> None:
    assert read_page(exchange(200, f"<!doctype html>{text}", content_type="text/html")) is not None
