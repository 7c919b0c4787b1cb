"""The page where an order is paid. The provider's script takes the card; its number never reaches us."""

from csp.decorators import csp_update
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from shop.models import Order


@login_required
@require_safe
@csp_update({name: [settings.PAYMENTS_ORIGIN] for name in ("script-src", "connect-src", "frame-src")})
def checkout(request: HttpRequest, pk: int) -> HttpResponse:
    """One of the customer's own orders that is to be paid."""
    order = get_object_or_404(Order, pk=pk, customer=request.user, paid=False)
    script = {"src": settings.PAYMENTS_SCRIPT, "integrity": settings.PAYMENTS_SCRIPT_INTEGRITY}
    return render(request, "shop/checkout.html", {"order": order, "script": script})
