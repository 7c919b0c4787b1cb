"""A shop with two customers, over HTTPS, as seen from outside."""

import secrets
import time

from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from django.contrib.auth.hashers import make_password
from django.core.cache import cache
from django.test import Client, TestCase

from shop.models import Order, Product, User
from shop.orders import place

OUTSIDE = "203.0.113.7"
OFFICE = "198.51.100.7"
PASSWORD = secrets.token_urlsafe(16)
HASHED = make_password(PASSWORD)  # once, for it is slow on purpose


def visitor(address: str = OUTSIDE) -> Client:
    """A browser at an address, seen through the proxy."""
    return Client(REMOTE_ADDR="127.0.0.1", headers={"X-Forwarded-For": address, "X-Forwarded-Proto": "https"})


class ShopTestCase(TestCase):
    """Ana and Ben are customers; Ana has an order."""

    def setUp(self) -> None:
        cache.clear()
        self.password = PASSWORD
        self.ana, self.ben = self.person("ana"), self.person("ben")
        self.boat = Product.objects.create(name="Skiff", price=4_500, stock=5)
        self.order = place(self.ana, self.boat, 2, full_name="Ana Berg", street_address="Quay 1", phone="5550100")
        self.client = visitor()

    def person(self, name: str, **flags: bool) -> User:
        """Somebody with a verified e-mail address and the test's password."""
        email = f"{name}@customers.example"
        user = User.objects.create(username=name, email=email, password=HASHED, **flags)
        EmailAddress.objects.create(user=user, email=email, primary=True, verified=True)
        return user

    def staff(self, with_second_factor: bool = True) -> tuple[User, str]:
        """A member of staff, and the secret of the second factor."""
        user, secret = self.person("sam", is_staff=True, is_superuser=True), generate_totp_secret()
        if with_second_factor:
            TOTP.activate(user, secret)
        return user, secret

    def orders_of(self, user: User) -> list[Order]:
        return list(Order.objects.filter(customer=user))


def code(secret: str) -> str:
    """What the authenticator shows now."""
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30))
