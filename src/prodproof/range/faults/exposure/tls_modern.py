"""The server still speaks the TLS of 1999."""

from prodproof.facts import Reason
from prodproof.range.components.front import MODERN
from prodproof.range.fault import Fault
from prodproof.range.range import Range


def old_protocol(harbour: Range) -> None:
    harbour.front.protocols("TLSv1")


def old_suites(harbour: Range) -> None:
    """CBC, without authenticated encryption."""
    harbour.front.protocols(suites=f"{MODERN}:ECDHE-ECDSA-AES256-SHA384:ECDHE-RSA-AES256-SHA384")


def silent(harbour: Range) -> None:
    harbour.front.hang()


FAULT = Fault(
    guarantee="exposure.tls-modern",
    breaks=old_protocol,
    says="accepts TLSv1",
    subject="host:harbour.example",
    variants=(old_suites,),
    withdraws=silent,
    reason=Reason.TIMED_OUT,
    needs=("front",),
)
