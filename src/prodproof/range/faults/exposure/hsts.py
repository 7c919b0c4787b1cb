"""HSTS switched off; a month only; lost on error pages."""

from prodproof.facts import Reason
from prodproof.range.components.site import Page
from prodproof.range.fault import Fault
from prodproof.range.range import Range

HSTS = "Strict-Transport-Security"


def switched_off(harbour: Range) -> None:
    """SECURE_HSTS_SECONDS = 0: Django then sends no header."""
    del harbour.site.main.headers[HSTS]


def a_month(harbour: Range) -> None:
    harbour.site.main.headers[HSTS] = "max-age=2592000; includeSubDomains; preload"


def lost_on_errors(harbour: Range) -> None:
    harbour.site.main.errors[404] = Page(404, "Not found", headers=((HSTS, "max-age=0"),))


def closed(harbour: Range) -> None:
    harbour.front.stop()


FAULT = Fault(
    guarantee="exposure.hsts",
    breaks=switched_off,
    says="no Strict-Transport-Security on every answer",
    variants=(a_month, lost_on_errors),
    withdraws=closed,
    reason=Reason.UNREACHABLE,
    needs=("site",),
)
