"""A policy that allows everything; nosniff lost; report-only."""

from prodproof.facts import Reason
from prodproof.range.components.site import POLICY
from prodproof.range.fault import Fault
from prodproof.range.lab import Lab


def everything(lab: Lab) -> None:
    lab.site.main.page_headers["Content-Security-Policy"] = "default-src *"


def no_sniffing_rule(lab: Lab) -> None:
    del lab.site.main.headers["X-Content-Type-Options"]


def report_only(lab: Lab) -> None:
    del lab.site.main.page_headers["Content-Security-Policy"]
    lab.site.main.page_headers["Content-Security-Policy-Report-Only"] = POLICY


def closed(lab: Lab) -> None:
    lab.site.stop()


FAULT = Fault(
    guarantee="application.security-headers",
    breaks=everything,
    says="Content-Security-Policy allows",
    variants=(no_sniffing_rule, report_only),
    withdraws=closed,
    reason=Reason.UNREACHABLE,
    needs=("site",),
)
