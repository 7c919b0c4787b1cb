"""Redis listens on the public address."""

from dataclasses import replace

from prodproof.facts import Reason
from prodproof.range.components.services import postgres, redis
from prodproof.range.fault import Fault
from prodproof.range.lab import Lab


def redis_outside(lab: Lab) -> None:
    lab.services.open(redis)


def postgres_outside(lab: Lab) -> None:
    lab.services.open(postgres)


def no_permission(lab: Lab) -> None:
    lab.declare(hosts=tuple(replace(host, allow=frozenset()) for host in lab.declared.hosts))


FAULT = Fault(
    guarantee="exposure.internal-services-unreachable",
    breaks=redis_outside,
    says="redis answers",
    variants=(postgres_outside,),
    withdraws=no_permission,
    reason=Reason.NOT_PERMITTED,
    needs=("services",),
    touches=("exposure.ports-justified",),
)
