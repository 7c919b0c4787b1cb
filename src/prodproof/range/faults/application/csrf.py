"""An exempt view that acts on the session cookie; no middleware; a delete on GET; the same seen in source alone."""

from prodproof.facts import Reason
from prodproof.range.components.application import ASKED_FOR
from prodproof.range.fault import Fault
from prodproof.range.range import Range

VIEWS = "shop/views.py"
URLS = "shop/urls.py"
IMPORTS = "from django.views.decorators.http import"
EXEMPT = "from django.views.decorators.csrf import csrf_exempt\n"
ORDERS = '@login_required\n@require_http_methods(["GET", "POST"])'


def exempt(harbour: Range) -> None:
    harbour.repo.replace(VIEWS, ORDERS, "@csrf_exempt\n" + ORDERS)
    harbour.repo.replace(VIEWS, IMPORTS, EXEMPT + IMPORTS)
    harbour.app.deploy()


def without_middleware(harbour: Range) -> None:
    harbour.repo.replace("harbour/settings/base.py", '    "django.middleware.csrf.CsrfViewMiddleware",\n', "")
    harbour.app.deploy()


def delete_on_get(harbour: Range) -> None:
    harbour.repo.replace(VIEWS, "@login_required\n@require_POST\ndef cancel", "@login_required\ndef cancel")
    harbour.app.deploy()


def wrapped_in_urls(harbour: Range) -> None:
    harbour.repo.replace(URLS, "views.orders, name", "csrf_exempt(views.orders), name")
    harbour.repo.replace(URLS, "from shop import", EXEMPT + "\nfrom shop import")
    harbour.app.deploy()


def in_source_alone(harbour: Range) -> None:
    """Nobody can ask the running application."""
    exempt(harbour)
    harbour.app.refuse_commands()


def nobody_can_ask(harbour: Range) -> None:
    harbour.app.refuse_commands()


FAULT = Fault(
    guarantee="application.csrf",
    breaks=exempt,
    says="acts on the session",
    subject="app:harbour/shop",
    variants=(without_middleware, delete_on_get, wrapped_in_urls, in_source_alone),
    withdraws=nobody_can_ask,
    reason=Reason.UNREACHABLE,
    needs=("repo", "application"),
    touches=ASKED_FOR,
)
