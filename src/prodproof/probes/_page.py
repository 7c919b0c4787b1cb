"""Reduces an exchange to an `Answer`: no cookie values, no query strings, no nonces, nobody else's page."""

import re
from html.parser import HTMLParser
from urllib.parse import urlsplit

from prodproof.facts.http import Answer, Cookie, Script, Situation
from prodproof.reach.http.client import Exchange
from prodproof.reach.http.interposed import interposed as interposed  # also for the other probes

KEPT_HEADERS = frozenset(
    {
        "strict-transport-security",
        "content-security-policy",
        "content-security-policy-report-only",
        "x-frame-options",
        "x-content-type-options",
        "referrer-policy",
        "permissions-policy",
        "cross-origin-opener-policy",
        "cross-origin-embedder-policy",
        "cross-origin-resource-policy",
        "access-control-allow-origin",
        "access-control-allow-credentials",
        "x-xss-protection",
        "cache-control",
        "vary",
        "content-type",
        "content-language",
        "server",
        "x-powered-by",
        "x-aspnet-version",
        "x-aspnetmvc-version",
        "x-generator",
        "allow",
        "clear-site-data",
    }
)
MAX_VALUE = 4096
MAX_SCRIPTS = 200
MAX_COOKIES = 50
_NONCE = re.compile(r"'nonce-[^']*'", re.IGNORECASE)
_QUERY = re.compile(r"\?[^\s;,]*")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]+")


def answer_of(exchange: Exchange, situation: Situation, path: str | None = None) -> Answer:
    """The fact for one exchange."""
    page = read_page(exchange)
    redirect = exchange.redirect
    return Answer(
        situation=situation,
        method=exchange.method,
        path=path or plain(urlsplit(exchange.url).path or "/"),
        status=exchange.status,
        headers=tuple((name, clean(value)) for name, value in exchange.headers if name in KEPT_HEADERS),
        cookies=tuple(cookie_of(value) for value in exchange.all("set-cookie")[:MAX_COOKIES]),
        html=is_html(exchange),
        meta_policies=tuple(clean(item) for item in page.policies),
        meta_referrer=clean(page.referrer) if page.referrer else None,
        leads_to=without_query(redirect) if redirect else None,
        password_form=page.password,
        interposed=interposed(exchange),
        certificate_error=exchange.certificate_error,
    )


def cookie_of(value: str) -> Cookie:
    """A Set-Cookie value without the cookie's own value (RFC 6265, 5.2)."""
    first, *rest = value.split(";")
    name, _, content = first.partition("=")
    attributes: dict[str, str] = {}
    for item in rest:
        key, _, setting = item.partition("=")
        attributes[key.strip().lower()] = plain(setting.strip())
    age = attributes.get("max-age", "")
    deleted = age == "0" or age.startswith("-") or "1970" in attributes.get("expires", "")
    return Cookie(
        name=plain(name.strip())[:100],
        secure="secure" in attributes,
        http_only="httponly" in attributes,
        same_site=attributes["samesite"].lower()[:20] if "samesite" in attributes else None,
        domain=attributes.get("domain", "").lower()[:255] or None,
        path=attributes.get("path", "")[:255] or None,
        persistent=bool(age or attributes.get("expires")),
        deleted=deleted or (not content.strip(' "') and bool(age or attributes.get("expires"))),
    )


def is_html(exchange: Exchange) -> bool:
    """Whether a browser would render the answer as a page."""
    kind = (exchange.first("content-type") or "").partition(";")[0].strip().lower()
    if kind:
        return kind in ("text/html", "application/xhtml+xml")
    return exchange.body[:512].lstrip().lower().startswith((b"<!doctype html", b"<html"))


def clean(value: str) -> str:
    """A header value without nonces, queries and control characters, of bounded length."""
    return plain(_QUERY.sub("", _NONCE.sub("'nonce-any'", value)))[:MAX_VALUE]


def plain(text: str) -> str:
    """Text without control characters."""
    return _CONTROL.sub(" ", text)


def without_query(url: str) -> str:
    """A URL without query and fragment, of bounded length."""
    return plain(url.partition("?")[0].partition("#")[0])[:500]


class Page(HTMLParser):
    """What claims ask of an HTML page. Never raises for malformed input."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.policies: list[str] = []
        self.referrer: str | None = None
        self.scripts: list[Script] = []
        self.script_count = 0
        self.password = False
        self.title = ""
        self._in_title = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {key: value or "" for key, value in reversed(attrs)}
        if tag == "meta":
            self._meta(given)
        elif tag == "script":
            self.script_count += 1
            if given.get("src") and len(self.scripts) < MAX_SCRIPTS:
                self.scripts.append(
                    Script(without_query(given["src"]), bool(given.get("integrity")), "crossorigin" in given)
                )
        elif tag == "input" and given.get("type", "").strip().lower() == "password":
            self.password = True
        elif tag == "title":
            self._in_title = True

    def handle_endtag(self, tag: str) -> None:
        if tag == "title":
            self._in_title = False

    def handle_data(self, data: str) -> None:
        if self._in_title and len(self.title) < 200:
            self.title += data

    def _meta(self, given: dict[str, str]) -> None:
        if given.get("http-equiv", "").strip().lower() == "content-security-policy" and given.get("content"):
            if len(self.policies) < 10:
                self.policies.append(given["content"])
        elif given.get("name", "").strip().lower() == "referrer" and given.get("content"):
            self.referrer = given["content"]


def read_page(exchange: Exchange) -> Page:
    """Parse an HTML answer; empty for anything else."""
    page = Page()
    if is_html(exchange):
        try:
            page.feed(exchange.text)
        except (AssertionError, ValueError):  # the parser's own way of giving up on malformed declarations
            return page
    return page
