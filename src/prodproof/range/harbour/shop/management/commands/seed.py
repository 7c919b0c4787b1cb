"""Products, a member of staff, two customers, their orders and licences. Run it as often as you like: nothing is made
twice.

HARBOUR_SEED_STAFF_PASSWORD, HARBOUR_SEED_STAFF_TOTP (base32) and HARBOUR_SEED_CUSTOMER_PASSWORD are read from the
environment; if they changed, the accounts are changed too.
"""

import io
import os
from datetime import timedelta
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from allauth.mfa.utils import decrypt
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from PIL import Image

from shop.models import Licence, Order, Product, User
from shop.orders import place
from shop.pictures import clean_picture

PRODUCTS = (("Skiff", 4_500, 20), ("Kayak", 2_500, 30), ("Sloop, a day", 24_000, 5), ("Life jacket", 600, 100))
STAFF = "sam.staff@harbour.example"
CUSTOMERS = (("ana.berg@customers.example", "Ana Berg", "Quay 1"), ("ben.moor@customers.example", "Ben Moor", "Pier 7"))


class Command(BaseCommand):
    """Fills an empty shop, for a review, a test environment or the demo."""

    help = __doc__

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        staff_password = _variable("HARBOUR_SEED_STAFF_PASSWORD")
        customer_password = _variable("HARBOUR_SEED_CUSTOMER_PASSWORD")
        totp = _variable("HARBOUR_SEED_STAFF_TOTP")
        products = [
            Product.objects.get_or_create(name=name, defaults={"price": price, "stock": stock})[0]
            for name, price, stock in PRODUCTS
        ]
        _second_factor(_user(STAFF, staff_password, "Sam", is_staff=True, is_superuser=True), totp)
        for (email, name, street), product in zip(CUSTOMERS, products, strict=False):
            customer = _user(email, customer_password, name.split()[0])
            if not Order.objects.filter(customer=customer).exists():
                for quantity in (1, 2):
                    place(customer, product, quantity, full_name=name, street_address=street, phone="+49 40 5550100")
            if not customer.licences.exists():
                sent = Licence.objects.create(owner=customer, picture=_picture())
                Licence.objects.filter(pk=sent.pk).update(uploaded_at=sent.uploaded_at - timedelta(days=1))
        self.stdout.write(f"staff: {STAFF}; customers: {', '.join(email for email, *_ in CUSTOMERS)}")


def _picture() -> ContentFile:
    drawn = io.BytesIO()
    Image.new("RGB", (64, 40), "navy").save(drawn, "PNG")
    return clean_picture(SimpleUploadedFile("licence.png", drawn.getvalue(), "image/png"))


def _variable(name: str) -> str:
    try:
        return os.environ[name]
    except KeyError:
        raise CommandError(f"set {name}") from None


def _user(email: str, password: str, first_name: str, **flags: bool) -> User:
    user, _ = User.objects.get_or_create(
        username=email.partition("@")[0], defaults={"email": email, "first_name": first_name, **flags}
    )
    if not user.check_password(password):
        user.set_password(password)
        user.save()
    EmailAddress.objects.get_or_create(user=user, email=email, defaults={"primary": True, "verified": True})
    return user


def _second_factor(user: User, secret: str) -> None:
    found = Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).first()
    if found and decrypt(found.data["secret"]) != secret:
        found.delete()
        found = None
    if not found:
        TOTP.activate(user, secret)
