"""A 500 page that prints the exception; Django's debug 404; a server that says its version."""

from prodproof.facts import Reason
from prodproof.range.components.site import Page, html
from prodproof.range.fault import Fault
from prodproof.range.range import Range

TRACEBACK = """Traceback (most recent call last):
  File "/srv/shop/orders/views.py", line 31, in index
ValueError: embedded NUL"""


def prints_the_exception(harbour: Range) -> None:
    harbour.site.main.errors[500] = Page(500, html("Error", f"<pre>{TRACEBACK}</pre>"))


def debug_page(harbour: Range) -> None:
    body = "<p>Using the URLconf defined in <code>shop.urls</code>, Django tried these URL patterns</p>"
    harbour.site.main.errors[404] = Page(404, html("Page not found", body))


def version(harbour: Range) -> None:
    harbour.site.main.errors[414] = Page(414, html("Too long", "<hr>nginx/1.22.1"))


def closed(harbour: Range) -> None:
    harbour.front.stop()


FAULT = Fault(
    guarantee="application.errors-safe",
    breaks=prints_the_exception,
    says="stack trace",
    variants=(debug_page, version),
    withdraws=closed,
    reason=Reason.UNREACHABLE,
    needs=("site",),
)
