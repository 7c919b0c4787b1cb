"""The administration's login form for everybody; for whoever forges a header; a panel on a declared path."""

from prodproof.facts import Reason
from prodproof.range.fault import Fault
from prodproof.range.places import API
from prodproof.range.range import Range


def login_form(harbour: Range) -> None:
    harbour.app.settings(ADMIN_NETWORKS=["0.0.0.0/0"])


def trusts_forwarded(harbour: Range) -> None:
    """nginx adds to what visitors claim, and the shop believes the first address instead of the last."""
    harbour.front.forward_claims()
    harbour.app.replace("shop/middleware.py", '.rpartition(",")[2].strip()', '.partition(",")[0].strip()')


def declared_elsewhere(harbour: Range) -> None:
    harbour.front.serve("/internal/", "<!doctype html><title>Stock</title><h1>Bookings</h1>", host=API)


def stopped(harbour: Range) -> None:
    harbour.front.stop()


FAULT = Fault(
    guarantee="exposure.admin-restricted",
    breaks=login_form,
    says="/admin/ shows its login form",
    subject="host:harbour.example",
    variants=(trusts_forwarded, declared_elsewhere),
    withdraws=stopped,
    reason=Reason.UNREACHABLE,
    needs=("application", "front"),
)
