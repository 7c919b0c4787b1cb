"""HSTS switched off; a month only; lost on error pages."""

from prodproof.facts import Reason
from prodproof.range.components.site import Page
from prodproof.range.fault import Fault
from prodproof.range.lab import Lab

HSTS = "Strict-Transport-Security"


def switched_off(lab: Lab) -> None:
    """SECURE_HSTS_SECONDS = 0: Django then sends no header."""
    del lab.site.main.headers[HSTS]


def a_month(lab: Lab) -> None:
    lab.site.main.headers[HSTS] = "max-age=2592000; includeSubDomains; preload"


def lost_on_errors(lab: Lab) -> None:
    lab.site.main.errors[404] = Page(404, "Not found", headers=((HSTS, "max-age=0"),))


def closed(lab: Lab) -> None:
    lab.site.stop()


FAULT = Fault(
    guarantee="exposure.hsts",
    breaks=switched_off,
    says="no Strict-Transport-Security on every answer",
    variants=(a_month, lost_on_errors),
    withdraws=closed,
    reason=Reason.UNREACHABLE,
    needs=("site",),
)
