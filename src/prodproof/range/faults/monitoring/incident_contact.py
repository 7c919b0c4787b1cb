"""An expired security.txt; an application that answers 200 to everything; a playbook nobody owns."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from prodproof.facts import Reason
from prodproof.range.components.site import Page, html, security_txt
from prodproof.range.fault import Fault
from prodproof.range.range import Range

PATH = "/.well-known/security.txt"


def expired(harbour: Range) -> None:
    text = security_txt(datetime.now(UTC) - timedelta(days=3))
    harbour.site.main.pages[PATH] = Page(body=text, content_type="text/plain")


def answers_everything(harbour: Range) -> None:
    harbour.site.main.pages[PATH] = Page(body=html("Harbour"))


def no_owner(harbour: Range) -> None:
    harbour.declare(runbooks=tuple(replace(runbook, owner="") for runbook in harbour.declared.runbooks))


def closed(harbour: Range) -> None:
    harbour.front.stop()


FAULT = Fault(
    guarantee="monitoring.incident-contact",
    breaks=expired,
    says="expired",
    variants=(answers_everything, no_owner),
    withdraws=closed,
    reason=Reason.UNREACHABLE,
    needs=("repo", "site"),
)
