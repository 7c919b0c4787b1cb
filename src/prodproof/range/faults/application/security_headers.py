"""A policy that allows everything; nosniff lost; report-only."""

from prodproof.facts import Reason
from prodproof.range.components.site import POLICY
from prodproof.range.fault import Fault
from prodproof.range.range import Range


def everything(harbour: Range) -> None:
    harbour.site.main.page_headers["Content-Security-Policy"] = "default-src *"


def no_sniffing_rule(harbour: Range) -> None:
    del harbour.site.main.headers["X-Content-Type-Options"]


def report_only(harbour: Range) -> None:
    del harbour.site.main.page_headers["Content-Security-Policy"]
    harbour.site.main.page_headers["Content-Security-Policy-Report-Only"] = POLICY


def closed(harbour: Range) -> None:
    harbour.front.stop()


FAULT = Fault(
    guarantee="application.security-headers",
    breaks=everything,
    says="Content-Security-Policy allows",
    variants=(no_sniffing_rule, report_only),
    withdraws=closed,
    reason=Reason.UNREACHABLE,
    needs=("site",),
)
