"""What every answer carries, and doors that stay shut."""

import json
from unittest.mock import patch

from django.conf import settings
from django.test import Client, SimpleTestCase, override_settings
from django.utils import timezone

from shop.middleware import is_within
from shop.tests.support import OFFICE, OUTSIDE, ShopTestCase, visitor

HEADERS = {
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains; preload",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": settings.PERMISSIONS_POLICY,
}


class Headers(ShopTestCase):
    """The same headers on every answer."""

    def assert_headers(self, answer) -> None:
        for name, value in HEADERS.items():
            self.assertEqual(answer.headers.get(name), value, name)
        policy = answer.headers["Content-Security-Policy"]
        self.assertIn("default-src 'none'", policy)
        self.assertNotIn("unsafe", policy)

    def test_every_answer(self) -> None:
        self.client.raise_request_exception = False
        for path, status in (
            ("/", 200),
            ("/missing", 404),
            ("/orders/", 302),
            ("/admin/", 403),
            ("/api/orders", 401),
            ("/api/missing", 404),
            ("/static/shop/shop.css", 200),
            ("/static/missing.css", 404),
            ("/healthz", 200),
            ("/accounts/login/", 200),
        ):
            with self.subTest(path=path):
                answer = self.client.get(path)
                self.assertEqual(answer.status_code, status)
                self.assert_headers(answer)
        with patch("shop.views.render", side_effect=RuntimeError("quay-secret")):
            answer = self.client.get("/")
        self.assertEqual(answer.status_code, 500)
        self.assert_headers(answer)
        self.assertNotContains(answer, "quay-secret", status_code=500)

    def test_error_pages_tell_nothing(self) -> None:
        self.client.force_login(self.ana)
        for path in ("/missing/%00%3Cb%3Emarker", "/orders/999999999999999999999/", "/orders/-1/marker"):
            self.assertNotContains(self.client.get(path), "marker", status_code=404)
        answer = self.client.get("/", headers={"Host": "evil.example"})
        self.assertNotContains(answer, "evil", status_code=400)
        strict = Client(enforce_csrf_checks=True, headers={"X-Forwarded-Proto": "https"}, REMOTE_ADDR="127.0.0.1")
        self.assertNotContains(strict.post("/accounts/login/"), "CSRF", status_code=403)

    def test_plain_http_is_redirected_to_the_configured_host(self) -> None:
        answer = Client(REMOTE_ADDR="127.0.0.1").get("/orders/?a=1", headers={"Host": "testserver"})
        self.assertEqual((answer.status_code, answer["Location"]), (301, "https://harbour.example/orders/?a=1"))

    def test_whoever_is_not_the_proxy_cannot_claim_https(self) -> None:
        answer = Client(REMOTE_ADDR=OUTSIDE, headers={"X-Forwarded-Proto": "https"}).get("/")
        self.assertEqual(answer.status_code, 301)

    def test_pages_of_somebody_are_not_cached(self) -> None:
        self.client.force_login(self.ana)
        self.assertIn("no-store", self.client.get("/orders/").headers["Cache-Control"])

    def test_security_txt(self) -> None:
        fields = dict(line.split(": ", 1) for line in self.client.get("/.well-known/security.txt").text.splitlines())
        self.assertEqual(fields["Canonical"], "https://harbour.example/.well-known/security.txt")
        days = (timezone.datetime.fromisoformat(fields["Expires"]) - timezone.now()).days
        self.assertIn(days, (178, 179, 180))


