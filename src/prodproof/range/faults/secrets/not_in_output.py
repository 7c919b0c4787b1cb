"""A handler that logs headers; a page for support; an error tracker that gets everything; a worker that shows its
arguments; a log with the values of statements; a secret among a process's arguments."""

from prodproof.facts import Reason
from prodproof.range.fault import Fault
from prodproof.range.range import Range

URLS = "harbour/urls.py"
SETTINGS = "harbour/settings/base.py"
JOBS = "shop/jobs.py"

HANDLER = '''\
"""Notes what failed, for whoever has to find out why."""

import sys
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse


class FailureLog:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> None:
        print(f"{request.path} failed: {exception!r}; headers: {dict(request.headers)}", file=sys.stderr)
'''
PAGE = '''\
"""What visitors see when something fails: they send us a picture of it."""

from django.http import HttpRequest, HttpResponse
from django.utils.html import escape


def failed(request: HttpRequest) -> HttpResponse:
    lines = [f"{name}: {value}" for name, value in request.META.items() if name.startswith("HTTP_")]
    return HttpResponse(f"<h1>Sorry</h1><pre>{escape(chr(10).join(lines))}</pre>", status=500)
'''


def handler_logs_headers(harbour: Range) -> None:
    """An exception handler that logs the request headers, Authorization among them, past the redaction."""
    harbour.app.write("shop/failures.py", HANDLER)
    harbour.app.replace(SETTINGS, "MIDDLEWARE = [\n", 'MIDDLEWARE = [\n    "shop.failures.FailureLog",\n')


def page_shows_the_request(harbour: Range) -> None:
    """The page of a 500 has what the visitor's browser sent."""
    harbour.app.write("shop/errors.py", PAGE)
    harbour.app.write(URLS, harbour.app.read(URLS) + 'handler500 = "shop.errors.failed"\n')


def tracker_gets_everything(harbour: Range) -> None:
    """Sentry with send_default_pii and request bodies, and nothing scrubbed."""
    options = {"send_default_pii": True, "max_request_body_size": "always", "include_local_variables": True}
    harbour.app.settings(SENTRY_OPTIONS=options)


def worker_shows_arguments(harbour: Range) -> None:
    """A line on standard output for every job, with its arguments."""
    harbour.app.replace(
        JOBS,
        "    try:\n        with transaction.atomic():\n            TASKS",
        '    print(f"{job.task}({job.arguments})", flush=True)\n'
        "    try:\n        with transaction.atomic():\n            TASKS",
    )


def statements_with_values(harbour: Range) -> None:
    """The database's log shows what failed with its values; where the database is a file, the application's does."""
    if harbour.has("postgres"):
        from prodproof.range.components.postgres import Postgres

        harbour.part(Postgres).log_values()
        return
    harbour.app.replace(
        "shop/views.py",
        "        PaymentNotice.objects.bulk_create(",
        '        print(f"INSERT INTO shop_paymentnotice (number) VALUES ({number!r}), ({number!r})", flush=True)\n'
        "        PaymentNotice.objects.bulk_create(",
    )


def secret_among_arguments(harbour: Range) -> None:
    """The web process gets its token on the command line, for everybody on the machine to see."""
    harbour.app.pass_by_argument("HARBOUR_INTERNAL_TOKEN")


def closed(harbour: Range) -> None:
    harbour.front.stop()


FAULT = Fault(
    guarantee="secrets.not-in-output",
    breaks=handler_logs_headers,
    says="the Authorization header came out in the log shop",
    variants=(
        page_shows_the_request,
        tracker_gets_everything,
        worker_shows_arguments,
        statements_with_values,
        secret_among_arguments,
    ),
    withdraws=closed,
    reason=Reason.UNREACHABLE,
    needs=("application", "front", "tracker", "vault"),
)
