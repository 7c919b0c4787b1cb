"""An exempt view that acts on the session cookie; no middleware; a delete on GET; the same seen in source alone."""

from prodproof.facts import Reason
from prodproof.range.fault import Fault
from prodproof.range.lab import Lab

VIEWS = "shop/views.py"
ORDERS = '@login_required\n@require_http_methods(["GET", "POST"])'


def exempt(lab: Lab) -> None:
    lab.repo.replace(VIEWS, ORDERS, "@csrf_exempt\n" + ORDERS)


def without_middleware(lab: Lab) -> None:
    lab.repo.replace("harbour/settings/base.py", '    "django.middleware.csrf.CsrfViewMiddleware",\n', "")


def delete_on_get(lab: Lab) -> None:
    lab.repo.replace(VIEWS, "@login_required\n@require_POST\ndef cancel", "@login_required\ndef cancel")


def wrapped_in_urls(lab: Lab) -> None:
    lab.repo.replace("shop/urls.py", "views.orders, name", "csrf_exempt(views.orders), name")
    lab.repo.replace(
        "shop/urls.py", "from shop import", "from django.views.decorators.csrf import csrf_exempt\nfrom shop import"
    )


def in_source_alone(lab: Lab) -> None:
    exempt(lab)
    lab.declare(django=())


def silent(lab: Lab) -> None:
    lab.repo.remove("manage.py")


FAULT = Fault(
    guarantee="application.csrf",
    breaks=exempt,
    says="acts on the session",
    variants=(without_middleware, delete_on_get, wrapped_in_urls, in_source_alone),
    withdraws=silent,
    reason=Reason.UNREACHABLE,
    needs=("repo", "django"),
)
