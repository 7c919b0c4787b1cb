"""A 500 page that prints the exception; Django's own debug page as the 500 page; a server that says its version."""

from prodproof.facts import Reason
from prodproof.range.fault import Fault
from prodproof.range.range import Range

URLS = "harbour/urls.py"

PRINTS = '''\
"""What visitors see when something fails."""

import traceback

from django.http import HttpRequest, HttpResponse


def failed(request: HttpRequest) -> HttpResponse:
    return HttpResponse(f"<h1>Something failed</h1><pre>{traceback.format_exc()}</pre>", status=500)
'''
DEBUG_PAGE = '''\
"""What visitors see when something fails."""

import sys

from django.http import HttpRequest, HttpResponse
from django.views.debug import technical_500_response


def failed(request: HttpRequest) -> HttpResponse:
    return technical_500_response(request, *sys.exc_info())
'''


def prints_the_exception(harbour: Range) -> None:
    _page(harbour, PRINTS)


def debug_page(harbour: Range) -> None:
    _page(harbour, DEBUG_PAGE)


def version(harbour: Range) -> None:
    harbour.front.replace_headers({"Server": "nginx/1.22.1"})


def _page(harbour: Range, source: str) -> None:
    harbour.app.write("shop/errors.py", source)
    harbour.app.write(URLS, harbour.app.read(URLS) + 'handler500 = "shop.errors.failed"\n')


def closed(harbour: Range) -> None:
    harbour.front.stop()


FAULT = Fault(
    guarantee="application.errors-safe",
    breaks=prints_the_exception,
    says="stack trace",
    subject="host:harbour.example",
    variants=(debug_page, version),
    withdraws=closed,
    reason=Reason.UNREACHABLE,
    needs=("application", "front"),
    # What was sent to the failing path comes back with its page.
    touches=("secrets.not-in-output",),
)
