"""The shop's pages."""

from datetime import timedelta

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.cache import cache
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from shop.audit import audit
from shop.forms import OrderForm
from shop.jobs import OnPurposeError, enqueue, fail_on_purpose
from shop.limits import is_allowed, limited
from shop.models import Order, PaymentNotice, Product
from shop.orders import SoldOut, give_back, place


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The catalogue."""
    wanted = request.GET.get("q", "").replace("\0", "")[:100]
    products = Product.objects.filter(available=True, name__icontains=wanted)[:100]
    return render(request, "shop/home.html", {"products": products, "wanted": wanted})


@login_required
@require_http_methods(["GET", "POST"])
@limited("orders", per_minute=10)
def orders(request: HttpRequest) -> HttpResponse:
    """The customer's own orders, and a form for the next one."""
    form = OrderForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            order = place(request.user, **form.cleaned_data)
        except SoldOut:
            form.add_error("quantity", "There are not as many left.")
        else:
            return redirect("order", pk=order.pk)
    own = Order.objects.filter(customer=request.user).select_related("product")[:100]
    return render(request, "shop/orders.html", {"orders": own, "form": form})


@login_required
@require_safe
def order(request: HttpRequest, pk: int) -> HttpResponse:
    """One of the customer's own orders; others' are not found."""
    found = get_object_or_404(Order, pk=pk, customer=request.user)
    return render(request, "shop/order.html", {"order": found})


@login_required
@require_POST
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Take back an order that is not paid."""
    with transaction.atomic():
        mine = Order.objects.select_for_update().filter(customer=request.user, paid=False)
        found = get_object_or_404(mine, pk=pk)
        give_back(found)
        found.delete()
    audit(request.user, "order.cancelled", f"order:{pk}")
    return redirect("orders")


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Whether this process can serve: its database answers. And which version it is."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return JsonResponse({"status": "ok", "version": settings.VERSION})


def _may_fail() -> bool:
    return is_allowed("fail", "anybody", per_minute=600)


@require_http_methods(["GET", "HEAD", "POST"])
def fail(request: HttpRequest) -> HttpResponse:
    """Fail, so that it can be proven what visitors, the log and the error tracker then see; within a rate."""
    if not _may_fail():
        return HttpResponse(status=429)
    raise OnPurposeError("asked to fail")


@require_POST
def fail_in_a_job(request: HttpRequest) -> HttpResponse:
    """Let the worker fail with a secret among the arguments of its job: the field `token`. `note` may be shown."""
    if not _may_fail():
        return HttpResponse(status=429)
    enqueue(fail_on_purpose, token=request.POST.get("token", "")[:200], note=request.POST.get("note", "")[:100])
    return HttpResponse(status=202)


@require_POST
def fail_in_the_database(request: HttpRequest) -> HttpResponse:
    """Let a statement fail that has a secret among its values: the field `token`."""
    if not _may_fail():
        return HttpResponse(status=429)
    number = request.POST.get("token", "").replace("\0", "")[:64]
    with transaction.atomic():
        # The second one violates the uniqueness of numbers, and takes the first one back.
        PaymentNotice.objects.bulk_create([PaymentNotice(number=number), PaymentNotice(number=number)])
    return HttpResponse(status=202)


@require_safe
def healthz_cache(request: HttpRequest) -> HttpResponse:
    """Whether the cache answers."""
    cache.get("healthz")
    return JsonResponse({"cache": "ok"})


@require_safe
def security_txt(request: HttpRequest) -> HttpResponse:
    """Whom to tell about a weakness (RFC 9116). It never runs out while the shop is deployed."""
    lines = (
        f"Contact: {settings.SECURITY_CONTACT}",
        f"Expires: {timezone.now() + timedelta(days=180):%Y-%m-%dT00:00:00Z}",
        "Preferred-Languages: en, de",
        f"Canonical: {settings.ORIGIN}/.well-known/security.txt",
    )
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")
