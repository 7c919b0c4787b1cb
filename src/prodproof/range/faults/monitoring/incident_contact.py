"""An expired security.txt; an application that answers 200 to everything; a playbook nobody owns."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from prodproof.facts import Reason
from prodproof.range.components.site import Page, html, security_txt
from prodproof.range.fault import Fault
from prodproof.range.lab import Lab

PATH = "/.well-known/security.txt"


def expired(lab: Lab) -> None:
    text = security_txt(datetime.now(UTC) - timedelta(days=3))
    lab.site.main.pages[PATH] = Page(body=text, content_type="text/plain")


def answers_everything(lab: Lab) -> None:
    lab.site.main.pages[PATH] = Page(body=html("Harbour"))


def no_owner(lab: Lab) -> None:
    lab.declare(runbooks=tuple(replace(runbook, owner="") for runbook in lab.declared.runbooks))


def closed(lab: Lab) -> None:
    lab.site.stop()


FAULT = Fault(
    guarantee="monitoring.incident-contact",
    breaks=expired,
    says="expired",
    variants=(answers_everything, no_owner),
    withdraws=closed,
    reason=Reason.UNREACHABLE,
    needs=("repo", "site"),
)
