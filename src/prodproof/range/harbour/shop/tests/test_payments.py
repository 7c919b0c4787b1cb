"""Payments: amounts, the provider's notices, the provider's script."""

import hashlib
import hmac
import json
from base64 import b64encode
from pathlib import Path

from django.conf import settings
from django.core import mail
from django.test import SimpleTestCase

from shop.jobs import run_next
from shop.models import Order
from shop.payments.amounts import Item, is_settled, total
from shop.tests.support import ShopTestCase


class Amounts(SimpleTestCase):
    """What an order costs."""

    def test_total(self) -> None:
        self.assertEqual(total([Item(4_500, 2), Item(600, 1)]), 9_600)
        self.assertTrue(is_settled(9_600, 9_600))
        self.assertFalse(is_settled(9_600, 9_599))

    def test_impossible_items(self) -> None:
        for price, quantity in ((-1, 1), (100, 0), (100, -2), (100, 1_001)):
            with self.assertRaises(ValueError):
                Item(price, quantity)


class Notices(ShopTestCase):
    """Only the provider's own notice, once, with the whole amount, settles an order."""

    def notice(self, key: str = settings.PAYMENTS_WEBHOOK_KEY, **changes: object):
        body = json.dumps({"number": "n-1", "order": self.order.pk, "amount": 9_000} | changes).encode()
        signature = hmac.new(key.encode(), body, hashlib.sha256).hexdigest()
        headers = {"X-Payments-Signature": signature}
        return self.client.post("/payments/paid/", body, content_type="application/json", headers=headers)

    def is_paid(self) -> bool:
        return Order.objects.get(pk=self.order.pk).paid

    def test_signature(self) -> None:
        self.assertEqual(self.client.post("/payments/paid/", b"{}", "application/json").status_code, 403)
        self.assertEqual(self.notice(key="another").status_code, 403)
        self.assertFalse(self.is_paid())
        self.assertEqual(self.notice().json(), {"settled": True})
        self.assertTrue(self.is_paid())

    def test_less_than_it_costs(self) -> None:
        self.assertEqual(self.notice(amount=8_999).json(), {"settled": False})
        self.assertFalse(self.is_paid())

    def test_a_number_counts_once(self) -> None:
        self.notice(amount=1)
        self.assertEqual(self.notice().json(), {"settled": False})

    def test_malformed(self) -> None:
        self.assertEqual(self.notice(order="1 OR 1=1").status_code, 400)
        self.assertEqual(self.notice(amount=-1).status_code, 400)
        self.assertEqual(self.notice(number="x" * 65).status_code, 400)

    def test_the_customer_is_told_once(self) -> None:
        self.notice()
        self.notice(number="n-2")
        while run_next():
            pass
        (message,) = mail.outbox
        self.assertEqual(message.to, [self.ana.email])
        self.assertIn("2 x Skiff", message.body)


class Script(ShopTestCase):
    """The provider's script runs on the checkout page alone, and only as reviewed."""

    def test_checkout(self) -> None:
        self.client.force_login(self.ana)
        page = self.client.get(f"/orders/{self.order.pk}/checkout/")
        reviewed = (Path(settings.BASE_DIR) / "docs/vendors/payments-checkout-v3.js").read_bytes()
        digest = b64encode(hashlib.sha384(reviewed).digest()).decode()
        self.assertContains(page, f'src="https://js.payments.example/v3/checkout.js" integrity="sha384-{digest}"')
        self.assertIn("script-src 'self' https://js.payments.example;", page.headers["Content-Security-Policy"] + ";")

    def test_nowhere_else(self) -> None:
        self.client.force_login(self.ana)
        for path in ("/", "/orders/", f"/orders/{self.order.pk}/", "/licences/", "/missing"):
            self.assertNotIn("payments.example", str(self.client.get(path).headers), path)
