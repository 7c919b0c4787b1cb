"""An expired security.txt; a server that answers 200 to everything; a playbook nobody owns."""

from prodproof.facts import Reason
from prodproof.range.fault import Fault
from prodproof.range.range import Range

PATH = "/.well-known/security.txt"
PLAYBOOK = 'path = "runbooks/incident.md"\n'


def expired(harbour: Range) -> None:
    harbour.app.replace("shop/views.py", "timedelta(days=180)", "timedelta(days=-3)")


def answers_everything(harbour: Range) -> None:
    """As a single-page application does."""
    harbour.front.serve(PATH, "<!doctype html><title>Harbour</title><h1>Harbour</h1>")


def no_owner(harbour: Range) -> None:
    harbour.repo.replace("prodproof.toml", f'{PLAYBOOK}owner = "ana"\n', PLAYBOOK)


def closed(harbour: Range) -> None:
    harbour.front.stop()


FAULT = Fault(
    guarantee="monitoring.incident-contact",
    breaks=expired,
    says="expired",
    variants=(answers_everything, no_owner),
    withdraws=closed,
    reason=Reason.UNREACHABLE,
    needs=("repo", "application", "front"),
)
