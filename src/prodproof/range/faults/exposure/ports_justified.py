"""A port that somebody opened for a test and forgot."""

from prodproof.facts import Reason
from prodproof.range.components.doors import Doors
from prodproof.range.fault import Fault
from prodproof.range.range import Range

DEBUG_PORT = 8765


def left_open(harbour: Range) -> None:
    harbour.part(Doors).serve(DEBUG_PORT, "http")


def no_purpose(harbour: Range) -> None:
    """It is declared, but nobody knows any more what for."""
    left_open(harbour)
    ports = f"{{ number = {harbour.places.https}, "
    harbour.repo.replace("prodproof.toml", ports, f"{{ number = {DEBUG_PORT} }},\n  {ports}")


def no_permission(harbour: Range) -> None:
    harbour.repo.replace("prodproof.toml", 'allow = ["port-scan"]', "allow = []")


FAULT = Fault(
    guarantee="exposure.ports-justified",
    breaks=left_open,
    says="open and not declared",
    subject="host:harbour.example",
    variants=(no_purpose,),
    withdraws=no_permission,
    reason=Reason.NOT_PERMITTED,
    needs=("doors",),
)
