"""What we hold about a customer: given to them, and forgotten, when they ask."""

from typing import Any

from django.db import transaction

from shop.audit import audit
from shop.models import Order, User

ERASED = "erased"


def export(user: User) -> dict[str, Any]:
    """Everything that we hold about a customer, as plain data."""
    orders = Order.objects.filter(customer=user).values(
        "id", "product__name", "quantity", "price", "full_name", "street_address", "phone", "paid", "placed_at"
    )
    audit("staff", "person.exported", f"customer:{user.pk}")
    return {
        "account": {"email": user.email, "first_name": user.first_name, "joined": user.date_joined},
        "orders": list(orders),
        "licences": list(user.licences.values("id", "uploaded_at")),
        "tokens": list(user.api_tokens.values("name", "scope", "created_at", "expires_at")),
    }


def erase(user: User) -> None:
    """Forget a customer. Orders stay, as commercial law wants, without a name, an address or a telephone number."""
    with transaction.atomic():
        pictures = [licence.picture for licence in user.licences.all()]
        Order.objects.filter(customer=user).update(full_name=ERASED, street_address=ERASED, phone="")
        user.licences.all().delete()
        user.api_tokens.all().delete()
        user.emailaddress_set.all().delete()
        user.authenticator_set.all().delete()
        user.username, user.email, user.first_name, user.last_name = f"{ERASED}-{user.pk}", "", "", ""
        user.is_active = False
        user.set_unusable_password()  # and so every session of theirs ends
        user.save()
    for picture in pictures:
        picture.delete(save=False)
    audit("staff", "person.erased", f"customer:{user.pk}")
