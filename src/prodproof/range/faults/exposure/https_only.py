"""Content over plain HTTP; a redirect to another host; forms taken over plain HTTP."""

from prodproof.facts import Reason
from prodproof.range.components.site import Page, html
from prodproof.range.fault import Fault
from prodproof.range.range import Range
from prodproof.reach.world import Settings


def serves_content(harbour: Range) -> None:
    harbour.site.plain = lambda request: Page(body=html("Harbour"))


def elsewhere(harbour: Range) -> None:
    harbour.site.plain = lambda request: Page(301, headers=(("Location", "https://www.harbour.example/"),))


def takes_forms(harbour: Range) -> None:
    site = harbour.site
    site.plain = lambda request: Page(body="ok") if request.method == "POST" else site.redirect(request)


def behind_a_dead_proxy(harbour: Range) -> None:
    harbour.settings = Settings(ca_file=harbour.settings.ca_file, proxy="http://127.0.0.2:1")


FAULT = Fault(
    guarantee="exposure.https-only",
    breaks=serves_content,
    says="serves content",
    variants=(elsewhere, takes_forms),
    withdraws=behind_a_dead_proxy,
    reason=Reason.UNREACHABLE,
    needs=("site",),
)
