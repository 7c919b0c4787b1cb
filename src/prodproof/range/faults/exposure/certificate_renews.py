"""A certificate that is about to run out, and nothing that renews it."""

from prodproof.facts import Reason
from prodproof.range.fault import Fault
from prodproof.range.range import Range


def five_days_left(harbour: Range) -> None:
    harbour.front.certify(days=5, age=85)


def another_name(harbour: Range) -> None:
    harbour.front.certify("elsewhere.example", days=60, age=10)


def expired(harbour: Range) -> None:
    harbour.front.certify(days=-2, age=85)


def forget_history(harbour: Range) -> None:
    harbour.vantage.forget()


FAULT = Fault(
    guarantee="exposure.certificate-renews",
    breaks=five_days_left,
    says="its renewal is overdue",
    subject="host:harbour.example",
    variants=(another_name, expired),
    withdraws=forget_history,
    reason=Reason.INSUFFICIENT_PROOF,
    needs=("front",),
    # Nothing that a site with a wrong certificate says is taken for the site's own.
    touches=(
        "application.cookies-secure",
        "application.errors-safe",
        "application.no-debug-endpoints",
        "application.security-headers",
        "exposure.admin-restricted",
        "exposure.hsts",
        "exposure.public-behaviour-matches",
        "exposure.staging-closed",
        "monitoring.incident-contact",
        "secrets.env-file-ignored",
        "secrets.not-in-frontend",
        "secrets.not-in-output",
    ),
)
