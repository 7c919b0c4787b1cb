"""A session cookie without Secure; one that scripts can read; one for every subdomain; settings that say so."""

from prodproof.facts import Reason
from prodproof.range.components.site import HOST, Page, html
from prodproof.range.fault import Fault
from prodproof.range.range import Range


def _session(harbour: Range, attributes: str) -> None:
    cookie = ("Set-Cookie", f"sessionid=lab; Path=/; {attributes}")
    harbour.site.main.pages["/"] = Page(body=html("Harbour"), headers=(cookie,))


def not_secure(harbour: Range) -> None:
    """What SESSION_COOKIE_SECURE = False sends."""
    _session(lab, "HttpOnly; SameSite=Lax")


def readable(harbour: Range) -> None:
    _session(lab, "Secure; SameSite=Lax")


def for_every_subdomain(harbour: Range) -> None:
    _session(lab, f"Secure; HttpOnly; SameSite=Lax; Domain={HOST}")


def off_in_the_running_application(harbour: Range) -> None:
    harbour.repo.replace("harbour/settings/production.py", "SESSION_COOKIE_SECURE = True", "SESSION_COOKIE_SECURE = False")


def not_set_in_the_source(harbour: Range) -> None:
    """The application is not asked; that the setting is missing shows in its source."""
    harbour.repo.replace("harbour/settings/production.py", "CSRF_COOKIE_SECURE = True\n", "")
    harbour.declare(django=())


def closed(harbour: Range) -> None:
    harbour.front.stop()


FAULT = Fault(
    guarantee="application.cookies-secure",
    breaks=not_secure,
    says="sessionid",
    variants=(readable, for_every_subdomain, off_in_the_running_application, not_set_in_the_source),
    withdraws=closed,
    reason=Reason.UNREACHABLE,
    needs=("repo", "django", "site"),
)
