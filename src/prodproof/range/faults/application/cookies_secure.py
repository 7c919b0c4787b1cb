"""A session cookie without Secure; one that scripts can read; one for every subdomain."""

from prodproof.facts import Reason
from prodproof.range.components.site import HOST, Page, html
from prodproof.range.fault import Fault
from prodproof.range.lab import Lab


def _session(lab: Lab, attributes: str) -> None:
    cookie = ("Set-Cookie", f"sessionid=lab; Path=/; {attributes}")
    lab.site.main.pages["/"] = Page(body=html("Harbour"), headers=(cookie,))


def not_secure(lab: Lab) -> None:
    """SESSION_COOKIE_SECURE = False."""
    _session(lab, "HttpOnly; SameSite=Lax")


def readable(lab: Lab) -> None:
    _session(lab, "Secure; SameSite=Lax")


def for_every_subdomain(lab: Lab) -> None:
    _session(lab, f"Secure; HttpOnly; SameSite=Lax; Domain={HOST}")


def closed(lab: Lab) -> None:
    lab.site.stop()


FAULT = Fault(
    guarantee="application.cookies-secure",
    breaks=not_secure,
    says="sessionid",
    variants=(readable, for_every_subdomain),
    withdraws=closed,
    reason=Reason.UNREACHABLE,
    needs=("site",),
)
