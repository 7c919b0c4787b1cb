"""DEBUG on: in the settings, by a text that counts as true, as a page that visitors see, and in source alone."""

from prodproof.facts import Reason
from prodproof.range.components.site import Page, html
from prodproof.range.fault import Fault
from prodproof.range.range import Range

DEBUG_PAGE = html(
    "Page not found at /missing/",
    "<p>Using the URLconf defined in <code>harbour.urls</code>, Django tried these URL patterns, in this order:</p>"
    "<p>You're seeing this error because you have <code>DEBUG = True</code> in your Django settings file.</p>",
)


def on(harbour: Range) -> None:
    harbour.repo.replace("harbour/settings/base.py", "DEBUG = False", "DEBUG = True")


def text_that_counts_as_true(harbour: Range) -> None:
    harbour.repo.replace(
        "harbour/settings/production.py",
        "SECURE_SSL_REDIRECT = True",
        'SECURE_SSL_REDIRECT = True\nDEBUG = os.environ.get("HARBOUR_DEBUG", "False")',
    )


def seen_by_visitors(harbour: Range) -> None:
    harbour.site.main.errors[404] = Page(404, DEBUG_PAGE)


def in_source_alone(harbour: Range) -> None:
    on(lab)
    harbour.declare(django=())


def untrusted(harbour: Range) -> None:
    harbour.vantage.distrust()


FAULT = Fault(
    guarantee="application.debug-off",
    breaks=on,
    says="the running application has DEBUG on",
    variants=(text_that_counts_as_true, seen_by_visitors, in_source_alone),
    withdraws=untrusted,
    reason=Reason.NOT_PERMITTED,
    needs=("repo", "django", "site"),
)
