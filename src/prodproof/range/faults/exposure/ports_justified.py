"""A port that somebody opened for a test and forgot."""

from dataclasses import replace

from prodproof.facts import Reason
from prodproof.range.components.services import web
from prodproof.range.fault import Fault
from prodproof.range.lab import Lab


def left_open(lab: Lab) -> None:
    lab.services.open(web)


def no_permission(lab: Lab) -> None:
    lab.declare(hosts=tuple(replace(host, allow=frozenset()) for host in lab.declared.hosts))


FAULT = Fault(
    guarantee="exposure.ports-justified",
    breaks=left_open,
    says="open and not declared",
    withdraws=no_permission,
    reason=Reason.NOT_PERMITTED,
    needs=("services",),
)
