"""A forgotten host that still answers; an entry point that nobody owns; one where nothing answers."""

from dataclasses import replace

from prodproof.facts import Reason
from prodproof.facts.declared import EntryPoint
from prodproof.range.components.site import FORGOTTEN, HOST, STAGING, healthy_host
from prodproof.range.fault import Fault
from prodproof.range.range import Range


def forgotten_host(harbour: Range) -> None:
    harbour.site.hosts[FORGOTTEN] = healthy_host(FORGOTTEN)
    harbour.site.certify(HOST, STAGING, FORGOTTEN)


def no_owner(harbour: Range) -> None:
    first, *others = harbour.declared.entry_points
    harbour.declare(entry_points=(replace(first, owner=""), *others))


def gone(harbour: Range) -> None:
    silent = EntryPoint(url=f"https://{HOST}:1", purpose="the old shop", owner="ana")
    harbour.declare(entry_points=(*harbour.declared.entry_points, silent))


def closed(harbour: Range) -> None:
    harbour.front.stop()


FAULT = Fault(
    guarantee="exposure.entry-points-declared",
    breaks=forgotten_host,
    says="old.harbour.example",
    variants=(no_owner, gone),
    withdraws=closed,
    reason=Reason.UNREACHABLE,
    needs=("site",),
)
