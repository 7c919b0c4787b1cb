"""What the shop remembers."""

from django.conf import settings
from django.db import models


class Product(models.Model):
    """Something that can be ordered."""

    name = models.CharField(max_length=120)
    price = models.PositiveIntegerField(help_text="In cents.")
    available = models.BooleanField(default=True)

    def __str__(self) -> str:
        return self.name


class Order(models.Model):
    """What a customer wants, and where it goes."""

    customer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="orders")
    product = models.ForeignKey(Product, on_delete=models.PROTECT)
    quantity = models.PositiveSmallIntegerField(default=1)
    full_name = models.CharField(max_length=120)
    street_address = models.CharField(max_length=200)
    phone = models.CharField(max_length=30, blank=True)
    paid = models.BooleanField(default=False)
    placed_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("-placed_at",)

    def __str__(self) -> str:
        return f"Order {self.pk}"