class Admin(ShopTestCase):
    """The admin answers the office only."""

    def test_networks(self) -> None:
        self.assertEqual(visitor(OUTSIDE).get("/admin/").status_code, 403)
        self.assertEqual(visitor(OUTSIDE).get("/admin/login/").status_code, 403)
        self.assertEqual(visitor(OFFICE).get("/admin/").status_code, 302)

    def test_what_a_visitor_claims_does_not_count(self) -> None:
        self.assertEqual(visitor(f"{OFFICE}, {OUTSIDE}").get("/admin/").status_code, 403)
        past_the_proxy = Client(REMOTE_ADDR=OUTSIDE, headers={"X-Forwarded-For": OFFICE})
        self.assertEqual(past_the_proxy.get("/admin/", secure=True).status_code, 403)

    def test_customers_are_refused_in_the_office_too(self) -> None:
        client = visitor(OFFICE)
        client.force_login(self.ana)
        self.assertIn(client.get("/admin/", follow=True).status_code, (403, 200))
        self.assertEqual(client.get("/admin/login/").status_code, 403)
        self.assertNotEqual(client.get("/admin/shop/order/").status_code, 200)

    def test_staff_see_orders_and_change_stock(self) -> None:
        user, _ = self.staff()
        client = visitor(OFFICE)
        client.force_login(user)
        self.assertContains(client.get(f"/admin/shop/order/{self.order.pk}/change/"), "Ana Berg")
        with self.assertLogs("audit") as logged:
            changed = {"name": "Skiff", "price": 1, "stock": 7, "low_stock": 3}
            client.post(f"/admin/shop/product/{self.boat.pk}/change/", changed)
        event = next(item.event for item in logged.records if item.event["what"] == "admin.changed")
        self.assertEqual(event["who"], f"staff:{user.pk}")


@override_settings(ROOT_URLCONF="harbour.internal_urls")
class Internal(ShopTestCase):
    """Other services of ours need the token; being inside is not enough."""

    def setUp(self) -> None:
        super().setUp()
        self.path = f"/stock/{self.boat.pk}"
        self.token = {"Authorization": f"Bearer {settings.INTERNAL_TOKEN}"}

    def test_refused_without_the_token(self) -> None:
        for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": settings.INTERNAL_TOKEN}):
            for path in (self.path, "/metrics"):
                self.assertEqual(self.client.get(path, headers=headers).status_code, 401)
            answer = self.client.put(self.path, {"stock": 0}, content_type="application/json", headers=headers)
            self.assertEqual(answer.status_code, 401)

    def test_stock(self) -> None:
        self.assertEqual(self.client.get(self.path, headers=self.token).json(), {"stock": 3})
        self.client.put(self.path, {"stock": 40}, content_type="application/json", headers=self.token)
        self.assertEqual(self.client.get(self.path, headers=self.token).json(), {"stock": 40})
        answer = self.client.put(self.path, {"stock": -1}, content_type="application/json", headers=self.token)
        self.assertEqual(answer.status_code, 422)

    def test_metrics(self) -> None:
        text = self.client.get("/metrics", headers=self.token).text
        self.assertIn('harbour_jobs{state="waiting"} 0.0', text)
        self.assertIn("harbour_http_requests_total", text)

    @override_settings(ROOT_URLCONF="harbour.urls")
    def test_visitors_do_not_reach_it(self) -> None:
        for path in (self.path, "/metrics"):
            self.assertEqual(self.client.get(path, headers=self.token).status_code, 404)


class AuditLog(ShopTestCase):
    """Who did what, without anybody's data."""

    def test_ids_only(self) -> None:
        from shop.audit import JsonLines

        with self.assertLogs("audit") as logged:
            self.client.post("/accounts/login/", {"login": self.ana.email, "password": "wrong"})
            self.client.post("/accounts/login/", {"login": self.ana.email, "password": self.password})
            self.client.post(f"/orders/{self.order.pk}/cancel/")
        lines = [JsonLines().format(record) for record in logged.records]
        acts = [(event["what"], event["outcome"]) for event in map(json.loads, lines)]
        self.assertEqual(acts, [("account.login", "refused"), ("account.login", "done"), ("order.cancelled", "done")])
        for secret in ("ana", "Ana", self.password, "203.0.113", "Quay"):
            self.assertNotIn(secret, "".join(lines))


class Networks(SimpleTestCase):
    """Addresses and networks."""

    def test_is_within(self) -> None:
        self.assertTrue(is_within("10.1.2.3", ["192.0.2.0/24", "10.0.0.0/8"]))
        self.assertTrue(is_within("2001:db8::7", ["2001:db8::/32"]))
        for address in ("11.1.2.3", "", "10.1.2.3, 11.1.2.3", "unix"):
            self.assertFalse(is_within(address, ["10.0.0.0/8"]))
