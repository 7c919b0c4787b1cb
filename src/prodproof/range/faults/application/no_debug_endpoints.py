"""django-debug-toolbar mounted; a readable git folder; metrics for everybody."""

from prodproof.facts import Reason
from prodproof.range.components.site import Page
from prodproof.range.fault import Fault
from prodproof.range.range import Range


def toolbar(harbour: Range) -> None:
    answer = '{"content": "<p>Data for this panel is not available anymore.</p>", "scripts": []}'
    harbour.site.main.pages["/__debug__/render_panel/"] = Page(body=answer, content_type="application/json")


def git_folder(harbour: Range) -> None:
    harbour.site.main.pages["/.git/HEAD"] = Page(body="ref: refs/heads/main\n", content_type="application/octet-stream")


def metrics(harbour: Range) -> None:
    text = "# HELP django_http_requests_total Requests.\ndjango_http_requests_total 3\n"
    harbour.site.main.pages["/metrics"] = Page(body=text, content_type="text/plain")


def closed(harbour: Range) -> None:
    harbour.front.stop()


FAULT = Fault(
    guarantee="application.no-debug-endpoints",
    breaks=toolbar,
    says="Django debug toolbar",
    variants=(git_folder, metrics),
    withdraws=closed,
    reason=Reason.UNREACHABLE,
    needs=("site",),
)
