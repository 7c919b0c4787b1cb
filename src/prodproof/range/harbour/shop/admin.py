"""What staff may see and change."""

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.http import HttpRequest

from shop.models import Job, Order, Product, User

admin.site.register(User, UserAdmin)


@admin.register(Product)
class ProductAdmin(admin.ModelAdmin):
    """The catalogue."""

    list_display = ("name", "price", "stock", "available")


@admin.register(Order)
class OrderAdmin(admin.ModelAdmin):
    """Orders, to be looked at; what was ordered is not changed here."""

    list_display = ("pk", "product", "quantity", "paid", "placed_at")
    list_select_related = ("product",)
    readonly_fields = ("customer", "product", "quantity", "price", "paid", "confirmed_at", "placed_at")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False


@admin.register(Job)
class JobAdmin(admin.ModelAdmin):
    """What waits for the worker, and what it gave up."""

    list_display = ("task", "attempts", "run_after", "failed_at")
    readonly_fields = ("task", "arguments", "attempts", "created_at")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False
