"""An exempt view that acts on the session cookie; no middleware; a delete on GET; the same seen in source alone."""

from prodproof.facts import Reason
from prodproof.range.fault import Fault
from prodproof.range.range import Range

VIEWS = "shop/views.py"
IMPORTS = "from django.views.decorators.http import"
ORDERS = '@login_required\n@require_http_methods(["GET", "POST"])'


def exempt(harbour: Range) -> None:
    harbour.repo.replace(VIEWS, ORDERS, "@csrf_exempt\n" + ORDERS)
    harbour.repo.replace(VIEWS, IMPORTS, f"from django.views.decorators.csrf import csrf_exempt\n{IMPORTS}")


def without_middleware(harbour: Range) -> None:
    harbour.repo.replace("harbour/settings/base.py", '    "django.middleware.csrf.CsrfViewMiddleware",\n', "")


def delete_on_get(harbour: Range) -> None:
    harbour.repo.replace(VIEWS, "@login_required\n@require_POST\ndef cancel", "@login_required\ndef cancel")


def wrapped_in_urls(harbour: Range) -> None:
    harbour.repo.replace("shop/urls.py", "views.orders, name", "csrf_exempt(views.orders), name")
    harbour.repo.replace(
        "shop/urls.py", "from shop import", "from django.views.decorators.csrf import csrf_exempt\n\nfrom shop import"
    )


def in_source_alone(harbour: Range) -> None:
    exempt(lab)
    harbour.declare(django=())


def silent(harbour: Range) -> None:
    harbour.repo.remove("manage.py")


FAULT = Fault(
    guarantee="application.csrf",
    breaks=exempt,
    says="acts on the session",
    variants=(without_middleware, delete_on_get, wrapped_in_urls, in_source_alone),
    withdraws=silent,
    reason=Reason.UNREACHABLE,
    needs=("repo", "django"),
)
