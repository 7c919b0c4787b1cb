"""What staff may change."""

from django.contrib import admin

from shop.models import Order, Product


@admin.register(Product)
class ProductAdmin(admin.ModelAdmin):
    """The catalogue."""

    list_display = ("name", "price", "available")


@admin.register(Order)
class OrderAdmin(admin.ModelAdmin):
    """Orders, to be looked at; what was ordered is not changed here."""

    list_display = ("pk", "product", "quantity", "paid", "placed_at")
    readonly_fields = ("customer", "product", "quantity", "placed_at")
