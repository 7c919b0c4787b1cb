"""A forgotten host that still answers; an entry point that nobody owns; one where nothing answers."""

from dataclasses import replace

from prodproof.facts import Reason
from prodproof.facts.declared import EntryPoint
from prodproof.range.components.site import FORGOTTEN, HOST, STAGING, healthy_host
from prodproof.range.fault import Fault
from prodproof.range.lab import Lab


def forgotten_host(lab: Lab) -> None:
    lab.site.hosts[FORGOTTEN] = healthy_host(FORGOTTEN)
    lab.site.certify(HOST, STAGING, FORGOTTEN)


def no_owner(lab: Lab) -> None:
    first, *others = lab.declared.entry_points
    lab.declare(entry_points=(replace(first, owner=""), *others))


def gone(lab: Lab) -> None:
    silent = EntryPoint(url=f"https://{HOST}:1", purpose="the old shop", owner="ana")
    lab.declare(entry_points=(*lab.declared.entry_points, silent))


def closed(lab: Lab) -> None:
    lab.site.stop()


FAULT = Fault(
    guarantee="exposure.entry-points-declared",
    breaks=forgotten_host,
    says="old.harbour.example",
    variants=(no_owner, gone),
    withdraws=closed,
    reason=Reason.UNREACHABLE,
    needs=("site",),
)
