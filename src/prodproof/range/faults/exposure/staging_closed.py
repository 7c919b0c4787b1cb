"""Staging for everybody; only its media files; no login to prove it with."""

from dataclasses import replace

from prodproof.facts import Reason
from prodproof.range.components.site import Page
from prodproof.range.fault import Fault
from prodproof.range.range import Range


def for_everybody(harbour: Range) -> None:
    harbour.site.staging.login = None


def media_only(harbour: Range) -> None:
    harbour.site.staging.pages["/media/"] = Page(body="receipt.txt", content_type="text/plain")
    harbour.site.staging.open_paths.add("/media/")


def no_login(harbour: Range) -> None:
    points = tuple(replace(point, login=None) for point in harbour.declared.all_entry_points)
    harbour.declare(all_entry_points=points)


FAULT = Fault(
    guarantee="exposure.staging-closed",
    breaks=for_everybody,
    says="served to strangers",
    variants=(media_only,),
    withdraws=no_login,
    reason=Reason.INSUFFICIENT_PROOF,
    needs=("site",),
)
