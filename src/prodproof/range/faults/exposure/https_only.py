"""Content over plain HTTP; a redirect to another host; forms taken over plain HTTP."""

from prodproof.facts import Reason
from prodproof.range.fault import Fault
from prodproof.range.range import Range


def serves_content(harbour: Range) -> None:
    harbour.front.plain("content")


def elsewhere(harbour: Range) -> None:
    harbour.front.plain("elsewhere")


def takes_forms(harbour: Range) -> None:
    harbour.front.plain("forms")


def hangs_up(harbour: Range) -> None:
    harbour.front.plain("nothing")


FAULT = Fault(
    guarantee="exposure.https-only",
    breaks=serves_content,
    says="serves content",
    subject="host:harbour.example",
    variants=(elsewhere, takes_forms),
    withdraws=hangs_up,
    reason=Reason.INCOMPLETE,
    needs=("front",),
    touches=("exposure.public-behaviour-matches", "exposure.admin-restricted"),
)
