"""The shop's pages."""

import hashlib
import hmac
import json

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponseForbidden, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from shop.forms import OrderForm
from shop.models import Order, Product


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """The catalogue."""
    wanted = request.GET.get("q", "")
    products = Product.objects.filter(available=True, name__icontains=wanted)
    return render(request, "shop/home.html", {"products": products, "wanted": wanted})


@login_required
@require_http_methods(["GET", "POST"])
def orders(request: HttpRequest) -> HttpResponse:
    """The customer's own orders, and a form for the next one."""
    form = OrderForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        order = form.save(commit=False)
        order.customer = request.user
        order.save()
        return redirect("order", pk=order.pk)
    return render(request, "shop/orders.html", {"orders": Order.objects.filter(customer=request.user), "form": form})


@login_required
@require_GET
def order(request: HttpRequest, pk: int) -> HttpResponse:
    """One of the customer's own orders; others' are not found."""
    found = get_object_or_404(Order, pk=pk, customer=request.user)
    return render(request, "shop/order.html", {"order": found})


@login_required
@require_POST
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Take back an order that is not paid."""
    get_object_or_404(Order, pk=pk, customer=request.user, paid=False).delete()
    return redirect("orders")


@csrf_exempt
@require_POST
def paid(request: HttpRequest) -> HttpResponse:
    """The payment provider tells that an order is paid; its signature is what counts, no cookie is read."""
    expected = hmac.new(settings.PAYMENTS_WEBHOOK_KEY.encode(), request.body, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected, request.headers.get("X-Payments-Signature", "")):
        return HttpResponseForbidden("wrong signature")
    notice = json.loads(request.body)
    Order.objects.filter(pk=notice["order"], paid=False).update(paid=True)
    return JsonResponse({"ok": True})


@require_GET
def healthz(request: HttpRequest) -> HttpResponse:
    """Whether this process can serve: its database answers."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return JsonResponse({"status": "ok"})
