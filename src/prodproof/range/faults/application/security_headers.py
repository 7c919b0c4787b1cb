"""A policy that allows everything; nosniff lost; report-only; every address told to other sites."""

from prodproof.facts import Reason
from prodproof.range.fault import Fault
from prodproof.range.range import Range


def everything(harbour: Range) -> None:
    harbour.app.settings(CONTENT_SECURITY_POLICY={"DIRECTIVES": {"default-src": ["*"]}})


def no_sniffing_rule(harbour: Range) -> None:
    harbour.app.settings(SECURE_CONTENT_TYPE_NOSNIFF=False)


def report_only(harbour: Range) -> None:
    harbour.app.replace(
        "harbour/settings/base.py", "CONTENT_SECURITY_POLICY = {", "CONTENT_SECURITY_POLICY_REPORT_ONLY = {"
    )


def tells_other_sites(harbour: Range) -> None:
    harbour.app.settings(SECURE_REFERRER_POLICY="unsafe-url")


def closed(harbour: Range) -> None:
    harbour.front.stop()


FAULT = Fault(
    guarantee="application.security-headers",
    breaks=everything,
    says="Content-Security-Policy allows",
    subject="host:harbour.example",
    variants=(no_sniffing_rule, report_only, tells_other_sites),
    withdraws=closed,
    reason=Reason.UNREACHABLE,
    needs=("application", "front"),
)
