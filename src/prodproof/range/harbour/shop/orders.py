"""Placing orders, for pages and programs alike."""

from typing import Any

from django.db import transaction
from django.db.models import F

from shop.audit import audit
from shop.models import Order, Product, User


class SoldOut(Exception):
    """There are not as many as were wanted."""


def place(customer: User, product: Product, quantity: int, **address: Any) -> Order:
    """A new order at today's price. Raises SoldOut, and then nothing has changed."""
    with transaction.atomic():
        enough = Product.objects.filter(pk=product.pk, available=True, stock__gte=quantity)
        if not enough.update(stock=F("stock") - quantity):
            raise SoldOut
        price = Product.objects.values_list("price", flat=True).get(pk=product.pk)
        order = Order.objects.create(customer=customer, product=product, quantity=quantity, price=price, **address)
    audit(customer, "order.placed", f"order:{order.pk}")
    return order


def give_back(order: Order) -> None:
    """Return what an order held to the stock."""
    Product.objects.filter(pk=order.product_id).update(stock=F("stock") + order.quantity)
