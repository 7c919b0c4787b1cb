"""Personal data, and the accounts that `seed` makes."""

import io
import json
import os
import secrets
from unittest.mock import patch

from allauth.mfa.totp.internal.auth import generate_totp_secret
from django.core.management import CommandError, call_command
from django.test import TestCase

from shop import tokens
from shop.models import ApiToken, Order, Product, User
from shop.tests.support import ShopTestCase


class People(ShopTestCase):
    """Given out and forgotten on request."""

    def test_export(self) -> None:
        out = io.StringIO()
        call_command("person", "export", str(self.ana.pk), stdout=out)
        data = json.loads(out.getvalue())
        self.assertEqual(data["account"]["email"], self.ana.email)
        self.assertEqual(data["orders"][0]["street_address"], "Quay 1")

    def test_erase(self) -> None:
        tokens.issue(self.ana, "phone", ApiToken.Scope.READ)
        self.client.force_login(self.ana)
        call_command("person", "erase", str(self.ana.pk))
        everything = str([list(model.objects.values()) for model in (User, Order, ApiToken)])
        for value in ("Ana Berg", "Quay 1", "5550100", "ana@customers.example"):
            self.assertNotIn(value, everything)
        self.assertEqual(Order.objects.get().amount, 9_000, "what was sold stays in the books")
        self.assertEqual(self.client.get("/orders/").status_code, 302)

    def test_staff_are_not_erased_here(self) -> None:
        user, _ = self.staff()
        with self.assertRaises(CommandError):
            call_command("person", "erase", str(user.pk))


class Seed(TestCase):
    """The demo's people."""

    def test_twice_is_once(self) -> None:
        variables = {
            "HARBOUR_SEED_STAFF_PASSWORD": secrets.token_urlsafe(16),
            "HARBOUR_SEED_STAFF_TOTP": generate_totp_secret(),
            "HARBOUR_SEED_CUSTOMER_PASSWORD": secrets.token_urlsafe(16),
        }
        with self.assertRaises(CommandError):
            call_command("seed", stdout=io.StringIO())
        with patch.dict(os.environ, variables):
            call_command("seed", stdout=io.StringIO())
            call_command("seed", stdout=io.StringIO())
        self.assertEqual((User.objects.count(), Order.objects.count(), Product.objects.count()), (3, 4, 4))
        staff = User.objects.get(is_staff=True)
        self.assertTrue(staff.check_password(variables["HARBOUR_SEED_STAFF_PASSWORD"]))
        self.assertEqual(staff.authenticator_set.count(), 1)
