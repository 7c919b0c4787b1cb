"""django-debug-toolbar mounted; a readable git folder; metrics for everybody."""

from prodproof.facts import Reason
from prodproof.range.fault import Fault
from prodproof.range.range import Range

URLS = "harbour/urls.py"
ADMIN = '    path("admin/"'

# What the panel of django-debug-toolbar answers to a request that it does not know.
TOOLBAR = '''\
"""The panels of the debug toolbar."""

from django.http import HttpRequest, JsonResponse


def render_panel(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"content": "<p>Data for this panel is not available anymore.</p>", "scripts": []})
'''
METRICS = '''\
"""Numbers for Prometheus."""

from django.http import HttpRequest, HttpResponse

from shop.metrics import exposition


def metrics(request: HttpRequest) -> HttpResponse:
    return HttpResponse(exposition(), content_type="text/plain; version=0.0.4")
'''


def toolbar(harbour: Range) -> None:
    harbour.app.write("shop/toolbar.py", TOOLBAR)
    _mount(harbour, "shop.toolbar", 'path("__debug__/render_panel/", shop.toolbar.render_panel)')


def git_folder(harbour: Range) -> None:
    """The proxy serves files from the work tree."""
    harbour.front.serve("/.git/HEAD", "ref: refs/heads/main\n", content_type="application/octet-stream")


def metrics_for_everybody(harbour: Range) -> None:
    harbour.app.write("shop/numbers.py", METRICS)
    _mount(harbour, "shop.numbers", 'path("metrics", shop.numbers.metrics)')


def _mount(harbour: Range, module: str, route: str) -> None:
    harbour.app.replace(URLS, ADMIN, f"    {route},\n{ADMIN}")
    harbour.app.replace(URLS, "from shop.api import api", f"import {module}\nfrom shop.api import api")


def closed(harbour: Range) -> None:
    harbour.front.stop()


FAULT = Fault(
    guarantee="application.no-debug-endpoints",
    breaks=toolbar,
    says="Django debug toolbar",
    subject="host:harbour.example",
    variants=(git_folder, metrics_for_everybody),
    withdraws=closed,
    reason=Reason.UNREACHABLE,
    needs=("application", "front"),
)
