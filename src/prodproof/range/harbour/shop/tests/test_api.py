"""The API: who may call it, and what it tells."""

import json
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.test import Client
from django.utils import timezone

from shop import tokens
from shop.api import api
from shop.models import ApiToken
from shop.tests.support import ShopTestCase

NEW = {"quantity": 1, "full_name": "Ana Berg", "street_address": "Quay 1"}


class Api(ShopTestCase):
    """Ana's program, with a token of hers."""

    def setUp(self) -> None:
        super().setUp()
        self.token, self.text = tokens.issue(self.ana, "phone", ApiToken.Scope.ORDER)

    def call(self, path: str, text: str | None = None, body: object = None):
        headers = {"Authorization": f"Bearer {text or self.text}"}
        if body is None:
            return self.client.get(f"/api/{path}", headers=headers)
        return self.client.post(f"/api/{path}", json.dumps(body), "application/json", headers=headers)

    def test_own_orders(self) -> None:
        (item,) = self.call("orders").json()["items"]
        self.assertEqual(set(item), {"id", "product_id", "quantity", "amount", "paid", "placed_at"})
        self.assertEqual(self.call(f"orders/{self.order.pk}").json()["amount"], 9_000)

    def test_others_orders_are_not_found(self) -> None:
        _, bens = tokens.issue(self.ben, "phone", ApiToken.Scope.ORDER)
        self.assertEqual(self.call("orders", bens).json()["items"], [])
        self.assertEqual(self.call(f"orders/{self.order.pk}", bens).status_code, 404)

    def test_refused(self) -> None:
        self.assertEqual(self.client.get("/api/orders").status_code, 401)
        self.assertEqual(self.call("orders", "harbour_wrong").status_code, 401)
        self.assertEqual(self.call("orders", self.token.token_hash).status_code, 401, "the hash is no token")
        ApiToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
        self.assertEqual(self.call("orders").status_code, 401, "expired")

    def test_refused_once_the_owner_is_locked_out(self) -> None:
        self.ana.is_active = False
        self.ana.save()
        self.assertEqual(self.call("orders").status_code, 401)

    def test_a_session_is_no_token(self) -> None:
        self.client.force_login(self.ana)
        self.assertEqual(self.client.get("/api/orders").status_code, 401)

    def test_a_reading_token_orders_nothing(self) -> None:
        _, reading = tokens.issue(self.ana, "dashboard", ApiToken.Scope.READ)
        self.assertEqual(self.call("orders", reading).status_code, 200)
        self.assertEqual(self.call("orders", reading, NEW | {"product": self.boat.pk}).status_code, 401)

    def test_placing(self) -> None:
        self.assertEqual(self.call("orders", body=NEW | {"product": self.boat.pk}).status_code, 201)
        self.assertEqual(self.call("orders", body=NEW | {"product": self.boat.pk, "paid": True}).status_code, 422)
        self.assertEqual(self.call("orders", body=NEW | {"product": self.boat.pk, "quantity": -1}).status_code, 422)
        self.assertEqual(self.call("orders", body=NEW | {"product": 2**63 - 1}).status_code, 404)
        self.assertEqual(self.call("orders", body=NEW | {"product": self.boat.pk, "quantity": 9}).status_code, 409)

    def test_pages_are_bounded(self) -> None:
        self.assertEqual(self.client.get("/api/products?limit=100").status_code, 200)
        self.assertEqual(self.client.get("/api/products?limit=101").status_code, 422)

    def test_too_many_calls(self) -> None:
        answers = [self.call("orders", body=NEW | {"product": 2**40}).status_code for _ in range(11)]
        self.assertEqual(answers, [404] * 10 + [429])

    def test_the_schema_is_written_down(self) -> None:
        """`manage.py export_openapi_schema --api shop.api.api --indent 2 --output docs/openapi.json`"""
        written = json.loads((Path(settings.BASE_DIR) / "docs/openapi.json").read_text())
        self.assertEqual(written, json.loads(json.dumps(api.get_openapi_schema())))


class TokenPages(ShopTestCase):
    """Making and revoking tokens."""

    def test_made_after_the_password_shown_once_and_revoked(self) -> None:
        self.client.post("/accounts/login/", {"login": self.ana.email, "password": self.password})
        self.client.post("/accounts/reauthenticate/", {"password": self.password})
        answer = self.client.post("/tokens/", {"name": "phone", "scope": "read"})
        text = answer.context["text"]
        self.assertContains(answer, text)
        self.assertNotContains(self.client.get("/tokens/"), text)
        self.assertNotIn(text, str(ApiToken.objects.values()))
        headers = {"Authorization": f"Bearer {text}"}
        program = Client(headers={"X-Forwarded-Proto": "https"})
        self.assertEqual(program.get("/api/orders", headers=headers).status_code, 200)
        self.client.post(f"/tokens/{ApiToken.objects.get().pk}/revoke/")
        self.assertEqual(program.get("/api/orders", headers=headers).status_code, 401)

    def test_a_login_alone_is_not_enough(self) -> None:
        self.client.force_login(self.ana)
        self.assertIn("/accounts/reauthenticate/", self.client.get("/tokens/").headers["Location"])

    def test_others_tokens_are_not_found(self) -> None:
        token, _ = tokens.issue(self.ana, "phone", ApiToken.Scope.READ)
        self.client.force_login(self.ben)
        self.assertEqual(self.client.post(f"/tokens/{token.pk}/revoke/").status_code, 404)
        self.assertTrue(ApiToken.objects.exists())
