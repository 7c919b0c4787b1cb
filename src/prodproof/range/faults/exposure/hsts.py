"""HSTS switched off; a month only; lost on error pages."""

from prodproof.facts import Reason
from prodproof.range.components.front import SECURITY_HEADERS
from prodproof.range.fault import Fault
from prodproof.range.range import Range

HSTS = "Strict-Transport-Security"


def switched_off(harbour: Range) -> None:
    """SECURE_HSTS_SECONDS = 0, and Django sends no header."""
    harbour.app.settings(SECURE_HSTS_SECONDS=0)


def a_month(harbour: Range) -> None:
    harbour.app.settings(SECURE_HSTS_SECONDS=30 * 24 * 3600)


def lost_on_errors(harbour: Range) -> None:
    harbour.front.replace_headers({HSTS: SECURITY_HEADERS[HSTS]}, always=False)


def locked_out(harbour: Range) -> None:
    harbour.front.lock_out()


FAULT = Fault(
    guarantee="exposure.hsts",
    breaks=switched_off,
    says="no Strict-Transport-Security on every answer",
    subject="host:harbour.example",
    variants=(a_month, lost_on_errors),
    withdraws=locked_out,
    reason=Reason.DENIED,
    needs=("application", "front"),
    touches=("application.security-headers",),
)
