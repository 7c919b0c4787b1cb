"""A session cookie without Secure; one that scripts can read; a token for every subdomain; a proxy's own cookie."""

from prodproof.facts import Reason
from prodproof.range.fault import Fault
from prodproof.range.places import HOST
from prodproof.range.range import Range


def not_secure(harbour: Range) -> None:
    harbour.app.settings(SESSION_COOKIE_SECURE=False)


def readable_by_scripts(harbour: Range) -> None:
    harbour.app.settings(SESSION_COOKIE_HTTPONLY=False)


def token_not_secure(harbour: Range) -> None:
    harbour.app.settings(CSRF_COOKIE_SECURE=False)


def token_for_every_subdomain(harbour: Range) -> None:
    harbour.app.settings(CSRF_COOKIE_DOMAIN=HOST)


def the_proxy_sets_one(harbour: Range) -> None:
    """The shop's own cookies are as they must be."""
    harbour.front.serve(
        "/", "<!doctype html><title>Harbour</title>", headers={"Set-Cookie": "sessionid=made-up; Path=/"}
    )


def closed(harbour: Range) -> None:
    harbour.front.stop()


FAULT = Fault(
    guarantee="application.cookies-secure",
    breaks=not_secure,
    says="SESSION_COOKIE_SECURE off",
    variants=(readable_by_scripts, token_not_secure, token_for_every_subdomain, the_proxy_sets_one),
    withdraws=closed,
    reason=Reason.UNREACHABLE,
    needs=("application", "front"),
)
